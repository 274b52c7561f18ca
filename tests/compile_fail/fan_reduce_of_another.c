/* must fail: the function gather must be|cannot convert|invalid conversion|cannot initialize a variable
 *
 * SPDX-License-Identifier: MIT
 * A reduction that takes other results than those of the map.
 */
#include "ta/fan.h"

static inline long count(const int *captured) { return *captured; }
#ifdef CORRECT
static inline void gather(long *sum, uint32_t from, ta_status status, long *result) {
#else
static inline void gather(long *sum, uint32_t from, ta_status status, int *result) {
#endif
    if (status == TA_OK) *sum += *result + (long)from;
}
static inline void tell(long *sum, ta_status status) {
    if (status != TA_OK) *sum = 0;
}
TA_MAP_REDUCE(count_all, ta_int, ta_long, count, ta_long, gather, tell);
