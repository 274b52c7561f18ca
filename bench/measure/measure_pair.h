/* SPDX-License-Identifier: MIT
 *
 * A sample of what the benchmarks measure as a contender.
 */
#ifndef TA_MEASURE_PAIR_H
#define TA_MEASURE_PAIR_H

#include "measure.h"
#include "pair.h"

static inline measure_outcome measure_pair_end(pair_end end, const pair_job *job, double *ns) {
    if (end == PAIR_GAVE_UP) return MEASURE_GAVE_UP;
    if (end == PAIR_NOT_OPENED) return MEASURE_SYSTEM;
    if (end == PAIR_DAMAGED) return MEASURE_BROKEN;
    *ns = pair_ns(job);
    return MEASURE_OK;
}

static inline measure_outcome measure_pair(measure_duo *duo, const pair_contender *contender,
                                           pair_job *job, double *ns) {
    return measure_pair_end(pair_run(duo, contender, job), job, ns);
}

#endif
