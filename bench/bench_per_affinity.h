/* SPDX-License-Identifier: MIT
 *
 * The groups of bench_per_affinity.cc: what each contender does is in the C files beside it.
 */
#ifndef TA_BENCH_PER_AFFINITY_H
#define TA_BENCH_PER_AFFINITY_H

#include "contender.h"

TA_BEGIN_DECLS

extern const bench_group bench_reach_groups[], bench_handle_groups[], bench_making_groups[];
extern const bench_group bench_allocator_group;
extern const size_t bench_reach_group_count, bench_handle_group_count, bench_making_group_count;

/* With the peers that were found. */
const bench_group *bench_count_group(void);
const bench_group *bench_storage_group(void);

TA_END_DECLS

#endif
