/* SPDX-License-Identifier: MIT
 *
 * Slot arrays under 2 to 16 threads: ten million operations, in rounds. In the first half of a
 * round threads use arrays and handles; in the second the owner destroys the arrays while threads
 * go on with the handles that they hold. Constructors fail, dawdle, and ask for slots of other
 * arrays, at random; one array's values are made from a captured value, which threads clone at the
 * same time; moves declare true and false sources; threads change their place, and are pinned to
 * processors that there are; handles change threads.
 *
 * What must hold: each value is of the slot that was asked for, of this round, and whole; no slot
 * is constructed twice; clones come to their constructors whole and at home; every handle agrees
 * with its slot; each array is torn down once, when the last handle is gone; nothing leaks.
 */
#include "harness.h"
#include "ledger.h"

#include "ta/derive.h"
#include "ta/per_affinity.h"
#include "ta/validator.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

/* How many operations, in all. */
#define OPERATIONS 10000000u

enum {
    PLACES = 32,
    REGIONS = 4,                     /* each of them one cache */
    FROM_RECIPE = TA_PER_CUSTOM + 1, /* per core, of a captured value */
    ARRAYS = FROM_RECIPE + 1,        /* one per strategy, and that */
    CUSTOM_SLOTS = 13,
    HELD = 8, /* handles of a thread */
    THREADS = 16,
    MAILBOXES = 4,
    STEPS = 500 /* of a thread in one half of a round */
};

typedef struct piece {
    uint32_t array, slot;
    uint64_t round, check;
    char *text;
} piece;
TA_DERIVE(piece, piece, array, slot, round, check, TA_AS(text, ta_string));
TA_PER_AFFINITY(pieces, piece);

/* What is captured. */
typedef struct recipe {
    char *text;
    ta_validator home;
    pieces *array; /* whose it is */
} recipe;
TA_DERIVE(recipe, recipe, TA_AS(text, ta_string), TA_AS(home, ta_validator), TA_SKIP(array));

/* What a round's threads share. */
typedef struct round_state {
    pieces arrays[ARRAYS];
    uint64_t number;
    const ta_registry *registry, *real; /* invented places, and what the process may use */
    atomic_uint made[ARRAYS][PLACES];   /* constructions that succeeded */
    atomic_uint attempts[ARRAYS][PLACES];
    atomic_bool owner_is_gone;
    pthread_barrier_t barrier;
    struct {
        pthread_mutex_t lock;
        pieces_handle handle;
    } mailboxes[MAILBOXES];
} round_state;

/* A thread of a round. `error` is read after the join. */
typedef struct worker {
    round_state *shared;
    uint64_t random;
    pieces_handle held[HELD];
    const char *error;
} worker;

/* For constructors, which run on whichever thread asks first. */
static __thread worker *current;
static __thread unsigned depth;

static round_state state_of_round;

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

static uint64_t check_of(uint64_t round, uint32_t array, uint32_t slot) {
    return (round * 31 + array) * 1000003 + slot;
}

/* ---- constructing ----------------------------------------------------------------------------- */

static ta_status make_value(piece *out, const ta_site *site, void *context) {
    worker *self = current;
    round_state *shared = self->shared;
    uint32_t array = (uint32_t)((pieces *)context - shared->arrays);
    atomic_fetch_add(&shared->attempts[array][site->slot], 1);
    out->array = array;
    out->slot = site->slot;
    if (below(self, 4) == 0) sched_yield();
    if (depth < 3 && !atomic_load(&shared->owner_is_gone) && below(self, 4) == 0) {
        piece *other = NULL;
        depth++;
        ta_status status =
            pieces_resolve(shared->arrays[below(self, ARRAYS)], some_place(self), &other);
        depth--;
        if ((status == TA_OK) != (other != NULL)) fail_with(self, "a status without its value");
    }
    if (below(self, 3) == 0) return TA_E_SYSTEM;
    out->round = shared->number;
    out->check = check_of(shared->number, array, site->slot);
    out->text = ta_string_make("value", site->allocator);
    if (out->text == NULL) return TA_E_NOMEM;
    if (atomic_fetch_add(&shared->made[array][site->slot], 1) != 0)
        fail_with(self, "a slot was constructed twice");
    return TA_OK;
}

static ta_status make_from_recipe(piece *out, const ta_site *site, recipe *captured) {
    if (strcmp(captured->text, "recipe") != 0 ||
        !ta_affinity_equal(captured->home.home, site->affinity))
        fail_with(current, "a clone that is not whole, or not at home");
    return make_value(out, site, captured->array);
}
TA_PER_AFFINITY_WITH(pieces_of_recipe, pieces, recipe, make_from_recipe);

static uint32_t custom_index(ta_affinity affinity, void *context) {
    return (ta_affinity_processor(affinity) * *(const uint32_t *)context) % CUSTOM_SLOTS;
}

static uint32_t custom_count(ta_affinity any, void *context) {
    (void)any, (void)context;
    return CUSTOM_SLOTS;
}

static uint32_t custom_factor = 7;

/* ---- checks ----------------------------------------------------------------------------------- */

static uint32_t slot_of(uint32_t array, ta_affinity affinity) {
    switch (array) {
    case TA_PER_CORE:
    case FROM_RECIPE:
        return ta_affinity_processor(affinity);
    case TA_PER_CUSTOM:
        return custom_index(affinity, &custom_factor);
    case TA_PER_CACHE:
        return ta_affinity_cache(affinity);
    case TA_PER_REGION:
        return ta_affinity_region(affinity);
    default:
        return 0;
    }
}

static void check_value(worker *self, const piece *got, uint32_t array, uint32_t slot) {
    if (got->array != array || got->slot != slot)
        fail_with(self, "a value of another slot");
    else if (got->round != self->shared->number ||
             got->check != check_of(self->shared->number, array, slot) ||
             strcmp(got->text, "value") != 0)
        fail_with(self, "a value that is not whole");
}

static uint32_t array_of(const worker *self, const pieces_handle *handle) {
    for (uint32_t i = 0; i < ARRAYS; i++)
        if (handle->untyped.array == self->shared->arrays[i].array) return i;
    return ARRAYS;
}

static void check_handle(worker *self, const pieces_handle *handle) {
    if (handle->untyped.array == NULL) return;
    const piece *got = pieces_handle_get(handle);
    if ((got == NULL) != (pieces_handle_slot(handle) == TA_NO_SLOT))
        fail_with(self, "a placed handle without a value");
    else if (got != NULL)
        check_value(self, got, array_of(self, handle), pieces_handle_slot(handle));
}

/* A call from no constructor: TA_OK or the constructor's own failure. */
static bool check_status(worker *self, ta_status status) {
    if (status != TA_OK && status != TA_E_SYSTEM) fail_with(self, "an unexpected status");
    return status == TA_OK;
}

/* ---- operations ------------------------------------------------------------------------------- */

/* Another processor, at times, and in any case another place. */
static void change_place(worker *self, ta_affinity place) {
    const ta_registry *real = self->shared->real;
    ta_status status = TA_OK;
    if (below(self, 4) == 0)
        status = ta_registry_pin(
            real, ta_registry_affinity(real, below(self, ta_registry_processor_count(real))));
    if (status != TA_OK || ta_registry_adopt(self->shared->registry, place) != TA_OK)
        fail_with(self, "a thread could not change its place");
}

static void use_array(worker *self) {
    uint32_t array = below(self, ARRAYS);
    pieces named = self->shared->arrays[array];
    ta_affinity place = some_place(self);
    piece *got = NULL;
    switch (below(self, 6)) {
    case 0:
        change_place(self, place);
        got = pieces_get_here(named);
        break;
    case 1:
        place = ta_current_affinity();
        got = pieces_get_here(named);
        break;
    case 2:
        got = pieces_peek(named, place);
        break;
    case 3:
        if (check_status(self, pieces_resolve(named, place, &got)) != (got != NULL))
            fail_with(self, "a status without its value");
        break;
    case 4:
        got = pieces_at(named, slot_of(array, place));
        break;
    default:
        got = pieces_get(named, place);
        break;
    }
    if (got == NULL) return;
    check_value(self, got, array, slot_of(array, place));
    if (got != pieces_peek(named, place)) fail_with(self, "a slot with two pieces");
}

static void make_handle(worker *self) {
    pieces_handle *handle = &self->held[below(self, HELD)];
    uint32_t array = below(self, ARRAYS);
    ta_affinity place = below(self, 8) == 0 ? TA_AFFINITY_UNKNOWN : some_place(self);
    pieces_handle_drop(handle);
    check_status(self, pieces_handle_make(self->shared->arrays[array], place, handle));
}

static void move_handle(worker *self) {
    pieces_handle *handle = &self->held[below(self, HELD)];
    if (handle->untyped.array == NULL) return;
    uint32_t array = array_of(self, handle);
    const piece *before = pieces_handle_get(handle);
    ta_affinity destination = some_place(self);
    ta_affinity source = below(self, 3) == 0 ? TA_AFFINITY_UNKNOWN : some_place(self);
    ta_move move = ta_move_between(source, destination, NULL);
    ta_status status = below(self, 2) == 0 ? pieces_handle_relocate(handle, &move)
                                           : ta_relocate(&pieces_handle_type, handle, &move);
    const piece *after = pieces_handle_get(handle);
    bool seen = !ta_affinity_equal(source, destination); /* else a descriptor's is not called */
    if (!check_status(self, status)) {
        if (after != before) fail_with(self, "a failed relocation changed the handle");
    } else if (seen) {
        check_value(self, after, array, slot_of(array, destination));
    }
}

static void clone_or_drop(worker *self) {
    pieces_handle *one = &self->held[below(self, HELD)], *other = &self->held[below(self, HELD)];
    if (one == other) return;
    pieces_handle_drop(one);
    if (below(self, 3) != 0) *one = pieces_handle_clone(other);
}

/* Swaps a handle with whatever another thread left. */
static void trade(worker *self) {
    uint32_t box = below(self, MAILBOXES);
    pieces_handle *mine = &self->held[below(self, HELD)];
    pthread_mutex_lock(&self->shared->mailboxes[box].lock);
    pieces_handle theirs = self->shared->mailboxes[box].handle;
    self->shared->mailboxes[box].handle = *mine;
    pthread_mutex_unlock(&self->shared->mailboxes[box].lock);
    *mine = theirs;
}

static void use_handles(worker *self) {
    check_handle(self, &self->held[below(self, HELD)]);
    switch (below(self, 8)) {
    case 0:
        trade(self);
        break;
    case 1:
    case 2:
        clone_or_drop(self);
        break;
    default:
        move_handle(self);
        break;
    }
}

static void *run_worker(void *argument) {
    worker *self = argument;
    current = self;
    pthread_barrier_wait(&self->shared->barrier);
    for (unsigned i = 0; i < STEPS; i++) {
        uint32_t what = below(self, 8);
        if (what < 4)
            use_array(self);
        else if (what < 5)
            make_handle(self);
        else
            use_handles(self);
    }
    pthread_barrier_wait(&self->shared->barrier); /* the round is looked at ... */
    pthread_barrier_wait(&self->shared->barrier); /* ... until here */
    for (unsigned i = 0; i < STEPS; i++) use_handles(self);
    for (unsigned i = 0; i < HELD; i++) pieces_handle_drop(&self->held[i]);
    ta_unpin();
    return NULL;
}

/* ---- rounds ----------------------------------------------------------------------------------- */

static ta_status make_array(round_state *shared, uint32_t number, const ta_allocator *allocator) {
    pieces *array = &shared->arrays[number];
    ta_per_affinity_options options = {.shape = ta_registry_affinity(shared->registry, 0),
                                       .allocator = allocator};
    if (number != FROM_RECIPE) {
        options.strategy =
            (ta_strategy){(ta_per)number, custom_index, custom_count, &custom_factor};
        return pieces_create(array, &options, make_value, array);
    }
    recipe captured = {ta_string_make("recipe", allocator), ta_validator_at(TA_AFFINITY_UNKNOWN),
                       array};
    assert_non_null(captured.text);
    return pieces_of_recipe(array, &options, captured);
}

static void start_round(round_state *shared, const ta_registry *const registries[2],
                        uint64_t number, unsigned threads, const ta_allocator *allocator) {
    memset(shared, 0, sizeof *shared);
    shared->number = number;
    shared->registry = registries[0];
    shared->real = registries[1];
    assert_int_equal(pthread_barrier_init(&shared->barrier, NULL, threads + 1), 0);
    for (unsigned i = 0; i < MAILBOXES; i++)
        assert_int_equal(pthread_mutex_init(&shared->mailboxes[i].lock, NULL), 0);
    for (uint32_t i = 0; i < ARRAYS; i++) assert_int_equal(make_array(shared, i, allocator), TA_OK);
}

/* Nobody does anything now: values and handles are as many as there should be. */
static void look_at_round(const round_state *shared, const worker *workers, unsigned threads) {
    for (uint32_t i = 0; i < ARRAYS; i++) {
        pieces array = shared->arrays[i];
        uint64_t handles = 0;
        for (unsigned j = 0; j < threads; j++)
            for (unsigned k = 0; k < HELD; k++)
                handles += workers[j].held[k].untyped.array == array.array;
        for (unsigned j = 0; j < MAILBOXES; j++)
            handles += shared->mailboxes[j].handle.untyped.array == array.array;
        assert_int_equal(pieces_handle_count(array), handles);
        for (uint32_t j = 0; j < pieces_slot_count(array); j++)
            assert_int_equal(shared->made[i][j], pieces_at(array, j) != NULL);
    }
}

static void end_round(round_state *shared) {
    for (unsigned i = 0; i < MAILBOXES; i++) {
        pieces_handle_drop(&shared->mailboxes[i].handle);
        pthread_mutex_destroy(&shared->mailboxes[i].lock);
    }
    pthread_barrier_destroy(&shared->barrier);
}

static void run_round(unsigned threads, const ta_registry *const registries[2], uint64_t number,
                      uint64_t *random) {
    static worker workers[THREADS];
    pthread_t ids[THREADS];
    ledger memory = {0};
    ta_allocator allocator = ledger_allocator(&memory);
    round_state *shared = &state_of_round;
    start_round(shared, registries, number, threads, &allocator);
    for (unsigned i = 0; i < threads; i++) {
        workers[i] = (worker){.shared = shared, .random = next_random(random)};
        assert_int_equal(pthread_create(&ids[i], NULL, run_worker, &workers[i]), 0);
    }
    pthread_barrier_wait(&shared->barrier);
    pthread_barrier_wait(&shared->barrier);
    look_at_round(shared, workers, threads);
    /* Before the threads go on: one that had looked a moment earlier would ask a dead array. */
    atomic_store(&shared->owner_is_gone, true);
    pthread_barrier_wait(&shared->barrier);
    for (unsigned i = 0; i < ARRAYS; i++) ta_per_affinity_destroy(shared->arrays[i].array);
    for (unsigned i = 0; i < threads; i++) assert_int_equal(pthread_join(ids[i], NULL), 0);
    for (unsigned i = 0; i < threads; i++)
        if (workers[i].error != NULL) fail_msg("round %u: %s", (unsigned)number, workers[i].error);
    end_round(shared);
    assert_balanced(&memory);
    for (unsigned i = 0; i < ARRAYS; i++)
        for (unsigned j = 0; j < PLACES; j++) assert_true(shared->made[i][j] <= 1);
}

static void arrays_survive_many_threads(void **state) {
    (void)state;
    const char *text = getenv("TA_SEED");
    uint64_t random = text == NULL ? UINT64_C(0x7c15f39cc0605ced) : strtoull(text, NULL, 0);
    print_message("TA_SEED=0x%llx\n", (unsigned long long)random);
    random |= 1; /* a xorshift never leaves 0 */

    uint32_t counts[REGIONS] = {PLACES / 4, PLACES / 4, PLACES / 4, PLACES / 4};
    ta_registry_options options = {
        .machine = TA_MACHINE_COUNTS, .counts = counts, .counts_length = REGIONS};
    ta_registry *registry = NULL, *real = NULL;
    assert_int_equal(ta_registry_create(&options, &registry), TA_OK);
    assert_int_equal(ta_registry_create(NULL, &real), TA_OK);
    const ta_registry *const registries[2] = {registry, real};
    uint64_t round = 0;
    for (uint64_t done = 0; done < OPERATIONS; round++) {
        unsigned threads = 2 + (unsigned)(round % 15);
        run_round(threads, registries, round, &random);
        done += 2 * (uint64_t)threads * STEPS;
    }
    print_message("%u rounds\n", (unsigned)round);
    ta_registry_destroy(real);
    ta_registry_destroy(registry);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_survive_many_threads),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
