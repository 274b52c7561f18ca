/* SPDX-License-Identifier: MIT
 *
 * What bench_port measures.
 */
#ifndef TA_BENCH_PORTS_H
#define TA_BENCH_PORTS_H

#include "contender.h"
#include "pair.h"

TA_BEGIN_DECLS

pair_list port_wakes(void);          /* ports whose threads sleep; streams and calls: pair.h */
extern const bench_group port_polls; /* that find nothing */
extern const bench_group port_mesh_memory, port_system_calls;

TA_END_DECLS

#endif
