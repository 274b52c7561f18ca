/* SPDX-License-Identifier: MIT
 *
 * Validators: a relocation brings them home, and who is not at home is told where that is.
 */
#include "ta/validator.h"

#include "error.h"

#include <stdio.h>

static ta_status relocate(const ta_type *type, void *value, const ta_move *move) {
    (void)type;
    ((ta_validator *)value)->home = move->destination;
    return TA_OK;
}

const ta_type ta_validator_type = {"ta_validator",
                                   sizeof(ta_validator),
                                   _Alignof(ta_validator),
                                   (uint32_t)ta_validator_traits,
                                   0,
                                   NULL,
                                   relocate,
                                   NULL,
                                   NULL,
                                   NULL};

typedef struct place_text {
    char text[128];
} place_text;

static place_text describe(ta_affinity place) {
    place_text out;
    if (ta_affinity_is_unknown(place))
        snprintf(out.text, sizeof out.text, "an unknown place");
    else
        snprintf(out.text, sizeof out.text, "processor %u of %u, cache %u of %u, region %u of %u",
                 ta_affinity_processor(place), ta_affinity_processor_count(place),
                 ta_affinity_cache(place), ta_affinity_cache_count(place),
                 ta_affinity_region(place), ta_affinity_region_count(place));
    return out;
}

const char *ta_validator_explain(const ta_validator *validator, const char *function) {
    place_text home = describe(validator == NULL ? TA_AFFINITY_UNKNOWN : validator->home);
    place_text here = describe(ta_current_affinity());
    (void)ta_fail_(TA_E_INVALID, function, "the value is at home at %s, and the thread is at %s",
                   home.text, here.text);
    return ta_last_error();
}

extern inline ta_validator ta_validator_at(ta_affinity home);
extern inline ta_validator ta_validator_here(void);
extern inline bool ta_validator_is_home(const ta_validator *validator);
