/* SPDX-License-Identifier: MIT
 *
 * Slots that many threads ask for at once, with constructors that fail, dawdle and ask for further
 * slots, at random. What must hold is written down beside the protocol and compared: one
 * construction at a time, one success per slot, and one value that everybody sees. The records of
 * constructions are plain variables, so that ThreadSanitizer judges their order, too.
 */
#include "harness.h"

#include "slot.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#define SLOTS 6
#define THREADS_MAX 8
#define OPERATIONS 64
#define DEPTH_MAX 3

/* What a constructor makes, in memory of its own. */
struct value {
    uint64_t slot, round, builder, checksum;
};

struct cell {
    _Alignas(TA_CACHE_LINE) ta_slot slot;
    /* Plain, and written by constructors only. */
    uint64_t inside, constructions, successes;
};

struct arena {
    struct cell cells[SLOTS];
    ta_slot_waits waits;
    pthread_barrier_t barrier;
    unsigned threads, rounds;
    uint64_t round; /* written between two barriers */
};

/* One thread. Its records are read after its join, and between two barriers. */
struct worker {
    struct arena *arena;
    uint64_t index, random, operations, failures, refusals;
    struct value *seen[SLOTS];
    const char *error;
    unsigned depth;
    pthread_t thread;
};

static uint64_t seed(void) {
    const char *text = getenv("TA_SEED");
    uint64_t value = text == NULL ? UINT64_C(0x5c1f0d9e3b7a6249) : strtoull(text, NULL, 0);
    print_message("TA_SEED=0x%llx\n", (unsigned long long)value);
    return value;
}

static uint64_t next_random(uint64_t *random) {
    uint64_t x = *random;
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    return *random = x;
}

static bool one_in(struct worker *worker, unsigned n) {
    return (next_random(&worker->random) >> 20) % n == 0;
}

/* Keeps the first complaint; the run goes on, so that nobody is left at a barrier. */
static void check(struct worker *worker, bool holds, const char *error) {
    if (!holds && worker->error == NULL) worker->error = error;
}

static uint64_t checksum(const struct value *value) {
    return (value->slot * 31 + value->round) * UINT64_C(0x9e3779b97f4a7c15) ^ value->builder;
}

static void check_value(struct worker *worker, unsigned index, struct value *value) {
    check(worker, value->slot == index, "a value is another slot's");
    check(worker, value->round == worker->arena->round, "a value is from before teardown");
    check(worker, value->checksum == checksum(value), "a value is torn");
    if (worker->seen[index] == NULL) worker->seen[index] = value;
    check(worker, worker->seen[index] == value, "a slot has a second value");
}

static bool get(struct worker *worker, unsigned index, bool must);

/* The constructor: a value, or NULL. */
static struct value *construct(struct worker *worker, unsigned index, bool must) {
    struct value *value = malloc(sizeof *value);
    if (value == NULL) {
        check(worker, false, "malloc failed");
        return NULL;
    }
    *value = (struct value){.slot = index, .round = worker->arena->round, .builder = worker->index};
    for (uint64_t turns = next_random(&worker->random) % 8; turns > 4; turns--) sched_yield();
    bool whole = true;
    if (!must && worker->depth < DEPTH_MAX && one_in(worker, 2))
        whole = get(worker, (unsigned)(next_random(&worker->random) % SLOTS), false);
    if (!must && one_in(worker, 4)) whole = false;
    if (!whole) {
        free(value);
        return NULL;
    }
    value->checksum = checksum(value);
    return value;
}

static bool build(struct worker *worker, unsigned index, bool must) {
    struct cell *cell = &worker->arena->cells[index];
    check(worker, cell->inside == 0, "two constructions at once");
    cell->inside = 1;
    cell->constructions++;
    worker->depth++;
    struct value *value = construct(worker, index, must);
    worker->depth--;
    check(worker, cell->inside == 1, "a construction during another");
    cell->inside = 0;
    if (value == NULL) {
        worker->failures++;
        ta_slot_abandon(&cell->slot, ta_slot_self());
        return false;
    }
    cell->successes++;
    ta_slot_publish(&cell->slot, ta_slot_self(), value);
    check_value(worker, index, value);
    return true;
}

/* Whether the slot has its value now; `must`: build without fail where it is empty. */
static bool get(struct worker *worker, unsigned index, bool must) {
    struct cell *cell = &worker->arena->cells[index];
    void *ready = NULL;
    bool try_only = !must && one_in(worker, 8);
    ta_slot_outcome outcome =
        try_only ? ta_slot_try_claim(&cell->slot, ta_slot_self(), &ready)
                 : ta_slot_claim(&cell->slot, &worker->arena->waits, ta_slot_self(), &ready);
    worker->operations++;
    switch (outcome) {
    case TA_SLOT_READY:
        check_value(worker, index, ready);
        return true;
    case TA_SLOT_CLAIMED:
        return build(worker, index, must);
    case TA_SLOT_BUSY:
        check(worker, try_only, "a claim did not wait");
        return false;
    case TA_SLOT_REENTERED:
        check(worker, worker->depth != 0 && cell->inside == 1, "re-entered from outside");
        return false;
    case TA_SLOT_DEADLOCK:
        check(worker, worker->depth != 0, "a thread that builds nothing is in a cycle");
        worker->refusals++;
        return false;
    }
    return false;
}

static void *work(void *argument) {
    struct worker *worker = argument;
    struct arena *arena = worker->arena;
    for (unsigned round = 0; round < arena->rounds; round++) {
        pthread_barrier_wait(&arena->barrier); /* the slots are empty */
        for (int i = 0; i < OPERATIONS; i++) {
            unsigned index = (unsigned)(next_random(&worker->random) % SLOTS);
            struct value *value = ta_slot_peek(&arena->cells[index].slot);
            check(worker, value != NULL || worker->seen[index] == NULL, "a value is gone");
            if (value != NULL) check_value(worker, index, value);
            get(worker, index, false);
        }
        for (unsigned index = 0; index < SLOTS; index++)
            while (!get(worker, index, true) && worker->error == NULL) continue;
        check(worker, ta_slot_self()->building == 0, "a claim is not ended");
        pthread_barrier_wait(&arena->barrier); /* all have ended; now the slots are taken down */
    }
    return NULL;
}

/* Between two barriers, alone. */
static const char *tear_down(struct arena *arena, struct worker *workers) {
    const char *error = NULL;
    for (unsigned index = 0; index < SLOTS; index++) {
        struct cell *cell = &arena->cells[index];
        struct value *value = ta_slot_take(&cell->slot);
        if (cell->successes != 1) error = "not one success";
        for (unsigned i = 0; i < arena->threads; i++) {
            if (workers[i].seen[index] != value) error = "a thread saw another value";
            workers[i].seen[index] = NULL;
        }
        free(value);
        cell->successes = 0;
    }
    if (arena->waits.first != NULL) error = "a wait is still listed";
    arena->round++;
    return error;
}

static void run(unsigned threads, unsigned rounds) {
    static struct arena arena;
    static struct worker workers[THREADS_MAX];
    uint64_t start = seed();
    arena = (struct arena){.threads = threads, .rounds = rounds, .waits = TA_SLOT_WAITS_INIT};
    assert_int_equal(pthread_barrier_init(&arena.barrier, NULL, threads + 1), 0);
    for (unsigned i = 0; i < threads; i++) {
        /* Odd, since a xorshift never leaves 0. */
        uint64_t random = (start + i) * UINT64_C(0x9e3779b97f4a7c15) | 1;
        workers[i] = (struct worker){.arena = &arena, .index = i, .random = random};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    const char *error = NULL;
    for (unsigned round = 0; round < rounds; round++) {
        pthread_barrier_wait(&arena.barrier);
        pthread_barrier_wait(&arena.barrier);
        const char *found = tear_down(&arena, workers);
        if (error == NULL) error = found;
    }
    uint64_t operations = 0, failures = 0, refusals = 0, constructions = 0, wakes = 0;
    for (unsigned i = 0; i < threads; i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
        if (workers[i].error != NULL) fail_msg("thread %u: %s", i, workers[i].error);
        operations += workers[i].operations;
        failures += workers[i].failures;
        refusals += workers[i].refusals;
    }
    if (error != NULL) fail_msg("%s", error);
    for (unsigned i = 0; i < SLOTS; i++) {
        constructions += arena.cells[i].constructions;
        wakes += arena.cells[i].slot.event;
    }
    pthread_barrier_destroy(&arena.barrier);
    print_message(
        "%llu operations, %llu constructions, %llu of them failed, %llu wakes, %llu cycles "
        "refused\n",
        (unsigned long long)operations, (unsigned long long)constructions,
        (unsigned long long)failures, (unsigned long long)wakes, (unsigned long long)refusals);
    assert_int_equal(constructions, (uint64_t)rounds * SLOTS + failures);
}

/* ---- first comers ----------------------------------------------------------------------------- */

/* Threads go through one long row of slots: who is ahead builds and so is slower, the other catches
 * up, and they meet at a claim again and again. */
#define ROW (1 << 18)
#define ROUNDS 8

struct row {
    ta_slot slots[ROW];
    uint32_t successes[ROW]; /* plain, as in a cell */
    ta_slot_waits waits;
    pthread_barrier_t barrier;
};

struct walker {
    struct row *row;
    uint64_t random, claimed, failed;
    pthread_t thread;
};

/* One in eight constructions fails; then the slot is asked for again. */
static void walk(struct walker *walker) {
    struct row *row = walker->row;
    for (int i = 0; i < ROW; i++) {
        void *ready = NULL;
        while (ta_slot_claim(&row->slots[i], &row->waits, ta_slot_self(), &ready) ==
               TA_SLOT_CLAIMED) {
            walker->claimed++;
            if ((next_random(&walker->random) >> 20) % 8 == 0) {
                walker->failed++;
                ta_slot_abandon(&row->slots[i], ta_slot_self());
            } else {
                row->successes[i]++;
                ta_slot_publish(&row->slots[i], ta_slot_self(), &row->successes[i]);
            }
        }
    }
}

static void *walk_rounds(void *argument) {
    struct walker *walker = argument;
    for (int round = 0; round < ROUNDS; round++) {
        pthread_barrier_wait(&walker->row->barrier);
        walk(walker);
        pthread_barrier_wait(&walker->row->barrier);
    }
    return NULL;
}

static void first_comers_build_once(void **state) {
    (void)state;
    struct walker walkers[2] = {{0}};
    struct row *row = calloc(1, sizeof *row);
    assert_non_null(row);
    row->waits = (ta_slot_waits)TA_SLOT_WAITS_INIT;
    assert_int_equal(pthread_barrier_init(&row->barrier, NULL, 3), 0);
    uint64_t start = seed(), built = 0, claimed = 0, failed = 0;
    for (unsigned i = 0; i < 2; i++) {
        walkers[i].row = row;
        walkers[i].random = (start + i) * UINT64_C(0x9e3779b97f4a7c15) | 1;
        assert_int_equal(pthread_create(&walkers[i].thread, NULL, walk_rounds, &walkers[i]), 0);
    }
    for (int round = 0; round < ROUNDS; round++) {
        pthread_barrier_wait(&row->barrier);
        pthread_barrier_wait(&row->barrier);
        for (int i = 0; i < ROW; i++) {
            uint32_t *value = ta_slot_take(&row->slots[i]);
            built += value == &row->successes[i] && *value == 1;
            row->successes[i] = 0;
        }
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(walkers[i].thread, NULL), 0);
        claimed += walkers[i].claimed;
        failed += walkers[i].failed;
    }
    pthread_barrier_destroy(&row->barrier);
    free(row);
    assert_int_equal(built, (uint64_t)ROW * ROUNDS);
    assert_int_equal(claimed, built + failed);
}

static void two_threads_agree(void **state) {
    (void)state;
    run(2, 30000);
}

static void three_threads_agree(void **state) {
    (void)state;
    run(3, 12000);
}

static void eight_threads_agree(void **state) {
    (void)state;
    run(THREADS_MAX, 6000);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_comers_build_once),
        cmocka_unit_test(two_threads_agree),
        cmocka_unit_test(three_threads_agree),
        cmocka_unit_test(eight_threads_agree),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
