/* SPDX-License-Identifier: MIT
 *
 * What all benchmarks run on: this machine, the calling thread pinned to a processor of it, and a
 * second thread pinned to another, which sleeps unless it has something to do. C and C++.
 */
#ifndef TA_BENCH_STAGE_H
#define TA_BENCH_STAGE_H

#include "group.h"

#include "ta/registry.h"

TA_BEGIN_DECLS

/* A pair of processors is far when a line's round trip takes this long; `ta cost` has the same. */
#define BENCH_FAR_NS 200

typedef struct bench_stage bench_stage;

/* NULL: ta_last_error() tells more. With one processor there is no second thread. */
bench_stage *bench_stage_create(void);
void bench_stage_destroy(bench_stage *stage);

const ta_registry *bench_stage_registry(const bench_stage *stage);
bool bench_stage_has_two(const bench_stage *stage);

/* Runs the part by both threads at once, the caller as number 0: they begin together. False: one
 * of them did not come to it in time. */
bool bench_stage_run(bench_stage *stage, void (*part)(void *argument, unsigned thread),
                     void *argument);

/* Did others displace one of the two in what they ran since the last call? */
bool bench_stage_displaced(bench_stage *stage);

/* Returns when the second thread sleeps, and leaves the machine to the first. */
void bench_stage_settle(bench_stage *stage);

/* How far the two are apart; false: too slow to tell. */
bool bench_stage_probe(bench_stage *stage, group_probe *out);

TA_END_DECLS

#endif
