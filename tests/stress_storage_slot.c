/* SPDX-License-Identifier: MIT
 *
 * One slot of explicit storage, whose value one thread replaces as fast as it can, while others pin
 * it and refer to it: what happens between finding a value and keeping it, again and again. Each
 * value knows whether it is alive, and is destroyed once.
 */
#include "harness.h"
#include "ledger.h"

#include "ta/storage.h"

#include <pthread.h>
#include <stdatomic.h>

#define ALIVE UINT64_C(0xa11fea11fea11fea)
#define DEAD UINT64_C(0xdeaddeaddeaddead)

typedef struct piece {
    uint64_t canary;
} piece;

static atomic_uint_least64_t destroyed, died_twice;

static void destroy_piece(piece *value) {
    if (value->canary != ALIVE) atomic_fetch_add(&died_twice, 1);
    value->canary = DEAD;
    atomic_fetch_add(&destroyed, 1);
}

TA_TYPE(piece, piece, NULL, NULL, destroy_piece);
TA_STORAGE(pieces, piece);

enum { REPLACEMENTS = 300000, READERS = 2 };

typedef struct duel {
    pieces store;
    ta_affinity place;
    atomic_bool over;
    pthread_barrier_t barrier;
} duel;

static void *read_one_slot(void *context) {
    duel *shared = context;
    uint64_t wrong = 0;
    pthread_barrier_wait(&shared->barrier);
    while (!atomic_load(&shared->over)) {
        pieces_stored stored;
        pieces_pin pin = pieces_pin_at(shared->store, shared->place);
        wrong += pieces_pin_get(&pin)->canary != ALIVE;
        pieces_pin_drop(&pin);
        if (pieces_stored_make(shared->store, shared->place, &stored) != TA_OK) break;
        wrong += pieces_stored_get(&stored)->canary != ALIVE;
        pieces_stored_drop(&stored);
    }
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): a count for who joins */
    return (void *)(uintptr_t)(wrong + !atomic_load(&shared->over));
}

static void finding_and_keeping_are_one_step_to_who_replaces(void **state) {
    (void)state;
    ledger memory = {0};
    ta_allocator allocator = ledger_allocator(&memory);
    duel shared = {.store = {NULL}};
    assert_int_equal(ta_affinity_make(0, 1, 0, 1, 0, 1, &shared.place), TA_OK);
    ta_per_affinity_options options = {.shape = shared.place, .allocator = &allocator};
    assert_int_equal(pieces_create(&shared.store, &options), TA_OK);
    piece value = {.canary = ALIVE};
    assert_int_equal(pieces_replace(shared.store, shared.place, value, NULL), TA_OK);
    atomic_store(&destroyed, 0);

    pthread_t ids[READERS];
    assert_int_equal(pthread_barrier_init(&shared.barrier, NULL, READERS + 1), 0);
    for (unsigned i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&ids[i], NULL, read_one_slot, &shared), 0);
    pthread_barrier_wait(&shared.barrier);
    for (unsigned i = 0; i < REPLACEMENTS; i++)
        assert_int_equal(pieces_replace(shared.store, shared.place, value, NULL), TA_OK);
    atomic_store(&shared.over, true);
    for (unsigned i = 0; i < READERS; i++) {
        void *wrong;
        assert_int_equal(pthread_join(ids[i], &wrong), 0);
        assert_null(wrong);
    }
    pthread_barrier_destroy(&shared.barrier);
    assert_int_equal(pieces_reclaim(shared.store), 0);
    assert_int_equal(atomic_load(&destroyed), REPLACEMENTS);
    pieces_destroy(&shared.store);
    assert_int_equal(atomic_load(&destroyed), REPLACEMENTS + 1);
    assert_int_equal(atomic_load(&died_twice), 0);
    assert_balanced(&memory);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(finding_and_keeping_are_one_step_to_who_replaces),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
