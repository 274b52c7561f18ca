/* SPDX-License-Identifier: MIT
 *
 * Calls beside closing ports, leaving guests, and a mesh that is destroyed: every continuation is
 * called once, and the figures come out even.
 */
#include "call_checks.h"

#include "port.h"

/* A call of each kind: in one cell, in two, in a box; with small results and a large one. */
typedef struct page {
    char *title;
    long numbers[5];
} page;
TA_DERIVE(page, page, TA_AS(title, ta_string), TA_ARRAY(numbers));
static page turn(page *in) {
    page out = *in;
    in->title = NULL;
    return out;
}
static void note_page(record_pointer *out, ta_status status, page *result) {
    (*out)->count++;
    (*out)->status = status;
    assert_true((result != NULL) == (status == TA_OK));
}
TA_CALL(call_page, page, page, turn, record_pointer, note_page);

static unsigned call_three(ta_port *port, uint32_t to, record *out, const ta_call_options *options,
                           ta_status expected) {
    char *name = ta_string_make("name", ta_port_allocator(port));
    page one = {.title = ta_string_make("title", ta_port_allocator(port))};
    assert_int_equal(call_add(port, to, (sum){1, 2}, out, options, NULL), expected);
    assert_int_equal(call_greet(port, to, name, out, options, NULL), expected);
    assert_int_equal(call_page(port, to, one, out, options, NULL), expected);
    if (expected != TA_OK) {
        ta_destroy(&ta_string_type, &name);
        ta_destroy(&page_type, &one);
    }
    return 3;
}

static void close_and_drain(ta_port *port) {
    ta_port_close(port);
    assert_int_equal(ta_port_drain(port), TA_OK);
}

static void with_timing(ta_mesh_options *options) { options->timing = true; }

/* ---- a receiver that closes ------------------------------------------------------------------- */

static void a_closed_port_is_not_called(void **state) {
    world here = {0};
    record out = {0};
    (void)state;
    make_world(&here, NULL);
    ta_port_close(here.ports[FAR]);
    (void)call_three(here.ports[0], FAR, &out, NULL, TA_E_CLOSED);
    close_and_drain(here.ports[FAR]);
    (void)call_three(here.ports[0], FAR, &out, NULL, TA_E_CLOSED);
    pump(&here);
    assert_int_equal(out.count, 0);
    end_world(&here);
}

static void what_is_on_its_way_when_it_closes_runs(void **state) {
    world here = {0};
    record out = {0};
    (void)state;
    make_world(&here, NULL);
    unsigned calls = call_three(here.ports[0], FAR, &out, NULL, TA_OK);
    ta_port_flush(here.ports[0]);
    close_and_drain(here.ports[FAR]);
    assert_int_equal(out.count, 0);
    pump(&here);
    assert_int_equal(out.count, calls);
    assert_int_equal(out.status, TA_OK);
    end_world(&here);
}

/* Put into the lane, but not flushed, when the receiver looks for the last time: who sends too late
 * for a bell gets it back. Single-threaded, only a mesh whose receiver has not heard of the link
 * yet comes to that. */
static void what_slips_in_comes_back(void **state) {
    (void)state;
    for (unsigned urgent = 0; urgent < 2; urgent++) {
        world here = {0};
        record out = {0};
        make_world(&here, NULL);
        runs = 0;
        const ta_call_options options = {.is_urgent = urgent != 0};
        unsigned calls = call_three(here.ports[0], FAR, &out, &options, TA_OK);
        close_and_drain(here.ports[FAR]);
        ta_port_flush(here.ports[0]);
        assert_int_equal(out.count, 0); /* not from within a flush */
        assert_int_equal(ta_port_calls_under_way(here.ports[0]), calls);
        assert_true(ta_port_prepare_sleep(here.ports[0])); /* there is something to do */
        pump(&here);
        assert_int_equal(out.count, calls);
        assert_int_equal(out.status, TA_E_CLOSED);
        assert_int_equal(runs, 0);
        assert_int_equal(ta_port_calls_under_way(here.ports[0]), 0);
        ta_port_figures sums = end_world(&here);
        assert_int_equal(sums.returned, calls);
    }
}

static void what_was_cancelled_and_comes_back_was_cancelled(void **state) {
    world here = {0};
    record out = {0};
    ta_call_id id;
    const ta_call_options cancellable = {.is_cancellable = true};
    (void)state;
    make_world(&here, NULL);
    assert_int_equal(call_add(here.ports[0], FAR, (sum){1, 2}, &out, &cancellable, &id), TA_OK);
    assert_int_equal(ta_call_cancel(here.ports[0], id), TA_OK);
    close_and_drain(here.ports[FAR]);
    pump(&here);
    assert_int_equal(out.count, 1);
    assert_int_equal(out.status, TA_E_CANCELLED);
    end_world(&here);
}

/* ---- a caller that closes --------------------------------------------------------------------- */

static void who_closes_waits_for_its_answers(void **state) {
    world here = {0};
    record out = {0};
    (void)state;
    make_world(&here, NULL);
    unsigned calls = call_three(here.ports[0], FAR, &out, NULL, TA_OK);
    ta_port_close(here.ports[0]);
    (void)call_three(here.ports[0], FAR, &out, NULL, TA_E_CLOSED);
    (void)call_three(here.ports[0], 0, &out, NULL, TA_E_CLOSED);
    for (unsigned i = 0; i < 3; i++) assert_int_equal(ta_port_drain(here.ports[0]), TA_E_BUSY);
    assert_int_equal(ta_port_poll(here.ports[FAR], 64), calls);
    ta_port_flush(here.ports[FAR]);
    assert_int_equal(ta_port_drain(here.ports[0]), TA_OK);
    assert_int_equal(out.count, calls);
    assert_int_equal(out.status, TA_OK);
    end_world(&here);
}

/* Its requests still run, and nobody waits for the replies. */
static void who_leaves_undrained_ends_its_calls(void **state) {
    (void)state;
    for (unsigned seen = 0; seen < 2; seen++) {
        world here = {0};
        record out = {0};
        make_world(&here, NULL);
        unsigned calls = call_three(here.ports[0], FAR, &out, NULL, TA_OK);
        calls += call_three(here.ports[FAR], 0, &out, NULL, TA_OK);
        if (seen) ta_port_flush(here.ports[0]);
        ta_port_close(here.ports[0]);
        assert_int_equal(ta_port_detach(here.ports[0]), TA_OK);
        here.ports[0] = NULL;
        assert_int_equal(out.count, calls / 2);
        assert_int_equal(out.status, TA_E_CLOSED);
        out = (record){0};
        pump(&here);
        assert_int_equal(out.count, calls / 2); /* the other one's, which came back */
        assert_int_equal(out.status, TA_E_CLOSED);
        assert_int_equal(ta_port_calls_under_way(here.ports[FAR]), 0);
        ta_port_figures sums = end_world(&here);
        assert_int_equal(sums.run, calls / 2);
        assert_int_equal(sums.returned, calls / 2);
        assert_int_equal(sums.destroyed, calls / 2);
    }
}

/* A request that nobody has looked at when both have left: its call ended with its caller. */
static void what_both_leave_behind_ends_once(void **state) {
    world here = {0};
    record out = {0};
    (void)state;
    make_world(&here, NULL);
    unsigned calls = call_three(here.ports[0], FAR, &out, NULL, TA_OK);
    for (uint32_t i = 0; i < PORTS; i += FAR) {
        ta_port_close(here.ports[i]);
        assert_int_equal(ta_port_detach(here.ports[i]), TA_OK);
        here.ports[i] = NULL;
        assert_int_equal(out.count, calls);
    }
    assert_int_equal(end_world(&here).destroyed, calls);
    assert_int_equal(out.count, calls);
    assert_int_equal(out.status, TA_E_CLOSED);
}

static void two_that_close_at_once_come_to_an_end(void **state) {
    world here = {0};
    record out = {0};
    (void)state;
    make_world(&here, NULL);
    unsigned calls = call_three(here.ports[0], FAR, &out, NULL, TA_OK);
    calls += call_three(here.ports[FAR], 0, &out, NULL, TA_OK);
    ta_port_close(here.ports[0]);
    ta_port_close(here.ports[FAR]);
    bool first = false, second = false;
    for (unsigned i = 0; !first || !second; i++) {
        assert_true(i < 100);
        first = ta_port_drain(here.ports[0]) == TA_OK;
        second = ta_port_drain(here.ports[FAR]) == TA_OK;
    }
    assert_int_equal(out.count, calls);
    assert_int_equal(out.status, TA_OK);
    end_world(&here);
}

/* ---- the mesh goes ---------------------------------------------------------------------------- */

/* Calls in every phase: nothing is lost, and nothing runs. */
static void a_mesh_ends_with_calls_under_way(void **state) {
    (void)state;
    for (unsigned phase = 0; phase < 5; phase++) {
        world here = {0};
        record out = {0};
        make_world(&here, NULL);
        const ta_call_options urgent = {.is_urgent = true};
        unsigned calls = call_three(here.ports[0], FAR, &out, NULL, TA_OK);
        calls += call_three(here.ports[FAR], FAR, &out, NULL, TA_OK);
        calls += call_three(here.ports[FAR], 0, &out, &urgent, TA_OK);
        runs = 0;
        if (phase >= 1) ta_port_flush(here.ports[0]);
        if (phase >= 2) ta_port_poll(here.ports[FAR], 2);
        if (phase >= 3) ta_port_poll(here.ports[FAR], 64);
        if (phase >= 4) ta_port_poll(here.ports[0], 2);
        if (phase < 2) assert_int_equal(out.count, 0);
        ta_port_figures sums = end_world(&here);
        assert_int_equal(out.count, calls);
        assert_int_equal(out.status, TA_E_CLOSED);
        assert_true(sums.destroyed > 0);
    }
}

/* Returned in the very last flush, that of the detaching. */
static void a_mesh_ends_with_calls_that_came_back(void **state) {
    world here = {0};
    record out = {0};
    (void)state;
    make_world(&here, NULL);
    unsigned calls = call_three(here.ports[0], FAR, &out, NULL, TA_OK);
    close_and_drain(here.ports[FAR]);
    ta_port_figures sums = end_world(&here);
    assert_int_equal(out.count, calls);
    assert_int_equal(out.status, TA_E_CLOSED);
    assert_int_equal(sums.returned, calls);
}

/* Who calls again from such a continuation, or sends, is refused. */
static ta_port *caller;
static void try_again(record_pointer *out, ta_status status, long *result);
TA_CALL(call_stubborn, sum, ta_long, add, record_pointer, try_again);
static void no_matter(sum *what) { runs += (unsigned)what->a; }
TA_FN_ONCE_VOID(mattering, sum, no_matter);
static void try_again(record_pointer *out, ta_status status, long *result) {
    ta_fn_once closure;
    note_long(out, status, result);
    assert_int_equal(call_stubborn(caller, FAR, (sum){1, 1}, *out, NULL, NULL), TA_E_CLOSED);
    assert_int_equal(mattering(&closure, (sum){1, 1}, NULL), TA_OK);
    assert_int_equal(ta_port_send(caller, 1, &closure), TA_E_CLOSED);
    assert_int_equal(ta_port_send_word(caller, 1, 1), TA_E_CLOSED);
}

static void nothing_begins_when_the_mesh_ends(void **state) {
    world here = {0};
    record out = {0};
    (void)state;
    make_world(&here, NULL);
    caller = here.ports[0];
    assert_int_equal(call_stubborn(caller, FAR, (sum){1, 1}, &out, NULL, NULL), TA_OK);
    assert_int_equal(call_stubborn(caller, 0, (sum){1, 1}, &out, NULL, NULL), TA_OK);
    end_world(&here);
    assert_int_equal(out.count, 2);
    assert_int_equal(out.status, TA_E_CLOSED);
}

/* ---- guests ----------------------------------------------------------------------------------- */

static void guests_call_and_are_called(void **state) {
    world here = {0};
    record out = {0};
    (void)state;
    make_world(&here, NULL);
    assert_int_equal(ta_mesh_attach_guest(here.mesh, NULL, &here.guests[0]), TA_OK);
    assert_int_equal(ta_mesh_attach_guest(here.mesh, NULL, &here.guests[1]), TA_OK);
    unsigned calls = 0;
    for (unsigned i = 0; i < 10; i++) {
        calls += call_three(here.guests[0], FAR, &out, NULL, TA_OK);
        calls += call_three(here.ports[0], ta_port_index(here.guests[0]), &out, NULL, TA_OK);
        calls += call_three(here.guests[0], ta_port_index(here.guests[1]), &out, NULL, TA_OK);
        pump(&here);
        assert_int_equal(out.count, calls);
        assert_int_equal(out.status, TA_OK);
    }
    end_world(&here);
}

/* What a guest gets stays where it was made. */
static void results_for_guests_are_not_relocated(void **state) {
    world here = {0};
    record out = {0};
    (void)state;
    make_world(&here, NULL);
    assert_int_equal(ta_mesh_attach_guest(here.mesh, NULL, &here.guests[0]), TA_OK);
    char *name = ta_string_make("guest", NULL);
    assert_int_equal(call_greet(here.guests[0], FAR, name, &out, NULL, NULL), TA_OK);
    pump(&here);
    assert_string_equal(out.text, "hello guest");
    assert_ptr_equal(out.memory, memory_of(&here, FAR));
    end_world(&here);
}

/* Guests come and go on one seat, and each is answered; so are those that call them. */
static void guests_follow_each_other_on_a_seat(void **state) {
    world here = {0};
    (void)state;
    make_world(&here, NULL);
    uint32_t before = TA_NO_PORT;
    for (unsigned i = 0; i < 10; i++) {
        record out = {0};
        assert_int_equal(ta_mesh_attach_guest(here.mesh, NULL, &here.guests[0]), TA_OK);
        ta_port *guest = here.guests[0];
        unsigned calls = 0;
        if (i % 3 != 1) calls += call_three(guest, FAR, &out, NULL, TA_OK);
        if (i % 3 != 0)
            calls += call_three(here.ports[FAR], ta_port_index(guest), &out, NULL, TA_OK);
        /* Whom the caller has heard to be gone, it is refused; else the call would come back. */
        pump(&here);
        if (before != TA_NO_PORT)
            (void)call_three(here.ports[FAR], before, &out, NULL, TA_E_CLOSED);
        pump(&here);
        assert_int_equal(out.count, calls);
        assert_int_equal(out.status, TA_OK);
        before = ta_port_index(guest);
        close_and_drain(guest);
        assert_int_equal(ta_port_detach(guest), TA_OK);
        here.guests[0] = NULL;
    }
    end_world(&here);
}

/* A guest that leaves without having looked: the request comes back. */
static void a_guest_leaves_a_call_behind(void **state) {
    world here = {0};
    record out = {0};
    (void)state;
    make_world(&here, NULL);
    assert_int_equal(ta_mesh_attach_guest(here.mesh, NULL, &here.guests[0]), TA_OK);
    ta_port *guest = here.guests[0];
    unsigned calls = call_three(here.ports[0], ta_port_index(guest), &out, NULL, TA_OK);
    close_and_drain(guest);
    assert_int_equal(ta_port_detach(guest), TA_OK);
    assert_int_equal(ta_mesh_attach_guest(here.mesh, NULL, &here.guests[0]), TA_OK);
    /* The link is the next guest's with the next call; what was in it has been taken out. */
    record more = {0};
    uint32_t next = ta_port_index(here.guests[0]);
    assert_int_equal(call_add(here.ports[0], next, (sum){1, 2}, &more, NULL, NULL), TA_OK);
    pump(&here);
    assert_int_equal(out.count, calls);
    assert_int_equal(out.status, TA_E_CLOSED);
    assert_int_equal(more.count, 1);
    assert_int_equal(more.status, TA_OK);
    end_world(&here);
}

/* A link to an earlier guest of the seat, made by a sender that was slow: nobody has declared it
 * dead when the next guest's calls are answered. What is in it for the earlier one comes back, and
 * the replies arrive. */
static void replies_find_the_next_guest(void **state) {
    world here = {0};
    record out = {0};
    ta_fn_once closure;
    (void)state;
    make_world(&here, with_timing);
    assert_int_equal(ta_mesh_attach_guest(here.mesh, NULL, &here.guests[0]), TA_OK);
    uint32_t before = ta_port_index(here.guests[0]);
    close_and_drain(here.guests[0]);
    assert_int_equal(ta_port_detach(here.guests[0]), TA_OK);
    ta_link *late = ta_link_create(here.ports[FAR], here.guests[0], false);
    assert_non_null(late);
    late->out.to_index = before;
    *ta_link_place(here.mesh, FAR, TA_SEAT(before)) = late;
    assert_int_equal(ta_mesh_attach_guest(here.mesh, NULL, &here.guests[0]), TA_OK);
    assert_int_equal(TA_SEAT(ta_port_index(here.guests[0])), TA_SEAT(before));
    runs = 0;
    assert_int_equal(mattering(&closure, (sum){100, 0}, NULL), TA_OK);
    here.guests[0]->accepts = before; /* the sender looked while that guest was there */
    assert_int_equal(ta_port_send(here.ports[FAR], before, &closure), TA_OK);
    here.guests[0]->accepts = ta_port_index(here.guests[0]);
    unsigned calls = call_three(here.guests[0], FAR, &out, NULL, TA_OK);
    ta_port_flush(here.guests[0]);
    assert_int_equal(ta_port_poll(here.ports[FAR], 64), calls);
    pump(&here);
    assert_int_equal(out.count, calls);
    assert_int_equal(out.status, TA_OK);
    assert_true(runs < 100);
    calls += call_three(here.guests[0], FAR, &out, NULL, TA_OK);
    pump(&here);
    assert_int_equal(out.count, calls);
    ta_port_figures sums = end_world(&here);
    assert_int_equal(sums.returned, 1);
}

/* ---- waiting ---------------------------------------------------------------------------------- */

TA_CALL_WAIT(wait_add, sum, ta_long, add);
TA_CALL_WAIT(wait_greet, ta_string, ta_string, greet);
TA_CALL_WAIT(wait_page, page, page, turn);

static ta_status from_within;
static void wait_within(sum *what) {
    long result = -1;
    (void)what;
    from_within = wait_add(ta_port_running(), FAR, (sum){1, 2}, NULL, &result);
    assert_int_equal(result, -1);
}
TA_FN_ONCE_VOID(waiting_within, sum, wait_within);

/* A port can wait for itself, alone. */
static void waiting_is_polling(void **state) {
    world here = {0};
    long result = 0;
    char *text = NULL;
    page back;
    (void)state;
    make_world(&here, NULL);
    ta_port *port = here.ports[0];
    assert_int_equal(wait_add(port, 0, (sum){2, 3}, NULL, &result), TA_OK);
    assert_int_equal(result, 5);
    char *name = ta_string_make("self", memory_of(&here, 0));
    assert_int_equal(wait_greet(port, 0, name, NULL, &text), TA_OK);
    assert_string_equal(text, "hello self");
    ta_destroy(&ta_string_type, &text);
    page one = {.title = ta_string_make("title", memory_of(&here, 0)), .numbers = {1, 2, 3}};
    assert_int_equal(wait_page(port, 0, one, NULL, &back), TA_OK);
    assert_string_equal(back.title, "title");
    assert_int_equal(back.numbers[2], 3);
    ta_destroy(&page_type, &back);
    end_world(&here);
}

static void waiting_says_why_not(void **state) {
    world here = {0};
    ta_fn_once closure;
    long result = -1;
    char *text = NULL;
    (void)state;
    make_world(&here, NULL);
    ta_port *port = here.ports[0];
    const ta_call_options past = {.deadline = 1}, wrong = {.reserved = {1, 0}};
    assert_int_equal(wait_add(port, 0, (sum){2, 3}, &past, &result), TA_E_EXPIRED);
    assert_int_equal(wait_add(port, 0, (sum){2, 3}, &wrong, &result), TA_E_INVALID);
    assert_int_equal(wait_add(port, 99, (sum){2, 3}, NULL, &result), TA_E_RANGE);
    assert_int_equal(wait_add(NULL, 0, (sum){2, 3}, NULL, &result), TA_E_INVALID);
    assert_int_equal(result, -1);
    /* Without storage for it, the result is destroyed. */
    char *name = ta_string_make("self", memory_of(&here, 0));
    assert_int_equal(wait_greet(port, 0, name, NULL, NULL), TA_OK);
    /* What is captured is taken, come what may. */
    name = ta_string_make("self", memory_of(&here, 0));
    assert_int_equal(wait_greet(port, 99, name, NULL, &text), TA_E_RANGE);
    assert_null(text);
    page one = {.title = ta_string_make("title", memory_of(&here, 0))}, back;
    here.book.fail_at = atomic_load(&here.book.calls) + 1;
    assert_int_equal(wait_page(port, 0, one, NULL, &back), TA_E_NOMEM);
    here.book.fail_at = 0;
    ta_port_close(here.ports[FAR]);
    assert_int_equal(wait_add(port, FAR, (sum){2, 3}, NULL, &result), TA_E_CLOSED);
    assert_int_equal(waiting_within(&closure, (sum){0, 0}, NULL), TA_OK);
    assert_int_equal(ta_port_send(port, 0, &closure), TA_OK);
    from_within = TA_OK;
    pump(&here);
    assert_int_equal(from_within, TA_E_BUSY);
    end_world(&here);
}

/* With all places taken it waits for one. */
static void waiting_waits_for_room(void **state) {
    world here = {0};
    record out = {0};
    long result = 0;
    ta_fn_once closure;
    (void)state;
    make_world(&here, NULL);
    ta_port *port = here.ports[0];
    for (unsigned i = 0; i < CALLS; i++)
        assert_int_equal(call_add(port, 0, (sum){1, 1}, &out, NULL, NULL), TA_OK);
    assert_int_equal(wait_add(port, 0, (sum){2, 3}, NULL, &result), TA_OK);
    assert_int_equal(result, 5);
    assert_int_equal(out.count, CALLS);
    /* And where the lane is full. */
    ta_status status;
    runs = 0;
    do {
        assert_int_equal(mattering(&closure, (sum){1, 1}, NULL), TA_OK);
        status = ta_port_send(port, 0, &closure);
    } while (status == TA_OK);
    assert_int_equal(status, TA_E_FULL);
    assert_int_equal(wait_add(port, 0, (sum){4, 5}, NULL, &result), TA_OK);
    assert_int_equal(result, 9);
    end_world(&here);
}

/* ---- with timing ------------------------------------------------------------------------------ */

static void times_are_taken_of_calls_too(void **state) {
    world here = {0};
    record out = {0};
    uint64_t counted = 0;
    (void)state;
    make_world(&here, with_timing);
    unsigned calls = 0;
    for (unsigned i = 0; i < 4 * CELLS; i++) {
        calls += call_three(here.ports[0], FAR, &out, NULL, TA_OK);
        pump(&here);
    }
    assert_int_equal(out.count, calls);
    ta_port_figures sums = end_world(&here);
    for (unsigned i = 0; i < TA_PORT_QUEUEING_BUCKETS; i++) counted += sums.queueing[i];
    assert_int_equal(counted, 2 * calls);
    assert_int_equal(sums.sent, 2 * calls);
    /* Nothing waited for half an hour: stamps are those of their messages. */
    assert_int_equal(sums.queueing[TA_PORT_QUEUEING_BUCKETS - 1], 0);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_closed_port_is_not_called),
        cmocka_unit_test(what_is_on_its_way_when_it_closes_runs),
        cmocka_unit_test(what_slips_in_comes_back),
        cmocka_unit_test(what_was_cancelled_and_comes_back_was_cancelled),
        cmocka_unit_test(who_closes_waits_for_its_answers),
        cmocka_unit_test(who_leaves_undrained_ends_its_calls),
        cmocka_unit_test(what_both_leave_behind_ends_once),
        cmocka_unit_test(two_that_close_at_once_come_to_an_end),
        cmocka_unit_test(a_mesh_ends_with_calls_under_way),
        cmocka_unit_test(a_mesh_ends_with_calls_that_came_back),
        cmocka_unit_test(nothing_begins_when_the_mesh_ends),
        cmocka_unit_test(guests_call_and_are_called),
        cmocka_unit_test(results_for_guests_are_not_relocated),
        cmocka_unit_test(guests_follow_each_other_on_a_seat),
        cmocka_unit_test(a_guest_leaves_a_call_behind),
        cmocka_unit_test(replies_find_the_next_guest),
        cmocka_unit_test(waiting_is_polling),
        cmocka_unit_test(waiting_says_why_not),
        cmocka_unit_test(waiting_waits_for_room),
        cmocka_unit_test(times_are_taken_of_calls_too),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
