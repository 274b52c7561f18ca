/* SPDX-License-Identifier: MIT
 *
 * The lane with cached indices, in the benchmark.
 */
#include "lane_cached.h"

#define LANE(name) cached_lane_##name
#define LANE_TYPE cached_lane
#define LANE_NAME "cached"
#define LANE_CREATE cached_lane_create
#define LANE_STAGE cached_lane_stage
#include "lane_rows.h"

pair_list lanes_cached(void) { return LANE_ENTRIES; }
