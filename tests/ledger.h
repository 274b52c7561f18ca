/* SPDX-License-Identifier: MIT
 *
 * An allocator that counts what is out, and that can fail at a chosen call; for threads, too.
 */
#ifndef TA_TESTS_LEDGER_H
#define TA_TESTS_LEDGER_H

#include "ta/memory.h"

#include <stdatomic.h>
#include <stdint.h>

typedef struct ledger {
    atomic_size_t blocks, bytes; /* out now */
    atomic_size_t calls;         /* of allocate, so far */
    size_t fail_at;              /* the call that gets nothing, counted from 1; 0: none */
} ledger;

static inline void *ledger_allocate(void *context, size_t size, size_t alignment) {
    ledger *book = context;
    if (atomic_fetch_add(&book->calls, 1) + 1 == book->fail_at) return NULL;
    void *memory = ta_allocate(NULL, size, alignment);
    if (memory == NULL) return NULL;
    atomic_fetch_add(&book->blocks, 1);
    atomic_fetch_add(&book->bytes, size);
    return memory;
}

static inline void ledger_release(void *context, void *memory, size_t size, size_t alignment) {
    ledger *book = context;
    atomic_fetch_sub(&book->blocks, 1);
    atomic_fetch_sub(&book->bytes, size);
    ta_release(NULL, memory, size, alignment);
}

static inline ta_allocator ledger_allocator(ledger *book) {
    return (ta_allocator){ledger_allocate, ledger_release, book};
}

/* Nothing is out, to the byte: every release named the size of its allocation. */
#define assert_balanced(book)                                                                      \
    do {                                                                                           \
        assert_int_equal(atomic_load(&(book)->blocks), 0);                                         \
        assert_int_equal(atomic_load(&(book)->bytes), 0);                                          \
    } while (0)

#endif
