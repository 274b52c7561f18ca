/* SPDX-License-Identifier: MIT
 *
 * What passes between two threads: a contender is one way to do it, in a row of several that are
 * measured in turn. The two threads of a duo measure it: `from` sends and `to` receives, or both do
 * in a round trip. The benchmarks run them in rows (rows.h); `ta cost` runs those that it has figures
 * of, the same code (measure_port.c, measure_lane.c, measure_line.c).
 *
 * Every message is verified. Message k of a stream is the word pair_word(k), or a line of words
 * from it on.
 */
#ifndef TA_BENCH_PAIR_H
#define TA_BENCH_PAIR_H

#include "ta/detail/atomic.h"
#include "ta/memory.h"
#include "ta/registry.h"

TA_BEGIN_DECLS

/* Of measure_duo.h, which is not C++. */
typedef struct measure_duo measure_duo;
int64_t duo_now(void);
bool duo_may_wait(measure_duo *duo);

/* Capacity of every queue, in messages of its own size; and what is passed on at once in bulk. */
#define PAIR_CAPACITY 1024u
#define PAIR_BULK 32u
/* Lanes that are polled beside the one in use. */
#define PAIR_IDLE 8u

typedef struct pair_job {
    void *forth, *back; /* queues; back: for round trips */
    void *idle[2][PAIR_IDLE];
    uint64_t warm_up, count; /* messages, or trips: before the clock starts; and altogether */
    uint64_t started_at;     /* what had come when it did: as `warm_up`, or some more */
    int64_t start_ns, end_ns;
    int64_t sleeps[2]; /* how often each side gave its processor away */
    uint64_t wrong;    /* messages */
    uint64_t counted;  /* what else a contender counts */
    bool finished;
} pair_job;

typedef void pair_part(measure_duo *duo, pair_job *job);

/* What its threads do while they have to wait. */
typedef enum pair_sleep {
    PAIR_SPINS,     /* run all the time: else others had a processor */
    PAIR_MAY_SLEEP, /* for a lock of their own, or yield */
    PAIR_SLEEPS     /* both, between any two messages */
} pair_sleep;

typedef struct pair_contender {
    const char *row, *name;
    pair_part *from, *to;
    void *(*create)(void); /* a queue; NULL: no memory */
    void (*destroy)(void *queue);
    uint64_t warm_up, count;
    bool is_round_trip; /* two queues, and ... */
    bool has_idle;      /* the idle ones */
    pair_sleep sleep;
} pair_contender;

typedef struct pair_list {
    const pair_contender *entries;
    size_t count;
} pair_list;

/* ---- for the parts --------------------------------------------------------------------------- */

static inline uint64_t pair_word(uint64_t k) { return k * UINT64_C(0x9e3779b97f4a7c16); }

/* One turn of a loop that waits for the other side; `tries` counts them, from 0. False: give up. */
static inline bool pair_wait(measure_duo *duo, unsigned *tries) {
    ta_cpu_pause();
    return ++*tries % 1024 != 0 || duo_may_wait(duo);
}

/* The clock of a stream is the receiver's: from its first measured message to its last. `come`
 * messages have come. */
static inline void pair_start_at(pair_job *job, uint64_t come) {
    if (job->start_ns != 0 || come < job->warm_up) return;
    job->started_at = come;
    job->start_ns = duo_now();
}

/* Where queues lie: in another place each time. For create and destroy. */
const ta_allocator *pair_memory(void);

/* Where the two threads stand, `from` and `to`, on which machine. For create. */
const ta_affinity *pair_places(const ta_registry **registry);

/* Sizes of the rows. A contender is tried with what is its warm-up otherwise. */
#define PAIR_WARM_UP UINT64_C(4096)
#define PAIR_MESSAGES UINT64_C(40960)
#define PAIR_SMALL_WARM_UP UINT64_C(14336)   /* a multiple of 7 and of 32 */
#define PAIR_SMALL_MESSAGES UINT64_C(107520) /* the same */
#define PAIR_FEW_MESSAGES UINT64_C(12288)    /* of those that take long */
#define PAIR_TRIPS_WARM_UP UINT64_C(64)
#define PAIR_TRIPS UINT64_C(1088)
#define PAIR_WAKES_WARM_UP UINT64_C(8)
#define PAIR_WAKES UINT64_C(108)

/* The longest sleep of a thread that nobody wakes: then it asks whether to give up. */
#define PAIR_SLEEP_MS 100

/* ---- for who runs them ----------------------------------------------------------------------- */

typedef enum pair_end {
    PAIR_CAME,      /* all arrived, and right */
    PAIR_GAVE_UP,   /* it took too long */
    PAIR_DAMAGED,   /* messages arrived wrong */
    PAIR_NOT_OPENED /* it could not be created */
} pair_end;

/* Runs a contender once, as the job says: its warm_up and count. pair_run() makes its queues, each
 * time at another place, and destroys them; pair_run_through() takes those of the job. */
pair_end pair_run(measure_duo *duo, const pair_contender *contender, pair_job *job);
pair_end pair_run_through(measure_duo *duo, const pair_contender *contender, pair_job *job);

/* Nanoseconds per message or trip of a job that came to its end. */
static inline double pair_ns(const pair_job *job) {
    return (double)(job->end_ns - job->start_ns) / (double)(job->count - job->started_at);
}

/* The contender of this row and name; NULL: none. */
const pair_contender *pair_find(pair_list list, const char *row, const char *name);

/* ---- what benchmarks and `ta cost` have in common -------------------------------------------- */

pair_list floor_lines(void);    /* cache lines: back and forth, and in streams */
pair_list lanes_of_cells(void); /* the library's lane; it is private, so not in the shared object */
pair_list port_streams(void);   /* words and closures */
pair_list port_calls(void);

TA_END_DECLS

#endif
