/* SPDX-License-Identifier: MIT
 *
 * The protocol of rest words and bells itself, src/bell.h, for checkers of weak memory (GenMC:
 * script/model-check), which Spin is not. As a plain program it runs the same main once; exit 0. With
 * -DROUNDS=2000 it does so that often, threads starting together, for ThreadSanitizer and for plain
 * luck; -DALONE=room_round picks a part.
 *
 * Resting and bells: two senders publish a message each, and flush; the receiver polls once, has its
 * lanes rest and falls asleep if it may. Whatever then lies in a lane is looked at, or has its bell
 * rung; and who sleeps beside a bell is woken. Room: a sender finds its lane full and wants room,
 * while the receiver takes the message and rests the lane: the sender has room, or is told. Death: the
 * receiver takes what it finds, and dies; the sender publishes, and takes back what is left. Leaving:
 * the receiver goes, and gives up the lanes that it finds; the sender makes one, publishes, and rings:
 * the lane is given up by one of them.
 *
 * Each of these takes an order away:
 *   RELAXED_R1, RELAXED_R2   a dead lane's receiving end changes hands; a message is overlooked
 *   RELAXED_B1, RELAXED_B4   a bell is heard before what was done before it
 *   RELAXED_B2, RELAXED_B3   RUNG is seen without its bit
 *   RELAXED_W1               room is overlooked
 *   RELAXED_G1               a lane is not found
 * and each of these makes a load and a store of a read-modify-write, which x86-64 reorders, too:
 *   TWO_STEPS_R1, TWO_STEPS_R2   a message is overlooked
 *   TWO_STEPS_B2, TWO_STEPS_B5   a receiver sleeps beside a bell
 *   TWO_STEPS_W1                 room is overlooked
 *   TWO_STEPS_G1, TWO_STEPS_B2   nobody gives up a lane
 *
 * genmc: --unroll=4 -DALONE=resting_round | RELAXED_R1 RELAXED_R2 RELAXED_B2 RELAXED_B3 TWO_STEPS_R1
 * genmc: --unroll=4 -DALONE=resting_round | TWO_STEPS_R2 TWO_STEPS_B2 TWO_STEPS_B5
 * genmc: --unroll=4 -DALONE=bells_round | RELAXED_B1 RELAXED_B4
 * genmc: --unroll=4 -DALONE=room_round | RELAXED_W1 TWO_STEPS_W1
 * genmc: --unroll=4 -DALONE=death_round | RELAXED_R1 RELAXED_R2
 * genmc: --unroll=4 -DALONE=leaving_round | RELAXED_G1 RELAXED_B2 TWO_STEPS_G1 TWO_STEPS_B2
 * tsan: -DROUNDS=2000 | RELAXED_R1 RELAXED_R2
 */
#undef NDEBUG /* the assertions are what a checker looks at */
#include "ta/detail/atomic.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>

#ifndef ROUNDS
#define ROUNDS 1
#endif

enum { SENDERS = 2 };

/* The protocol is compiled with these in place of what it names. Rest words are told from the
 * bells' state by where they stand. */
static uint32_t rests[SENDERS];

static inline bool is_rest(const uint32_t *word) { return word >= rests && word < rests + SENDERS; }

#define IS_R2 (is_rest(word) && bits != 2 /* WANTED */)
#define IS_W1 (is_rest(word) && bits == 2)
#define IS_B2 (!is_rest(word) && bits == 1 /* RUNG */)
#define IS_B5 (!is_rest(word) && bits != 1 && bits != 8)
#define IS_G1 (!is_rest(word) && bits == 8 /* GONE */)
#define IS_R1 (is_rest(word) && bits == ~1u /* RESTING */)
#define IS_B3 (!is_rest(word) && bits == ~1u)

static inline uint32_t or_in_two(uint32_t *word, uint32_t bits) {
    uint32_t before = ta_load_acquire_u32(word);
    ta_store_release_u32(word, before | bits);
    return before;
}

static inline uint32_t and_in_two(uint32_t *word, uint32_t bits) {
    uint32_t before = ta_load_acquire_u32(word);
    ta_store_release_u32(word, before & bits);
    return before;
}

static inline uint32_t fetch_or(uint32_t *word, uint32_t bits) {
#define RELAXED_OR_IF(condition)                                                                   \
    if (condition) return __atomic_fetch_or(word, bits, __ATOMIC_RELAXED)
#define OR_IN_TWO_IF(condition)                                                                    \
    if (condition) return or_in_two(word, bits)
#ifdef RELAXED_R2
    RELAXED_OR_IF(IS_R2);
#endif
#ifdef RELAXED_B2
    RELAXED_OR_IF(IS_B2);
#endif
#ifdef RELAXED_W1
    RELAXED_OR_IF(IS_W1);
#endif
#ifdef RELAXED_G1
    RELAXED_OR_IF(IS_G1);
#endif
#ifdef TWO_STEPS_G1
    OR_IN_TWO_IF(IS_G1);
#endif
#ifdef TWO_STEPS_R2
    OR_IN_TWO_IF(IS_R2);
#endif
#ifdef TWO_STEPS_B2
    OR_IN_TWO_IF(IS_B2);
#endif
#ifdef TWO_STEPS_B5
    OR_IN_TWO_IF(IS_B5);
#endif
#ifdef TWO_STEPS_W1
    OR_IN_TWO_IF(IS_W1);
#endif
    return ta_fetch_or_acq_rel_u32(word, bits);
}

static inline uint32_t fetch_and(uint32_t *word, uint32_t bits) {
#ifdef RELAXED_R1
    if (IS_R1) return __atomic_fetch_and(word, bits, __ATOMIC_RELAXED);
#endif
#ifdef RELAXED_B3
    if (IS_B3) return __atomic_fetch_and(word, bits, __ATOMIC_RELAXED);
#endif
#ifdef TWO_STEPS_R1
    if (IS_R1) return and_in_two(word, bits);
#endif
    (void)and_in_two, (void)or_in_two, (void)is_rest;
    return ta_fetch_and_acq_rel_u32(word, bits);
}
#define ta_fetch_or_acq_rel_u32 fetch_or
#define ta_fetch_and_acq_rel_u32 fetch_and
#ifdef RELAXED_B1
#define ta_fetch_or_acq_rel_u64(word, bits) __atomic_fetch_or(word, bits, __ATOMIC_RELAXED)
#endif
#ifdef RELAXED_B4
#define ta_exchange_acquire_u64(word, value) __atomic_exchange_n(word, value, __ATOMIC_RELAXED)
#endif

#include "bell.h"

/* Lanes of one cell. */
typedef struct toy_lane {
    uint32_t tail; /* release by the sender */
    uint32_t freed;
    uint32_t head; /* plain, like `value`: whose end it is, shows in the protocol */
    int value;
    bool is_looked_at; /* the receiver's */
    int link;          /* what the bell makes known */
} toy_lane;

static toy_lane lanes[SENDERS];
static uint64_t bits;
static ta_bells bells;
static uint32_t woken, told, is_made;
static bool is_asleep, waits;
static int taken, took_back;

static bool is_empty(toy_lane *lane) { return ta_load_acquire_u32(&lane->tail) == lane->head; }

static bool has_room(toy_lane *lane) {
    return lane->tail == ta_load_acquire_u32(&lane->freed); /* tail: the sender's own */
}

static void publish(toy_lane *lane, int value) {
    lane->value = value;
    ta_store_release_u32(&lane->tail, lane->tail + 1);
}

static bool take(toy_lane *lane, int *sum) {
    if (is_empty(lane)) return false;
    *sum += lane->value;
    lane->head++;
    ta_store_release_u32(&lane->freed, lane->head);
    return true;
}

/* ---- threads ---------------------------------------------------------------------------------- */

#if ROUNDS > 1
static uint32_t at_start, expected_at_start;
static void start_together(void) {
    ta_fetch_add_relaxed_u32(&at_start, 1);
    while (ta_load_relaxed_u32(&at_start) < expected_at_start) sched_yield();
}
#else
static void start_together(void) {}
#endif

static bool flush(uint32_t me) {
    bool is_dead;
    if (!ta_rest_published(&rests[me], &is_dead)) return is_dead;
    uint32_t how = ta_bells_ring(&bells, me);
    if ((how & TA_BELLS_ASLEEP) != 0) ta_store_relaxed_u32(&woken, 1);
    if ((how & TA_BELLS_GONE) == 0) return is_dead;
    ta_rest_die(&rests[me]);
    return true;
}

static void *sender(void *argument) {
    toy_lane *own = argument;
    uint32_t me = (uint32_t)(own - lanes);
    start_together();
    own->link = 1;
    publish(own, 1);
    flush(me);
    return NULL;
}

static void answer(void) {
    if (!ta_bells_are_rung(&bells)) return;
    ta_bells_answer(&bells);
    uint64_t rung = ta_bells_take(&bells, 0);
    for (uint32_t i = 0; i < SENDERS; i++)
        if ((rung >> i & 1) != 0) {
            assert(lanes[i].link == 1);
            lanes[i].is_looked_at = true;
        }
}

static void rest(uint32_t i) {
    if (ta_rest_begin(&rests[i]) && ta_rest_unwant(&rests[i])) ta_store_relaxed_u32(&told, 1);
    lanes[i].is_looked_at = !is_empty(&lanes[i]) && ta_rest_end(&rests[i]);
}

static void *sleeper(void *unused) {
    start_together();
    answer();
    for (uint32_t i = 0; i < SENDERS; i++)
        if (lanes[i].is_looked_at) rest(i);
    if (lanes[0].is_looked_at || lanes[1].is_looked_at || ta_bells_are_rung(&bells)) return unused;
    is_asleep = ta_bells_sleep(&bells, TA_BELLS_ASLEEP_FD);
    return unused;
}

static void *waiter(void *unused) {
    start_together();
    if (has_room(&lanes[0])) return unused;
    ta_rest_want(&rests[0]);
    waits = !(has_room(&lanes[0]) && ta_rest_unwant(&rests[0]));
    return unused;
}

static void *freer(void *unused) {
    start_together();
    take(&lanes[0], &taken);
    rest(0);
    return unused;
}

static void *dying(void *unused) {
    start_together();
    take(&lanes[0], &taken);
    ta_rest_die(&rests[0]);
    return unused;
}

static void *recoverer(void *unused) {
    start_together();
    publish(&lanes[0], 1);
    if (flush(0))
        while (take(&lanes[0], &took_back)) continue;
    return unused;
}

static void *newcomer(void *unused) {
    start_together();
    ta_store_release_u32(&is_made, 1); /* L1 */
    publish(&lanes[0], 1);
    if (flush(0))
        while (take(&lanes[0], &took_back)) continue;
    return unused;
}

static void *leaving(void *unused) {
    start_together();
    ta_bells_leave(&bells);
    if (ta_load_acquire_u32(&is_made) != 0) ta_rest_die(&rests[0]); /* L2 */
    return unused;
}

/* ---- rounds ----------------------------------------------------------------------------------- */

#if ROUNDS > 1
#define EXPECT(threads) (at_start = 0, expected_at_start = (threads))
#else
#define EXPECT(threads) ((void)0)
#endif
/* Written out, since GenMC follows no function out of an array. */
#define START(id, body, argument)                                                                  \
    pthread_t id;                                                                                  \
    if (pthread_create(&id, NULL, body, argument) != 0) return 1

/* One lane is at rest to begin with; the other one is looked at, if it is to be. */
static void begin(bool looks_at_one) {
    for (uint32_t i = 0; i < SENDERS; i++) {
        lanes[i] = (toy_lane){.is_looked_at = i == 1 && looks_at_one};
        rests[i] = lanes[i].is_looked_at ? 0 : TA_REST_RESTING;
    }
    bits = 0;
    bells = (ta_bells){.words = 1, .bits = &bits};
    woken = told = is_made = 0;
    is_asleep = waits = false;
    taken = took_back = 0;
}

static int two_senders(bool looks_at_one) {
    begin(looks_at_one);
    EXPECT(3);
    START(first, sender, &lanes[0]);
    START(second, sender, &lanes[1]);
    START(receiver, sleeper, NULL);
    pthread_join(first, NULL);
    pthread_join(second, NULL);
    pthread_join(receiver, NULL);
    bool is_rung = (bells.state & TA_BELLS_RUNG) != 0;
    for (uint32_t i = 0; i < SENDERS; i++) /* nothing was taken, so both are there */
        assert(lanes[i].is_looked_at || ((bits >> i & 1) != 0 && is_rung));
    assert(!is_asleep || woken != 0);
    return 0;
}

static int resting_round(void) { return two_senders(true); }
static int bells_round(void) { return two_senders(false); }

static int room_round(void) {
    begin(true);
    rests[0] = 0;
    publish(&lanes[0], 1);
    EXPECT(2);
    START(first, waiter, NULL);
    START(second, freer, NULL);
    pthread_join(first, NULL);
    pthread_join(second, NULL);
    assert(taken == 1 && (!waits || told != 0));
    return 0;
}

static int death_round(void) {
    begin(true);
    EXPECT(2);
    START(first, recoverer, NULL);
    START(second, dying, NULL);
    pthread_join(first, NULL);
    pthread_join(second, NULL);
    int left = is_empty(&lanes[0]) ? 0 : 1; /* until the sender hears of the death */
    assert(taken + took_back + left == 1);
    return 0;
}

static int leaving_round(void) {
    begin(false);
    EXPECT(2);
    START(first, newcomer, NULL);
    START(second, leaving, NULL);
    pthread_join(first, NULL);
    pthread_join(second, NULL);
    assert((rests[0] & TA_REST_DEAD) !=
           0); /* so its sender takes back what is left, when it hears */
    assert(taken == 0 && (took_back == 1 || !is_empty(&lanes[0])));
    return 0;
}

/* All of it, or one alone: -DALONE=resting_round. */
int main(void) {
    for (int i = 0; i < ROUNDS; i++) {
#ifdef ALONE
        if (ALONE() != 0) return 1;
#else
        if (resting_round() != 0 || bells_round() != 0) return 1;
        if (room_round() != 0 || death_round() != 0) return 1;
        if (leaving_round() != 0) return 1;
#endif
    }
    (void)resting_round, (void)bells_round, (void)room_round, (void)death_round;
    (void)leaving_round;
    return 0;
}
