/* SPDX-License-Identifier: MIT
 *
 * A user of the installed library: compiled as C11 and as C++17, linked in three ways.
 */
#include <ta.h>

#include <stdio.h>
#include <string.h>

int main(void) {
    ta_registry *registry = NULL;
    ta_affinity place = TA_AFFINITY_UNKNOWN_INIT;
    int wrong = strcmp(ta_version(), TA_VERSION_STRING) != 0;

    if (ta_registry_create(NULL, &registry) != TA_OK) {
        fprintf(stderr, "%s\n", ta_last_error());
        return 1;
    }
    place = ta_registry_affinity(registry, 0);
    wrong += ta_registry_pin(registry, place) != TA_OK;
    wrong += !ta_affinity_equal(ta_current_affinity(), place);
    wrong += ta_unpin() != TA_OK;
    printf("libta %s: %u processors, %d wrong\n", ta_version(),
           ta_registry_processor_count(registry), wrong);
    ta_registry_destroy(registry);
    return wrong != 0;
}
