/* SPDX-License-Identifier: MIT
 *
 * The parts of explicit storage that need no ck, src/records.h and src/value_word.h themselves, for
 * checkers of weak memory, which Spin is not. When what is replaced may end, which is ck's affair,
 * is in storage.pml. Three mains, of which -DRECORDS_ALONE, -DWORD_ALONE and -DCOUNT_ALONE run one:
 *   records   two threads borrow a record, or make one, write plain words in it and look through
 *             what stands behind it; a third looks through the whole list; as who polls does
 *   word      two threads put a node in and look at what they replaced, a third reads
 *   count     two keep a node, of whom one lets a third keep it; each writes a plain word, and the
 *             last one checks them and frees the node
 *
 * With -DFREE all orders of steps are possible: for GenMC, which tries them. Without, as for
 * ThreadSanitizer, which sees one run, they come in one order that needs every edge, by a word that
 * gives none itself.
 *
 * Each of these takes an order away: RELAXED_GIVE_BACK (B1), RELAXED_TAKE (B2), RELEASE_ONLY and
 * ACQUIRE_ONLY (L1 of the list's word, W1), RELAXED_LOAD (L2, W2), END_ACQUIRES_ONLY (C1),
 * END_RELEASES_ONLY (C2). script/model-check reads:
 * genmc: -DFREE --unroll=5 -DRECORDS_ALONE | RELAXED_GIVE_BACK RELAXED_TAKE
 * genmc: -DFREE --unroll=5 -DRECORDS_ALONE | RELEASE_ONLY ACQUIRE_ONLY RELAXED_LOAD
 * genmc: -DFREE -DWORD_ALONE | RELEASE_ONLY ACQUIRE_ONLY RELAXED_LOAD
 * genmc: -DFREE -DCOUNT_ALONE | END_ACQUIRES_ONLY END_RELEASES_ONLY
 * tsan: -DRECORDS_ALONE | RELAXED_GIVE_BACK RELAXED_TAKE
 * tsan: -DRECORDS_ALONE | RELEASE_ONLY ACQUIRE_ONLY RELAXED_LOAD
 * tsan: -DWORD_ALONE | RELEASE_ONLY ACQUIRE_ONLY RELAXED_LOAD
 * tsan: -DCOUNT_ALONE | END_ACQUIRES_ONLY END_RELEASES_ONLY
 */
#undef NDEBUG /* the assertions are what a checker looks at */
#include "ta/detail/atomic.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#ifndef FREE
#include <sched.h>
#endif

/* The headers are compiled with these in place of what they name. */
#ifdef RELAXED_GIVE_BACK
#define ta_store_release_u64(word, value) give_back_or_link(word, value)
#endif
#ifdef RELAXED_TAKE
#define ta_exchange_acquire_u64(word, value) __atomic_exchange_n(word, value, __ATOMIC_RELAXED)
#endif
#ifdef RELAXED_LOAD
#define ta_load_acquire_u64 ta_load_relaxed_u64
#endif
#ifdef RELEASE_ONLY
#define ta_exchange_acq_rel_u64 ta_exchange_release_u64
#endif
#ifdef ACQUIRE_ONLY
#define ta_exchange_acq_rel_u64 ta_exchange_acquire_u64
#endif
#ifdef END_ACQUIRES_ONLY
#define ta_fetch_add_acq_rel_u64(word, value) __atomic_fetch_add(word, value, __ATOMIC_ACQUIRE)
#endif
#ifdef END_RELEASES_ONLY
#define ta_fetch_add_acq_rel_u64(word, value) __atomic_fetch_add(word, value, __ATOMIC_RELEASE)
#endif

/* A record that is given back becomes 0; a link does not, but for that of the last record, which
 * leads nowhere. */
#ifdef RELAXED_GIVE_BACK
static inline void give_back_or_link(uint64_t *word, uint64_t value) {
    __atomic_store_n(word, value, value == 0 ? __ATOMIC_RELAXED : __ATOMIC_RELEASE);
}
#endif

#include "records.h"
#include "value_word.h"

enum { THREADS = 3 };

/* ---- steps ---------------------------------------------------------------------------------- */

static uint32_t step;

static void await(uint32_t number) {
#ifdef FREE
    (void)number;
    (void)step;
#else
    while (TA_LOAD_RELAXED_(&step) < number) sched_yield();
#endif
}

static void done(void) {
#ifndef FREE
    ta_fetch_add_relaxed_u32(&step, 1);
#endif
}

/* Runs the three one after the other, or all at once. */
static void run(void *(*const threads[THREADS])(void *)) {
    pthread_t ids[THREADS];
    step = 0;
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&ids[i], NULL, threads[i], NULL) != 0) abort();
    for (int i = 0; i < THREADS; i++) pthread_join(ids[i], NULL);
}

/* ---- records -------------------------------------------------------------------------------- */

struct record {
    ta_record link; /* first */
    int uses;       /* plain: written by who has it */
};

static uint64_t list;
static struct record records[THREADS];

/* From a link on, all that are free. */
static void look_through(const uint64_t *link) {
    ta_record *record = ta_record_follow(link);
    for (; record != NULL; record = ta_record_follow(&record->next))
        if (ta_record_take(record)) {
            ((struct record *)(void *)record)->uses += 10;
            ta_record_give_back(record);
        }
}

static struct record *find_free(void) {
    return (struct record *)(void *)ta_record_take_first(&list);
}

/* A record of the thread's own. */
static struct record *make(struct record *record) {
    record->link.busy = 1; /* plain, as is all of a record before it is in the list */
    record->uses = 0;
    ta_record_add(&record->link, &list);
    return record;
}

static void use(struct record *record) {
    record->uses++;
    look_through(&record->link.next);
    ta_record_give_back(&record->link);
}

static void *first_user(void *unused) {
    await(1);
    struct record *record = find_free();
    if (record == NULL) record = make(&records[0]);
    done();
    await(3);
    use(record);
    done();
    return unused;
}

/* Finds none, and puts its own in front of the first's, which it has not seen. */
static void *second_user(void *unused) {
    struct record *record = find_free();
    done();
    await(2);
    if (record == NULL) record = make(&records[1]);
    use(record);
    done();
    return unused;
}

static void *poller(void *unused) {
    await(4);
    look_through(&list);
    return unused;
}

static void borrow_records(void) {
    static void *(*const threads[])(void *) = {first_user, second_user, poller};
    int uses = 0;
    list = 0;
    run(threads);
    for (ta_record *record = ta_record_follow(&list); record != NULL;
         record = ta_record_follow(&record->next)) {
        assert(record->busy == 0);
        uses += ((struct record *)(void *)record)->uses;
    }
    assert(uses % 10 == 2); /* none of them is lost */
}

/* ---- the word of a slot --------------------------------------------------------------------- */

struct node {
    int number; /* plain */
};

static uint64_t word;
static struct node nodes[2];

static void put(int which) {
    nodes[which].number = which + 1;
    const struct node *before = ta_value_exchange(&word, &nodes[which]);
    if (before != NULL) assert(before->number == 2 - which);
    done();
}

static void *first_replacer(void *unused) {
    put(0);
    return unused;
}

static void *second_replacer(void *unused) {
    await(1);
    put(1);
    return unused;
}

static void *reader(void *unused) {
    await(2);
    const struct node *found = ta_value_load(&word);
    if (found != NULL) assert(found->number == 1 || found->number == 2);
    return unused;
}

static void replace(void) {
    static void *(*const threads[])(void *) = {first_replacer, second_replacer, reader};
    word = 0;
    run(threads);
    assert(ta_value_load(&word) != NULL);
}

/* ---- the count of a node -------------------------------------------------------------------- */

struct kept {
    uint64_t count;
    int written[THREADS]; /* plain */
};

static struct kept *kept;
static int ends; /* plain: written by who ends it */

static void let_go(int keeper) {
    kept->written[keeper] = keeper + 1;
    if (ta_value_end(&kept->count)) {
        for (int i = 0; i < THREADS; i++) assert(kept->written[i] == i + 1);
        free(kept);
        ends++;
    }
    done();
}

static void *first_keeper(void *unused) {
    let_go(0);
    return unused;
}

static void *third_keeper(void *unused) {
    await(1);
    let_go(2);
    return unused;
}

/* Lets another thread keep it, which it does not wait for. */
static void *second_keeper(void *unused) {
    pthread_t third;
    ta_value_keep(&kept->count);
    if (pthread_create(&third, NULL, third_keeper, NULL) != 0) abort();
    await(2);
    let_go(1);
    pthread_join(third, NULL);
    return unused;
}

static void *nobody(void *unused) { return unused; }

static void keep(void) {
    static void *(*const threads[])(void *) = {first_keeper, second_keeper, nobody};
    kept = malloc(sizeof *kept);
    if (kept == NULL) abort();
    kept->count = 2;
    for (int i = 0; i < THREADS; i++) kept->written[i] = 0;
    ends = 0;
    run(threads);
    assert(ends == 1);
}

int main(void) {
#if !defined(WORD_ALONE) && !defined(COUNT_ALONE)
    borrow_records();
#endif
#if !defined(RECORDS_ALONE) && !defined(COUNT_ALONE)
    replace();
#endif
#if !defined(RECORDS_ALONE) && !defined(WORD_ALONE)
    keep();
#endif
    (void)borrow_records, (void)replace, (void)keep;
    return 0;
}
