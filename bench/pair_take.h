/* SPDX-License-Identifier: MIT
 *
 * A sample of what passes between two threads, that can be told to be one: between two probes of the
 * distance, and with nobody else on the processors. C and C++.
 */
#ifndef TA_BENCH_PAIR_TAKE_H
#define TA_BENCH_PAIR_TAKE_H

#include "pair.h"
#include "stage.h"

TA_BEGIN_DECLS

typedef enum pair_outcome {
    PAIR_OK,
    PAIR_BUSY,  /* others had one of the processors: once more */
    PAIR_MOVED, /* the processors' distance changed meanwhile: once more */
    PAIR_WRONG, /* messages arrived wrong */
    PAIR_FAILED /* it could not be created */
} pair_outcome;

typedef struct pair_sample {
    double ns, floor_ns; /* per message or trip; a line's trip, the mean of before and after */
    group_kind group;
} pair_sample;

/* One sample, between two probes of the distance. `is_brief`: few messages; whether they arrived
 * right is what counts. */
pair_outcome pair_take(bench_stage *stage, const pair_contender *contender, bool is_brief,
                       pair_sample *out);

/* What a thread that sleeps costs to wake, by the code of `ta cost`: until it runs, or what the call
 * takes its sender. In place of the two threads' usage, which tells nothing of sleepers, the
 * measurement itself waits until the thread really sleeps. */
pair_outcome pair_take_wake(bench_stage *stage, bool is_futex, bool is_sender, pair_sample *out);

TA_END_DECLS

#endif
