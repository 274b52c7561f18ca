/* SPDX-License-Identifier: MIT
 *
 * The floors: what the memory system charges for the same transfers, with no queue
 * around them. A stream's floor is an array of records and a counter of them, published after each
 * record, each 32, or each 256, a quarter of the array; where the other side stands is looked at
 * when it must be. Which is best depends on the distance, so the floor is the best one of them.
 */
#include "pair.h"

#include <string.h>

/* ---- lines ----------------------------------------------------------------------------------- */

/* A line's address decides which part of the last-level cache looks after it, and that makes a
 * difference of a fifth and more. A queue's lines are many, so a floor on one place alone would be a
 * matter of luck: a repetition goes through so many places. */
enum { PLACES = 16, STAY = 64 };
_Static_assert((PAIR_TRIPS - PAIR_TRIPS_WARM_UP) % (PLACES * STAY) == 0, "the same time at each");
_Static_assert(PAIR_TRIPS_WARM_UP % PLACES == 0, "each is warm");

typedef struct lines {
    struct {
        _Alignas(2 * TA_CACHE_LINE) uint64_t value; /* pairs with itself: X0 store, X1 load */
    } line[PLACES][2];
} lines;

/* Warming up visits all of them in turn, measuring stays at each for a while. */
static inline unsigned place_of(const pair_job *job, uint64_t k) {
    return (unsigned)((k < job->warm_up ? k : k / STAY) % PLACES);
}

static void *create_lines(void) {
    return ta_allocate_zeroed(pair_memory(), 1, sizeof(lines), _Alignof(lines));
}
static void destroy_lines(void *memory) {
    ta_release(pair_memory(), memory, sizeof(lines), _Alignof(lines));
}

static inline bool await(measure_duo *duo, uint64_t *word, uint64_t value) {
    for (unsigned tries = 0; ta_load_acquire_u64(word) != value;) /* X1 */
        if (!pair_wait(duo, &tries)) return false;
    return true;
}

/* Number k goes forth as 2k + 1, and comes back as 2k + 2. */
static inline __attribute__((always_inline)) void line_forth(measure_duo *duo, pair_job *job,
                                                             int back) {
    lines *memory = job->forth;
    for (uint64_t k = 0; k < job->count; k++) {
        if (k == job->warm_up) job->start_ns = duo_now();
        unsigned place = place_of(job, k);
        ta_store_release_u64(&memory->line[place][0].value, 2 * k + 1); /* X0 */
        if (!await(duo, &memory->line[place][back].value, 2 * k + 2)) return;
    }
    job->end_ns = duo_now();
    job->finished = true;
}

static inline __attribute__((always_inline)) void line_back(measure_duo *duo, pair_job *job,
                                                            int back) {
    lines *memory = job->forth;
    for (uint64_t k = 0; k < job->count; k++) {
        unsigned place = place_of(job, k);
        if (!await(duo, &memory->line[place][0].value, 2 * k + 1)) return;
        ta_store_release_u64(&memory->line[place][back].value, 2 * k + 2); /* X0 */
    }
}

static void one_line_forth(measure_duo *duo, pair_job *job) { line_forth(duo, job, 0); }
static void one_line_back(measure_duo *duo, pair_job *job) { line_back(duo, job, 0); }
static void two_lines_forth(measure_duo *duo, pair_job *job) { line_forth(duo, job, 1); }
static void two_lines_back(measure_duo *duo, pair_job *job) { line_back(duo, job, 1); }

/* ---- records --------------------------------------------------------------------------------- */

typedef struct records {
    _Alignas(TA_CACHE_LINE) uint64_t written; /* W0: release -> W1: acquire */
    _Alignas(TA_CACHE_LINE) uint64_t read;    /* R0: release -> R1: acquire */
    _Alignas(TA_CACHE_LINE) uint64_t words[8 * PAIR_CAPACITY];
} records;

static void *create_records(void) {
    return ta_allocate_zeroed(pair_memory(), 1, sizeof(records), _Alignof(records));
}
static void destroy_records(void *memory) {
    ta_release(pair_memory(), memory, sizeof(records), _Alignof(records));
}

static inline __attribute__((always_inline)) void send_records(measure_duo *duo, pair_job *job,
                                                               unsigned words, unsigned every) {
    records *memory = job->forth;
    uint64_t seen = 0;
    for (uint64_t k = 0; k < job->count; k++) {
        for (unsigned tries = 0; k - seen >= PAIR_CAPACITY;) {
            seen = ta_load_acquire_u64(&memory->read); /* R1 */
            if (k - seen >= PAIR_CAPACITY && !pair_wait(duo, &tries)) return;
        }
        uint64_t *record = &memory->words[k % PAIR_CAPACITY * words];
        for (unsigned i = 0; i < words; i++) record[i] = pair_word(k) + i;
        if ((k + 1) % every == 0) ta_store_release_u64(&memory->written, k + 1); /* W0 */
    }
}

static inline __attribute__((always_inline)) void receive_records(measure_duo *duo, pair_job *job,
                                                                  unsigned words) {
    records *memory = job->forth;
    uint64_t seen = 0, bad = 0;
    for (uint64_t k = 0; k < job->count; k++) {
        if (k == job->warm_up) job->start_ns = duo_now();
        for (unsigned tries = 0; k == seen;) {
            seen = ta_load_acquire_u64(&memory->written); /* W1 */
            if (k == seen && !pair_wait(duo, &tries)) return;
        }
        const uint64_t *record = &memory->words[k % PAIR_CAPACITY * words];
        uint64_t wrong = 0;
        for (unsigned i = 0; i < words; i++) wrong |= record[i] ^ (pair_word(k) + i);
        bad += wrong != 0;
        if ((k + 1) % (PAIR_CAPACITY / 4) == 0) ta_store_release_u64(&memory->read, k + 1); /* R0 */
    }
    job->end_ns = duo_now();
    job->wrong = bad;
    job->finished = true;
}

static void send_64_1(measure_duo *duo, pair_job *job) { send_records(duo, job, 8, 1); }
static void send_64_32(measure_duo *duo, pair_job *job) { send_records(duo, job, 8, 32); }
static void send_64_256(measure_duo *duo, pair_job *job) { send_records(duo, job, 8, 256); }
static void receive_64(measure_duo *duo, pair_job *job) { receive_records(duo, job, 8); }
static void send_8_32(measure_duo *duo, pair_job *job) { send_records(duo, job, 1, 32); }
static void send_8_256(measure_duo *duo, pair_job *job) { send_records(duo, job, 1, 256); }
static void receive_8(measure_duo *duo, pair_job *job) { receive_records(duo, job, 1); }

/* clang-format off */
static const pair_contender entries[] = {
    {"lines", "stream_64", send_64_1, receive_64,
     create_records, destroy_records, PAIR_WARM_UP, PAIR_MESSAGES, false, false, PAIR_SPINS},
    {"lines", "stream_64_batched", send_64_32, receive_64,
     create_records, destroy_records, PAIR_WARM_UP, PAIR_MESSAGES, false, false, PAIR_SPINS},
    {"lines", "stream_64_by_256", send_64_256, receive_64,
     create_records, destroy_records, PAIR_WARM_UP, PAIR_MESSAGES, false, false, PAIR_SPINS},
    {"words_bulk", "stream_8_batched", send_8_32, receive_8,
     create_records, destroy_records, PAIR_SMALL_WARM_UP, PAIR_SMALL_MESSAGES, false, false, PAIR_SPINS},
    {"words_bulk", "stream_8_by_256", send_8_256, receive_8,
     create_records, destroy_records, PAIR_SMALL_WARM_UP, PAIR_SMALL_MESSAGES, false, false, PAIR_SPINS},
    {"round_trip", "one_line", one_line_forth, one_line_back,
     create_lines, destroy_lines, PAIR_TRIPS_WARM_UP, PAIR_TRIPS, false, false, PAIR_SPINS},
    {"round_trip", "two_lines", two_lines_forth, two_lines_back,
     create_lines, destroy_lines, PAIR_TRIPS_WARM_UP, PAIR_TRIPS, false, false, PAIR_SPINS},
};
/* clang-format on */

pair_list floor_lines(void) { return (pair_list){entries, sizeof entries / sizeof *entries}; }
