/* SPDX-License-Identifier: MIT
 *
 * Fan-outs: one closure at many ports, and one completion, whatever becomes of the targets.
 */
#include "call_checks.h"

#include "ta/fan.h"

static unsigned visits[PORTS + GUESTS]; /* how often each port was visited */

static void visit(const sum *what) {
    (void)what;
    visits[ta_port_index(ta_port_running()) % (PORTS + GUESTS)]++;
}
TA_FN_VOID(visiting, sum, visit);

static void note_end(record_pointer *out, ta_status status) {
    (*out)->count++;
    (*out)->status = status;
}
TA_CONTINUATION_VOID(noting_end, record_pointer, note_end);

/* What is captured owns something, so that each target gets its own. */
static ta_port *home;
static char *greet_all(char *const *name) {
    ta_port *port = ta_port_running();
    char text[64];
    if (ta_affinity_same_region(ta_port_affinity(port), ta_port_affinity(home)))
        assert_ptr_equal(ta_block_allocator(*name), ta_port_returning_allocator(home));
    else
        assert_ptr_equal(ta_block_allocator(*name), ta_port_allocator(port));
    (void)snprintf(text, sizeof text, "%s %u", *name, ta_port_index(port));
    return ta_string_make(text, ta_port_allocator(port));
}
TA_FN(greeting_all, ta_string, ta_string, greet_all);

/* The context: larger than a continuation's may be. */
typedef struct gathered {
    record_pointer out;
    char *label;
    unsigned answered[PORTS + GUESTS]; /* by each */
    unsigned failed;
    long sum;
} gathered;
TA_DERIVE(gathered, gathered, TA_AS(out, record_pointer), TA_AS(label, ta_string),
          TA_ARRAY(answered), failed, sum);

static unsigned reductions;
static void gather(gathered *all, uint32_t from, ta_status status, char **result) {
    reductions++;
    assert_int_equal(all->out->count, 0);
    assert_true((result != NULL) == (status == TA_OK));
    all->answered[from % (PORTS + GUESTS)]++;
    if (result == NULL) {
        all->failed++;
        return;
    }
    assert_at_home(home, ta_block_allocator(*result));
    char expected[64];
    (void)snprintf(expected, sizeof expected, "hello %u", from);
    assert_string_equal(*result, expected);
    all->sum += from;
}
static gathered last;
static void end_gather(gathered *all, ta_status status) {
    assert_string_equal(all->label, "label");
    last = *all;
    note_end(&all->out, status);
}
TA_MAP_REDUCE(greet_everyone, ta_string, ta_string, greet_all, gathered, gather, end_gather);

static ta_status start_gather(world *here, uint32_t from, const uint32_t targets[], uint32_t count,
                              record *out) {
    home = here->ports[from];
    const ta_allocator *memory = memory_of(here, from);
    char *hello = ta_string_make("hello", memory);
    gathered all = {.out = out, .label = ta_string_make("label", memory)};
    reductions = 0;
    ta_status status = greet_everyone(home, targets, count, hello, all);
    assert_int_equal(reductions, 0); /* not from within */
    if (status == TA_OK) return status;
    assert_string_equal(hello, "hello"); /* still the caller's */
    ta_destroy(&ta_string_type, &hello);
    ta_destroy(&gathered_type, &all);
    return status;
}

/* ---- broadcasts ------------------------------------------------------------------------------- */

static void a_broadcast_reaches_all_once(void **state) {
    world here = {0};
    record out = {0};
    ta_fn closure;
    (void)state;
    make_world(&here, NULL);
    memset(visits, 0, sizeof visits);
    assert_int_equal(visiting(&closure, (sum){0, 0}, NULL), TA_OK);
    ta_continuation done = noting_end(&out);
    assert_int_equal(ta_port_broadcast(here.ports[1], NULL, 0, &closure, &done), TA_OK);
    assert_null(done.continuable);
    assert_false(ta_fn_is_empty(&closure)); /* only read */
    assert_int_equal(out.count, 0);
    pump(&here);
    assert_int_equal(out.count, 1);
    assert_int_equal(out.status, TA_OK);
    for (unsigned i = 0; i < PORTS; i++) assert_int_equal(visits[i], 1);
    assert_int_equal(ta_port_calls_under_way(here.ports[1]), 0);
    end_world(&here);
}

static void nobody_need_be_told(void **state) {
    world here = {0};
    ta_fn closure;
    ta_continuation none = {0};
    static const uint32_t targets[] = {FAR, FAR, 0};
    (void)state;
    make_world(&here, NULL);
    memset(visits, 0, sizeof visits);
    assert_int_equal(visiting(&closure, (sum){0, 0}, NULL), TA_OK);
    assert_int_equal(ta_port_broadcast(here.ports[0], targets, 3, &closure, NULL), TA_OK);
    assert_int_equal(ta_port_broadcast(here.ports[0], targets, 3, &closure, &none), TA_OK);
    pump(&here);
    assert_int_equal(visits[FAR], 4);
    assert_int_equal(visits[0], 2);
    end_world(&here);
}

static void results_of_a_broadcast_are_destroyed(void **state) {
    world here = {0};
    record out = {0};
    ta_fn closure;
    (void)state;
    make_world(&here, NULL);
    home = here.ports[0];
    char *hello = ta_string_make("hello", memory_of(&here, 0));
    assert_int_equal(greeting_all(&closure, hello, NULL), TA_OK);
    ta_continuation done = noting_end(&out);
    assert_int_equal(ta_port_broadcast(here.ports[0], NULL, 0, &closure, &done), TA_OK);
    ta_fn_destroy(&closure); /* the fan-out has its own */
    pump(&here);
    assert_int_equal(out.count, 1);
    assert_int_equal(out.status, TA_OK);
    end_world(&here);
}

static void without_targets_it_completes_in_the_next_poll(void **state) {
    world here = {0};
    record out = {0};
    ta_fn closure;
    static const uint32_t none[1];
    (void)state;
    make_world(&here, NULL);
    assert_int_equal(visiting(&closure, (sum){0, 0}, NULL), TA_OK);
    ta_continuation done = noting_end(&out);
    assert_int_equal(ta_port_broadcast(here.ports[0], none, 0, &closure, &done), TA_OK);
    assert_true(ta_port_prepare_sleep(here.ports[0])); /* there is something to do */
    ta_port_poll(here.ports[0], 0);
    assert_int_equal(out.count, 1);
    assert_int_equal(out.status, TA_OK);
    end_world(&here);
}

/* ---- map and reduce --------------------------------------------------------------------------- */

static void results_are_gathered(void **state) {
    (void)state;
    for (uint32_t from = 0; from < PORTS; from++) {
        world here = {0};
        record out = {0};
        make_world(&here, NULL);
        assert_int_equal(start_gather(&here, from, NULL, 0, &out), TA_OK);
        pump(&here);
        assert_int_equal(out.count, 1);
        assert_int_equal(out.status, TA_OK);
        assert_int_equal(last.sum, 0 + 1 + 2 + 3);
        assert_int_equal(last.failed, 0);
        for (unsigned i = 0; i < PORTS; i++) assert_int_equal(last.answered[i], 1);
        end_world(&here);
    }
}

static void one_failure_is_told_and_the_rest_goes_on(void **state) {
    world here = {0};
    record out = {0};
    (void)state;
    make_world(&here, NULL);
    ta_port_close(here.ports[3]);
    assert_int_equal(start_gather(&here, 0, NULL, 0, &out), TA_OK);
    pump(&here);
    assert_int_equal(out.count, 1);
    assert_int_equal(out.status, TA_E_CLOSED);
    assert_int_equal(last.failed, 1);
    assert_int_equal(last.answered[3], 1);
    assert_int_equal(last.sum, 0 + 1 + 2);
    end_world(&here);
}

/* One that closes with the request unread. */
static void requests_that_come_back_are_reduced(void **state) {
    world here = {0};
    record out = {0};
    (void)state;
    make_world(&here, NULL);
    assert_int_equal(start_gather(&here, 0, NULL, 0, &out), TA_OK);
    ta_port_close(here.ports[FAR]);
    assert_int_equal(ta_port_drain(here.ports[FAR]), TA_OK);
    pump(&here);
    assert_int_equal(out.count, 1);
    assert_int_equal(out.status, TA_E_CLOSED);
    assert_int_equal(last.failed, 1);
    end_world(&here);
}

/* ---- no room ---------------------------------------------------------------------------------- */

/* One target many times: more than there are calls, and cells. */
static void more_targets_than_room(void **state) {
    enum { MANY = 10 * CELLS };
    world here = {0};
    record out = {0}, other = {0};
    ta_fn closure;
    uint32_t targets[MANY];
    (void)state;
    make_world(&here, NULL);
    memset(visits, 0, sizeof visits);
    for (unsigned i = 0; i < MANY; i++) targets[i] = i % 2 == 0 ? FAR : NEAR;
    assert_int_equal(visiting(&closure, (sum){0, 0}, NULL), TA_OK);
    ta_continuation done = noting_end(&out);
    assert_int_equal(ta_port_broadcast(here.ports[0], targets, MANY, &closure, &done), TA_OK);
    done = noting_end(&other);
    assert_int_equal(ta_port_broadcast(here.ports[0], targets, MANY, &closure, &done), TA_OK);
    ta_port_poll(here.ports[0], 64);
    assert_false(ta_port_prepare_sleep(here.ports[0])); /* it waits for others, and may sleep */
    ta_port_finish_sleep(here.ports[0]);
    pump(&here);
    assert_int_equal(out.count, 1);
    assert_int_equal(other.count, 1);
    assert_int_equal(visits[FAR], MANY);
    assert_int_equal(visits[NEAR], MANY);
    end_world(&here);
}

static void nothing(sum *what) { (void)what; }
TA_FN_ONCE_VOID(nothing_at_all, sum, nothing);

/* The lane is full of other things: room is told by a bell. */
static void a_full_lane_is_waited_for(void **state) {
    world here = {0};
    record out = {0};
    ta_fn_once filler;
    ta_status status;
    (void)state;
    make_world(&here, NULL);
    do {
        assert_int_equal(nothing_at_all(&filler, (sum){0, 0}, NULL), TA_OK);
        status = ta_port_send(here.ports[0], FAR, &filler);
    } while (status == TA_OK);
    assert_int_equal(status, TA_E_FULL);
    assert_int_equal(start_gather(&here, 0, NULL, 0, &out), TA_OK);
    for (unsigned i = 0; i < PORTS; i++)
        if (i != FAR) ta_port_poll(here.ports[i], 64);
    for (unsigned i = 0; i < 4; i++) ta_port_poll(here.ports[0], 64);
    assert_int_equal(out.count, 0);
    assert_false(ta_port_prepare_sleep(here.ports[0]));
    ta_port_poll(here.ports[FAR], UINT32_MAX);
    (void)ta_port_prepare_sleep(here.ports[FAR]); /* rests, and tells of the room */
    ta_port_finish_sleep(here.ports[FAR]);
    ta_port_finish_sleep(here.ports[0]);
    pump(&here);
    assert_int_equal(out.count, 1);
    assert_int_equal(out.status, TA_OK);
    end_world(&here);
}

/* Too large for a cell, so that each clone is a block, too. */
typedef struct numbered {
    unsigned number;
    char bulk[100];
} numbered;
static unsigned clones;
static void (*at_clone)(void);
static ta_status clone_numbered(const numbered *value, numbered *out,
                                const ta_allocator *allocator) {
    (void)allocator;
    clones++;
    if (at_clone != NULL) at_clone();
    *out = *value;
    return TA_OK;
}
TA_TYPE(numbered, numbered, NULL, clone_numbered, NULL);

/* What each port has seen of them. */
static unsigned expected_next[PORTS + GUESTS];
static void expect_in_order(const numbered *value) {
    assert_int_equal(value->number, expected_next[ta_port_index(ta_port_running())]++);
}
TA_FN_VOID(expecting, numbered, expect_in_order);

static void start_numbered(ta_port *port, const uint32_t targets[], uint32_t count, unsigned number,
                           record *out) {
    ta_fn closure;
    assert_int_equal(expecting(&closure, (numbered){.number = number}, NULL), TA_OK);
    ta_continuation done = noting_end(out);
    assert_int_equal(ta_port_broadcast(port, targets, count, &closure, &done), TA_OK);
    ta_fn_destroy(&closure);
}

/* Many fan-outs that wait: each target sees them in the order in which they began, and nothing is
 * cloned in vain, however often there was no room. */
static void those_that_wait_keep_their_order(void **state) {
    enum { MANY = 5 * CELLS };
    static const uint32_t targets[] = {FAR, NEAR, FAR};
    world here = {0};
    record out = {0};
    (void)state;
    make_world(&here, NULL);
    memset(expected_next, 0, sizeof expected_next);
    clones = 0;
    for (unsigned i = 0; i < MANY; i++) {
        start_numbered(here.ports[0], &targets[i % 2], 2, i, &out); /* NEAR first, or FAR */
        ta_port_poll(here.ports[0], 1);
    }
    pump(&here);
    assert_int_equal(out.count, MANY);
    assert_int_equal(out.status, TA_OK);
    assert_int_equal(expected_next[FAR], MANY);
    assert_int_equal(expected_next[NEAR], MANY);
    assert_int_equal(clones, MANY + 2 * MANY); /* each fan-out's own, and one for each target */
    end_world(&here);
}

/* Nor does one that begins when there is room for it, and not yet for those before it. */
static unsigned begun;
static void begin_another(record_pointer *out, ta_status status);
TA_CONTINUATION_VOID(beginning_another, record_pointer, begin_another);
static void begin_one(ta_port *port, record *out) {
    static const uint32_t far[] = {FAR};
    ta_fn closure;
    assert_int_equal(expecting(&closure, (numbered){.number = begun++}, NULL), TA_OK);
    ta_continuation done = beginning_another(out);
    assert_int_equal(ta_port_broadcast(port, far, 1, &closure, &done), TA_OK);
    ta_fn_destroy(&closure);
}
static void begin_another(record_pointer *out, ta_status status) {
    note_end(out, status);
    if (begun < 20 * CELLS) begin_one(ta_port_running(), *out);
}

static void who_begins_later_waits_behind_them(void **state) {
    world here = {0};
    record out = {0};
    (void)state;
    make_world(&here, NULL);
    memset(expected_next, 0, sizeof expected_next);
    begun = 0;
    for (unsigned i = 0; i < 5 * CELLS; i++) begin_one(here.ports[0], &out);
    pump(&here);
    assert_int_equal(out.count, 20 * CELLS);
    assert_int_equal(out.status, TA_OK);
    assert_int_equal(expected_next[FAR], 20 * CELLS);
    end_world(&here);
}

/* One full target keeps nobody from the others. */
static void who_has_room_does_not_wait_for_others(void **state) {
    static const uint32_t both[] = {FAR, NEAR};
    world here = {0};
    record out = {0};
    (void)state;
    make_world(&here, NULL);
    memset(expected_next, 0, sizeof expected_next);
    for (unsigned i = 0; i < 3 * CELLS; i++) {
        start_numbered(here.ports[0], both, 2, i, &out);
        ta_port_flush(here.ports[0]);
        ta_port_poll(here.ports[NEAR], 64);
        ta_port_poll(here.ports[0], 64);
    }
    assert_int_equal(expected_next[NEAR], 3 * CELLS);
    assert_int_equal(expected_next[FAR], 0);
    pump(&here);
    assert_int_equal(expected_next[FAR], 3 * CELLS);
    assert_int_equal(out.count, 3 * CELLS);
    end_world(&here);
}

/* Cloning is the user's code, and may use up the room that was there before. */
static ta_port *filled;
static void fill_up(void) {
    ta_fn_once filler;
    ta_status status;
    if (clones != 2) return; /* the first one is the fan-out's own */
    do {
        assert_int_equal(nothing_at_all(&filler, (sum){0, 0}, NULL), TA_OK);
        status = ta_port_send(filled, FAR, &filler);
    } while (status == TA_OK);
    assert_int_equal(status, TA_E_FULL);
}
static void a_clone_may_use_up_the_room(void **state) {
    static const uint32_t far[] = {FAR};
    world here = {0};
    record out = {0};
    (void)state;
    make_world(&here, NULL);
    memset(expected_next, 0, sizeof expected_next);
    clones = 0;
    filled = here.ports[0];
    at_clone = fill_up;
    start_numbered(here.ports[0], far, 1, 0, &out);
    at_clone = NULL;
    start_numbered(here.ports[0], far, 1, 1, &out);
    pump(&here);
    assert_int_equal(out.count, 2);
    assert_int_equal(out.status, TA_OK);
    assert_int_equal(expected_next[FAR], 2);
    end_world(&here);
}

/* ---- refused ---------------------------------------------------------------------------------- */

TA_CONTINUATION(noting_long, record_pointer, ta_long, note_long);

static void misuse_is_refused(void **state) {
    world here = {0};
    record out = {0};
    ta_fn closure, empty = {{NULL, {0}}};
    static const uint32_t beyond[] = {0, 1000};
    (void)state;
    make_world(&here, NULL);
    ta_port *port = here.ports[0];
    assert_int_equal(visiting(&closure, (sum){0, 0}, NULL), TA_OK);
    ta_continuation done = noting_end(&out), wrong = noting_long(&out);
    assert_int_equal(ta_port_broadcast(NULL, NULL, 0, &closure, &done), TA_E_INVALID);
    assert_int_equal(ta_port_broadcast(port, NULL, 0, NULL, &done), TA_E_INVALID);
    assert_int_equal(ta_port_broadcast(port, NULL, 0, &empty, &done), TA_E_INVALID);
    assert_int_equal(ta_port_broadcast(port, NULL, 1, &closure, &done), TA_E_INVALID);
    assert_int_equal(ta_port_broadcast(port, NULL, 0, &closure, &wrong), TA_E_INVALID);
    assert_int_equal(ta_port_broadcast(port, beyond, 2, &closure, &done), TA_E_RANGE);
    assert_non_null(done.continuable);
    gathered all = {.out = &out};
    assert_int_equal(ta_port_map_reduce(port, NULL, 0, &closure, &greet_everyone_reducible_, &all),
                     TA_E_INVALID); /* another result */
    assert_int_equal(start_gather(&here, 0, beyond, 2, &out), TA_E_RANGE);
    ta_port_close(port);
    assert_int_equal(ta_port_broadcast(port, NULL, 0, &closure, &done), TA_E_CLOSED);
    assert_int_equal(start_gather(&here, 0, NULL, 0, &out), TA_E_CLOSED);
    pump(&here);
    assert_int_equal(out.count, 0);
    end_world(&here);
}

/* Cannot be cloned. */
typedef struct unique {
    long value;
} unique;
static void drop_unique(unique *value) { value->value = 0; }
TA_TYPE(unique, unique, NULL, NULL, drop_unique);
static void look(const unique *value) { (void)value; }
TA_FN_VOID(looking, unique, look);

static void what_cannot_be_cloned_is_refused(void **state) {
    world here = {0};
    record out = {0};
    ta_fn closure;
    (void)state;
    make_world(&here, NULL);
    assert_int_equal(looking(&closure, (unique){1}, NULL), TA_OK);
    ta_continuation done = noting_end(&out);
    assert_int_equal(ta_port_broadcast(here.ports[0], NULL, 0, &closure, &done),
                     TA_E_NOT_CLONEABLE);
    assert_non_null(done.continuable);
    ta_fn_destroy(&closure);
    end_world(&here);
}

static void every_allocation_may_fail(void **state) {
    bool good = false;
    (void)state;
    for (size_t at = 1; !good; at++) {
        world here = {0};
        record out = {0};
        assert_true(at < 100);
        make_world(&here, NULL);
        home = here.ports[0];
        const ta_allocator *memory = memory_of(&here, 0);
        char *hello = ta_string_make("hello", memory);
        gathered all = {.out = &out, .label = ta_string_make("label", memory)};
        here.book.fail_at = atomic_load(&here.book.calls) + at;
        ta_status status = greet_everyone(home, NULL, 0, hello, all);
        good = atomic_load(&here.book.calls) < here.book.fail_at;
        here.book.fail_at = 0;
        if (status != TA_OK) {
            assert_int_equal(status, TA_E_NOMEM);
            assert_string_equal(hello, "hello");
            ta_destroy(&ta_string_type, &hello);
            ta_destroy(&gathered_type, &all);
            pump(&here);
            assert_int_equal(out.count, 0);
        } else {
            /* One of the targets could not be called, and cannot be in the next poll either. */
            if (!good) here.book.fail_at = atomic_load(&here.book.calls) + 1;
            ta_port_poll(home, 0);
            here.book.fail_at = 0;
            pump(&here);
            assert_int_equal(out.count, 1);
            assert_int_equal(out.status, good ? TA_OK : TA_E_NOMEM);
            assert_int_equal(last.failed, good ? 0 : 1);
        }
        end_world(&here);
    }
}

/* ---- the end ---------------------------------------------------------------------------------- */

/* Targets that wait for room when the caller closes. */
static void who_closes_completes(void **state) {
    world here = {0};
    record out = {0};
    uint32_t targets[4 * CELLS];
    (void)state;
    make_world(&here, NULL);
    for (unsigned i = 0; i < 4 * CELLS; i++) targets[i] = FAR;
    assert_int_equal(start_gather(&here, 0, targets, 4 * CELLS, &out), TA_OK);
    ta_port_close(here.ports[0]);
    assert_int_equal(ta_port_drain(here.ports[0]), TA_E_BUSY); /* some were sent */
    pump(&here);
    assert_int_equal(ta_port_drain(here.ports[0]), TA_OK);
    assert_int_equal(out.count, 1);
    assert_int_equal(out.status, TA_E_CLOSED);
    assert_int_equal(last.failed, 4 * CELLS - CALLS);
    end_world(&here);
}

/* The same with nothing under way. */
static void who_closes_completes_without_others(void **state) {
    world here = {0};
    record out = {0};
    ta_fn_once filler;
    static const uint32_t targets[] = {FAR};
    (void)state;
    make_world(&here, NULL);
    do {
        assert_int_equal(nothing_at_all(&filler, (sum){0, 0}, NULL), TA_OK);
    } while (ta_port_send(here.ports[0], FAR, &filler) == TA_OK);
    assert_int_equal(start_gather(&here, 0, targets, 1, &out), TA_OK);
    ta_port_poll(here.ports[0], 64);
    assert_int_equal(out.count, 0);
    ta_port_close(here.ports[0]);
    assert_int_equal(ta_port_drain(here.ports[0]), TA_OK);
    assert_int_equal(out.count, 1);
    assert_int_equal(out.status, TA_E_CLOSED);
    end_world(&here);
}

static void a_mesh_ends_with_fans_under_way(void **state) {
    (void)state;
    for (unsigned phase = 0; phase < 4; phase++) {
        world here = {0};
        record out = {0}, other = {0};
        uint32_t targets[4 * CELLS];
        make_world(&here, NULL);
        for (unsigned i = 0; i < 4 * CELLS; i++) targets[i] = i % 3 == 0 ? FAR : 0;
        assert_int_equal(start_gather(&here, 0, targets, 4 * CELLS, &out), TA_OK);
        assert_int_equal(start_gather(&here, 0, NULL, 0, &other), TA_OK);
        if (phase >= 1) ta_port_flush(here.ports[0]);
        if (phase >= 2) ta_port_poll(here.ports[FAR], 64);
        if (phase >= 3) ta_port_poll(here.ports[0], 64);
        end_world(&here);
        assert_int_equal(out.count, 1);
        assert_int_equal(out.status, TA_E_CLOSED);
        assert_int_equal(other.count, 1);
        assert_int_equal(other.status, TA_E_CLOSED);
    }
}

/* A completion that begins another fan-out. */
static unsigned rounds;
static void begin_again(record_pointer *out, ta_status status);
TA_CONTINUATION_VOID(beginning_again, record_pointer, begin_again);
static void begin_again(record_pointer *out, ta_status status) {
    ta_fn closure;
    note_end(out, status);
    if (rounds == 0) return;
    rounds--;
    assert_int_equal(visiting(&closure, (sum){0, 0}, NULL), TA_OK);
    ta_continuation done = beginning_again(*out);
    assert_int_equal(ta_port_broadcast(ta_port_running(), NULL, 0, &closure, &done), TA_OK);
}

static void a_completion_may_begin_another(void **state) {
    world here = {0};
    record out = {0};
    ta_fn closure;
    (void)state;
    make_world(&here, NULL);
    memset(visits, 0, sizeof visits);
    rounds = 20;
    assert_int_equal(visiting(&closure, (sum){0, 0}, NULL), TA_OK);
    ta_continuation done = beginning_again(&out);
    assert_int_equal(ta_port_broadcast(here.ports[0], NULL, 0, &closure, &done), TA_OK);
    pump(&here);
    assert_int_equal(out.count, 21);
    for (unsigned i = 0; i < PORTS; i++) assert_int_equal(visits[i], 21);
    end_world(&here);
}

/* Guests fan out, and are targets. */
static void guests_take_part(void **state) {
    world here = {0};
    record out = {0};
    ta_fn closure;
    (void)state;
    make_world(&here, NULL);
    memset(visits, 0, sizeof visits);
    assert_int_equal(ta_mesh_attach_guest(here.mesh, NULL, &here.guests[0]), TA_OK);
    const uint32_t targets[] = {ta_port_index(here.guests[0]), 0, FAR};
    assert_int_equal(visiting(&closure, (sum){0, 0}, NULL), TA_OK);
    ta_continuation done = noting_end(&out);
    assert_int_equal(ta_port_broadcast(here.guests[0], targets, 3, &closure, &done), TA_OK);
    done = noting_end(&out);
    assert_int_equal(ta_port_broadcast(here.ports[1], targets, 3, &closure, &done), TA_OK);
    pump(&here);
    assert_int_equal(out.count, 2);
    assert_int_equal(out.status, TA_OK);
    assert_int_equal(visits[FAR], 2);
    end_world(&here);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_broadcast_reaches_all_once),
        cmocka_unit_test(nobody_need_be_told),
        cmocka_unit_test(results_of_a_broadcast_are_destroyed),
        cmocka_unit_test(without_targets_it_completes_in_the_next_poll),
        cmocka_unit_test(results_are_gathered),
        cmocka_unit_test(one_failure_is_told_and_the_rest_goes_on),
        cmocka_unit_test(requests_that_come_back_are_reduced),
        cmocka_unit_test(more_targets_than_room),
        cmocka_unit_test(a_full_lane_is_waited_for),
        cmocka_unit_test(those_that_wait_keep_their_order),
        cmocka_unit_test(who_begins_later_waits_behind_them),
        cmocka_unit_test(who_has_room_does_not_wait_for_others),
        cmocka_unit_test(a_clone_may_use_up_the_room),
        cmocka_unit_test(misuse_is_refused),
        cmocka_unit_test(what_cannot_be_cloned_is_refused),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(who_closes_completes),
        cmocka_unit_test(who_closes_completes_without_others),
        cmocka_unit_test(a_mesh_ends_with_fans_under_way),
        cmocka_unit_test(a_completion_may_begin_another),
        cmocka_unit_test(guests_take_part),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
