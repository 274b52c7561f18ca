/* SPDX-License-Identifier: MIT
 *
 * Guests, who come and go, and closures that are posted by threads without a port.
 */
#include "port_checks.h"

#include "port.h"

static void guests_have_indices_of_their_own(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    uint32_t seen[20];
    for (uint32_t i = 0; i < 20; i++) {
        ta_port *guest = new_guest(&world);
        seen[i] = ta_port_index(guest);
        assert_true(seen[i] >= PORTS && seen[i] != TA_NO_PORT);
        for (uint32_t j = 0; j < i; j++) assert_int_not_equal(seen[i], seen[j]);
        assert_true(ta_affinity_is_unknown(ta_port_affinity(guest)));
        dismiss(&world, guest);
        assert_int_equal(send(world.ports[0], seen[i], 1), TA_E_CLOSED);
        assert_int_equal(post(&world, seen[i], 1), TA_E_CLOSED);
        assert_int_equal(ta_port_send_word(world.ports[0], seen[i], 1), TA_E_CLOSED);
    }
    end_world(&world);
}

static void there_are_as_many_guests_as_asked_for(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    ta_port *first = new_guest(&world), *other = (ta_port *)&world;
    new_guest(&world);
    assert_int_equal(ta_mesh_attach_guest(world.mesh, NULL, &other), TA_E_TOO_MANY);
    assert_null(other);
    check_text("ta_mesh_attach_guest");
    dismiss(&world, first);
    new_guest(&world);
    end_world(&world);
}

static void a_guest_leaves_when_it_is_drained(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    ta_port *guest = new_guest(&world);
    assert_int_equal(ta_port_detach(guest), TA_E_BUSY);
    ta_port_close(guest);
    assert_int_equal(ta_port_detach(guest), TA_E_BUSY);
    assert_int_equal(ta_port_drain(guest), TA_OK);
    assert_int_equal(ta_port_drain(guest), TA_OK);
    dismiss(&world, guest);
    end_world(&world);
}

/* What a guest gets stays as it is; what it sends comes from an unknown place. */
static void guests_send_and_are_sent_to(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    ta_port *guest = new_guest(&world);
    uint32_t index = ta_port_index(guest);
    ta_fn_once closure = goods_of(1, ta_port_allocator(world.ports[FAR]));
    assert_int_equal(ta_port_send(world.ports[0], index, &closure), TA_OK);
    assert_int_equal(ta_port_send_word(world.ports[0], index, 2), TA_OK);
    pump(&world);
    assert_next(RAN, index, 0, 1); /* told of no move */
    assert_ptr_equal(memory_of_text, ta_port_allocator(world.ports[FAR]));
    assert_next(WORD, index, 0, 2);
    closure = goods_of(3, NULL);
    assert_int_equal(ta_port_send(guest, 1, &closure), TA_OK);
    assert_int_equal(ta_port_send_word(guest, 1, 4), TA_OK);
    pump(&world);
    assert_next(RAN, 1, 1, 3);
    assert_ptr_equal(memory_of_text, ta_port_allocator(world.ports[1]));
    assert_next(WORD, 1, index, 4);
    ta_port *other = new_guest(&world);
    assert_int_equal(send(guest, ta_port_index(other), 5), TA_OK);
    pump(&world);
    assert_next(RAN, ta_port_index(other), 0, 5);
    end_world(&world);
}

/* Its messages outlive a guest, and are not those of the next one on its seat. */
static void messages_of_one_who_went_name_nobody_else(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    ta_port *guest = new_guest(&world);
    uint32_t first = ta_port_index(guest);
    assert_int_equal(ta_port_send_word(guest, 1, 1), TA_OK);
    dismiss(&world, guest);
    ta_port *next = new_guest(&world);
    assert_ptr_equal(next, guest); /* the same seat */
    uint32_t second = ta_port_index(next);
    assert_int_equal(ta_port_send_word(next, 1, 2), TA_OK);
    pump(&world);
    assert_true(world.events[0].peer == first || world.events[0].peer == TA_NO_PORT);
    assert_int_equal(world.events[0].value, 1);
    world.read = 1;
    assert_next(WORD, 1, second, 2);
    for (uint64_t i = 0; i < 100; i++) { /* through some laps */
        assert_int_equal(ta_port_send_word(next, 1, i), TA_OK);
        pump(&world);
        assert_next(WORD, 1, second, i);
    }
    dismiss(&world, next);
    next = new_guest(&world);
    assert_int_equal(ta_port_send_word(next, 1, 3), TA_OK);
    pump(&world);
    assert_next(WORD, 1, ta_port_index(next), 3);
    end_world(&world);
}

/* Also by a link that was used before, and whose sender has not polled since. */
static void who_went_is_refused_at_once(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    ta_port *guest = new_guest(&world), *port = world.ports[0];
    const uint32_t first = ta_port_index(guest);
    assert_int_equal(send(port, first, 1), TA_OK);
    assert_int_equal(send_urgent(port, first, 2), TA_OK);
    ta_port_flush(port);
    ta_port_poll(guest, 9);
    assert_next(RAN, first, 0, 2);
    assert_next(RAN, first, 0, 1);
    dismiss(&world, guest);
    guest = new_guest(&world);
    const uint64_t words[] = {3, 4};
    assert_int_equal(TA_SEAT(ta_port_index(guest)), TA_SEAT(first));
    assert_int_equal(send(port, first, 3), TA_E_CLOSED);
    assert_int_equal(send_urgent(port, first, 3), TA_E_CLOSED);
    assert_int_equal(ta_port_send_word(port, first, 3), TA_E_CLOSED);
    assert_int_equal(ta_port_send_words(port, first, words, 2), 0);
    assert_int_equal(post(&world, first, 3), TA_E_CLOSED);
    end_world(&world);
}

/* A guest that has drained is not sent to, and its seat is as good as new for the next one. */
static void a_first_message_that_is_refused_does_no_harm(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    ta_port *guest = new_guest(&world);
    ta_port_close(guest);
    assert_int_equal(send(world.ports[0], ta_port_index(guest), 1), TA_E_CLOSED);
    assert_int_equal(ta_port_drain(guest), TA_OK);
    assert_int_equal(send(world.ports[0], ta_port_index(guest), 2), TA_E_CLOSED);
    assert_int_equal(send_urgent(world.ports[1], ta_port_index(guest), 2), TA_E_CLOSED);
    dismiss(&world, guest);
    guest = new_guest(&world);
    assert_int_equal(send(world.ports[0], ta_port_index(guest), 3), TA_OK);
    pump(&world);
    assert_int_equal(send_urgent(world.ports[1], ta_port_index(guest), 4), TA_OK);
    pump(&world);
    assert_next(RAN, ta_port_index(guest), 0, 3);
    assert_next(RAN, ta_port_index(guest), 0, 4);
    end_world(&world);
}

/* Words that were gathered for the one are not sent to the other. */
static void gathered_words_stay_with_their_guest(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    ta_port *guest = new_guest(&world);
    uint32_t first = ta_port_index(guest);
    assert_int_equal(ta_port_send_word(world.ports[0], first, 1), TA_OK);
    dismiss(&world, guest);
    guest = new_guest(&world);
    uint32_t second = ta_port_index(guest);
    assert_int_equal(ta_port_send_word(world.ports[0], second, 2), TA_OK);
    assert_next(RETURNED_WORD, 0, first, 1);
    pump(&world);
    assert_next(WORD, second, 0, 2);
    assert_no_more();
    end_world(&world);
}

static void with_timing(ta_mesh_options *options) { options->timing = true; }

/* Several guests after one another on a seat, with messages that come back in between, urgent ones
 * too. */
static void lanes_serve_one_guest_after_the_other(void **state) {
    (void)state;
    for (int timing = 0; timing < 2; timing++) {
        mesh_world world = {0};
        uint64_t returned = 0;
        bool at_same_stamp = true;
        make_world(&world, timing ? with_timing : NULL);
        for (uint64_t lap = 0; lap < 10; lap++) {
            ta_port *guest = new_guest(&world);
            uint32_t index = ta_port_index(guest);
            assert_int_equal(send(world.ports[0], index, lap), TA_OK);
            assert_int_equal(send_urgent(world.ports[0], index, 100 + lap), TA_OK);
            pump(&world);
            assert_next(RAN, index, 0, 100 + lap);
            assert_next(RAN, index, 0, lap);
            /* Sent to who does not look, and not flushed before the guest has gone. */
            let_rest(guest);
            for (uint64_t i = 0; i <= lap; i++) {
                assert_int_equal(send(world.ports[0], index, 200 + i), TA_OK);
                returned++;
            }
            ta_port_close(guest);
            if (ta_port_drain(guest) != TA_OK) fail_msg("nothing is visible to it");
            dismiss(&world, guest);
            ta_port_flush(world.ports[0]);
            for (uint64_t i = 0; i <= lap; i++) assert_next(RETURNED, 0, index, 200 + i);
            assert_no_more();
            ta_link *link = ta_link_between(world.mesh, 0, TA_SEAT(index), false);
            at_same_stamp &= lap == 0 || link->in.position == link->out.position - lap - 1;
        }
        ta_port_figures sums = end_world(&world);
        assert_int_equal(sums.returned, returned);
        assert_int_equal(sums.run, 20);
        uint64_t sum = 0;
        for (size_t i = 0; i < TA_PORT_QUEUEING_BUCKETS; i++) sum += sums.queueing[i];
        assert_int_equal(sum, timing ? 20 : 0);
        assert_true(at_same_stamp || !timing); /* when the lap's first messages were received */
    }
}

/* ---- a link that is made too late ------------------------------------------------------------- */

static void (*at_next_allocation)(void);

static void *allocate_late(void *context, size_t size, size_t alignment) {
    void (*now)(void) = at_next_allocation;
    at_next_allocation = NULL;
    if (now != NULL) now();
    return ledger_allocate(context, size, alignment);
}

static ta_mesh *late_mesh;
static ta_port *late_guest;
static mesh_world late_world;

/* What a sender sees that looked before the guest left, and does not look again. */
static void let_pass(uint32_t index) { late_guest->accepts = index; }

/* The guest goes, and another one takes its seat, while a sender makes its link, and nobody stops
 * it. */
static void change_guests(void) {
    const ta_port_hooks hooks = all_hooks(&late_world);
    const uint32_t before = ta_port_index(late_guest);
    ta_port_close(late_guest);
    assert_int_equal(ta_port_drain(late_guest), TA_OK);
    assert_int_equal(ta_port_detach(late_guest), TA_OK);
    assert_int_equal(ta_mesh_attach_guest(late_mesh, &hooks, &late_guest), TA_OK);
    let_pass(before);
}

/* As above, but nobody comes. */
static void leave_only(void) {
    ta_port_close(late_guest);
    assert_int_equal(ta_port_drain(late_guest), TA_OK);
}

static ta_port *make_late_mesh(void) {
    static ta_affinity affinity;
    const ta_port_hooks hooks = all_hooks(&late_world);
    affinity = place(0);
    late_world = (mesh_world){0};
    here = &late_world;
    static const ta_allocator allocator = {allocate_late, ledger_release, &late_world.book};
    ta_mesh_options options = {
        .affinities = &affinity, .affinity_count = 1, .guests = 1, .allocator = &allocator};
    assert_int_equal(ta_mesh_create(&options, &late_mesh), TA_OK);
    assert_int_equal(ta_mesh_attach_guest(late_mesh, &hooks, &late_guest), TA_OK);
    assert_int_equal(ta_port_attach(ta_mesh_port(late_mesh, 0), &hooks), TA_OK);
    return ta_mesh_port(late_mesh, 0);
}

static void end_late_mesh(ta_port *port) {
    ta_port_figures sums;
    ta_port_close(late_guest);
    assert_int_equal(ta_port_drain(late_guest), TA_OK);
    assert_int_equal(ta_port_detach(late_guest), TA_OK);
    assert_int_equal(ta_port_detach(port), TA_OK);
    assert_int_equal(ta_mesh_destroy(late_mesh, &sums), TA_OK);
    assert_int_equal(sums.sent, sums.run + sums.failed + sums.returned + sums.destroyed);
    assert_balanced(&late_world.book);
}

static void the_next_guest_does_not_run_what_was_sent_to_the_last(void **state) {
    (void)state;
    for (int urgent = 0; urgent < 2; urgent++) {
        ta_port *port = make_late_mesh();
        uint32_t first = ta_port_index(late_guest);
        at_next_allocation = change_guests;
        assert_int_equal(urgent ? send_urgent(port, first, 1) : send(port, first, 1), TA_OK);
        uint32_t second = ta_port_index(late_guest);
        assert_int_not_equal(first, second);
        let_pass(second);
        ta_port_flush(port);
        assert_int_equal(ta_port_poll(late_guest, 9), 0);
        ta_port_poll(port, 9);
        assert_next(RETURNED, 0, first, 1);
        /* Another link that was made too late, beside it, is found out when it is used. */
        if (urgent) {
            let_pass(first);
            assert_int_equal(send(port, first, 2), TA_OK);
            let_pass(second);
            ta_port_flush(port);
            assert_int_equal(ta_port_poll(late_guest, 9), 0);
            ta_port_poll(port, 9);
            assert_next(RETURNED, 0, first, 2);
        }
        assert_int_equal(send(port, first, 2), TA_E_CLOSED);
        ta_status status = send(port, second, 3);
        for (int i = 0; status == TA_E_FULL && i < 3; i++) {
            ta_port_poll(late_guest, 9);
            ta_port_poll(port, 9);
            status = send(port, second, 3);
        }
        assert_int_equal(status, TA_OK);
        ta_port_flush(port);
        assert_int_equal(ta_port_poll(late_guest, 9), 1);
        assert_next(RAN, second, 0, 3);
        assert_no_more();
        end_late_mesh(port);
    }
}

/* It may even wait for room until the next guest has seen to it. */
static void a_link_that_was_made_too_late_is_mended(void **state) {
    (void)state;
    ta_port *port = make_late_mesh();
    uint32_t first = ta_port_index(late_guest);
    at_next_allocation = leave_only;
    ta_status status = send(port, first, 1);
    assert_true(status == TA_E_CLOSED);
    assert_int_equal(ta_port_detach(late_guest), TA_OK);
    const ta_port_hooks hooks = all_hooks(&late_world);
    assert_int_equal(ta_mesh_attach_guest(late_mesh, &hooks, &late_guest), TA_OK);
    uint32_t second = ta_port_index(late_guest);
    status = send(port, second, 2);
    if (status == TA_E_FULL) {
        assert_int_equal(ta_port_want_room(port, second), TA_OK);
        for (int i = 0; i < 3; i++) {
            ta_port_poll(late_guest, 9);
            ta_port_poll(port, 9);
        }
        assert_next(ROOM_AGAIN, 0, second, 0);
        status = send(port, second, 2);
    }
    assert_int_equal(status, TA_OK);
    ta_port_flush(port);
    assert_int_equal(ta_port_poll(late_guest, 9), 1);
    assert_next(RAN, second, 0, 2);
    end_late_mesh(port);
}

/* It is drained already, and still polls: nothing is run any more. */
static void who_has_drained_runs_nothing(void **state) {
    (void)state;
    ta_port *port = make_late_mesh();
    uint32_t first = ta_port_index(late_guest);
    assert_int_equal(send(port, first, 0), TA_OK);
    ta_port_flush(port);
    assert_int_equal(ta_port_poll(late_guest, 9), 1);
    assert_next(RAN, first, 0, 0);
    at_next_allocation = leave_only;
    ta_status status = send_urgent(port, first, 1); /* a link of its own */
    ta_port_flush(port);
    assert_int_equal(ta_port_poll(late_guest, 9), 0);
    ta_port_poll(port, 9);
    if (status == TA_OK) assert_next(RETURNED, 0, first, 1);
    assert_no_more();
    end_late_mesh(port);
}

/* The hook sends again what came back, to the guest that has the seat now; once there is room. */
static uint32_t heir;
static ta_fn_once inherited[8];
static unsigned inherited_count;
static void inherit(void *context, ta_port *port, uint32_t to, ta_fn_once *closure) {
    assert_int_not_equal(to, heir); /* which is alive */
    note(RETURNED, port, to, closure->closure.storage[0]);
    (void)context;
    ta_status status = ta_port_send(port, heir, closure);
    assert_true(status == TA_OK || status == TA_E_FULL);
    if (status != TA_OK) inherited[inherited_count++] = ta_fn_once_take(closure);
    ta_port_flush(port);
}

static void what_comes_back_may_go_to_the_next_guest(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    inherited_count = 0;
    ta_port_hooks hooks = all_hooks(&world);
    hooks.returned = inherit;
    assert_int_equal(ta_port_detach(world.ports[0]), TA_OK);
    assert_int_equal(ta_port_attach(world.ports[0], &hooks), TA_OK);
    ta_port *guest = new_guest(&world);
    uint32_t first = ta_port_index(guest);
    for (uint64_t i = 0; i < 3; i++) assert_int_equal(send(world.ports[0], first, i), TA_OK);
    dismiss(&world, guest);
    guest = new_guest(&world);
    heir = ta_port_index(guest);
    for (int i = 0; i < 4; i++) {
        ta_port_poll(world.ports[0], 9);
        ta_port_poll(guest, 9);
        for (unsigned k = 0; k < inherited_count; k++)
            if (!ta_fn_once_is_empty(&inherited[k]))
                (void)ta_port_send(world.ports[0], heir, &inherited[k]);
    }
    pump(&world);
    unsigned came_back = 0, ran = 0;
    for (size_t i = 0; i < world.count; i++) {
        came_back += world.events[i].kind == RETURNED && world.events[i].peer == first;
        ran += world.events[i].kind == RAN && world.events[i].port == heir;
    }
    assert_int_equal(came_back, 3);
    assert_int_equal(ran, 3);
    assert_int_equal(world.count, 6);
    end_world(&world);
}

/* Who sent a message is known also when the lane's counter has come round. */
static void a_guest_that_sends_for_long_is_not_forgotten(void **state) {
    (void)state;
    static ta_lane lane;
    static ta_link link = {.lane = &lane};
    const ta_cell cell = {.head = TA_CELL_CLOSURE};
    const uint32_t since = 100;
    link.sender = (uint64_t)since << 32 | 7;
    lane.receiver.head = since; /* the message was the last one of the guest before */
    assert_int_equal(ta_link_sender(&link, &cell), TA_NO_PORT);
    for (unsigned shift = 0; shift < 34; shift++) {
        lane.receiver.head = since + (uint32_t)(UINT64_C(1) << shift);
        assert_int_equal(ta_link_sender(&link, &cell), 7);
    }
}

/* ---- posting ---------------------------------------------------------------------------------- */

static void anybody_posts(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    ta_port *guest = new_guest(&world);
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(post(&world, FAR, i), TA_OK);
        assert_int_equal(post(&world, ta_port_index(guest), 10 + i), TA_OK);
    }
    assert_int_equal(ta_port_poll(world.ports[FAR], 2), 2); /* without any flush */
    pump(&world);
    for (uint64_t i = 0; i < 3; i++) assert_next(RAN, FAR, 0, i);
    for (uint64_t i = 0; i < 3; i++) assert_next(RAN, ta_port_index(guest), 0, 10 + i);
    assert_no_more();
    ta_port_figures sums = end_world(&world);
    assert_int_equal(sums.sent, 6);
    assert_int_equal(sums.run, 6);
}

static void what_is_posted_comes_from_nowhere(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    ta_port *guest = new_guest(&world);
    ta_fn_once closure = goods_of(1, NULL);
    assert_int_equal(ta_mesh_post(world.mesh, 0, &closure), TA_OK);
    assert_true(ta_fn_once_is_empty(&closure));
    pump(&world);
    assert_next(RAN, 0, 1, 1);
    assert_ptr_equal(memory_of_text, ta_port_allocator(world.ports[0]));
    closure = goods_of(2, NULL);
    assert_int_equal(ta_mesh_post(world.mesh, ta_port_index(guest), &closure), TA_OK);
    pump(&world);
    assert_next(RAN, ta_port_index(guest), 0, 2);
    assert_ptr_equal(memory_of_text, ta_allocator_default());
    closure = goods_of(3, NULL);
    probes.relocate_fails_at = probes.relocate_calls + 1;
    assert_int_equal(ta_mesh_post(world.mesh, 0, &closure), TA_OK);
    pump(&world);
    assert_next(FAILED, 0, TA_NO_PORT, (uint64_t)-TA_E_SYSTEM);
    assert_int_equal(end_world(&world).failed, 1);
}

static void an_inbox_may_be_full_or_closed(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    for (uint64_t i = 0; i < 7; i++) assert_int_equal(post(&world, 1, i), TA_OK);
    ta_fn_once closure = goods_of(1, NULL), before = closure;
    assert_int_equal(ta_mesh_post(world.mesh, 1, &closure), TA_E_FULL);
    assert_memory_equal(&closure, &before, sizeof closure);
    pump(&world);
    assert_int_equal(world.count, 7);
    ta_port_close(world.ports[1]);
    assert_int_equal(ta_mesh_post(world.mesh, 1, &closure), TA_E_CLOSED);
    assert_memory_equal(&closure, &before, sizeof closure);
    ta_fn_once_destroy(&closure);
    ta_port_figures sums = end_world(&world);
    assert_int_equal(sums.refused, 1);
    assert_int_equal(sums.sent, 7);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(guests_have_indices_of_their_own),
        cmocka_unit_test(there_are_as_many_guests_as_asked_for),
        cmocka_unit_test(a_guest_leaves_when_it_is_drained),
        cmocka_unit_test(guests_send_and_are_sent_to),
        cmocka_unit_test(messages_of_one_who_went_name_nobody_else),
        cmocka_unit_test(who_went_is_refused_at_once),
        cmocka_unit_test(a_first_message_that_is_refused_does_no_harm),
        cmocka_unit_test(gathered_words_stay_with_their_guest),
        cmocka_unit_test(lanes_serve_one_guest_after_the_other),
        cmocka_unit_test(the_next_guest_does_not_run_what_was_sent_to_the_last),
        cmocka_unit_test(a_link_that_was_made_too_late_is_mended),
        cmocka_unit_test(who_has_drained_runs_nothing),
        cmocka_unit_test(what_comes_back_may_go_to_the_next_guest),
        cmocka_unit_test(a_guest_that_sends_for_long_is_not_forgotten),
        cmocka_unit_test(anybody_posts),
        cmocka_unit_test(what_is_posted_comes_from_nowhere),
        cmocka_unit_test(an_inbox_may_be_full_or_closed),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
