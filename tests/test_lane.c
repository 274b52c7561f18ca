/* SPDX-License-Identifier: MIT
 *
 * A lane seen from one thread: capacity, order, wrap-around, memory. Two threads: stress_lane.c.
 */
#include "harness.h"

#include "lane.h"

#include <stdlib.h>
#include <string.h>

static ta_lane *lane_of(uint32_t cells) {
    ta_lane *lane = NULL;
    assert_int_equal(ta_lane_create(cells, NULL, &lane), TA_OK);
    assert_non_null(lane);
    return lane;
}

/* Where a pointer stands that a failing create must clear. */
static ta_lane stale;

/* A cell's words and head, which depend on `number`, so that no two lines of a test are alike. */
static uint64_t head_of(uint64_t number) {
    return (number + 1) * UINT64_C(0x9e3779b97f4a7c16); /* even: the lowest bit is the lane's */
}
static void fill(ta_cell *cell, uint64_t number) {
    uint64_t x = number * UINT64_C(0x9e3779b97f4a7c15) + 1;
    for (size_t i = 0; i < TA_CELL_WORDS_COUNT; i++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        cell->words[i] = x;
    }
}

static bool send(ta_lane *lane, uint64_t number) {
    ta_cell *cell = ta_lane_reserve(lane);
    if (cell == NULL) return false;
    fill(cell, number);
    ta_lane_commit(lane, head_of(number));
    return true;
}

/* Numbers `number` and the next one, as a message of two cells. */
static bool send_two(ta_lane *lane, uint64_t number) {
    ta_cell *first = ta_lane_reserve(lane), *second = ta_lane_reserve_second(lane);
    if (first == NULL || second == NULL) return false;
    fill(first, number);
    fill(second, number + 1);
    ta_lane_commit_two(lane, head_of(number), head_of(number + 1));
    return true;
}

static void expect(ta_lane *lane, uint64_t number) {
    ta_cell received, expected;
    assert_false(ta_lane_is_empty(lane));
    assert_true(ta_lane_receive(lane, &received));
    fill(&expected, number);
    assert_int_equal(received.head, head_of(number));
    assert_memory_equal(received.words, expected.words, sizeof expected.words);
}

static void expect_empty(ta_lane *lane) {
    ta_cell cell, before;
    memset(&cell, 0x5a, sizeof cell);
    before = cell;
    assert_true(ta_lane_is_empty(lane));
    assert_false(ta_lane_receive(lane, &cell));
    assert_memory_equal(&cell, &before, sizeof cell);
}

/* Puts all counters of an empty lane at `counter`, as if so many messages had passed. */
static void age(ta_lane *lane, uint32_t counter) {
    uint32_t cells = lane->sender.mask + 1;
    lane->sender.tail = lane->sender.seen = lane->freed = counter;
    lane->receiver.head = lane->receiver.released = counter;
    for (uint32_t i = 0; i < cells; i++) { /* of the last lap that the cell was used in */
        uint32_t lap_end = counter - (counter & (cells - 1)) + i;
        uint32_t number = lap_end - ((i >= (counter & (cells - 1))) ? cells : 0);
        lane->cells[i].head = ta_lane_parity_(number, lane->sender.shift);
    }
}

static void a_size_out_of_range_is_refused(void **state) {
    (void)state;
    static const uint32_t sizes[] = {
        0, 1, TA_LANE_CELLS_MAX + 1, TA_LANE_CELLS_MAX * 2, 1u << 31, UINT32_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        ta_lane *lane = &stale;
        assert_int_equal(ta_lane_create(sizes[i], NULL, &lane), TA_E_RANGE);
        assert_null(lane);
        assert_non_null(strstr(ta_last_error(), "2 to 1048576"));
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

static void a_lane_holds_a_message_in_each_cell(void **state) {
    (void)state;
    for (uint32_t cells = 2; cells <= 4096; cells *= 2) {
        ta_lane *lane = lane_of(cells);
        uint32_t sent = 0;
        while (sent <= cells && send(lane, sent)) sent++;
        assert_int_equal(sent, cells);
        for (uint32_t i = 0; i < sent; i++) expect(lane, i);
        expect_empty(lane);
        ta_lane_destroy(lane);
    }
}

static void a_full_lane_has_room_again_after_a_release(void **state) {
    (void)state;
    ta_lane *lane = lane_of(64);
    uint64_t sent = 0, received = 0;
    while (sent <= 64 && send(lane, sent)) sent++;
    for (int lap = 0; lap < 500; lap++) {
        assert_null(ta_lane_reserve(lane));
        expect(lane, received++);
        assert_null(ta_lane_reserve(lane)); /* received, not given back */
        ta_lane_release(lane);
        assert_true(send(lane, sent++)); /* exactly one cell came free */
    }
    while (received < sent) expect(lane, received++);
    expect_empty(lane);
    ta_lane_destroy(lane);
}

/* Without a release, a receiver that goes on gives back a quarter at a time, and all at the end. */
static void room_comes_back_in_quarters(void **state) {
    (void)state;
    for (uint32_t cells = 2; cells <= 1024; cells *= 2) {
        ta_lane *lane = lane_of(cells);
        uint32_t quarter = cells < 4 ? 1 : cells / 4, given_back = 0;
        for (uint32_t i = 0; i < cells; i++) assert_true(send(lane, i));
        for (uint32_t i = 0; i < cells; i++) {
            assert_int_equal(ta_lane_room(lane, cells), given_back);
            expect(lane, i);
            if ((i + 1) % quarter == 0) given_back = i + 1;
        }
        assert_int_equal(ta_lane_room(lane, cells), cells);
        ta_lane_destroy(lane);
    }
}

/* Who waits for more room than a quarter's worth gets it from a receiver that only looks. */
static void an_empty_lane_is_given_back_whole(void **state) {
    (void)state;
    ta_lane *lane = lane_of(1024);
    for (uint64_t i = 0; i < 300; i++) assert_true(send(lane, i));
    for (uint64_t i = 0; i < 300; i++) expect(lane, i);
    assert_int_equal(ta_lane_room(lane, 1024), 1024 - 300 + 256);
    expect_empty(lane);
    assert_int_equal(ta_lane_room(lane, 1024), 1024);
    ta_lane_destroy(lane);
}

static void room_is_looked_up_only_when_it_must_be(void **state) {
    (void)state;
    ta_lane *lane = lane_of(8);
    for (uint64_t i = 0; i < 6; i++) assert_true(send(lane, i));
    assert_int_equal(ta_lane_room(lane, 1), 2);
    for (uint64_t i = 0; i < 6; i++) expect(lane, i);
    ta_lane_release(lane);
    assert_int_equal(ta_lane_room(lane, 2), 2); /* enough is known of */
    assert_int_equal(ta_lane_room(lane, 3), 8);
    ta_lane_destroy(lane);
}

static void two_cells_come_one_after_the_other(void **state) {
    (void)state;
    ta_lane *lane = lane_of(4);
    uint64_t sent = 0, received = 0;
    for (int lap = 0; lap < 50; lap++) { /* at every place, also around the end */
        assert_true(send_two(lane, sent));
        assert_true(send(lane, sent + 2));
        sent += 3;
        assert_null(ta_lane_reserve_second(lane)); /* one is free */
        assert_non_null(ta_lane_reserve(lane));
        while (received < sent) expect(lane, received++);
        expect_empty(lane);
    }
    ta_lane_destroy(lane);
}

/* What the receiver would see if it looked between the two steps of a commit of two. */
static void the_second_cell_alone_is_no_message(void **state) {
    (void)state;
    ta_lane *lane = lane_of(8);
    fill(ta_lane_reserve(lane), 1);
    fill(ta_lane_reserve_second(lane), 2);
    ta_lane_publish_(lane, 1, head_of(2));
    expect_empty(lane);
    ta_lane_publish_(lane, 0, head_of(1));
    lane->sender.tail = 2;
    expect(lane, 1);
    expect(lane, 2);
    expect_empty(lane);
    ta_lane_destroy(lane);
}

static void the_lowest_bit_of_a_head_is_the_lanes(void **state) {
    (void)state;
    ta_lane *lane = lane_of(2);
    for (uint64_t i = 0; i < 8; i++) {
        ta_cell received;
        assert_non_null(ta_lane_reserve(lane));
        ta_lane_commit(lane, UINT64_MAX - i);
        assert_true(ta_lane_receive(lane, &received));
        assert_true(received.head == ((UINT64_MAX - i) & ~UINT64_C(1)));
        expect_empty(lane);
    }
    ta_lane_destroy(lane);
}

static void what_is_pending_is_counted(void **state) {
    (void)state;
    ta_lane *lane = lane_of(16);
    assert_int_equal(ta_lane_pending(lane), 0);
    for (uint64_t i = 0; i < 16; i++) {
        assert_true(send(lane, i));
        assert_int_equal(ta_lane_pending(lane), i + 1);
    }
    for (uint64_t i = 0; i < 16; i++) {
        expect(lane, i);
        ta_lane_release(lane);
        assert_int_equal(ta_lane_pending(lane), 15 - i);
    }
    lane->freed++; /* looked at in an unlucky moment */
    assert_int_equal(ta_lane_pending(lane), 0);
    lane->freed--;
    ta_lane_destroy(lane);
}

static void zeroed_memory_is_an_empty_lane(void **state) {
    (void)state;
    static union {
        ta_lane lane;
        ta_cell lines[3 + 8];
    } memory;
    ta_lane *lane = &memory.lane;
    lane->sender.mask = lane->receiver.mask = 7;
    lane->sender.shift = lane->receiver.shift = 3;
    expect_empty(lane);
    for (uint64_t i = 0; i < 8; i++) assert_true(send(lane, i));
    assert_false(send(lane, 8));
    for (uint64_t i = 0; i < 8; i++) expect(lane, i);
    expect_empty(lane);
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
    ta_lane_commit(lane, head_of(7));
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

/* A queue that is three counters. */
struct oracle {
    uint64_t sent, received, given_back;
    uint32_t cells;
};

static void oracle_send(ta_lane *lane, struct oracle *oracle, bool is_two) {
    uint64_t held = oracle->sent - oracle->given_back, cells = is_two ? 2 : 1;
    bool fits = held + cells <= oracle->cells;
    assert_int_equal(is_two ? send_two(lane, oracle->sent) : send(lane, oracle->sent), fits);
    if (fits) oracle->sent += cells;
}

static void oracle_receive(ta_lane *lane, struct oracle *oracle) {
    if (oracle->received < oracle->sent) {
        expect(lane, oracle->received++);
        uint64_t quarter = oracle->cells < 4 ? 1 : oracle->cells / 4;
        if (oracle->received - oracle->given_back >= quarter) oracle->given_back = oracle->received;
    } else {
        expect_empty(lane);
        oracle->given_back = oracle->received;
    }
}

/* Any interleaving of sends, receives and releases, against the oracle. */
static void follow_the_oracle(ta_lane *lane, uint64_t steps, uint64_t start) {
    uint64_t x = start | 1; /* a xorshift never leaves 0 */
    struct oracle oracle = {.cells = lane->sender.mask + 1};
    for (uint64_t step = 0; step < steps; step++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        uint64_t burst = x >> 32 & 15;
        for (uint64_t i = 0; i < burst; i++) {
            if (x & 1)
                oracle_send(lane, &oracle, (x >> (8 + i) & 3) == 0);
            else
                oracle_receive(lane, &oracle);
        }
        if ((x >> 40 & 7) == 0) {
            ta_lane_release(lane);
            oracle.given_back = oracle.received;
        }
    }
    while (oracle.received < oracle.sent) oracle_receive(lane, &oracle);
    expect_empty(lane);
}

static void any_order_of_sends_and_receives_keeps_the_order(void **state) {
    (void)state;
    uint64_t start = seed();
    for (uint32_t cells = 2; cells <= 64; cells *= 2) {
        ta_lane *lane = lane_of(cells);
        follow_the_oracle(lane, 3000, start + UINT64_C(2) * cells);
        ta_lane_destroy(lane);
    }
}

static void the_counters_wrap_at_two_to_the_32(void **state) {
    (void)state;
    uint64_t start = seed();
    for (uint32_t cells = 2; cells <= 64; cells *= 2) {
        for (uint32_t before = 0; before < 20; before++) {
            ta_lane *lane = lane_of(cells);
            age(lane, UINT32_MAX - before);
            follow_the_oracle(lane, 300, start + UINT64_C(2) * before);
            assert_true(lane->sender.tail < UINT32_MAX / 2); /* it did wrap */
            ta_lane_destroy(lane);
        }
    }
}

static void a_lane_stays_full_across_the_wrap(void **state) {
    (void)state;
    ta_lane *lane = lane_of(8);
    age(lane, UINT32_MAX - 3);
    for (uint64_t i = 0; i < 8; i++) assert_true(send(lane, i)); /* tail is past the wrap */
    assert_null(ta_lane_reserve(lane));
    for (uint64_t i = 0; i < 8; i++) expect(lane, i);
    expect_empty(lane);
    ta_lane_destroy(lane);
}

static void a_message_touches_its_own_line_only(void **state) {
    (void)state;
    ta_lane *lane = lane_of(4);
    ta_cell before[4];
    for (size_t i = 0; i < 4; i++) memset(lane->cells[i].words, 0xee, sizeof lane->cells[i].words);
    memcpy(before, lane->cells, sizeof before);
    assert_true(send(lane, 1));
    assert_memory_equal(&lane->cells[1], &before[1], 3 * sizeof(ta_cell));
    memcpy(before, lane->cells, sizeof before);
    ta_cell out[3], quiet;
    memset(out, 0xdd, sizeof out);
    memset(&quiet, 0xdd, sizeof quiet);
    assert_true(ta_lane_receive(lane, &out[1]));
    assert_memory_equal(&out[0], &quiet, sizeof quiet);
    assert_memory_equal(&out[2], &quiet, sizeof quiet);
    assert_memory_equal(lane->cells, before, sizeof before); /* the receiver writes to no cell */
    ta_lane_destroy(lane);
}

static size_t line_of(const ta_lane *lane, const void *address) {
    return (size_t)((const char *)address - (const char *)lane) / TA_CACHE_LINE;
}

static void each_side_writes_its_own_line(void **state) {
    (void)state;
    ta_lane *lane = lane_of(4);
    assert_int_equal((uintptr_t)lane % TA_CACHE_LINE, 0);
    size_t receiver = line_of(lane, &lane->receiver), sender = line_of(lane, &lane->sender);
    size_t between = line_of(lane, &lane->freed);
    assert_int_equal(line_of(lane, &lane->receiver.shift), receiver);
    assert_int_equal(line_of(lane, &lane->sender.shift), sender);
    assert_int_not_equal(receiver, sender);
    assert_int_not_equal(receiver, between);
    assert_int_not_equal(sender, between);
    assert_true(line_of(lane, &lane->cells[0]) > line_of(lane, &lane->allocator));
    for (int i = 0; i < 8; i++) {
        ta_cell *cell = ta_lane_reserve(lane), out;
        assert_int_equal((uintptr_t)cell % TA_CACHE_LINE, 0);
        assert_ptr_equal(cell, &lane->cells[i % 4]);
        assert_ptr_equal(ta_lane_reserve_second(lane), &lane->cells[(i + 1) % 4]);
        ta_lane_commit(lane, 0);
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

static void the_largest_lane_reaches_its_last_cell(void **state) {
    (void)state;
    ta_lane *lane = lane_of(TA_LANE_CELLS_MAX);
    age(lane, TA_LANE_CELLS_MAX - 1);
    assert_ptr_equal(ta_lane_reserve(lane), &lane->cells[TA_LANE_CELLS_MAX - 1]);
    assert_true(send(lane, 1));
    assert_ptr_equal(ta_lane_reserve(lane), &lane->cells[0]);
    assert_true(send(lane, 2));
    expect(lane, 1);
    expect(lane, 2);
    expect_empty(lane);
    ta_lane_destroy(lane);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_size_out_of_range_is_refused),
        cmocka_unit_test(a_size_that_is_no_power_of_two_is_refused),
        cmocka_unit_test(a_lane_needs_somewhere_to_go),
        cmocka_unit_test(a_lane_holds_a_message_in_each_cell),
        cmocka_unit_test(a_full_lane_has_room_again_after_a_release),
        cmocka_unit_test(room_comes_back_in_quarters),
        cmocka_unit_test(an_empty_lane_is_given_back_whole),
        cmocka_unit_test(room_is_looked_up_only_when_it_must_be),
        cmocka_unit_test(two_cells_come_one_after_the_other),
        cmocka_unit_test(the_second_cell_alone_is_no_message),
        cmocka_unit_test(the_lowest_bit_of_a_head_is_the_lanes),
        cmocka_unit_test(what_is_pending_is_counted),
        cmocka_unit_test(zeroed_memory_is_an_empty_lane),
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
