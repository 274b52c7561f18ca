/* SPDX-License-Identifier: MIT
 *
 * The library's lane, in the benchmark.
 */
#include "lane.h"
#include "pair.h"

static ta_lane *make_lane(uint32_t cells) {
    ta_lane *lane = NULL;
    return ta_lane_create(cells, pair_memory(), &lane) == TA_OK ? lane : NULL;
}
/* Every commit publishes. */
static inline void ta_lane_flush(ta_lane *lane) { (void)lane; }

#define LANE(name) ta_lane_##name
#define LANE_TYPE ta_lane
#define LANE_NAME "cells"
#define LANE_CREATE make_lane
#define LANE_STAGE ta_lane_commit
#include "lane_rows.h"

pair_list lanes_of_cells(void) { return LANE_ENTRIES; }
