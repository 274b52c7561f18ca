/* SPDX-License-Identifier: MIT
 *
 * The lane on ck's typed ring, in the benchmark.
 */
#include "lane_ck.h"

#define LANE(name) ck_lane_##name
#define LANE_TYPE ck_lane
#define LANE_NAME "ck"
#define LANE_CREATE ck_lane_create
#define LANE_STAGE ck_lane_commit
#include "lane_rows.h"

pair_list lanes_of_ck(void) { return LANE_ENTRIES; }
