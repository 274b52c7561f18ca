/* SPDX-License-Identifier: MIT
 *
 * The group of bench_affinity.cc.
 */
#ifndef TA_BENCH_AFFINITY_H
#define TA_BENCH_AFFINITY_H

#include "contender.h"

TA_BEGIN_DECLS
extern const bench_group bench_affinity_groups[1];
TA_END_DECLS

#endif
