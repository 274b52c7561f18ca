/* SPDX-License-Identifier: MIT
 *
 * The order of calls and replies among other messages, and floods that come to an end.
 */
#include "call_checks.h"

#include <limits.h>

/* ---- order ------------------------------------------------------------------------------------ */

static long order[64];
static unsigned ordered;
static long note_order(sum *what) {
    order[ordered++] = what->a;
    return what->a;
}
TA_CALL(call_order, sum, ta_long, note_order, record_pointer, note_long);
static void note_order_alone(sum *what) { order[ordered++] = what->a; }
TA_FN_ONCE_VOID(ordering, sum, note_order_alone);
static void note_word(void *context, ta_port *port, uint32_t from, const uint64_t words[],
                      uint32_t count) {
    (void)context, (void)port, (void)from;
    for (uint32_t i = 0; i < count; i++) order[ordered++] = (long)words[i];
}

static void calls_are_in_order_with_the_rest(void **state) {
    world here = {0};
    record out = {0};
    ta_fn_once closure;
    const ta_port_hooks hooks = {.words = note_word};
    (void)state;
    make_world(&here, NULL);
    assert_int_equal(ta_port_detach(here.ports[FAR]), TA_OK);
    assert_int_equal(ta_port_attach(here.ports[FAR], &hooks), TA_OK);
    ordered = 0;
    assert_int_equal(ta_port_send_word(here.ports[0], FAR, 0), TA_OK);
    assert_int_equal(call_order(here.ports[0], FAR, (sum){1, 0}, &out, NULL, NULL), TA_OK);
    assert_int_equal(ordering(&closure, (sum){2, 0}, NULL), TA_OK);
    assert_int_equal(ta_port_send(here.ports[0], FAR, &closure), TA_OK);
    assert_int_equal(ta_port_send_word(here.ports[0], FAR, 3), TA_OK);
    assert_int_equal(call_order(here.ports[0], FAR, (sum){4, 0}, &out, NULL, NULL), TA_OK);
    const ta_call_options urgent = {.is_urgent = true};
    assert_int_equal(call_order(here.ports[0], FAR, (sum){9, 0}, &out, &urgent, NULL), TA_OK);
    pump(&here);
    static const long expected[] = {9, 0, 1, 2, 3, 4};
    assert_int_equal(ordered, 6);
    for (unsigned i = 0; i < ordered; i++) assert_int_equal(order[i], expected[i]);
    assert_int_equal(out.count, 3);
    end_world(&here);
}

static void note_end(record_pointer *out, ta_status status) {
    (*out)->count++;
    (*out)->status = status;
}

/* A reply does not overtake words that are gathered on its way. */
static void send_word_on(sum *what) {
    assert_int_equal(ta_port_send_word(ta_port_running(), 0, (uint64_t)what->a), TA_OK);
}
TA_CALL_VOID(call_words, sum, send_word_on, record_pointer, note_end);

static void replies_are_in_order_with_the_rest(void **state) {
    world here = {0};
    record out = {0};
    const ta_port_hooks hooks = {.words = note_word};
    (void)state;
    make_world(&here, NULL);
    assert_int_equal(ta_port_detach(here.ports[0]), TA_OK);
    assert_int_equal(ta_port_attach(here.ports[0], &hooks), TA_OK);
    ordered = 0;
    for (long i = 0; i < CALLS; i++)
        assert_int_equal(call_words(here.ports[0], FAR, (sum){i, 0}, &out, NULL, NULL), TA_OK);
    ta_port_flush(here.ports[0]);
    assert_int_equal(ta_port_poll(here.ports[FAR], 64), CALLS);
    assert_int_equal(ta_port_poll(here.ports[0], 1), 1);
    assert_int_equal(ordered, 1);
    assert_int_equal(out.count, 0);
    pump(&here);
    assert_int_equal(ordered, CALLS);
    assert_int_equal(out.count, CALLS);
    end_world(&here);
}

/* ---- floods ----------------------------------------------------------------------------------- */

/* A chain: each answer calls again. */
typedef struct chain {
    ta_port *port;
    uint32_t to;
    long left, done;
} chain;
typedef chain *chain_pointer;
TA_UNAWARE_TYPE(chain_pointer, chain_pointer);
static ta_status call_on(chain *links);
static void go_on(chain_pointer *links, ta_status status, long *result) {
    assert_int_equal(status, TA_OK);
    assert_int_equal(*result, 3);
    (*links)->done++;
    /* There is a place; the lane may be full, of other things. */
    if ((*links)->left > 0) (void)call_on(*links);
}
TA_CALL(call_chain, sum, ta_long, add, chain_pointer, go_on);
static ta_status call_on(chain *links) {
    ta_status status = call_chain(links->port, links->to, (sum){1, 2}, links, NULL, NULL);
    if (status == TA_OK) links->left--;
    return status;
}

static void many_calls(ta_mesh_options *options) { options->calls = CELLS / 2; }

/* With all places in use, a continuation can call: its own is free. */
static unsigned again;
static void call_again(record_pointer *out, ta_status status, long *result);
TA_CALL(call_again_and_again, sum, ta_long, add, record_pointer, call_again);
static void call_again(record_pointer *out, ta_status status, long *result) {
    note_long(out, status, result);
    if (again > 0 && again-- > 0)
        assert_int_equal(
            call_again_and_again(ta_port_running(), FAR, (sum){1, 1}, *out, NULL, NULL), TA_OK);
}

static void a_continuation_has_a_place_to_call(void **state) {
    world here = {0};
    record out = {0};
    (void)state;
    make_world(&here, NULL);
    again = 10;
    for (unsigned i = 0; i < CALLS; i++)
        assert_int_equal(call_again_and_again(here.ports[0], FAR, (sum){1, 1}, &out, NULL, NULL),
                         TA_OK);
    pump(&here);
    assert_int_equal(out.count, CALLS + 10);
    end_world(&here);
}

/* So is its request's cell, where calls fill the lane, and however soon the reply comes. */
static ta_port *caller;
static long look_at_caller(sum *what) {
    if (what->b != 0) assert_int_equal(ta_port_poll(caller, 9), 1);
    return what->a;
}
TA_CALL(call_again_by_looking, sum, ta_long, look_at_caller, record_pointer, call_again);

static void a_continuation_has_room_to_call(void **state) {
    world here = {0};
    record out = {0};
    (void)state;
    make_world(&here, many_calls);
    caller = here.ports[0];
    assert_int_equal(call_add(caller, FAR, (sum){1, 1}, &out, NULL, NULL), TA_OK);
    pump(&here); /* it looks at the lane back from here on */
    again = 1;
    for (unsigned i = 0; i < CELLS / 2; i++)
        assert_int_equal(call_again_by_looking(caller, FAR, (sum){1, i == 1}, &out, NULL, NULL),
                         TA_OK);
    assert_int_equal(call_add(caller, FAR, (sum){1, 1}, &out, NULL, NULL), TA_E_FULL);
    pump(&here);
    assert_int_equal(out.count, 1 + CELLS / 2 + 1);
    end_world(&here);
}

/* ---- replies and the rest ---------------------------------------------------------------------- */

/* Each answer calls again, so the lane back has as many replies as there may be in it when FAR has
 * polled; and more than a quarter is left in it by the polls of port 0, which take little. */
static void keep_calling(world *here, record *out) {
    again = UINT_MAX;
    for (unsigned i = 0; i < CELLS / 2; i++)
        assert_int_equal(call_again_and_again(here->ports[0], FAR, (sum){1, 1}, out, NULL, NULL),
                         TA_OK);
}
static void poll_both(world *here) {
    (void)ta_port_poll(here->ports[0], 3);
    ordered = 0;
    (void)ta_port_poll(here->ports[FAR], CELLS);
}

static unsigned fill(ta_port *port, uint32_t to) {
    ta_fn_once closure;
    for (unsigned sent = 0;; sent++) {
        assert_int_equal(ordering(&closure, (sum){sent, 0}, NULL), TA_OK);
        if (ta_port_send(port, to, &closure) == TA_OK) continue;
        ta_fn_once_destroy(&closure);
        return sent;
    }
}

/* What is sent beside them has the rest of the lane, all of it, round after round. */
static void replies_keep_no_room_from_others(void **state) {
    world here = {0};
    record out = {0};
    (void)state;
    make_world(&here, many_calls);
    keep_calling(&here, &out);
    poll_both(&here);
    for (unsigned round = 0; round < 1000; round++) {
        assert_int_equal(fill(here.ports[FAR], 0), CELLS / 2);
        for (unsigned i = 0; i < 6; i++) poll_both(&here); /* all of that, and more */
        assert_int_equal(ta_port_calls_under_way(here.ports[0]), CELLS / 2);
    }
    again = 0;
    pump(&here);
    end_world(&here);
}

static unsigned rooms;
static void count_room(void *context, ta_port *port, uint32_t to) {
    (void)context, (void)port;
    assert_int_equal(to, 0);
    rooms++;
}

/* Nor is who waits for room forgotten because the lane never comes to be half empty. */
static void who_waits_beside_replies_is_told(void **state) {
    const ta_port_hooks hooks = {.room = count_room};
    world here = {0};
    record out = {0};
    (void)state;
    make_world(&here, many_calls);
    assert_int_equal(ta_port_detach(here.ports[FAR]), TA_OK);
    assert_int_equal(ta_port_attach(here.ports[FAR], &hooks), TA_OK);
    keep_calling(&here, &out);
    poll_both(&here);
    for (unsigned times = 1; times < 10; times++) {
        rooms = 0;
        assert_int_equal(fill(here.ports[FAR], 0), CELLS / 2);
        assert_int_equal(ta_port_want_room(here.ports[FAR], 0), TA_OK);
        for (unsigned round = 0; round < CELLS; round++) poll_both(&here);
        assert_int_equal(rooms, 1);
    }
    again = 0;
    pump(&here);
    end_world(&here);
}

/* Both lanes full of closures, too, whatever the order in which the two get their turns. */
static void two_that_flood_each_other_finish(void **state) {
    enum { LENGTH = 20000 };
    uint64_t random = 0x9b1a4e0f6d2c8357;
    world here = {0};
    (void)state;
    make_world(&here, many_calls);
    chain links[2] = {{here.ports[0], FAR, LENGTH, 0}, {here.ports[FAR], 0, LENGTH, 0}};
    ta_fn_once closure = {{NULL, {0}}};
    print_message("seed 0x%llx\n", (unsigned long long)random);
    for (unsigned turn = 0; links[0].done < LENGTH || links[1].done < LENGTH; turn++) {
        assert_true(turn < 100 * LENGTH);
        random ^= random << 13, random ^= random >> 7, random ^= random << 17;
        chain *mine = &links[random >> 40 & 1];
        while (mine->left > 0 && call_on(mine) == TA_OK) {
        }
        do {
            ordered = 0;
            if (ta_fn_once_is_empty(&closure)) (void)ordering(&closure, (sum){0, 0}, NULL);
        } while (ta_port_send(mine->port, mine->to, &closure) == TA_OK);
        ta_port_poll(mine->port, (uint32_t)(random >> 50 & 15));
    }
    ordered = 0;
    pump(&here);
    end_world(&here);
}

static void small_lanes(ta_mesh_options *options) { options->lane_cells = 2 * CALLS; }

/* The cell that gathered words will take is nobody else's: else the last reply would find none. */
static void gathered_words_keep_their_cell(void **state) {
    (void)state;
    for (unsigned before = 0; before < 8; before++) {
        world here = {0};
        record out = {0};
        ta_fn_once closure = {{NULL, {0}}};
        const ta_port_hooks hooks = {.words = note_word};
        make_world(&here, small_lanes);
        assert_int_equal(ta_port_detach(here.ports[0]), TA_OK);
        assert_int_equal(ta_port_attach(here.ports[0], &hooks), TA_OK);
        for (unsigned i = 0; i < CALLS; i++)
            assert_int_equal(call_add(here.ports[0], FAR, (sum){1, 2}, &out, NULL, NULL), TA_OK);
        ta_port_flush(here.ports[0]);
        ordered = 0;
        for (unsigned i = 0; i < 8; i++) { /* until it is full */
            if (i == before) (void)ta_port_send_word(here.ports[FAR], 0, i);
            if (ta_fn_once_is_empty(&closure)) (void)ordering(&closure, (sum){i, 0}, NULL);
            (void)ta_port_send(here.ports[FAR], 0, &closure);
        }
        ta_fn_once_destroy(&closure);
        assert_int_equal(ta_port_poll(here.ports[FAR], CALLS), CALLS); /* before any cell is free */
        pump(&here);
        assert_int_equal(out.count, CALLS);
        end_world(&here);
    }
}

/* ---- room for calls ---------------------------------------------------------------------------- */

static unsigned told;
static uint32_t told_of;
static void note_room(void *context, ta_port *port, uint32_t to) {
    (void)context;
    assert_true(ta_port_calls_under_way(port) < CALLS);
    told++;
    told_of = to;
}

/* Not before, though the lane has room; and with the first that is over. */
static void who_waits_for_a_call_is_told_when_one_is_over(void **state) {
    world here = {0};
    record out = {0};
    const ta_port_hooks hooks = {.room = note_room};
    (void)state;
    make_world(&here, NULL);
    assert_int_equal(ta_port_detach(here.ports[0]), TA_OK);
    assert_int_equal(ta_port_attach(here.ports[0], &hooks), TA_OK);
    for (unsigned i = 0; i < CALLS; i++)
        assert_int_equal(call_add(here.ports[0], FAR, (sum){1, 2}, &out, NULL, NULL), TA_OK);
    const ta_call_options urgent = {.is_urgent = true};
    assert_int_equal(call_add(here.ports[0], FAR, (sum){1, 2}, &out, NULL, NULL), TA_E_FULL);
    assert_int_equal(call_add(here.ports[0], FAR, (sum){1, 2}, &out, &urgent, NULL), TA_E_FULL);
    told = 0;
    assert_int_equal(ta_port_want_room(here.ports[0], FAR), TA_OK);
    for (unsigned i = 0; i < 3; i++) ta_port_poll(here.ports[0], 9);
    assert_int_equal(told, 0);
    assert_int_equal(ta_port_poll(here.ports[FAR], 1), 1);
    assert_int_equal(ta_port_poll(here.ports[0], 9), 1);
    assert_int_equal(told, 1);
    assert_int_equal(told_of, FAR);
    assert_int_equal(call_add(here.ports[0], FAR, (sum){1, 2}, &out, &urgent, NULL), TA_OK);
    assert_int_equal(ta_port_want_room_urgent(here.ports[0], FAR), TA_OK);
    pump(&here);
    assert_int_equal(told, 2);
    assert_int_equal(out.count, CALLS + 1);
    end_world(&here);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_are_in_order_with_the_rest),
        cmocka_unit_test(replies_are_in_order_with_the_rest),
        cmocka_unit_test(a_continuation_has_a_place_to_call),
        cmocka_unit_test(a_continuation_has_room_to_call),
        cmocka_unit_test(replies_keep_no_room_from_others),
        cmocka_unit_test(who_waits_beside_replies_is_told),
        cmocka_unit_test(two_that_flood_each_other_finish),
        cmocka_unit_test(gathered_words_keep_their_cell),
        cmocka_unit_test(who_waits_for_a_call_is_told_when_one_is_over),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
