/* SPDX-License-Identifier: MIT
 *
 * The stage's duo, for C alone.
 */
#ifndef TA_BENCH_STAGE_DUO_H
#define TA_BENCH_STAGE_DUO_H

#include "measure.h"
#include "stage.h"

/* NULL: one processor. */
measure_duo *bench_stage_duo(bench_stage *stage);

#endif
