/* SPDX-License-Identifier: MIT
 *
 * A lane seen from one thread: capacity, order, wrap-around, memory. Two threads: stress_lane.c.
 */
#include "harness.h"

#include "lane.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static ta_lane *lane_of(uint32_t cells) {
    ta_lane *lane = NULL;
    assert_int_equal(ta_lane_create(cells, NULL, &lane), TA_OK);
    assert_non_null(lane);
    return lane;
}

/* Where a pointer stands that a failing create must clear. */
static ta_lane stale;

/* Fills a cell with 64 bytes that depend on `number`, so that no two lines of a test are alike. */
static void fill(ta_cell *cell, uint64_t number) {
    uint64_t x = number * UINT64_C(0x9e3779b97f4a7c15) + 1;
    memcpy(cell->bytes, &number, sizeof number);
    for (size_t i = sizeof number; i < sizeof cell->bytes; i++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        cell->bytes[i] = (unsigned char)x;
    }
}

static bool send(ta_lane *lane, uint64_t number) {
    ta_cell *cell = ta_lane_reserve(lane);
    if (cell == NULL) return false;
    fill(cell, number);
    ta_lane_commit(lane);
    return true;
}

static void expect(ta_lane *lane, uint64_t number) {
    ta_cell received, expected;
    assert_true(ta_lane_receive(lane, &received));
    fill(&expected, number);
    assert_memory_equal(received.bytes, expected.bytes, sizeof expected.bytes);
}

static void expect_empty(ta_lane *lane) {
    ta_cell cell, before;
    memset(&cell, 0x5a, sizeof cell);
    before = cell;
    assert_false(ta_lane_receive(lane, &cell));
    assert_memory_equal(cell.bytes, before.bytes, sizeof cell.bytes);
}

/* Puts both counters of an empty lane at `counter`, as if so many messages had passed. */
static void age(ta_lane *lane, unsigned counter) {
    lane->ring.c_head = lane->ring.p_tail = lane->ring.p_head = counter;
}

static void a_size_out_of_range_is_refused(void **state) {
    (void)state;
    static const uint32_t sizes[] = {
        0, 1, TA_LANE_CELLS_MAX + 1, TA_LANE_CELLS_MAX * 2, 1u << 31, UINT32_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        ta_lane *lane = &stale;
        assert_int_equal(ta_lane_create(sizes[i], NULL, &lane), TA_E_RANGE);
        assert_null(lane);
        assert_non_null(strstr(ta_last_error(), "2 to 67108864"));
    }
}

static void a_size_that_is_no_power_of_two_is_refused(void **state) {
    (void)state;
    static const uint32_t sizes[] = {3, 5, 6, 7, 1000, 65535, TA_LANE_CELLS_MAX - 1};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        ta_lane *lane = &stale;
        assert_int_equal(ta_lane_create(sizes[i], NULL, &lane), TA_E_INVALID);
        assert_null(lane);
        assert_non_null(strstr(ta_last_error(), "power of two"));
    }
}

static void a_lane_needs_somewhere_to_go(void **state) {
    (void)state;
    assert_int_equal(ta_lane_create(8, NULL, NULL), TA_E_INVALID);
    ta_lane_destroy(NULL);
}

static void a_lane_holds_one_message_less_than_its_cells(void **state) {
    (void)state;
    for (uint32_t cells = 2; cells <= 4096; cells *= 2) {
        ta_lane *lane = lane_of(cells);
        uint32_t sent = 0;
        while (sent < cells && send(lane, sent)) sent++;
        assert_int_equal(sent, cells - 1);
        for (uint32_t i = 0; i < sent; i++) expect(lane, i);
        expect_empty(lane);
        ta_lane_destroy(lane);
    }
}

static void a_full_lane_has_room_again_after_a_receive(void **state) {
    (void)state;
    ta_lane *lane = lane_of(4);
    uint64_t sent = 0, received = 0;
    while (sent < 4 && send(lane, sent)) sent++;
    for (int lap = 0; lap < 50; lap++) {
        assert_null(ta_lane_reserve(lane));
        expect(lane, received++);
        assert_true(send(lane, sent++)); /* exactly one cell came free */
    }
    while (received < sent) expect(lane, received++);
    expect_empty(lane);
    ta_lane_destroy(lane);
}

static void a_reservation_publishes_nothing(void **state) {
    (void)state;
    ta_lane *lane = lane_of(8);
    ta_cell *cell = ta_lane_reserve(lane);
    assert_non_null(cell);
    fill(cell, 99);
    expect_empty(lane);
    assert_ptr_equal(ta_lane_reserve(lane), cell); /* given up and taken again */
    fill(cell, 7);
    expect_empty(lane);
    ta_lane_commit(lane);
    ta_cell *next = ta_lane_reserve(lane);
    assert_ptr_not_equal(next, cell);
    fill(next, 8); /* reserved and written, not committed: not to be seen */
    expect(lane, 7);
    expect_empty(lane);
    ta_lane_destroy(lane);
}

static uint64_t seed(void) {
    const char *text = getenv("TA_SEED");
    uint64_t value = text == NULL ? UINT64_C(0x2545f4914f6cdd1d) : strtoull(text, NULL, 0);
    print_message("TA_SEED=0x%llx\n", (unsigned long long)value);
    return value;
}

/* Any interleaving of sends and receives, against a queue that is two counters. */
static void follow_the_oracle(ta_lane *lane, uint32_t capacity, uint64_t steps, uint64_t start) {
    uint64_t x = start | 1; /* a xorshift never leaves 0 */
    uint64_t sent = 0, received = 0;
    for (uint64_t step = 0; step < steps; step++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        uint64_t burst = x >> 32 & 15;
        for (uint64_t i = 0; i < burst; i++) {
            if (x & 1) {
                assert_int_equal(send(lane, sent), sent - received < capacity);
                if (sent - received < capacity) sent++;
            } else if (received < sent) {
                expect(lane, received++);
            } else {
                expect_empty(lane);
            }
        }
    }
    while (received < sent) expect(lane, received++);
    expect_empty(lane);
}

static void any_order_of_sends_and_receives_keeps_the_order(void **state) {
    (void)state;
    uint64_t start = seed();
    for (uint32_t cells = 2; cells <= 64; cells *= 2) {
        ta_lane *lane = lane_of(cells);
        follow_the_oracle(lane, cells - 1, 3000, start + UINT64_C(2) * cells);
        ta_lane_destroy(lane);
    }
}

static void the_counters_wrap_at_two_to_the_32(void **state) {
    (void)state;
    uint64_t start = seed();
    for (uint32_t cells = 2; cells <= 64; cells *= 2) {
        for (unsigned before = 0; before < 20; before++) {
            ta_lane *lane = lane_of(cells);
            age(lane, UINT_MAX - before);
            follow_the_oracle(lane, cells - 1, 300, start + UINT64_C(2) * before);
            assert_true(lane->ring.p_tail < UINT_MAX / 2); /* it did wrap */
            ta_lane_destroy(lane);
        }
    }
}

static void a_lane_stays_full_across_the_wrap(void **state) {
    (void)state;
    ta_lane *lane = lane_of(8);
    age(lane, UINT_MAX - 3);
    for (uint64_t i = 0; i < 7; i++)
        assert_true(send(lane, i)); /* c_head is before, p_tail after */
    assert_null(ta_lane_reserve(lane));
    for (uint64_t i = 0; i < 7; i++) expect(lane, i);
    expect_empty(lane);
    ta_lane_destroy(lane);
}

static void a_message_touches_its_own_line_only(void **state) {
    (void)state;
    ta_lane *lane = lane_of(4);
    memset(lane->cells, 0xee, 4 * sizeof(ta_cell));
    assert_true(send(lane, 1));
    ta_cell quiet;
    memset(&quiet, 0xee, sizeof quiet);
    for (int i = 1; i < 4; i++)
        assert_memory_equal(lane->cells[i].bytes, quiet.bytes, sizeof quiet.bytes);
    ta_cell out[3];
    memset(out, 0xdd, sizeof out);
    memset(&quiet, 0xdd, sizeof quiet);
    assert_true(ta_lane_receive(lane, &out[1]));
    assert_memory_equal(out[0].bytes, quiet.bytes, sizeof quiet.bytes);
    assert_memory_equal(out[2].bytes, quiet.bytes, sizeof quiet.bytes);
    ta_lane_destroy(lane);
}

static size_t line_of(const ta_lane *lane, const void *address) {
    return (size_t)((const char *)address - (const char *)lane) / TA_CACHE_LINE;
}

static void each_side_writes_its_own_line(void **state) {
    (void)state;
    ta_lane *lane = lane_of(4);
    assert_int_equal((uintptr_t)lane % TA_CACHE_LINE, 0);
    size_t receiver = line_of(lane, &lane->ring.c_head), sender = line_of(lane, &lane->ring.p_tail);
    size_t constant = line_of(lane, &lane->ring.mask);
    assert_int_not_equal(receiver, sender);
    assert_int_not_equal(receiver, constant);
    assert_int_not_equal(sender, constant);
    assert_true(line_of(lane, &lane->ring.size) != sender);
    assert_true(line_of(lane, &lane->cells[0]) > line_of(lane, &lane->allocator));
    for (int i = 0; i < 8; i++) {
        ta_cell *cell = ta_lane_reserve(lane), out;
        assert_int_equal((uintptr_t)cell % TA_CACHE_LINE, 0);
        assert_ptr_equal(cell, &lane->cells[i % 4]);
        fill(cell, 0);
        ta_lane_commit(lane);
        assert_true(ta_lane_receive(lane, &out));
    }
    ta_lane_destroy(lane);
}

/* An allocator that keeps books and fails at the `fail_at`-th call. */
struct books {
    size_t calls, fail_at, live, size, alignment;
};

static void *books_allocate(void *context, size_t size, size_t alignment) {
    struct books *books = context;
    if (++books->calls == books->fail_at) return NULL;
    books->live++;
    books->size = size;
    books->alignment = alignment;
    return ta_allocate(NULL, size, alignment);
}

static void books_release(void *context, void *memory, size_t size, size_t alignment) {
    struct books *books = context;
    books->live--;
    assert_int_equal(size, books->size);
    assert_int_equal(alignment, books->alignment);
    ta_release(NULL, memory, size, alignment);
}

static void every_failing_allocation_is_reported_and_leaks_nothing(void **state) {
    (void)state;
    ta_status status = TA_E_NOMEM;
    size_t failures = 0;
    for (size_t fail_at = 1; status == TA_E_NOMEM; fail_at++) {
        struct books books = {.fail_at = fail_at};
        ta_allocator allocator = {books_allocate, books_release, &books};
        ta_lane *lane = &stale;
        status = ta_lane_create(16, &allocator, &lane);
        if (status == TA_E_NOMEM) {
            assert_null(lane);
            assert_non_null(strstr(ta_last_error(), "no memory"));
            failures++;
        } else {
            assert_int_equal(status, TA_OK);
            ta_lane_destroy(lane);
        }
        assert_int_equal(books.live, 0);
    }
    assert_true(failures >= 1);
}

static void a_lane_keeps_its_own_copy_of_the_allocator(void **state) {
    (void)state;
    struct books books = {0};
    ta_allocator allocator = {books_allocate, books_release, &books};
    ta_lane *lane = NULL;
    assert_int_equal(ta_lane_create(16, &allocator, &lane), TA_OK);
    memset(&allocator, 0, sizeof allocator);
    assert_true(send(lane, 1)); /* left in the lane: bytes, nothing to free */
    ta_lane_destroy(lane);
    assert_int_equal(books.live, 0);
    assert_true(books.size >= 16 * sizeof(ta_cell));
    assert_int_equal(books.alignment, TA_CACHE_LINE);
}

/* Address space without memory behind it: the largest lane is 4 GiB. */
static void *reserve_address_space(void *context, size_t size, size_t alignment) {
    (void)context;
    (void)alignment;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static void release_address_space(void *context, void *memory, size_t size, size_t alignment) {
    (void)context;
    (void)alignment;
    munmap(memory, size);
}

static void the_largest_lane_reaches_its_last_cell(void **state) {
    (void)state;
    ta_allocator allocator = {reserve_address_space, release_address_space, NULL};
    ta_lane *lane = NULL;
    ta_status status = ta_lane_create(TA_LANE_CELLS_MAX, &allocator, &lane);
    if (status == TA_E_NOMEM) skip(); /* an address-space limit */
    assert_int_equal(status, TA_OK);
    age(lane, TA_LANE_CELLS_MAX - 1);
    assert_ptr_equal(ta_lane_reserve(lane), &lane->cells[TA_LANE_CELLS_MAX - 1]);
    assert_true(send(lane, 1));
    assert_ptr_equal(ta_lane_reserve(lane), &lane->cells[0]);
    assert_true(send(lane, 2));
    expect(lane, 1);
    expect(lane, 2);
    ta_lane_destroy(lane);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_size_out_of_range_is_refused),
        cmocka_unit_test(a_size_that_is_no_power_of_two_is_refused),
        cmocka_unit_test(a_lane_needs_somewhere_to_go),
        cmocka_unit_test(a_lane_holds_one_message_less_than_its_cells),
        cmocka_unit_test(a_full_lane_has_room_again_after_a_receive),
        cmocka_unit_test(a_reservation_publishes_nothing),
        cmocka_unit_test(any_order_of_sends_and_receives_keeps_the_order),
        cmocka_unit_test(the_counters_wrap_at_two_to_the_32),
        cmocka_unit_test(a_lane_stays_full_across_the_wrap),
        cmocka_unit_test(a_message_touches_its_own_line_only),
        cmocka_unit_test(each_side_writes_its_own_line),
        cmocka_unit_test(every_failing_allocation_is_reported_and_leaks_nothing),
        cmocka_unit_test(a_lane_keeps_its_own_copy_of_the_allocator),
        cmocka_unit_test(the_largest_lane_reaches_its_last_cell),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
