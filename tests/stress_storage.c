/* SPDX-License-Identifier: MIT
 *
 * Explicit storage under 2 to 16 threads: ten million operations, in rounds. In the first half of a
 * round threads replace, remove, pin, clone, visit and reclaim, and make, clone, move and drop
 * references; in the second the owner destroys the storage while threads go on with the references
 * that they hold. Threads change their place; pins nest, are held over replacements of their own
 * slot, and sometimes over those of others; references change threads.
 *
 * What must hold: whatever is found under a pin or through a reference is alive, whole, and of the
 * slot that it was asked for; a reference does not change unless it is moved to another slot; each
 * value that was put in is destroyed exactly once, and by the end of the round; nothing leaks.
 */
#include "harness.h"
#include "ledger.h"

#include "ta/derive.h"
#include "ta/storage.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

/* How many operations, in all. */
#define OPERATIONS 10000000u

enum {
    PLACES = 8,
    REGIONS = 2, /* each of them one cache */
    STORES = 4,  /* one per strategy */
    HELD = 6,    /* references of a thread */
    PINS = 3,    /* pins of a thread */
    THREADS = 16,
    MAILBOXES = 4,
    STEPS = 9000 /* of a thread in a round, two thirds of them with the owner there */
};

#define ALIVE UINT64_C(0xa11fea11fea11fea)
#define DEAD UINT64_C(0xdeaddeaddeaddead)

typedef struct piece {
    uint64_t canary;
    uint32_t store, slot;
    uint64_t check;
    char *text;
} piece;

static ta_status clone_piece(const piece *value, piece *out, const ta_allocator *allocator);
static void destroy_piece(piece *value);
TA_TYPE(piece, piece, NULL, clone_piece, destroy_piece);
TA_STORAGE(pieces, piece);

/* What a round's threads share. */
typedef struct round_state {
    pieces stores[STORES];
    const ta_registry *registry;
    const ta_allocator *allocator;
    pthread_barrier_t barrier;
    struct {
        pthread_mutex_t lock;
        pieces_stored stored;
    } mailboxes[MAILBOXES];
} round_state;

typedef struct held_pin {
    pieces_pin pin;
    uint32_t store, slot;
} held_pin;

/* A thread of a round. `error` is read after the join. */
typedef struct worker {
    round_state *shared;
    uint64_t random, made;
    pieces_stored held[HELD];
    held_pin pins[PINS];
    const char *error;
} worker;

static round_state state_of_round;
static atomic_uint_least64_t destroyed, died_twice;

static uint64_t next_random(uint64_t *random) {
    uint64_t x = *random;
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    return *random = x;
}

static uint32_t below(worker *self, uint32_t limit) {
    return (uint32_t)((next_random(&self->random) >> 16) % limit);
}

static void fail_with(worker *self, const char *error) {
    if (self->error == NULL) self->error = error;
}

static ta_affinity some_place(worker *self) {
    return ta_registry_affinity(self->shared->registry, below(self, PLACES));
}

/* ---- values ----------------------------------------------------------------------------------- */

static uint64_t check_of(uint32_t store, uint32_t slot) {
    return (store + 1) * UINT64_C(1000003) + slot;
}

static ta_status clone_piece(const piece *value, piece *out, const ta_allocator *allocator) {
    *out = *value;
    out->text = ta_string_make(value->text, allocator);
    return out->text == NULL ? TA_E_NOMEM : TA_OK;
}

static void destroy_piece(piece *value) {
    if (value->canary != ALIVE) atomic_fetch_add(&died_twice, 1);
    value->canary = DEAD;
    atomic_fetch_add(&destroyed, 1);
    ta_destroy(&ta_string_type, &value->text);
}

static bool make_piece(worker *self, uint32_t store, uint32_t slot, piece *out) {
    *out = (piece){ALIVE, store, slot, check_of(store, slot),
                   ta_string_make("value", self->shared->allocator)};
    if (out->text == NULL) fail_with(self, "no memory");
    return out->text != NULL;
}

static void check_piece(worker *self, const piece *got, uint32_t store, uint32_t slot) {
    if (got->canary != ALIVE)
        fail_with(self, "a value that was destroyed");
    else if (got->store != store || got->slot != slot)
        fail_with(self, "a value of another slot");
    else if (got->check != check_of(store, slot) || strcmp(got->text, "value") != 0)
        fail_with(self, "a value that is not whole");
}

static uint32_t slot_of(uint32_t store, ta_affinity affinity) {
    switch (store) {
    case TA_PER_CORE:
        return ta_affinity_processor(affinity);
    case TA_PER_CACHE:
        return ta_affinity_cache(affinity);
    case TA_PER_REGION:
        return ta_affinity_region(affinity);
    default:
        return 0;
    }
}

static uint32_t store_of(const worker *self, const pieces_stored *stored) {
    for (uint32_t i = 0; i < STORES; i++)
        if (stored->untyped.storage == self->shared->stores[i].storage) return i;
    return STORES;
}

static void check_stored(worker *self, const pieces_stored *stored) {
    if (stored->untyped.storage == NULL) return;
    const piece *got = pieces_stored_get(stored);
    if ((got == NULL) != (pieces_stored_slot(stored) == TA_NO_SLOT))
        fail_with(self, "a placed reference without a value");
    else if (got != NULL)
        check_piece(self, got, store_of(self, stored), pieces_stored_slot(stored));
}

/* An answer that may be TA_E_EMPTY, and nothing else. */
static bool is_there(worker *self, ta_status status) {
    if (status != TA_OK && status != TA_E_EMPTY) fail_with(self, "an unexpected status");
    return status == TA_OK;
}

/* ---- the storage's operations ----------------------------------------------------------------- */

static void put_in(worker *self) {
    uint32_t store = below(self, STORES);
    ta_affinity place = some_place(self);
    piece value;
    pieces_stored *previous = below(self, 2) == 0 ? NULL : &self->held[below(self, HELD)];
    if (previous != NULL) pieces_stored_drop(previous);
    if (below(self, 8) == 0) {
        if (pieces_remove(self->shared->stores[store], place, previous) != TA_OK)
            fail_with(self, "a slot could not be emptied");
    } else if (make_piece(self, store, slot_of(store, place), &value)) {
        self->made++;
        if (pieces_replace(self->shared->stores[store], place, value, previous) != TA_OK)
            fail_with(self, "a value could not be put in");
    }
    if (previous == NULL || previous->untyped.storage == NULL) return;
    check_stored(self, previous);
    if (pieces_stored_slot(previous) != slot_of(store, place))
        fail_with(self, "the previous value is of another slot");
}

static void check_pin(worker *self, const held_pin *held) {
    const piece *got = pieces_pin_get(&held->pin);
    if (got != NULL) check_piece(self, got, held->store, held->slot);
}

static void pin_or_unpin(worker *self) {
    held_pin *held = &self->pins[below(self, PINS)];
    check_pin(self, held);
    pieces_pin_drop(&held->pin);
    if (below(self, 3) == 0) return;
    ta_affinity place = some_place(self);
    held->store = below(self, STORES);
    held->slot = slot_of(held->store, place);
    is_there(self, pieces_pin_make(self->shared->stores[held->store], place, &held->pin));
    check_pin(self, held);
}

/* What most readers do. */
static void read_here(worker *self) {
    uint32_t store = below(self, STORES);
    pieces_pin pin = pieces_pin_here(self->shared->stores[store]);
    const piece *got = pieces_pin_get(&pin);
    if (below(self, 16) == 0) sched_yield();
    if (got != NULL) check_piece(self, got, store, slot_of(store, ta_current_affinity()));
    pieces_pin_drop(&pin);
}

static void clone_value(worker *self) {
    uint32_t store = below(self, STORES);
    ta_affinity place = some_place(self);
    piece clone;
    if (!is_there(self, pieces_get_clone(self->shared->stores[store], place, &clone,
                                         self->shared->allocator)))
        return;
    self->made++;
    check_piece(self, &clone, store, slot_of(store, place));
    ta_destroy(&piece_type, &clone);
}

static bool visit_piece(piece *value, uint32_t slot, void *context) {
    worker *self = context;
    check_piece(self, value, value->store, slot);
    return below(self, 8) != 0;
}

static void change_place(worker *self) {
    if (ta_registry_adopt(self->shared->registry, some_place(self)) != TA_OK)
        fail_with(self, "a thread could not change its place");
}

static void make_reference(worker *self) {
    pieces_stored *stored = &self->held[below(self, HELD)];
    uint32_t store = below(self, STORES);
    ta_affinity place = below(self, 8) == 0 ? TA_AFFINITY_UNKNOWN : some_place(self);
    pieces_stored_drop(stored);
    if (!is_there(self, pieces_stored_make(self->shared->stores[store], place, stored))) return;
    check_stored(self, stored);
    if (!ta_affinity_is_unknown(place) && pieces_stored_slot(stored) != slot_of(store, place))
        fail_with(self, "a reference to another slot");
}

static void use_stores(worker *self) {
    switch (below(self, 12)) {
    case 0:
    case 1:
        put_in(self);
        break;
    case 2:
    case 3:
        pin_or_unpin(self);
        break;
    case 4:
        clone_value(self);
        break;
    case 5:
        (void)pieces_each(self->shared->stores[below(self, STORES)], visit_piece, self);
        break;
    case 6:
        (void)pieces_reclaim(self->shared->stores[below(self, STORES)]);
        break;
    case 7:
        change_place(self);
        break;
    case 8:
        make_reference(self);
        break;
    default:
        read_here(self);
        break;
    }
}

/* ---- the references' operations --------------------------------------------------------------- */

static void move_reference(worker *self) {
    pieces_stored *stored = &self->held[below(self, HELD)];
    if (stored->untyped.storage == NULL) return;
    uint32_t store = store_of(self, stored), before_slot = pieces_stored_slot(stored);
    const piece *before = pieces_stored_get(stored);
    ta_affinity destination = some_place(self);
    ta_affinity source = below(self, 3) == 0 ? TA_AFFINITY_UNKNOWN : some_place(self);
    ta_move move = ta_move_between(source, destination, NULL);
    ta_status status = below(self, 2) == 0 ? pieces_stored_relocate(stored, &move)
                                           : ta_relocate(&pieces_stored_type, stored, &move);
    bool seen = !ta_affinity_equal(source, destination); /* else a descriptor's is not called */
    const piece *after = pieces_stored_get(stored);
    if (!is_there(self, status)) {
        if (after != before) fail_with(self, "a failed relocation changed the reference");
    } else if (seen) {
        check_piece(self, after, store, slot_of(store, destination));
        if (before_slot == slot_of(store, destination) && after != before)
            fail_with(self, "a move within a slot changed the reference");
    }
}

static void clone_or_drop(worker *self) {
    pieces_stored *one = &self->held[below(self, HELD)], *other = &self->held[below(self, HELD)];
    if (one == other) return;
    pieces_stored_drop(one);
    if (below(self, 3) != 0) *one = pieces_stored_clone(other);
}

/* Swaps a reference with whatever another thread left. */
static void trade(worker *self) {
    uint32_t box = below(self, MAILBOXES);
    pieces_stored *mine = &self->held[below(self, HELD)];
    pthread_mutex_lock(&self->shared->mailboxes[box].lock);
    pieces_stored theirs = self->shared->mailboxes[box].stored;
    self->shared->mailboxes[box].stored = *mine;
    pthread_mutex_unlock(&self->shared->mailboxes[box].lock);
    *mine = theirs;
}

static void use_references(worker *self) {
    check_stored(self, &self->held[below(self, HELD)]);
    switch (below(self, 4)) {
    case 0:
        trade(self);
        break;
    case 1:
        clone_or_drop(self);
        break;
    default:
        move_reference(self);
        break;
    }
}

static void *run_worker(void *context) {
    worker *self = context;
    pthread_barrier_wait(&self->shared->barrier); /* all at once */
    for (unsigned i = 0; i < STEPS * 2 / 3; i++)
        if (below(self, 3) == 0)
            use_references(self);
        else
            use_stores(self);
    for (unsigned i = 0; i < PINS; i++) {
        check_pin(self, &self->pins[i]);
        pieces_pin_drop(&self->pins[i].pin);
    }
    pthread_barrier_wait(&self->shared->barrier); /* the round is looked at ... */
    pthread_barrier_wait(&self->shared->barrier); /* ... until here */
    for (unsigned i = 0; i < STEPS / 3; i++) use_references(self);
    for (unsigned i = 0; i < HELD; i++) pieces_stored_drop(&self->held[i]);
    ta_unpin();
    return NULL;
}

/* ---- rounds ----------------------------------------------------------------------------------- */

static void start_round(round_state *shared, const ta_registry *registry, unsigned threads,
                        const ta_allocator *allocator) {
    memset(shared, 0, sizeof *shared);
    shared->registry = registry;
    shared->allocator = allocator;
    atomic_store(&destroyed, 0);
    assert_int_equal(pthread_barrier_init(&shared->barrier, NULL, threads + 1), 0);
    for (unsigned i = 0; i < MAILBOXES; i++)
        assert_int_equal(pthread_mutex_init(&shared->mailboxes[i].lock, NULL), 0);
    for (unsigned i = 0; i < STORES; i++) {
        ta_per_affinity_options options = {.shape = ta_registry_affinity(registry, 0),
                                           .strategy.per = (ta_per)i,
                                           .allocator = allocator};
        assert_int_equal(pieces_create(&shared->stores[i], &options), TA_OK);
    }
}

/* Nobody does anything now, and no pin is held: nothing needs to wait. */
static void look_at_round(const round_state *shared, const worker *workers, unsigned threads) {
    for (uint32_t i = 0; i < STORES; i++) {
        pieces store = shared->stores[i];
        uint64_t references = 0;
        for (unsigned j = 0; j < threads; j++)
            for (unsigned k = 0; k < HELD; k++)
                references += workers[j].held[k].untyped.storage == store.storage;
        for (unsigned j = 0; j < MAILBOXES; j++)
            references += shared->mailboxes[j].stored.untyped.storage == store.storage;
        assert_int_equal(pieces_stored_count(store), references);
        assert_int_equal(pieces_reclaim(store), 0);
    }
}

static void end_round(round_state *shared) {
    for (unsigned i = 0; i < MAILBOXES; i++) {
        pieces_stored_drop(&shared->mailboxes[i].stored);
        pthread_mutex_destroy(&shared->mailboxes[i].lock);
    }
    pthread_barrier_destroy(&shared->barrier);
}

static void run_round(unsigned threads, const ta_registry *registry, unsigned number,
                      uint64_t *random) {
    static worker workers[THREADS];
    pthread_t ids[THREADS];
    ledger memory = {0};
    ta_allocator allocator = ledger_allocator(&memory);
    round_state *shared = &state_of_round;
    uint64_t made = 0;
    start_round(shared, registry, threads, &allocator);
    for (unsigned i = 0; i < threads; i++) {
        workers[i] = (worker){.shared = shared, .random = next_random(random)};
        assert_int_equal(pthread_create(&ids[i], NULL, run_worker, &workers[i]), 0);
    }
    pthread_barrier_wait(&shared->barrier);
    pthread_barrier_wait(&shared->barrier);
    look_at_round(shared, workers, threads);
    pthread_barrier_wait(&shared->barrier);
    for (unsigned i = 0; i < STORES; i++) ta_storage_destroy(shared->stores[i].storage);
    for (unsigned i = 0; i < threads; i++) assert_int_equal(pthread_join(ids[i], NULL), 0);
    for (unsigned i = 0; i < threads; i++) {
        if (workers[i].error != NULL) fail_msg("round %u: %s", number, workers[i].error);
        made += workers[i].made;
    }
    end_round(shared);
    assert_int_equal(atomic_load(&destroyed), made);
    assert_int_equal(atomic_load(&died_twice), 0);
    assert_balanced(&memory);
}

static void storage_survives_many_threads(void **state) {
    (void)state;
    const char *text = getenv("TA_SEED");
    uint64_t random = text == NULL ? UINT64_C(0x7c15f39cc0605ced) : strtoull(text, NULL, 0);
    print_message("TA_SEED=0x%llx\n", (unsigned long long)random);
    random |= 1; /* a xorshift never leaves 0 */

    uint32_t counts[REGIONS] = {PLACES / 2, PLACES / 2};
    ta_registry_options options = {
        .machine = TA_MACHINE_COUNTS, .counts = counts, .counts_length = REGIONS};
    ta_registry *registry = NULL;
    assert_int_equal(ta_registry_create(&options, &registry), TA_OK);
    unsigned round = 0;
    for (uint64_t done = 0; done < OPERATIONS; round++) {
        unsigned threads = 2 + round % 15;
        run_round(threads, registry, round, &random);
        done += (uint64_t)threads * STEPS;
    }
    print_message("%u rounds\n", round);
    ta_registry_destroy(registry);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(storage_survives_many_threads),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
