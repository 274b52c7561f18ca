/* SPDX-License-Identifier: MIT
 *
 * The default allocator and the checked calls over any allocator.
 */
#include "harness.h"

#include "ta/memory.h"

#include <stdlib.h>
#include <string.h>

static void the_default_allocator_aligns(void **state) {
    (void)state;
    for (size_t alignment = 1; alignment <= 1 << 16; alignment *= 2) {
        for (size_t size = 1; size <= 300; size = size * 2 + 1) {
            unsigned char *memory = ta_allocate(NULL, size, alignment);
            assert_non_null(memory);
            assert_int_equal((uintptr_t)memory % alignment, 0);
            memset(memory, 0xa5, size); /* the address sanitizer watches the last byte */
            ta_release(NULL, memory, size, alignment);
        }
    }
}

static void nonsense_requests_get_nothing(void **state) {
    (void)state;
    assert_null(ta_allocate(NULL, 0, 8));
    assert_null(ta_allocate(NULL, 8, 0));
    assert_null(ta_allocate(NULL, 8, 24));
    assert_null(ta_allocate_zeroed(NULL, 0, 8, 8));
    assert_null(ta_allocate_zeroed(NULL, SIZE_MAX / 16 + 2, 16, 8)); /* wraps to 16 bytes */
}

static void a_size_that_cannot_be_rounded_up_gets_nothing(void **state) {
    (void)state;
    size_t huge = SIZE_MAX - 16;
    assert_null(ta_allocate(NULL, huge, 4096));
}

static void zeroed_memory_is_zero(void **state) {
    (void)state;
    /* Dirty a block first, so that the next one of its size is likely the same memory. */
    unsigned char *dirty = ta_allocate(NULL, 1000, 16);
    assert_non_null(dirty);
    memset(dirty, 0xff, 1000);
    ta_release(NULL, dirty, 1000, 16);
    unsigned char *memory = ta_allocate_zeroed(NULL, 100, 10, 16);
    assert_non_null(memory);
    for (size_t i = 0; i < 1000; i++) assert_int_equal(memory[i], 0);
    ta_release(NULL, memory, 1000, 16);
}

static void releasing_null_does_nothing(void **state) {
    (void)state;
    ta_release(NULL, NULL, 8, 8);
    ta_release(ta_allocator_default(), NULL, 0, 0);
}

struct ledger {
    size_t allocations, releases, size, alignment;
};

static void *ledger_allocate(void *context, size_t size, size_t alignment) {
    struct ledger *ledger = context;
    ledger->allocations++;
    ledger->size = size;
    ledger->alignment = alignment;
    return malloc(size);
}

static void ledger_release(void *context, void *memory, size_t size, size_t alignment) {
    struct ledger *ledger = context;
    ledger->releases++;
    assert_int_equal(size, ledger->size);
    assert_int_equal(alignment, ledger->alignment);
    free(memory);
}

static void a_users_allocator_sees_each_call(void **state) {
    (void)state;
    struct ledger ledger = {0};
    ta_allocator mine = {ledger_allocate, ledger_release, &ledger};
    void *memory = ta_allocate_zeroed(&mine, 3, 7, 4);
    assert_non_null(memory);
    assert_int_equal(ledger.size, 21);
    assert_int_equal(ledger.alignment, 4);
    ta_release(&mine, memory, 21, 4);
    ta_release(&mine, NULL, 21, 4);
    assert_null(ta_allocate(&mine, 0, 4));
    assert_int_equal(ledger.allocations, 1);
    assert_int_equal(ledger.releases, 1);
}

static void *nothing_left(void *context, size_t size, size_t alignment) {
    (void)context;
    (void)size;
    (void)alignment;
    return NULL;
}

static void an_empty_allocator_is_an_answer(void **state) {
    (void)state;
    ta_allocator empty = {nothing_left, ledger_release, NULL};
    assert_null(ta_allocate(&empty, 8, 8));
    assert_null(ta_allocate_zeroed(&empty, 8, 8, 8));
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_allocator_aligns),
        cmocka_unit_test(nonsense_requests_get_nothing),
        cmocka_unit_test(a_size_that_cannot_be_rounded_up_gets_nothing),
        cmocka_unit_test(zeroed_memory_is_zero),
        cmocka_unit_test(releasing_null_does_nothing),
        cmocka_unit_test(a_users_allocator_sees_each_call),
        cmocka_unit_test(an_empty_allocator_is_an_answer),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
