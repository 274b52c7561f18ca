/* SPDX-License-Identifier: MIT
 *
 * This machine without hwloc: the processors in the affinity mask, one region, one cache.
 */
#include "machine.h"
#include "os/os.h"

#include <string.h>

static ta_status read_units(const unsigned long *words, size_t bytes, const ta_allocator *allocator,
                            ta_machine_units *out) {
    size_t count = 0;
    for (size_t i = 0; i < bytes / sizeof *words; i++)
        count += (size_t)__builtin_popcountl(words[i]);
    if (count == 0) return ta_fail_create(TA_E_TOO_FEW, "the affinity mask is empty");
    out->units = ta_allocate(allocator, count * sizeof *out->units, _Alignof(ta_unit));
    if (out->units == NULL) return ta_fail_create(TA_E_NOMEM, "no memory");
    for (uint32_t i = 0; i < bytes * 8; i++)
        if (ta_os_mask_has(words, bytes, i))
            out->units[out->count++] = (ta_unit){i, i, 0, 0, TA_NODE_NONE, TA_UNIT_USABLE};
    return TA_OK;
}

ta_status ta_machine_read_flat(const ta_registry_options *options, const ta_allocator *allocator,
                               ta_machine_units *out) {
    size_t bytes;

    *out = (ta_machine_units){NULL, 0, 0, false, true};
    if (options->machine != TA_MACHINE_THIS)
        return ta_fail_create(TA_E_UNSUPPORTED, "built without hwloc, which reads descriptions; "
                                                "accepted: this machine, or counts");
    int error = ta_os_mask_bytes(&bytes);
    if (error != 0)
        return ta_fail_create(TA_E_SYSTEM, "reading the affinity mask: %s", strerror(error));
    unsigned long *words = ta_allocate(allocator, bytes, _Alignof(unsigned long));
    if (words == NULL) return ta_fail_create(TA_E_NOMEM, "no memory");
    error = ta_os_get_mask(words, bytes);
    ta_status status =
        error == 0 ? read_units(words, bytes, allocator, out)
                   : ta_fail_create(TA_E_SYSTEM, "reading the affinity mask: %s", strerror(error));
    ta_release(allocator, words, bytes, _Alignof(unsigned long));
    return status;
}
