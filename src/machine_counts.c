/* SPDX-License-Identifier: MIT
 *
 * A machine from a list of counts: so many processors in each region, each region one cache, each
 * processor a core of its own.
 */
#include "machine.h"

ta_status ta_machine_read_counts(const ta_registry_options *options, const ta_allocator *allocator,
                                 ta_machine_units *out) {
    uint64_t total = 0;

    *out = (ta_machine_units){NULL, 0, 0, true, false};
    if (options->counts_length > TA_AFFINITY_MAX)
        return ta_fail_create(TA_E_RANGE, "%zu regions in counts[]; accepted: at most %u",
                              options->counts_length, TA_AFFINITY_MAX);
    for (size_t r = 0; r < options->counts_length; r++) total += options->counts[r];
    if (total > TA_AFFINITY_MAX)
        return ta_fail_create(TA_E_RANGE, "%llu processors in counts[]; accepted: at most %u",
                              (unsigned long long)total, TA_AFFINITY_MAX);
    if (total == 0)
        return ta_fail_create(TA_E_TOO_FEW, "all %zu entries of counts[] are 0",
                              options->counts_length);
    out->units = ta_allocate(allocator, (size_t)total * sizeof *out->units, _Alignof(ta_unit));
    if (out->units == NULL) return ta_fail_create(TA_E_NOMEM, "no memory");
    for (size_t r = 0; r < options->counts_length; r++) {
        out->memory_nodes += options->counts[r] != 0;
        for (uint32_t i = 0; i < options->counts[r]; i++) {
            uint32_t processor = (uint32_t)out->count;
            uint32_t region = (uint32_t)r;
            out->units[out->count++] =
                (ta_unit){processor, processor, region, region, (int32_t)r, TA_UNIT_USABLE};
        }
    }
    return TA_OK;
}
