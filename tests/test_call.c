/* SPDX-License-Identifier: MIT
 *
 * Calls that are answered: what arrives, where its memory is, and what is refused.
 */
#include "call_checks.h"

/* ---- back and forth --------------------------------------------------------------------------- */

static void a_result_comes_back(void **state) {
    world here = {0};
    record out = {0};
    ta_call_id id = 0;
    (void)state;
    make_world(&here, NULL);
    runs = 0;
    assert_int_equal(call_add(here.ports[0], FAR, (sum){2, 3}, &out, NULL, &id), TA_OK);
    assert_true(id != 0);
    assert_int_equal(ta_port_calls_under_way(here.ports[0]), 1);
    assert_int_equal(ta_port_poll(here.ports[0], 8), 0);
    assert_int_equal(ta_port_poll(here.ports[FAR], 8), 1);
    assert_int_equal(runs, 1);
    assert_int_equal(out.count, 0);
    assert_int_equal(ta_port_poll(here.ports[0], 8), 1);
    assert_int_equal(out.count, 1);
    assert_int_equal(out.status, TA_OK);
    assert_int_equal(out.value, 5);
    assert_int_equal(ta_port_calls_under_way(here.ports[0]), 0);
    ta_port_figures sums = end_world(&here);
    assert_int_equal(sums.sent, 2); /* the request and the reply */
    assert_int_equal(sums.run, 2);
}

static void a_port_calls_itself(void **state) {
    world here = {0};
    record out = {0};
    (void)state;
    make_world(&here, NULL);
    assert_int_equal(call_add(here.ports[0], 0, (sum){4, 5}, &out, NULL, NULL), TA_OK);
    pump(&here);
    assert_int_equal(out.count, 1);
    assert_int_equal(out.value, 9);
    end_world(&here);
}

static void memory_comes_home_both_ways(void **state) {
    (void)state;
    for (uint32_t to = 0; to < PORTS; to++) {
        world here = {0};
        record out = {0};
        make_world(&here, NULL);
        char *name = ta_string_make("world", memory_of(&here, 0));
        assert_int_equal(call_greet(here.ports[0], to, name, &out, NULL, NULL), TA_OK);
        pump(&here);
        assert_int_equal(out.status, TA_OK);
        assert_string_equal(out.text, "hello world");
        assert_at_home(here.ports[0], out.memory);
        end_world(&here);
    }
}

/* ---- sizes ------------------------------------------------------------------------------------ */

/* Values of many sizes: bytes that follow from the first one. */
#define SIZED(N)                                                                                   \
    typedef struct bytes_##N {                                                                     \
        unsigned char bytes[N];                                                                    \
    } bytes_##N;                                                                                   \
    TA_UNAWARE_TYPE(bytes_##N, bytes_##N);

static void fill(unsigned char *bytes, size_t count, unsigned first) {
    for (size_t i = 0; i < count; i++) bytes[i] = (unsigned char)(first + i * 7);
}
static bool is_filled(const unsigned char *bytes, size_t count, unsigned first) {
    for (size_t i = 0; i < count; i++)
        if (bytes[i] != (unsigned char)(first + i * 7)) return false;
    return true;
}

/* A request of N bytes with a result of M. */
#define PAIR(N, M)                                                                                 \
    static bytes_##M turn_##N##_##M(bytes_##N *in) {                                               \
        bytes_##M out;                                                                             \
        assert_true(is_filled(in->bytes, N, in->bytes[0]));                                        \
        fill(out.bytes, M, in->bytes[0] + 1u);                                                     \
        return out;                                                                                \
    }                                                                                              \
    static void note_##N##_##M(record_pointer *out, ta_status status, bytes_##M *result) {         \
        (*out)->count++;                                                                           \
        (*out)->status = status;                                                                   \
        assert_non_null(result);                                                                   \
        (*out)->value = is_filled(result->bytes, M, result->bytes[0]) ? result->bytes[0] : -1;     \
    }                                                                                              \
    TA_CALL(call_##N##_##M, bytes_##N, bytes_##M, turn_##N##_##M, record_pointer, note_##N##_##M);

#define TRY(N, M)                                                                                  \
    do {                                                                                           \
        bytes_##N in;                                                                              \
        record out = {0};                                                                          \
        fill(in.bytes, N, (N + M) & 127);                                                          \
        assert_int_equal(call_##N##_##M(here->ports[0], to, in, &out, NULL, NULL), TA_OK);         \
        pump(here);                                                                                \
        assert_int_equal(out.count, 1);                                                            \
        assert_int_equal(out.status, TA_OK);                                                       \
        assert_int_equal(out.value, ((N + M) & 127) + 1);                                          \
    } while (0)

SIZED(1)
SIZED(39)
SIZED(40)
SIZED(41)
SIZED(56)
SIZED(57)
SIZED(4000)
PAIR(1, 1)
PAIR(39, 40)
PAIR(40, 39)
PAIR(40, 40)
PAIR(40, 41)
PAIR(41, 40)
PAIR(41, 41)
PAIR(56, 56)
PAIR(57, 1)
PAIR(57, 57)
PAIR(1, 4000)
PAIR(4000, 4000)

static void try_sizes(world *here, uint32_t to) {
    TRY(1, 1);
    TRY(39, 40);
    TRY(40, 39);
    TRY(40, 40);
    TRY(40, 41);
    TRY(41, 40);
    TRY(41, 41);
    TRY(56, 56);
    TRY(57, 1);
    TRY(57, 57);
    TRY(1, 4000);
    TRY(4000, 4000);
}

/* Often enough for every pair of cells to lie across the end of the lane. */
static void values_of_all_sizes_travel(void **state) {
    world here = {0};
    (void)state;
    make_world(&here, NULL);
    for (unsigned i = 0; i < 3 * CELLS; i++) try_sizes(&here, i % PORTS);
    end_world(&here);
}

typedef struct wide {
    _Alignas(32) long value; /* small enough for a cell, were it not for this */
} wide;
TA_UNAWARE_TYPE(wide, wide);

static wide widen(wide *in) {
    assert_int_equal((uintptr_t)in % 32, 0);
    return (wide){in->value + 1};
}
static void note_wide(record_pointer *out, ta_status status, wide *result) {
    (*out)->count++;
    (*out)->status = status;
    assert_int_equal((uintptr_t)result % 32, 0);
    (*out)->value = result->value;
}
TA_CALL(call_widen, wide, wide, widen, record_pointer, note_wide);

static void alignment_is_kept(void **state) {
    world here = {0};
    record out = {0};
    (void)state;
    make_world(&here, NULL);
    assert_int_equal(call_widen(here.ports[0], FAR, (wide){41}, &out, NULL, NULL), TA_OK);
    pump(&here);
    assert_int_equal(out.value, 42);
    end_world(&here);
}

/* ---- what is left ----------------------------------------------------------------------------- */

/* Large, and with memory in it. */
typedef struct page {
    char *title;
    long numbers[12];
} page;
TA_DERIVE(page, page, TA_AS(title, ta_string), TA_ARRAY(numbers));

static page turn_page(page *in) {
    page out = *in;
    in->title = NULL; /* it goes back */
    out.numbers[0]++;
    return out;
}
static void keep_page(record_pointer *out, ta_status status, page *result) {
    (*out)->count++;
    (*out)->status = status;
    if (result == NULL) return;
    (*out)->memory = ta_block_allocator(result->title);
    (*out)->value = result->numbers[0];
    ta_destroy(&ta_string_type, &result->title);
    result->title = NULL;
}
static void glance_at_page(record_pointer *out, ta_status status, page *result) {
    (*out)->count++;
    (*out)->status = status;
    if (result != NULL) (*out)->value = result->numbers[0];
}
TA_CALL(call_page, page, page, turn_page, record_pointer, keep_page);
TA_CALL(call_page_glance, page, page, turn_page, record_pointer, glance_at_page);

static void both_may_take_things_out(void **state) {
    world here = {0};
    record out = {0};
    (void)state;
    make_world(&here, NULL);
    page one = {.title = ta_string_make("one", memory_of(&here, 0)), .numbers = {7}};
    assert_int_equal(call_page(here.ports[0], FAR, one, &out, NULL, NULL), TA_OK);
    pump(&here);
    assert_int_equal(out.count, 1);
    assert_int_equal(out.value, 8);
    assert_ptr_equal(out.memory, memory_of(&here, 0));
    page two = {.title = ta_string_make("two", memory_of(&here, 0)), .numbers = {9}};
    assert_int_equal(call_page_glance(here.ports[0], FAR, two, &out, NULL, NULL), TA_OK);
    pump(&here);
    assert_int_equal(out.count, 2);
    assert_int_equal(out.value, 10);
    end_world(&here);
}

TA_FN_ONCE(greeting, ta_string, ta_string, greet);
TA_FN_ONCE(paging, page, page, turn_page);

static void a_result_that_nobody_wants_is_destroyed(void **state) {
    world here = {0};
    ta_fn_once request;
    ta_continuation none = {0};
    (void)state;
    make_world(&here, NULL);
    const ta_allocator *memory = memory_of(&here, 0);
    assert_int_equal(greeting(&request, ta_string_make("a", memory), memory), TA_OK);
    assert_int_equal(ta_port_call(here.ports[0], FAR, &request, NULL, NULL, NULL), TA_OK);
    assert_true(ta_fn_once_is_empty(&request));
    assert_int_equal(greeting(&request, ta_string_make("b", memory), memory), TA_OK);
    assert_int_equal(ta_port_call(here.ports[0], FAR, &request, &none, NULL, NULL), TA_OK);
    page one = {.title = ta_string_make("one", memory)};
    assert_int_equal(paging(&request, one, memory), TA_OK);
    assert_int_equal(ta_port_call(here.ports[0], FAR, &request, &none, NULL, NULL), TA_OK);
    pump(&here);
    assert_int_equal(ta_port_calls_under_way(here.ports[0]), 0);
    end_world(&here);
}

static void nod(sum *what) { runs += (unsigned)what->a; }
static void note_end(record_pointer *out, ta_status status) {
    (*out)->count++;
    (*out)->status = status;
}
TA_CALL_VOID(call_nod, sum, nod, record_pointer, note_end);
TA_FN_ONCE_VOID(nodding, sum, nod);
TA_CONTINUATION_VOID(noting_end, record_pointer, note_end);

static void a_call_may_have_no_result(void **state) {
    world here = {0};
    record out = {0};
    ta_fn_once request;
    (void)state;
    make_world(&here, NULL);
    runs = 0;
    assert_int_equal(call_nod(here.ports[0], NEAR, (sum){3, 0}, &out, NULL, NULL), TA_OK);
    pump(&here);
    assert_int_equal(runs, 3);
    assert_int_equal(out.count, 1);
    assert_int_equal(out.status, TA_OK);
    /* And none may be wanted where there is one. */
    ta_continuation plain = noting_end(&out);
    const ta_allocator *memory = memory_of(&here, 0);
    assert_int_equal(greeting(&request, ta_string_make("a", memory), memory), TA_OK);
    assert_int_equal(ta_port_call(here.ports[0], FAR, &request, &plain, NULL, NULL), TA_OK);
    assert_null(plain.continuable);
    pump(&here);
    assert_int_equal(out.count, 2);
    end_world(&here);
}

/* A context that owns something. */
typedef struct keeper {
    char *text;
    record_pointer out;
} keeper;
TA_DERIVE(keeper, keeper, TA_AS(text, ta_string), TA_AS(out, record_pointer));
static void note_keeper(keeper *kept, ta_status status, long *result) {
    assert_string_equal(kept->text, "kept");
    note_long(&kept->out, status, result);
}
TA_CALL(call_kept, sum, ta_long, add, keeper, note_keeper);

static void contexts_stay_and_are_destroyed(void **state) {
    world here = {0};
    record out = {0};
    (void)state;
    make_world(&here, NULL);
    for (unsigned i = 0; i < 2 * CALLS; i++) {
        keeper kept = {ta_string_make("kept", memory_of(&here, 0)), &out};
        assert_int_equal(call_kept(here.ports[0], FAR, (sum){1, 1}, kept, NULL, NULL), TA_OK);
        pump(&here);
    }
    assert_int_equal(out.count, 2 * CALLS);
    end_world(&here);
}

/* ---- refused ---------------------------------------------------------------------------------- */

TA_FN_ONCE(adding, sum, ta_long, add);
TA_CONTINUATION(noting, record_pointer, ta_long, note_long);
TA_CONTINUATION(noting_text, record_pointer, ta_string, note_text);

static void misuse_is_refused(void **state) {
    world here = {0};
    record out = {0};
    ta_fn_once request, empty = {{NULL, {0}}};
    ta_call_id id = 77;
    (void)state;
    make_world(&here, NULL);
    ta_port *port = here.ports[0];
    assert_int_equal(adding(&request, (sum){1, 2}, NULL), TA_OK);
    ta_continuation right = noting(&out), wrong = noting_text(&out);
    const ta_call_options late = {.deadline = UINT64_C(1) << 63};
    const ta_call_options reserved[2] = {{.reserved = {1, 0}}, {.reserved = {0, 1}}};
    assert_int_equal(ta_port_call(NULL, FAR, &request, &right, NULL, &id), TA_E_INVALID);
    assert_int_equal(ta_port_call(port, FAR, NULL, &right, NULL, &id), TA_E_INVALID);
    assert_int_equal(ta_port_call(port, FAR, &empty, &right, NULL, &id), TA_E_INVALID);
    assert_int_equal(ta_port_call(port, FAR, &request, &wrong, NULL, &id), TA_E_INVALID);
    assert_int_equal(ta_port_call(port, FAR, &request, &right, &late, &id), TA_E_INVALID);
    assert_int_equal(ta_port_call(port, FAR, &request, &right, &reserved[0], &id), TA_E_INVALID);
    assert_int_equal(ta_port_call(port, FAR, &request, &right, &reserved[1], &id), TA_E_INVALID);
    assert_int_equal(ta_port_call(port, 1000, &request, &right, NULL, &id), TA_E_RANGE);
    assert_int_equal(ta_port_call(port, PORTS, &request, &right, NULL, &id), TA_E_CLOSED);
    assert_int_equal(id, 77);
    assert_false(ta_fn_once_is_empty(&request));
    assert_non_null(right.continuable);
    assert_int_equal(ta_port_calls_under_way(port), 0);
    assert_int_equal(ta_port_calls_under_way(NULL), 0);
    assert_int_equal(ta_port_call(port, FAR, &request, &right, NULL, NULL), TA_OK);
    assert_null(right.continuable);
    pump(&here);
    assert_int_equal(out.count, 1);
    end_world(&here);
}

static void the_number_of_calls_is_limited(void **state) {
    world here = {0};
    record out = {0};
    (void)state;
    make_world(&here, NULL);
    const ta_call_options urgent = {.is_urgent = true};
    for (unsigned round = 0; round < 3; round++) {
        out.count = 0;
        for (unsigned i = 0; i < CALLS; i++)
            assert_int_equal(
                call_add(here.ports[0], FAR, (sum){1, 1}, &out, i % 2 == 0 ? &urgent : NULL, NULL),
                TA_OK);
        assert_int_equal(call_add(here.ports[0], FAR, (sum){1, 1}, &out, NULL, NULL), TA_E_FULL);
        assert_int_equal(call_add(here.ports[0], FAR, (sum){1, 1}, &out, &urgent, NULL), TA_E_FULL);
        /* Elsewhere there is room. */
        assert_int_equal(call_add(here.ports[0], NEAR, (sum){1, 1}, &out, NULL, NULL), TA_OK);
        /* Until its continuation is called a call is under way. */
        ta_port_poll(here.ports[FAR], 64);
        assert_int_equal(call_add(here.ports[0], FAR, (sum){1, 1}, &out, NULL, NULL), TA_E_FULL);
        pump(&here);
        assert_int_equal(out.count, CALLS + 1);
    }
    ta_port_figures figures;
    assert_true(ta_mesh_read_figures(here.mesh, 0, FAR, &figures));
    assert_int_equal(figures.refused, 9);
    end_world(&here);
}

static void many_calls(ta_mesh_options *options) { options->calls = CELLS / 2; }

static void the_lane_limits_calls_too(void **state) {
    world here = {0};
    record out = {0};
    ta_fn_once closure;
    bytes_56 large;
    (void)state;
    make_world(&here, many_calls);
    fill(large.bytes, sizeof large, 1);
    for (unsigned i = 0; i < CELLS / 2 - 1; i++) {
        assert_int_equal(nodding(&closure, (sum){1, 0}, NULL), TA_OK);
        assert_int_equal(ta_port_send(here.ports[0], FAR, &closure), TA_OK);
    }
    /* One cell is left: too little for two. */
    assert_int_equal(call_56_56(here.ports[0], FAR, large, &out, NULL, NULL), TA_E_FULL);
    assert_int_equal(call_add(here.ports[0], FAR, (sum){1, 1}, &out, NULL, NULL), TA_OK);
    assert_int_equal(call_add(here.ports[0], FAR, (sum){1, 1}, &out, NULL, NULL), TA_E_FULL);
    pump(&here);
    assert_int_equal(out.count, 1);
    assert_int_equal(call_56_56(here.ports[0], FAR, large, &out, NULL, NULL), TA_OK);
    pump(&here);
    assert_int_equal(out.count, 2);
    end_world(&here);
}

/* What the caller keeps, it keeps whole, also what was in a box. */
static void a_refused_call_leaves_everything(void **state) {
    world here = {0};
    record out = {0};
    (void)state;
    make_world(&here, NULL);
    for (unsigned i = 0; i < CALLS; i++)
        assert_int_equal(call_add(here.ports[0], FAR, (sum){1, 1}, &out, NULL, NULL), TA_OK);
    page one = {.title = ta_string_make("mine", memory_of(&here, 0))};
    assert_int_equal(call_page(here.ports[0], FAR, one, &out, NULL, NULL), TA_E_FULL);
    assert_string_equal(one.title, "mine");
    ta_destroy(&page_type, &one);
    bytes_4000 large = {{0}};
    assert_int_equal(call_4000_4000(here.ports[0], FAR, large, &out, NULL, NULL), TA_E_FULL);
    assert_int_equal(call_widen(here.ports[0], FAR, (wide){1}, &out, NULL, NULL), TA_E_FULL);
    pump(&here);
    assert_int_equal(out.count, CALLS);
    end_world(&here);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_result_comes_back),
        cmocka_unit_test(a_port_calls_itself),
        cmocka_unit_test(memory_comes_home_both_ways),
        cmocka_unit_test(values_of_all_sizes_travel),
        cmocka_unit_test(alignment_is_kept),
        cmocka_unit_test(both_may_take_things_out),
        cmocka_unit_test(a_result_that_nobody_wants_is_destroyed),
        cmocka_unit_test(a_call_may_have_no_result),
        cmocka_unit_test(contexts_stay_and_are_destroyed),
        cmocka_unit_test(misuse_is_refused),
        cmocka_unit_test(the_number_of_calls_is_limited),
        cmocka_unit_test(the_lane_limits_calls_too),
        cmocka_unit_test(a_refused_call_leaves_everything),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
