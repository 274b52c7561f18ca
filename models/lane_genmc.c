/* SPDX-License-Identifier: MIT
 *
 * The lane's protocol in plain C11 atomics, for checkers of weak memory (GenMC: `genmc --unroll=4
 * models/lane_genmc.c`), which Spin is not. As a plain program it runs the same main once; exit 0.
 *
 * Two cells, which come round more than once; what is received is given back one by one. The second
 * and the third message are one of two cells.
 *
 * -DRELAXED_COMMIT and -DRELAXED_FREE take one order away each; ThreadSanitizer and GenMC find
 * both.
 *
 * genmc: --unroll=4 | RELAXED_COMMIT RELAXED_FREE
 * tsan: | RELAXED_COMMIT RELAXED_FREE
 */
#undef NDEBUG /* the assertions are what a checker looks at */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#define CELLS 2u
#define MESSAGES 4

#ifdef RELAXED_COMMIT
#define COMMIT_ORDER memory_order_relaxed
#else
#define COMMIT_ORDER memory_order_release
#endif
#ifdef RELAXED_FREE
#define FREE_ORDER memory_order_relaxed
#else
#define FREE_ORDER memory_order_release
#endif

static struct {
    atomic_uint head; /* the parity alone */
    int word;         /* plain: a checker reports a race on it */
} cells[CELLS];
static atomic_uint freed;

static unsigned parity_of(unsigned number) { return ~(number / CELLS) & 1u; }

static bool has_room(unsigned tail, unsigned *seen, unsigned wanted) {
    if (tail - *seen + wanted > CELLS)
        *seen = atomic_load_explicit(&freed, memory_order_acquire); /* F1: pairs with F0 */
    return tail - *seen + wanted <= CELLS;
}

static void publish(unsigned number) {
    /* D0: pairs with D1 */
    atomic_store_explicit(&cells[number % CELLS].head, parity_of(number), COMMIT_ORDER);
}

static bool is_there(unsigned number) {
    /* D1: pairs with D0 */
    return atomic_load_explicit(&cells[number % CELLS].head, memory_order_acquire) ==
           parity_of(number);
}

static void *sender(void *unused) {
    unsigned tail = 0, seen = 0;
    while (tail < MESSAGES) {
        unsigned wanted = tail == 1 ? 2 : 1;
        while (!has_room(tail, &seen, wanted)) continue;
        for (unsigned i = 0; i < wanted; i++) cells[(tail + i) % CELLS].word = (int)(tail + i);
        for (unsigned i = wanted; i > 0; i--) publish(tail + i - 1); /* the first one last */
        tail += wanted;
    }
    return unused;
}

static void *receiver(void *unused) {
    for (unsigned head = 0; head < MESSAGES;) {
        unsigned count = head == 1 ? 2 : 1;
        while (!is_there(head)) continue;
        for (unsigned i = 0; i < count; i++, head++) {
            assert(is_there(head)); /* who found the first of two finds the second */
            assert(cells[head % CELLS].word == (int)head);
        }
        atomic_store_explicit(&freed, head, FREE_ORDER); /* F0: pairs with F1 */
    }
    return unused;
}

int main(void) {
    pthread_t threads[2];
    if (pthread_create(&threads[0], NULL, sender, NULL) != 0) return 1;
    if (pthread_create(&threads[1], NULL, receiver, NULL) != 0) return 1;
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    return 0;
}
