/* SPDX-License-Identifier: MIT
 *
 * The lane's protocol in plain C11 atomics, for checkers of weak memory (GenMC: `genmc -unroll=4
 * models/lane_genmc.c`), which Spin is not. As a plain program it runs the same main once; exit 0.
 *
 * -DRELAXED_COMMIT and -DRELAXED_FREE take one order away each; ThreadSanitizer and GenMC find
 * both. ck itself may leave a part of the second out: atomic_ck.h tells why, in terms that C11 does
 * not have.
 */
#undef NDEBUG /* the assertions are what a checker looks at */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#define CELLS 2u
#define MESSAGES 3

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
static atomic_uint c_head, p_tail;
static int cells[CELLS]; /* plain: a checker reports a race on them */

static bool lane_send(int message) {
    unsigned tail = atomic_load_explicit(&p_tail, memory_order_relaxed); /* our own word */
    unsigned head = atomic_load_explicit(&c_head, memory_order_acquire); /* F1: pairs with F0 */
    if (tail - head == CELLS - 1) return false;
    cells[tail % CELLS] = message;
    atomic_store_explicit(&p_tail, tail + 1, COMMIT_ORDER); /* D0: pairs with D1 */
    return true;
}

static bool lane_receive(int *message) {
    unsigned head = atomic_load_explicit(&c_head, memory_order_relaxed); /* our own word */
    unsigned tail = atomic_load_explicit(&p_tail, memory_order_acquire); /* D1: pairs with D0 */
    if (head == tail) return false;
    *message = cells[head % CELLS];
    atomic_store_explicit(&c_head, head + 1, FREE_ORDER); /* F0: pairs with F1 */
    return true;
}

static void *sender(void *unused) {
    for (int i = 1; i <= MESSAGES; i++)
        while (!lane_send(i)) continue;
    return unused;
}

static void *receiver(void *unused) {
    for (int i = 1; i <= MESSAGES; i++) {
        int message = 0;
        while (!lane_receive(&message)) continue;
        assert(message == i);
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
