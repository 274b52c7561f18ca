/* SPDX-License-Identifier: MIT
 *
 * Calls that end without a result: expired, cancelled, what cannot be relocated, want of memory.
 */
#include "call_checks.h"

#include <time.h>

static uint64_t now(void) {
    struct timespec time;
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &time), 0);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* ---- deadlines -------------------------------------------------------------------------------- */

static void what_expired_does_not_run(void **state) {
    world here = {0};
    record out = {0}, text = {0};
    (void)state;
    make_world(&here, NULL);
    runs = 0;
    const ta_call_options past = {.deadline = 1}, here_and_now = {.deadline = now()};
    assert_int_equal(call_add(here.ports[0], FAR, (sum){1, 2}, &out, &past, NULL), TA_OK);
    char *name = ta_string_make("late", memory_of(&here, 0));
    assert_int_equal(call_greet(here.ports[0], FAR, name, &text, &here_and_now, NULL), TA_OK);
    pump(&here);
    assert_int_equal(runs, 0);
    assert_int_equal(out.count, 1);
    assert_int_equal(out.status, TA_E_EXPIRED);
    assert_int_equal(text.count, 1);
    assert_int_equal(text.status, TA_E_EXPIRED);
    ta_port_figures sums = end_world(&here);
    assert_int_equal(sums.failed, 2); /* the requests */
    assert_int_equal(sums.run, 2);    /* the replies */
}

static void what_has_time_runs(void **state) {
    world here = {0};
    record out = {0};
    (void)state;
    make_world(&here, NULL);
    const ta_call_options later = {.deadline = now() + UINT64_C(3600) * 1000000000u};
    const ta_call_options last = {.deadline = (UINT64_C(1) << 63) - 1, .is_cancellable = true};
    assert_int_equal(call_add(here.ports[0], FAR, (sum){1, 2}, &out, &later, NULL), TA_OK);
    assert_int_equal(call_add(here.ports[0], FAR, (sum){1, 2}, &out, &last, NULL), TA_OK);
    pump(&here);
    assert_int_equal(out.count, 2);
    assert_int_equal(out.status, TA_OK);
    end_world(&here);
}

/* ---- cancelling ------------------------------------------------------------------------------- */

static const ta_call_options cancellable = {.is_cancellable = true};

static void what_is_cancelled_does_not_run(void **state) {
    world here = {0};
    record out = {0}, text = {0};
    ta_call_id id, other;
    (void)state;
    make_world(&here, NULL);
    runs = 0;
    assert_int_equal(call_add(here.ports[0], FAR, (sum){1, 2}, &out, &cancellable, &id), TA_OK);
    char *name = ta_string_make("no", memory_of(&here, 0));
    assert_int_equal(call_greet(here.ports[0], FAR, name, &text, &cancellable, &other), TA_OK);
    assert_true(id != other);
    assert_int_equal(ta_call_cancel(here.ports[0], id), TA_OK);
    assert_int_equal(ta_call_cancel(here.ports[0], id), TA_OK); /* still so */
    assert_int_equal(ta_call_cancel(here.ports[0], other), TA_OK);
    assert_int_equal(out.count, 0);
    assert_int_equal(ta_port_calls_under_way(here.ports[0]), 2);
    pump(&here);
    assert_int_equal(runs, 0);
    assert_int_equal(out.count, 1);
    assert_int_equal(out.status, TA_E_CANCELLED);
    assert_int_equal(text.status, TA_E_CANCELLED);
    assert_int_equal(ta_call_cancel(here.ports[0], id), TA_E_INVALID);
    ta_port_figures sums = end_world(&here);
    assert_int_equal(sums.failed, 2);
}

/* A cancelled call that has also expired is a cancelled one: that was promised. */
static void cancelling_comes_before_expiring(void **state) {
    world here = {0};
    record out = {0};
    ta_call_id id;
    const ta_call_options both = {.deadline = 1, .is_cancellable = true};
    (void)state;
    make_world(&here, NULL);
    assert_int_equal(call_add(here.ports[0], FAR, (sum){1, 2}, &out, &both, &id), TA_OK);
    assert_int_equal(ta_call_cancel(here.ports[0], id), TA_OK);
    pump(&here);
    assert_int_equal(out.status, TA_E_CANCELLED);
    assert_int_equal(call_add(here.ports[0], FAR, (sum){1, 2}, &out, &both, &id), TA_OK);
    pump(&here);
    assert_int_equal(out.status, TA_E_EXPIRED);
    end_world(&here);
}

static void what_has_begun_is_not_cancelled(void **state) {
    world here = {0};
    record out = {0};
    ta_call_id id, fixed;
    (void)state;
    make_world(&here, NULL);
    runs = 0;
    assert_int_equal(call_add(here.ports[0], FAR, (sum){1, 2}, &out, &cancellable, &id), TA_OK);
    assert_int_equal(call_add(here.ports[0], FAR, (sum){1, 2}, &out, NULL, &fixed), TA_OK);
    assert_int_equal(ta_call_cancel(here.ports[0], fixed), TA_E_BUSY); /* not cancellable */
    ta_port_flush(here.ports[0]);
    assert_int_equal(ta_port_poll(here.ports[FAR], 64), 2);
    assert_int_equal(ta_call_cancel(here.ports[0], id), TA_E_BUSY);
    pump(&here);
    assert_int_equal(runs, 2);
    assert_int_equal(out.count, 2);
    assert_int_equal(out.status, TA_OK);
    assert_int_equal(ta_call_cancel(here.ports[0], id), TA_E_INVALID);
    end_world(&here);
}

/* The last call's place is used again, by calls with other names. */
static void old_names_are_no_calls(void **state) {
    world here = {0};
    record out = {0};
    ta_call_id ids[8 * CALLS];
    (void)state;
    make_world(&here, NULL);
    assert_int_equal(ta_call_cancel(here.ports[0], 1), TA_E_INVALID);
    for (unsigned i = 0; i < 8 * CALLS; i++) {
        assert_int_equal(call_add(here.ports[0], FAR, (sum){1, 2}, &out, &cancellable, &ids[i]),
                         TA_OK);
        for (unsigned j = 0; j < i; j++) {
            assert_true(ids[i] != ids[j]);
            assert_int_equal(ta_call_cancel(here.ports[0], ids[j]), TA_E_INVALID);
        }
        pump(&here);
    }
    assert_int_equal(out.count, 8 * CALLS);
    assert_int_equal(out.status, TA_OK);
    uint64_t random = 0x2545f4914f6cdd1d;
    for (unsigned i = 0; i < 100000; i++) {
        random ^= random << 13, random ^= random >> 7, random ^= random << 17;
        assert_int_equal(ta_call_cancel(here.ports[i % PORTS], random), TA_E_INVALID);
    }
    assert_int_equal(ta_call_cancel(here.ports[0], 0), TA_E_INVALID);
    assert_int_equal(ta_call_cancel(NULL, ids[0]), TA_E_INVALID);
    end_world(&here);
}

/* ---- relocation that fails -------------------------------------------------------------------- */

/* Relocates to places below `limit` alone. */
typedef struct picky {
    long value;
    uint32_t limit;
} picky;
static unsigned destroyed;
static ta_status move_picky(picky *value, const ta_move *move) {
    return ta_affinity_processor(move->destination) < value->limit ? TA_OK : TA_E_TAG;
}
static void drop_picky(picky *value) {
    (void)value;
    destroyed++;
}
TA_TYPE(picky, picky, move_picky, NULL, drop_picky);

static picky change_limit(picky *in) {
    runs++;
    return (picky){in->value + 1, (uint32_t)in->value};
}
static void note_picky(record_pointer *out, ta_status status, picky *result) {
    (*out)->count++;
    (*out)->status = status;
    assert_true((result != NULL) == (status == TA_OK));
    if (result != NULL) (*out)->value = result->value;
}
TA_CALL(call_picky, picky, picky, change_limit, record_pointer, note_picky);

static void what_cannot_be_relocated_fails(void **state) {
    world here = {0};
    record out = {0};
    (void)state;
    make_world(&here, NULL);
    runs = destroyed = 0;
    /* The request cannot. */
    assert_int_equal(call_picky(here.ports[1], FAR, (picky){4, 1}, &out, NULL, NULL), TA_OK);
    pump(&here);
    assert_int_equal(out.status, TA_E_TAG);
    assert_int_equal(runs, 0);
    assert_int_equal(destroyed, 1);
    /* The result cannot. */
    assert_int_equal(call_picky(here.ports[1], FAR, (picky){0, 4}, &out, NULL, NULL), TA_OK);
    pump(&here);
    assert_int_equal(out.status, TA_E_TAG);
    assert_int_equal(runs, 1);
    assert_int_equal(destroyed, 3);
    /* Both can. */
    assert_int_equal(call_picky(here.ports[1], FAR, (picky){4, 4}, &out, NULL, NULL), TA_OK);
    pump(&here);
    assert_int_equal(out.status, TA_OK);
    assert_int_equal(out.value, 5);
    assert_int_equal(runs, 2);
    assert_int_equal(destroyed, 5);
    assert_int_equal(out.count, 3);
    ta_port_figures sums = end_world(&here);
    assert_int_equal(sums.failed, 1);
}

/* ---- memory ----------------------------------------------------------------------------------- */

typedef struct large {
    long values[20];
} large;
TA_UNAWARE_TYPE(large, large);
static large make_large(sum *in) {
    large made = {{in->a, in->b}};
    runs++;
    return made;
}
static void note_large(record_pointer *out, ta_status status, large *result) {
    (*out)->count++;
    (*out)->status = status;
    if (result != NULL) (*out)->value = result->values[0] + result->values[1];
}
TA_CALL(call_large, sum, large, make_large, record_pointer, note_large);

static void without_memory_for_the_result_nothing_runs(void **state) {
    world here = {0};
    record out = {0};
    (void)state;
    make_world(&here, NULL);
    runs = 0;
    assert_int_equal(call_large(here.ports[0], FAR, (sum){1, 2}, &out, NULL, NULL), TA_OK);
    pump(&here);
    assert_int_equal(out.value, 3);
    assert_int_equal(call_large(here.ports[0], FAR, (sum){1, 2}, &out, NULL, NULL), TA_OK);
    here.book.fail_at = atomic_load(&here.book.calls) + 1;
    pump(&here);
    assert_int_equal(out.count, 2);
    assert_int_equal(out.status, TA_E_NOMEM);
    assert_int_equal(runs, 1);
    ta_port_figures sums = end_world(&here);
    assert_int_equal(sums.failed, 1);
}

/* A large request with a large result, its first allocations failing one by one. */
static large double_large(large *in) {
    for (unsigned i = 0; i < 20; i++) in->values[i] *= 2;
    return *in;
}
TA_CALL(call_double, large, large, double_large, record_pointer, note_large);

static void every_allocation_may_fail(void **state) {
    bool done = false;
    (void)state;
    for (size_t at = 1; !done; at++) {
        world here = {0};
        record out = {0};
        ta_call_id id = 5;
        const large request = {{20, 1}};
        assert_true(at < 20);
        make_world(&here, NULL);
        const ta_call_options urgent = {.is_urgent = true};
        here.book.fail_at = atomic_load(&here.book.calls) + at;
        ta_status status = call_double(here.ports[0], FAR, request, &out, &urgent, &id);
        bool failed = status != TA_OK;
        if (failed) {
            assert_int_equal(status, TA_E_NOMEM);
            assert_int_equal(id, 5);
            assert_int_equal(ta_port_calls_under_way(here.ports[0]), 0);
        } else {
            pump(&here);
            assert_int_equal(out.count, 1);
            failed = out.status != TA_OK;
            if (failed) assert_int_equal(out.status, TA_E_NOMEM);
        }
        /* What failed once, goes well the next time. */
        here.book.fail_at = 0;
        assert_int_equal(call_double(here.ports[0], FAR, request, &out, &urgent, &id), TA_OK);
        pump(&here);
        assert_int_equal(out.status, TA_OK);
        assert_int_equal(out.value, 42);
        done = !failed;
        end_world(&here);
    }
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_expired_does_not_run),
        cmocka_unit_test(what_has_time_runs),
        cmocka_unit_test(what_is_cancelled_does_not_run),
        cmocka_unit_test(cancelling_comes_before_expiring),
        cmocka_unit_test(what_has_begun_is_not_cancelled),
        cmocka_unit_test(old_names_are_no_calls),
        cmocka_unit_test(what_cannot_be_relocated_fails),
        cmocka_unit_test(without_memory_for_the_result_nothing_runs),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
