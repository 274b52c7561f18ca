/* SPDX-License-Identifier: MIT
 *
 * Counting shares, closing and teardown, src/shares.h itself, for checkers of weak memory, which
 * Spin is not.
 *
 * The object is memory that the last one frees. Who holds a share writes a plain word of it, so
 * that a missing edge is a race, or an access to memory that was freed. Two shares are made before
 * the closing; one is cloned, and the clone goes to a thread of its own.
 *
 * With -DFREE all orders of steps are possible: for GenMC, which tries them. Without, as for
 * ThreadSanitizer, which sees one run, the steps come in two orders that need every edge, by
 * a word that gives none itself:
 *   H1 H2   a drop in an open part, the closing of it, teardown by the owner
 *   H3 H4   a drop in a closed part before the bias goes, teardown by the owner
 *   H3 H4   the bias goes, then a drop, teardown by who dropped
 * Each of these takes an order away: RELAXED_END_PART (H1), RELAXED_CLOSE_PART (H2),
 * RELAXED_END_TOTAL (H3, H4 of a drop), RELAXED_CLOSE (H3, H4 of the owner). script/model-check
 * reads:
 * genmc: -DFREE | RELAXED_END_PART RELAXED_CLOSE_PART RELAXED_END_TOTAL RELAXED_CLOSE
 * tsan: | RELAXED_END_PART RELAXED_CLOSE_PART RELAXED_END_TOTAL RELAXED_CLOSE
 */
#undef NDEBUG /* the assertions are what a checker looks at */
#include "ta/detail/atomic.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#ifndef FREE
#include <sched.h>
#endif

/* shares.h names what it adds to `part` or `total`, and is compiled with these in their place. */
#define ta_fetch_add_acq_rel_u64(word, value) add_to_##word(word, value)

#ifdef RELAXED_CLOSE_PART
#define IS_RELAXED_IN_PART(value) ((value) != UINT64_MAX)
#elif defined(RELAXED_END_PART)
#define IS_RELAXED_IN_PART(value) ((value) == UINT64_MAX)
#else
#define IS_RELAXED_IN_PART(value) 0
#endif
#ifdef RELAXED_CLOSE
#define IS_RELAXED_IN_TOTAL(value) ((value) != UINT64_MAX)
#elif defined(RELAXED_END_TOTAL)
#define IS_RELAXED_IN_TOTAL(value) ((value) == UINT64_MAX)
#else
#define IS_RELAXED_IN_TOTAL(value) 0
#endif

static inline uint64_t add_to_part(uint64_t *part, uint64_t value) {
    if (IS_RELAXED_IN_PART(value)) return __atomic_fetch_add(part, value, __ATOMIC_RELAXED);
    return __atomic_fetch_add(part, value, __ATOMIC_ACQ_REL);
}

static inline uint64_t add_to_total(uint64_t *total, uint64_t value) {
    if (IS_RELAXED_IN_TOTAL(value)) return __atomic_fetch_add(total, value, __ATOMIC_RELAXED);
    return __atomic_fetch_add(total, value, __ATOMIC_ACQ_REL);
}

#include "shares.h"

enum { PARTS = 2, HOLDERS = 3, FIRST = 0, SECOND = 1, CLONE = 2 };

struct object {
    uint64_t parts[PARTS], total;
    int written[HOLDERS]; /* plain */
};

/* Plain: written by one thread, in the order of the protocol. */
static struct object *object;
static int teardowns;
static pthread_t ids[HOLDERS];

/* ---- steps ---------------------------------------------------------------------------------- */

/* In which run the threads are: before the bias goes the second share is dropped, or after. */
enum { BEFORE, AFTER };
static int order;

static uint32_t step;

static void await(uint32_t number) {
#ifdef FREE
    (void)number;
    (void)step;
#else
    /* No calls that are instrumented: they would drive what counts out of its history. */
    while (TA_LOAD_RELAXED_(&step) < number) sched_yield();
#endif
}

static void done(void) {
#ifndef FREE
    ta_fetch_add_relaxed_u32(&step, 1);
#endif
}

/* ---- what the threads do -------------------------------------------------------------------- */

static void tear_down(void) {
    teardowns++;
    for (int i = 0; i < HOLDERS; i++) assert(object->written[i] == i + 1);
    free(object);
}

static void drop(int holder, int part) {
    object->written[holder] = holder + 1;
    if (ta_shares_end(&object->parts[part], &object->total)) tear_down();
}

/* Steps 0 and 1: the clone's share and the first one. */
static void *cloned(void *unused) {
    drop(CLONE, 0);
    done();
    return unused;
}

static void *first(void *unused) {
    ta_shares_begin(&object->parts[1], &object->total);
    if (pthread_create(&ids[CLONE], NULL, cloned, NULL) != 0) abort();
    drop(FIRST, 0);
    done();
    return unused;
}

static void *second(void *unused) {
    await(order == BEFORE ? 3 : 4);
    drop(SECOND, 1);
    done();
    return unused;
}

static void close_all(void) {
    uint64_t *total = &object->total;
    await(2);
    for (int i = 0; i < PARTS; i++) ta_shares_close_part(&object->parts[i], total);
    done();
    await(order == BEFORE ? 4 : 3);
    if (ta_shares_close(total)) tear_down();
    done();
}

static void run(void) {
    object = malloc(sizeof *object);
    if (object == NULL) abort();
    for (int i = 0; i < PARTS; i++) object->parts[i] = 0;
    object->total = TA_SHARES_OPEN;
    ta_shares_begin(&object->parts[0], &object->total);
    ta_shares_begin(&object->parts[1], &object->total);
    teardowns = 0;
    step = 0;
    if (pthread_create(&ids[FIRST], NULL, first, NULL) != 0) abort();
    if (pthread_create(&ids[SECOND], NULL, second, NULL) != 0) abort();
    close_all();
    pthread_join(ids[FIRST], NULL);
    pthread_join(ids[SECOND], NULL);
    pthread_join(ids[CLONE], NULL);
    assert(teardowns == 1);
}

int main(void) {
    order = BEFORE;
    run();
#ifndef FREE
    order = AFTER;
    run();
#endif
    return 0;
}
