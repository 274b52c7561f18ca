/* SPDX-License-Identifier: MIT
 *
 * Memory on a region's node. Node 0 is there on every machine, so placing is tested on it also
 * where there is only one.
 */
#include "harness.h"
#include "ledger.h"

#include "os/os.h"
#include "region_memory.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NO_SUCH_NODE 4095

typedef struct fixture {
    ledger book;
    ta_allocator base;
    ta_region_memory *region;
} fixture;

/* In place, since the base allocator refers to the book. */
static void begin(fixture *it, int32_t node, ta_region_rule rule) {
    *it = (fixture){.region = aligned_alloc(_Alignof(ta_region_memory), sizeof *it->region)};
    assert_non_null(it->region);
    it->base = ledger_allocator(&it->book);
    if (rule == TA_REGION_PLACE && !ta_region_can_place(node)) rule = TA_REGION_CANNOT_PLACE;
    ta_region_memory_init(it->region, &it->base, node, rule);
}

static void finish(fixture *it) {
    ta_region_memory_destroy(it->region);
    assert_balanced(&it->book);
    free(it->region);
}

#define START(it, node, rule)                                                                      \
    fixture it;                                                                                    \
    begin(&it, (node), (rule))

/* Some sandboxes forbid placing, and some kernels have no nodes. */
#define START_PLACING(it)                                                                          \
    START(it, 0, TA_REGION_PLACE);                                                                 \
    if (it.region->pool == NULL) {                                                                 \
        finish(&it);                                                                               \
        skip();                                                                                    \
    }

static void expect_figures(const fixture *it, uint64_t placed, uint64_t fallback) {
    ta_placement_figures figures = ta_region_memory_figures(it->region);
    assert_int_equal(figures.placed, placed);
    assert_int_equal(figures.fallback, fallback);
}

/* ---- without placing --------------------------------------------------------------------------- */

static void one_node_has_nothing_to_place(void **state) {
    (void)state;
    START(it, 0, TA_REGION_NOTHING_TO_PLACE);
    const ta_allocator *allocator = &it.region->allocator;
    void *memory = ta_allocate(allocator, 100, 64);
    assert_non_null(memory);
    assert_int_equal(atomic_load(&it.book.blocks), 1);
    ta_release(allocator, memory, 100, 64);
    it.book.fail_at = 2;
    assert_null(ta_allocate(allocator, 100, 64)); /* what gets nothing is not counted */
    expect_figures(&it, 1, 0);
    finish(&it);
}

static void where_nothing_can_be_placed(void **state) {
    (void)state;
    const int32_t nodes[] = {0, -1, NO_SUCH_NODE, 1 << 20};
    for (size_t i = 0; i < 4; i++) {
        START(it, nodes[i], i == 0 ? TA_REGION_CANNOT_PLACE : TA_REGION_PLACE);
        assert_null(it.region->pool);
        uint64_t count = 0;
        for (size_t size = 1; size < 200000; size = size * 3 + 1, count++) {
            void *memory = ta_allocate(&it.region->allocator, size, 4096);
            assert_non_null(memory);
            assert_int_equal((uintptr_t)memory % 4096, 0);
            memset(memory, 1, size);
            ta_release(&it.region->allocator, memory, size, 4096);
        }
        expect_figures(&it, 0, count);
        finish(&it);
    }
}

/* ---- placing ----------------------------------------------------------------------------------- */

/* The kernel's own word: the policy of the page, and the node where it lies. */
static void assert_placed_on_node_0(void *memory) {
    enum { PREFERRED = 1, BY_NODE = 1, BY_ADDRESS = 2 };
    unsigned long nodes[64] = {0};
    int policy = -1, node = -1;
    if (syscall(SYS_get_mempolicy, &policy, nodes, 64 * 64, memory, BY_ADDRESS) != 0) return;
    assert_int_equal(policy, PREFERRED);
    assert_int_equal(nodes[0], 1);
    assert_int_equal(syscall(SYS_get_mempolicy, &node, NULL, 0, memory, BY_NODE | BY_ADDRESS), 0);
    assert_int_equal(node, 0);
}

static void memory_lies_on_its_node(void **state) {
    (void)state;
    START_PLACING(it);
    static const size_t sizes[] = {1, 64, 5000, 32768, 32769, 1000000};
    for (size_t i = 0; i < 6; i++) {
        errno = 99;
        unsigned char *memory = ta_allocate(&it.region->allocator, sizes[i], 8);
        assert_int_equal(errno, 99);
        assert_non_null(memory);
        memset(memory, 0x5a, sizes[i]);
        assert_placed_on_node_0(memory);
        assert_placed_on_node_0(memory + sizes[i] - 1);
        ta_release(&it.region->allocator, memory, sizes[i], 8);
        assert_int_equal(errno, 99);
    }
    expect_figures(&it, 6, 0);
    finish(&it);
}

static void every_size_and_alignment(void **state) {
    (void)state;
    START_PLACING(it);
    for (size_t alignment = 1; alignment <= (size_t)1 << 21; alignment *= 2) {
        unsigned char *kept[40];
        size_t sizes[40], count = 0;
        for (size_t size = 1; size <= 300000; size += size / 2 + 1) {
            unsigned char *memory = ta_allocate(&it.region->allocator, size, alignment);
            assert_non_null(memory);
            assert_int_equal((uintptr_t)memory % alignment, 0);
            memset(memory, (int)count + 1, size);
            kept[count] = memory;
            sizes[count++] = size;
        }
        for (size_t i = 0; i < count; i++) { /* nobody wrote into anybody */
            for (size_t j = 0; j<sizes[i]; j += sizes[i]> 4096 ? 511 : 1)
                assert_int_equal(kept[i][j], i + 1);
            assert_int_equal(kept[i][sizes[i] - 1], i + 1);
            ta_release(&it.region->allocator, kept[i], sizes[i], alignment);
        }
    }
    assert_null(ta_allocate(&it.region->allocator, SIZE_MAX - 100, 8));
    assert_null(ta_allocate(&it.region->allocator, SIZE_MAX / 2, (size_t)1 << 62));
    finish(&it);
}

static void blocks_are_used_again(void **state) {
    (void)state;
    START_PLACING(it);
    const ta_allocator *allocator = &it.region->allocator;
    enum { MANY = 3 * TA_CHUNK_SIZE / 64 };
    void **blocks = calloc(MANY, sizeof *blocks);
    assert_non_null(blocks);
    const size_t before = atomic_load(&it.book.blocks); /* the pool's own */
    size_t chunks = 0;
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < MANY; i++)
            assert_non_null(blocks[i] = ta_allocate(allocator, 60, 8));
        if (round == 0) chunks = atomic_load(&it.book.blocks) - before;
        assert_int_equal(atomic_load(&it.book.blocks) - before, chunks); /* a record for each */
        for (size_t i = 0; i < MANY; i++) ta_release(allocator, blocks[i], 60, 8);
    }
    assert_int_equal(chunks, 3);
    expect_figures(&it, 3 * MANY, 0);
    free(blocks);
    finish(&it);
}

static void chunks_go_back_at_the_end(void **state) {
    (void)state;
    START_PLACING(it);
    void *memory = ta_allocate(&it.region->allocator, 100, 8);
    assert_non_null(memory);
    uintptr_t page = (uintptr_t)memory & ~(uintptr_t)(ta_os_page_size() - 1);
    unsigned char resident;
    assert_int_equal(mincore((void *)page, 1, &resident), 0);
    ta_release(&it.region->allocator, memory, 100, 8);
    finish(&it);
    assert_int_equal(mincore((void *)page, 1, &resident), -1);
    assert_int_equal(errno, ENOMEM);
}

static void without_memory_for_the_record_there_is_no_block(void **state) {
    (void)state;
    START_PLACING(it);
    it.book.fail_at = atomic_load(&it.book.calls) + 1;
    assert_null(ta_allocate(&it.region->allocator, 100, 8));
    void *memory = ta_allocate(&it.region->allocator, 100, 8);
    assert_non_null(memory);
    ta_release(&it.region->allocator, memory, 100, 8);
    expect_figures(&it, 1, 0);
    finish(&it);
}

static void without_memory_for_the_pool_nothing_is_placed(void **state) {
    (void)state;
    START_PLACING(it);
    ta_region_memory poor;
    it.book.fail_at = atomic_load(&it.book.calls) + 1;
    ta_region_memory_init(&poor, &it.base, 0, TA_REGION_PLACE);
    void *memory = ta_allocate(&poor.allocator, 100, 8);
    assert_non_null(memory);
    ta_release(&poor.allocator, memory, 100, 8);
    ta_placement_figures figures = ta_region_memory_figures(&poor);
    assert_int_equal(figures.placed, 0);
    assert_int_equal(figures.fallback, 1);
    ta_region_memory_destroy(&poor);
    finish(&it);
}

static void a_node_that_is_refused_later(void **state) {
    (void)state;
    START_PLACING(it);
    const ta_allocator *allocator = &it.region->allocator;
    void *before = ta_allocate(allocator, 100, 8);
    it.region->node = NO_SUCH_NODE; /* as if the cpuset had lost it */
    void *same_chunk = ta_allocate(allocator, 100, 8);
    void *new_chunk = ta_allocate(allocator, 3000, 8);
    void *mapped = ta_allocate(allocator, 100000, 8);
    assert_non_null(new_chunk);
    assert_non_null(mapped);
    memset(new_chunk, 1, 3000);
    memset(mapped, 1, 100000);
    expect_figures(&it, 2, 2);
    ta_release(allocator, new_chunk, 3000, 8);
    new_chunk = ta_allocate(allocator, 3000, 8); /* the same block, still not on the node */
    expect_figures(&it, 2, 3);
    ta_release(allocator, before, 100, 8);
    before = ta_allocate(allocator, 100, 8);
    expect_figures(&it, 3, 3);
    ta_release(allocator, before, 100, 8);
    ta_release(allocator, same_chunk, 100, 8);
    ta_release(allocator, new_chunk, 3000, 8);
    ta_release(allocator, mapped, 100000, 8);
    finish(&it);
}

/* ---- threads ----------------------------------------------------------------------------------- */

enum { THREADS = 4, ROUNDS = 5000, WINDOW = 32 };

static void *churn(void *argument) {
    const ta_allocator *allocator = argument;
    unsigned char *window[WINDOW] = {NULL};
    size_t sizes[WINDOW] = {0};
    void *wrong = NULL;
    for (size_t i = 0; i < ROUNDS; i++) {
        size_t at = i % WINDOW, size = 1 + i * 37 % (i % 64 == 0 ? 50000 : 500);
        if (window[at] != NULL) {
            if (window[at][0] != at || window[at][sizes[at] - 1] != at) wrong = argument;
            ta_release(allocator, window[at], sizes[at], 16);
        }
        window[at] = ta_allocate(allocator, size, 16);
        if (window[at] == NULL) return argument;
        window[at][0] = window[at][size - 1] = (unsigned char)at;
        sizes[at] = size;
    }
    for (size_t at = 0; at < WINDOW; at++) ta_release(allocator, window[at], sizes[at], 16);
    return wrong;
}

static void threads_share_a_region(void **state) {
    (void)state;
    START_PLACING(it);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, churn, &it.region->allocator), 0);
    for (int i = 0; i < THREADS; i++) {
        void *result;
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_null(result);
    }
    expect_figures(&it, THREADS * ROUNDS, 0);
    finish(&it);
}

static void *give_back(void *argument) {
    void **memory = argument;
    ta_release(memory[1], memory[0], 200, 8);
    return NULL;
}

static void another_thread_releases(void **state) {
    (void)state;
    START_PLACING(it);
    pthread_t thread;
    void *memory[2] = {ta_allocate(&it.region->allocator, 200, 8), &it.region->allocator};
    assert_non_null(memory[0]);
    assert_int_equal(pthread_create(&thread, NULL, give_back, memory), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    void *again = ta_allocate(&it.region->allocator, 200, 8);
    assert_ptr_equal(again, memory[0]);
    ta_release(&it.region->allocator, again, 200, 8);
    finish(&it);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_node_has_nothing_to_place),
        cmocka_unit_test(where_nothing_can_be_placed),
        cmocka_unit_test(memory_lies_on_its_node),
        cmocka_unit_test(every_size_and_alignment),
        cmocka_unit_test(blocks_are_used_again),
        cmocka_unit_test(chunks_go_back_at_the_end),
        cmocka_unit_test(without_memory_for_the_record_there_is_no_block),
        cmocka_unit_test(without_memory_for_the_pool_nothing_is_placed),
        cmocka_unit_test(a_node_that_is_refused_later),
        cmocka_unit_test(threads_share_a_region),
        cmocka_unit_test(another_thread_releases),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
