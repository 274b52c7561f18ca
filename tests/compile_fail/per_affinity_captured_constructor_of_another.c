/* must fail: the function start must be|cannot (convert|initialize a variable)|invalid conversion
 *
 * SPDX-License-Identifier: MIT
 * A constructor with a captured value that makes something else than the array's values.
 */
#include "ta/derive.h"
#include "ta/per_affinity.h"

struct counter {
    uint64_t requests;
};
TA_DERIVE(counter, struct counter, requests);
TA_PER_AFFINITY(counters, counter);

struct settings {
    uint32_t first;
};
TA_DERIVE(settings, struct settings, first);

#ifdef CORRECT
static inline ta_status start(struct counter *out, const ta_site *site, struct settings *from) {
    out->requests = from->first + site->slot;
    return TA_OK;
}
#else
static inline ta_status start(uint64_t *out, const ta_site *site, struct settings *from) {
    *out = from->first + site->slot;
    return TA_OK;
}
#endif
TA_PER_AFFINITY_WITH(counters_of_settings, counters, settings, start);
