/* SPDX-License-Identifier: MIT
 *
 * The lane with cached indices, in the benchmark.
 */
#include "lane_cached.h"

#define LANE(name) cached_lane_##name
#define LANE_TYPE cached_lane
#define LANE_NAME "cached indices, bulk"
#define LANE_CREATE cached_lane_create
#define LANE_STAGE cached_lane_stage
#include "lane_rows.h"

lane_entries lane_entries_cached(void) { return LANE_ENTRIES; }
