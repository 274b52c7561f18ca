/* SPDX-License-Identifier: MIT
 *
 * Closing: refuse, drain, what comes back, and the end of the mesh.
 */
#include "port_checks.h"

#include "port.h"

static void a_closed_port_refuses(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    assert_int_equal(send(world.ports[0], 1, 1), TA_OK);
    ta_port_flush(world.ports[0]);
    ta_port_close(world.ports[1]);
    ta_port_close(world.ports[1]);
    ta_fn_once closure = goods_of(1, NULL), before = closure;
    assert_int_equal(ta_port_send(world.ports[0], 1, &closure), TA_E_CLOSED);
    assert_int_equal(ta_port_send_urgent(world.ports[0], 1, &closure), TA_E_CLOSED);
    assert_int_equal(ta_port_send(world.ports[FAR], 1, &closure), TA_E_CLOSED); /* never before */
    assert_int_equal(ta_port_send(world.ports[1], 1, &closure), TA_E_CLOSED);
    assert_memory_equal(&closure, &before, sizeof closure);
    assert_int_equal(ta_port_send_word(world.ports[0], 1, 1), TA_E_CLOSED);
    assert_int_equal(ta_port_send_words(world.ports[0], 1, (const uint64_t[]){1}, 1), 0);
    ta_fn_once_destroy(&closure);
    assert_int_equal(send(world.ports[1], 0, 2), TA_OK); /* it still sends */
    pump(&world);
    assert_next(RAN, 1, 0, 1); /* what was on its way still arrives */
    assert_next(RAN, 0, 0, 2);
    end_world(&world);
}

static void draining_runs_what_is_on_its_way(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    for (uint64_t i = 0; i < ROOM; i++) assert_int_equal(send(world.ports[0], 1, i), TA_OK);
    assert_int_equal(send_urgent(world.ports[FAR], 1, 100), TA_OK);
    assert_int_equal(post(&world, 1, 200), TA_OK);
    ta_port_flush(world.ports[0]);
    ta_port_flush(world.ports[FAR]);
    assert_int_equal(ta_port_drain(world.ports[1]), TA_E_INVALID);
    ta_port_close(world.ports[1]);
    for (int i = 0; ta_port_drain(world.ports[1]) != TA_OK; i++) assert_true(i < 10);
    assert_int_equal(world.count, ROOM + 2);
    assert_int_equal(ta_port_poll(world.ports[1], 9), 0);
    assert_int_equal(ta_port_detach(world.ports[1]), TA_OK);
    assert_int_equal(ta_port_attach(world.ports[1], NULL), TA_E_CLOSED);
    world.ports[1] = NULL;
    assert_int_equal(end_world(&world).run, ROOM + 2);
}

/* Sent in time, and flushed when the receiver has gone: by a flush, or by a poll. */
static void what_comes_too_late_comes_back(void **state) {
    (void)state;
    for (int variant = 0; variant < 4; variant++) {
        bool takes = (variant & 1) != 0, polls = (variant & 2) != 0;
        mesh_world world = {.takes = takes};
        make_world(&world, NULL);
        assert_int_equal(send(world.ports[0], 1, 0), TA_OK);
        assert_int_equal(send_urgent(world.ports[0], 1, 0), TA_OK);
        pump(&world);
        world.read = world.count;
        let_rest(world.ports[1]);
        ta_fn_once closure = goods_of(1, ta_port_allocator(world.ports[0]));
        assert_int_equal(ta_port_send(world.ports[0], 1, &closure), TA_OK);
        assert_int_equal(send_urgent(world.ports[0], 1, 2), TA_OK);
        assert_int_equal(ta_port_send_words(world.ports[0], 1, (const uint64_t[]){3, 4}, 2), 2);
        ta_port_close(world.ports[1]);
        assert_int_equal(ta_port_drain(world.ports[1]), TA_OK);
        if (polls)
            ta_port_poll(world.ports[0], 9);
        else
            ta_port_flush(world.ports[0]);
        assert_int_equal(world.count - world.read, 4);
        unsigned sums[ROOM_AGAIN + 1] = {0};
        for (size_t i = world.read; i < world.count; i++) {
            assert_int_equal(world.events[i].port, 0);
            assert_int_equal(world.events[i].peer, 1);
            sums[world.events[i].kind] += (unsigned)world.events[i].value;
        }
        assert_int_equal(sums[RETURNED], 1 + 2);
        assert_int_equal(sums[RETURNED_WORD], 3 + 4);
        assert_int_equal(probes.destroyed, takes ? 0 : 1);
        ta_port_figures figures;
        ta_port_read_figures(world.ports[0], &figures);
        assert_int_equal(figures.returned, 4);
        world.read = world.count;
        pump(&world);
        assert_no_more();
        assert_int_equal(end_world(&world).returned, 4);
        assert_int_equal(probes.destroyed, 1);
    }
}

/* It may go elsewhere, from within the hook. */
static void send_elsewhere(void *context, ta_port *port, uint32_t to, ta_fn_once *closure) {
    (void)context;
    assert_int_equal(ta_port_send(port, to, closure), TA_E_CLOSED);
    assert_int_equal(ta_port_send(port, FAR, closure), TA_OK);
}

static void what_came_back_may_be_sent_elsewhere(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    ta_port_hooks hooks = all_hooks(&world);
    hooks.returned = send_elsewhere;
    assert_int_equal(ta_port_detach(world.ports[0]), TA_OK);
    assert_int_equal(ta_port_attach(world.ports[0], &hooks), TA_OK);
    ta_fn_once closure = goods_of(5, ta_port_allocator(world.ports[0]));
    assert_int_equal(ta_port_send(world.ports[0], 1, &closure), TA_OK);
    ta_port_close(world.ports[1]);
    assert_int_equal(ta_port_drain(world.ports[1]), TA_OK);
    ta_port_flush(world.ports[0]);
    assert_int_equal(ta_port_poll(world.ports[FAR], 9), 1);
    assert_next(RAN, FAR, 1, 5);
    assert_ptr_equal(memory_of_text, ta_port_allocator(world.ports[FAR]));
    ta_port_figures sums = end_world(&world);
    assert_int_equal(sums.sent, 2);
    assert_int_equal(sums.returned, 1);
    assert_int_equal(sums.run, 1);
}

static void who_waits_for_room_hears_of_the_end(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    for (uint64_t i = 0; i < ROOM; i++) assert_int_equal(send(world.ports[0], 1, i), TA_OK);
    assert_int_equal(ta_port_want_room(world.ports[0], 1), TA_OK);
    ta_port_close(world.ports[1]); /* nothing was flushed, or refused: it sees none of it */
    assert_int_equal(ta_port_drain(world.ports[1]), TA_OK);
    ta_port_poll(world.ports[0], 9);
    unsigned told = 0;
    for (size_t i = 0; i < world.count; i++) told += world.events[i].kind == ROOM_AGAIN;
    assert_int_equal(told, 1);
    assert_int_equal(send(world.ports[0], 1, 1), TA_E_CLOSED);
    world.read = world.count;
    assert_int_equal(ta_port_want_room(world.ports[0], 1), TA_OK); /* nobody waits in vain */
    ta_port_poll(world.ports[0], 9);
    assert_next(ROOM_AGAIN, 0, 1, 0);
    assert_int_equal(end_world(&world).returned, ROOM);
}

/* Whoever has not heard of it yet and never polls again. */
static void what_nobody_fetches_is_destroyed_with_the_mesh(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    ta_fn_once closure = goods_of(1, NULL);
    assert_int_equal(ta_port_send(world.ports[0], 1, &closure), TA_OK);
    ta_port_flush(world.ports[0]);
    closure = goods_of(2, NULL);
    assert_int_equal(ta_mesh_post(world.mesh, 1, &closure), TA_OK);
    ta_port_close(world.ports[1]); /* and is not drained */
    assert_int_equal(ta_port_detach(world.ports[1]), TA_OK);
    assert_int_equal(ta_port_attach(world.ports[1], NULL), TA_E_CLOSED);
    world.ports[1] = NULL;
    ta_port_figures sums = end_world(&world);
    assert_int_equal(sums.destroyed, 2);
    assert_int_equal(probes.destroyed, 2);
}

static void a_port_changes_hands(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    assert_int_equal(send(world.ports[0], 1, 1), TA_OK);
    assert_int_equal(ta_port_send_word(world.ports[0], 1, 2), TA_OK);
    assert_int_equal(ta_port_detach(world.ports[0]), TA_OK); /* flushes */
    assert_int_equal(ta_port_poll(world.ports[1], 1), 1);
    assert_int_equal(ta_port_detach(world.ports[1]), TA_OK);
    const ta_port_hooks hooks = all_hooks(&world);
    assert_int_equal(ta_port_attach(world.ports[1], &hooks), TA_OK);
    assert_int_equal(ta_port_attach(world.ports[0], &hooks), TA_OK);
    assert_int_equal(send(world.ports[0], 1, 3), TA_OK);
    pump(&world);
    assert_next(RAN, 1, 0, 1);
    assert_next(WORD, 1, 0, 2);
    assert_next(RAN, 1, 0, 3);
    end_world(&world);
}

static void all_ports_close_at_once(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    for (uint32_t i = 0; i < PORTS; i++)
        for (uint32_t j = 0; j < PORTS; j++)
            assert_int_equal(send(world.ports[i], j, i * 10 + j), TA_OK);
    ta_port_flush(world.ports[0]);
    for (uint32_t i = 0; i < PORTS; i++) ta_port_close(world.ports[i]);
    uint32_t drained = 0;
    for (int lap = 0; drained < PORTS; lap++) {
        assert_true(lap < 20);
        drained = 0;
        for (uint32_t i = 0; i < PORTS; i++) drained += ta_port_drain(world.ports[i]) == TA_OK;
    }
    ta_port_figures sums = end_world(&world);
    assert_int_equal(sums.sent, PORTS * PORTS);
    assert_int_equal(sums.run + sums.returned + sums.destroyed, PORTS * PORTS);
}

/* Who leaves a closed port undrained gives back what is in its lanes, looked at or resting, run in
 * part or not at all. */
static void what_is_left_undrained_comes_back(void **state) {
    (void)state;
    for (uint32_t budget = 0; budget < 4; budget++) {
        mesh_world world = {.takes = true};
        make_world(&world, NULL);
        assert_int_equal(send(world.ports[0], 1, 0), TA_OK);
        ta_port_flush(world.ports[0]);
        for (uint64_t i = 1; i < 4; i++) assert_int_equal(send(world.ports[0], 1, i), TA_OK);
        assert_int_equal(ta_port_poll(world.ports[1], budget), budget);
        assert_int_equal(send_urgent(world.ports[FAR], 1, 100), TA_OK);
        ta_port_close(world.ports[1]);
        assert_int_equal(ta_port_detach(world.ports[1]), TA_OK);
        world.ports[1] = NULL;
        pump(&world);
        for (uint64_t i = 0; i < budget; i++) assert_next(RAN, 1, 0, i);
        for (uint64_t i = budget; i < 4; i++) assert_next(RETURNED, 0, 1, i);
        assert_next(RETURNED, FAR, 1, 100);
        assert_no_more();
        assert_int_equal(send(world.ports[0], 1, 9), TA_E_CLOSED);
        ta_port_figures sums = end_world(&world);
        assert_int_equal(sums.run, budget);
        assert_int_equal(sums.returned, 5 - budget);
    }
}

/* Whose link is made while the receiver leaves: the sender has not seen that it closed, and the
 * receiver did not find the link. */
static void a_first_message_that_is_not_found_comes_back(void **state) {
    (void)state;
    for (int drains = 0; drains < 2; drains++) {
        mesh_world world = {0};
        make_world(&world, NULL);
        ta_port_close(world.ports[1]);
        if (drains) assert_int_equal(ta_port_drain(world.ports[1]), TA_OK);
        assert_int_equal(ta_port_detach(world.ports[1]), TA_OK);
        ta_store_relaxed_u32(&world.ports[1]->accepts, 1); /* as an old look has it */
        assert_int_equal(send(world.ports[0], 1, 1), TA_OK);
        assert_int_equal(send_urgent(world.ports[FAR], 1, 2), TA_OK);
        ta_port_close(world.ports[1]);
        world.ports[1] = NULL;
        pump(&world);
        assert_next(RETURNED, 0, 1, 1);
        assert_next(RETURNED, FAR, 1, 2);
        assert_no_more();
        assert_int_equal(end_world(&world).returned, 2);
    }
}

/* A guest's seat that nobody has, and then somebody else. */
static void a_first_message_to_one_who_went_comes_back(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    ta_port *guest = new_guest(&world);
    uint32_t index = ta_port_index(guest);
    dismiss(&world, guest);
    ta_store_relaxed_u32(&guest->index, index); /* as old looks have them */
    ta_store_relaxed_u32(&guest->accepts, index);
    assert_int_equal(send(world.ports[0], index, 1), TA_OK);
    assert_int_equal(send(world.ports[FAR], index, 2), TA_OK);
    ta_port_flush(world.ports[0]);
    assert_next(RETURNED, 0, index, 1);
    ta_store_relaxed_u32(&guest->index, TA_NO_PORT);
    guest = new_guest(&world);
    assert_true(ta_port_index(guest) != index);
    pump(&world);
    assert_next(RETURNED, FAR, index, 2);
    assert_int_equal(send(world.ports[0], ta_port_index(guest), 3), TA_OK);
    assert_int_equal(send(world.ports[FAR], ta_port_index(guest), 4), TA_OK);
    pump(&world);
    assert_next(RAN, ta_port_index(guest), 0, 3);
    assert_next(RAN, ta_port_index(guest), 0, 4);
    assert_no_more();
    end_world(&world);
}

static void who_has_drained_may_still_wait(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    assert_int_equal(send(world.ports[1], 0, 1), TA_OK);
    ta_port_close(world.ports[1]);
    assert_int_equal(ta_port_drain(world.ports[1]), TA_OK);
    assert_false(ta_port_wait(world.ports[1], 1000));
    ta_port_close(world.ports[0]);
    assert_int_equal(ta_port_detach(world.ports[0]), TA_OK);
    world.ports[0] = NULL;
    assert_true(ta_port_wait(world.ports[1], -1)); /* something came back */
    pump(&world);
    assert_next(RETURNED, 1, 0, 1);
    end_world(&world);
}

/* A destructor that sends is refused while the mesh goes. */
static ta_port *sender_of_destructor;
static ta_status status_of_destructor;

static void send_from_destructor(ticket *self) {
    (void)self;
    status_of_destructor = send(sender_of_destructor, 1, 1);
}
TA_TYPE(talker, ticket, NULL, NULL, send_from_destructor);

static void run_talker(ticket *self) { (void)self; }
TA_FN_ONCE_VOID(talking, talker, run_talker);

static void destructors_send_in_vain(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    ta_fn_once closure;
    assert_int_equal(talking(&closure, (ticket){1}, NULL), TA_OK);
    assert_int_equal(ta_port_send(world.ports[0], 1, &closure), TA_OK);
    sender_of_destructor = world.ports[0];
    status_of_destructor = TA_OK;
    assert_int_equal(end_world(&world).destroyed, 1);
    assert_int_equal(status_of_destructor, TA_E_CLOSED);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_closed_port_refuses),
        cmocka_unit_test(draining_runs_what_is_on_its_way),
        cmocka_unit_test(what_comes_too_late_comes_back),
        cmocka_unit_test(what_came_back_may_be_sent_elsewhere),
        cmocka_unit_test(who_waits_for_room_hears_of_the_end),
        cmocka_unit_test(what_nobody_fetches_is_destroyed_with_the_mesh),
        cmocka_unit_test(a_port_changes_hands),
        cmocka_unit_test(all_ports_close_at_once),
        cmocka_unit_test(what_is_left_undrained_comes_back),
        cmocka_unit_test(a_first_message_that_is_not_found_comes_back),
        cmocka_unit_test(a_first_message_to_one_who_went_comes_back),
        cmocka_unit_test(who_has_drained_may_still_wait),
        cmocka_unit_test(destructors_send_in_vain),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
