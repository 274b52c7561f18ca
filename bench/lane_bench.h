/* SPDX-License-Identifier: MIT
 *
 * What the rows of bench_lane are made of: an entry is one contender in one row. It is measured by
 * two threads, a duo of tools/ta: `from` sends and `to` receives, or both do in a round trip.
 *
 * Every message is verified. Message k of a stream is the word lane_word(k), or a line of seven
 * words from it on behind a head of the same.
 */
#ifndef TA_BENCH_LANE_BENCH_H
#define TA_BENCH_LANE_BENCH_H

#include "ta/detail/atomic.h"
#include "ta/registry.h"

TA_BEGIN_DECLS

/* Of tools/ta/measure_duo.h, which is not C++. */
typedef struct measure_duo measure_duo;
int64_t duo_now(void);
bool duo_may_wait(measure_duo *duo);

/* Capacity of every ring, in messages of its own size. */
#define LANE_CAPACITY 1024u
/* Lanes that are polled beside the one in use. */
#define LANE_IDLE 8u

typedef struct lane_job {
    void *forth, *back; /* rings; back: for round trips */
    void *idle[2][LANE_IDLE];
    uint64_t warm_up, count; /* messages, or trips: before the clock starts; and altogether */
    int64_t start_ns, end_ns;
    uint64_t wrong;   /* messages */
    uint64_t counted; /* what else an entry counts */
    bool finished;
} lane_job;

typedef void lane_part(measure_duo *duo, lane_job *job);

typedef struct lane_entry {
    const char *row, *name;
    lane_part *from, *to;
    void *(*create)(void); /* a ring; NULL: none is needed */
    void (*destroy)(void *ring);
    uint64_t warm_up, count;
    bool is_round_trip; /* two rings, and ... */
    bool has_idle;      /* the idle ones */
} lane_entry;

typedef struct lane_entries {
    const lane_entry *entries;
    size_t count;
} lane_entries;

/* The three lanes, one and the same code thrice; the floors; the peers. */
lane_entries lane_entries_ours(void);
lane_entries lane_entries_port(void); /* the public functions above it */
lane_entries lane_entries_cached(void);
lane_entries lane_entries_ck(void);
lane_entries lane_entries_floor(void);
lane_entries lane_entries_barrier(void);
lane_entries lane_entries_ck_pointers(void);
lane_entries lane_entries_dpdk(void);
lane_entries lane_entries_boost(void);
lane_entries lane_entries_moodycamel(void);

/* What has parts of its own: three or more threads, or system calls. */
void lane_measure_many(const ta_registry *registry, unsigned repeats);
void lane_measure_membarrier(const ta_registry *registry, unsigned repeats);

static inline uint64_t lane_word(uint64_t k) { return k * UINT64_C(0x9e3779b97f4a7c16); }

/* One turn of a loop that waits for the other side; `tries` counts them, from 0. False: give up. */
static inline bool lane_wait(measure_duo *duo, unsigned *tries) {
    ta_cpu_pause();
    return ++*tries % 1024 != 0 || duo_may_wait(duo);
}

/* Sizes of the rows. */
#define LANE_WARM_UP UINT64_C(4096)
#define LANE_MESSAGES UINT64_C(40960)
#define LANE_SMALL_WARM_UP UINT64_C(14336)   /* a multiple of 7 and of 32 */
#define LANE_SMALL_MESSAGES UINT64_C(215040) /* the same */
#define LANE_TRIPS_WARM_UP UINT64_C(64)
#define LANE_TRIPS UINT64_C(1088)

TA_END_DECLS

#endif
