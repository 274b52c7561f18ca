/* must fail: incompatible (function )?pointer type|no matching function|cannot convert|invalid conv
 *
 * SPDX-License-Identifier: MIT
 * A constructor that makes something else than the array's values.
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
#ifdef __clang__
#pragma GCC diagnostic error "-Wincompatible-function-pointer-types"
#endif
#endif

#ifdef CORRECT
static ta_status start(struct counter *out, const ta_site *site, void *context) {
    (void)context;
    out->requests = site->slot;
    return TA_OK;
}
#else
static ta_status start(uint64_t *out, const ta_site *site, void *context) {
    (void)context;
    *out = site->slot;
    return TA_OK;
}
#endif

ta_status make(counters *out, const ta_per_affinity_options *options);
ta_status make(counters *out, const ta_per_affinity_options *options) {
    return counters_create(out, options, start, NULL);
}
