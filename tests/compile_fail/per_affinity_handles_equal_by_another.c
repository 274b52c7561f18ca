/* must fail: incompatible pointer type|no matching function|cannot convert|must be
 *
 * SPDX-License-Identifier: MIT
 * Handles are compared by a function for other values.
 */
#include "ta/derive.h"
#include "ta/per_affinity.h"

struct counter {
    uint64_t requests;
};
TA_DERIVE(counter, struct counter, requests);
TA_PER_AFFINITY(counters, counter);

/* In C this is a warning of every compiler, and an error from gcc 14 on. */
#ifndef __cplusplus
#pragma GCC diagnostic error "-Wincompatible-pointer-types"
#endif

#ifdef CORRECT
static inline bool same(const struct counter *a, const struct counter *b) {
    return a->requests == b->requests;
}
#else
static inline bool same(const double *a, const double *b) { return *a > *b || *a < *b; }
#endif
TA_HANDLE_EQUAL(counters, same);
