/* must fail: (counter_value|counter_type)
 *
 * SPDX-License-Identifier: MIT
 * An array of values of a type that nobody described.
 */
#include "ta/derive.h"
#include "ta/per_affinity.h"

struct counter {
    uint64_t requests;
};
#ifdef CORRECT
TA_DERIVE(counter, struct counter, requests);
#endif
TA_PER_AFFINITY(counters, counter);
