/* SPDX-License-Identifier: MIT
 *
 * The floors of bench_lane: what the memory system charges for the same transfers, with no queue
 * around them. A stream's floor is an array of records and a counter of them, published every so
 * often; where the other side stands is looked at when it must be.
 */
#include "lane_bench.h"

#include <string.h>

/* ---- lines ----------------------------------------------------------------------------------- */

typedef struct lines {
    struct {
        _Alignas(2 * TA_CACHE_LINE) uint64_t value; /* pairs with itself: X0 store, X1 load */
    } line[2];
} lines;

static void *create_lines(void) {
    return ta_allocate_zeroed(NULL, 1, sizeof(lines), _Alignof(lines));
}
static void destroy_lines(void *memory) {
    ta_release(NULL, memory, sizeof(lines), _Alignof(lines));
}

static inline bool await(measure_duo *duo, uint64_t *word, uint64_t value) {
    for (unsigned tries = 0; ta_load_acquire_u64(word) != value;) /* X1 */
        if (!lane_wait(duo, &tries)) return false;
    return true;
}

/* Number k goes forth as 2k + 1, and comes back as 2k + 2. */
static inline __attribute__((always_inline)) void line_forth(measure_duo *duo, lane_job *job,
                                                             int back) {
    lines *memory = job->forth;
    for (uint64_t k = 0; k < job->count; k++) {
        if (k == job->warm_up) job->start_ns = duo_now();
        ta_store_release_u64(&memory->line[0].value, 2 * k + 1); /* X0 */
        if (!await(duo, &memory->line[back].value, 2 * k + 2)) return;
    }
    job->end_ns = duo_now();
    job->finished = true;
}

static inline __attribute__((always_inline)) void line_back(measure_duo *duo, lane_job *job,
                                                            int back) {
    lines *memory = job->forth;
    for (uint64_t k = 0; k < job->count; k++) {
        if (!await(duo, &memory->line[0].value, 2 * k + 1)) return;
        ta_store_release_u64(&memory->line[back].value, 2 * k + 2); /* X0 */
    }
}

static void one_line_forth(measure_duo *duo, lane_job *job) { line_forth(duo, job, 0); }
static void one_line_back(measure_duo *duo, lane_job *job) { line_back(duo, job, 0); }
static void two_lines_forth(measure_duo *duo, lane_job *job) { line_forth(duo, job, 1); }
static void two_lines_back(measure_duo *duo, lane_job *job) { line_back(duo, job, 1); }

/* ---- records --------------------------------------------------------------------------------- */

typedef struct records {
    _Alignas(TA_CACHE_LINE) uint64_t written; /* W0: release -> W1: acquire */
    _Alignas(TA_CACHE_LINE) uint64_t read;    /* R0: release -> R1: acquire */
    _Alignas(TA_CACHE_LINE) uint64_t words[8 * LANE_CAPACITY];
} records;

static void *create_records(void) {
    return ta_allocate_zeroed(NULL, 1, sizeof(records), _Alignof(records));
}
static void destroy_records(void *memory) {
    ta_release(NULL, memory, sizeof(records), _Alignof(records));
}

static inline __attribute__((always_inline)) void send_records(measure_duo *duo, lane_job *job,
                                                               unsigned words, unsigned every) {
    records *memory = job->forth;
    uint64_t seen = 0;
    for (uint64_t k = 0; k < job->count; k++) {
        if (k == job->warm_up) job->start_ns = duo_now();
        for (unsigned tries = 0; k - seen >= LANE_CAPACITY;) {
            seen = ta_load_acquire_u64(&memory->read); /* R1 */
            if (k - seen >= LANE_CAPACITY && !lane_wait(duo, &tries)) return;
        }
        uint64_t *record = &memory->words[k % LANE_CAPACITY * words];
        for (unsigned i = 0; i < words; i++) record[i] = lane_word(k) + i;
        if ((k + 1) % every == 0) ta_store_release_u64(&memory->written, k + 1); /* W0 */
    }
}

static inline __attribute__((always_inline)) void receive_records(measure_duo *duo, lane_job *job,
                                                                  unsigned words) {
    records *memory = job->forth;
    uint64_t seen = 0, bad = 0;
    for (uint64_t k = 0; k < job->count; k++) {
        for (unsigned tries = 0; k == seen;) {
            seen = ta_load_acquire_u64(&memory->written); /* W1 */
            if (k == seen && !lane_wait(duo, &tries)) return;
        }
        const uint64_t *record = &memory->words[k % LANE_CAPACITY * words];
        uint64_t wrong = 0;
        for (unsigned i = 0; i < words; i++) wrong |= record[i] ^ (lane_word(k) + i);
        bad += wrong != 0;
        if ((k + 1) % (LANE_CAPACITY / 4) == 0) ta_store_release_u64(&memory->read, k + 1); /* R0 */
    }
    job->end_ns = duo_now();
    job->wrong = bad;
    job->finished = true;
}

static void send_64_1(measure_duo *duo, lane_job *job) { send_records(duo, job, 8, 1); }
static void send_64_32(measure_duo *duo, lane_job *job) { send_records(duo, job, 8, 32); }
static void receive_64(measure_duo *duo, lane_job *job) { receive_records(duo, job, 8); }
static void send_8_32(measure_duo *duo, lane_job *job) { send_records(duo, job, 1, 32); }
static void receive_8(measure_duo *duo, lane_job *job) { receive_records(duo, job, 1); }

/* clang-format off */
static const lane_entry entries[] = {
    {"64 bytes, one by one", "floor: records, published one by one", send_64_1, receive_64,
     create_records, destroy_records, LANE_WARM_UP, LANE_MESSAGES, false, false},
    {"64 bytes, one by one", "floor: records, published per 32", send_64_32, receive_64,
     create_records, destroy_records, LANE_WARM_UP, LANE_MESSAGES, false, false},
    {"8 bytes, 32 at once", "floor: records, published per 32", send_8_32, receive_8,
     create_records, destroy_records, LANE_SMALL_WARM_UP, LANE_SMALL_MESSAGES, false, false},
    {"round trip", "floor: one line", one_line_forth, one_line_back,
     create_lines, destroy_lines, LANE_TRIPS_WARM_UP, LANE_TRIPS, false, false},
    {"round trip", "floor: two lines", two_lines_forth, two_lines_back,
     create_lines, destroy_lines, LANE_TRIPS_WARM_UP, LANE_TRIPS, false, false},
};
/* clang-format on */

lane_entries lane_entries_floor(void) {
    return (lane_entries){entries, sizeof entries / sizeof *entries};
}
