/* SPDX-License-Identifier: MIT
 *
 * Handles of slot arrays that relocate from one place to the other, by the public functions alone.
 * One thread does it, the caller's; where it runs is the place that handles come from.
 */
#include "measure.h"

#include "ta/per_affinity.h"
#include "ta/scalar.h"

enum { ARRAYS = 64, MOVES = 4096 };

TA_PER_AFFINITY(numbers, ta_uint64);

static ta_status make_number(uint64_t *out, const ta_site *site, void *context) {
    (void)context;
    *out = 1 + ta_affinity_processor(site->affinity);
    return TA_OK;
}

static bool create_numbers(const measure_duo *duo, numbers *out) {
    ta_per_affinity_options options = {.registry = duo->registry};
    return numbers_create(out, &options, make_number, NULL) == TA_OK;
}

static bool is_at(const numbers_handle *handle, ta_affinity place) {
    const uint64_t *number = numbers_handle_get(handle);
    return number != NULL && *number == 1u + ta_affinity_processor(place);
}

/* There and back, so many times. */
static measure_outcome relocate_many(numbers_handle *handle, const ta_move *go, const ta_move *come,
                                     double *relocation_ns) {
    unsigned wrong = 0;
    int64_t start = duo_now();
    for (int i = 0; i < MOVES / 2; i++) {
        wrong += numbers_handle_relocate(handle, go) != TA_OK;
        wrong += numbers_handle_relocate(handle, come) != TA_OK;
    }
    *relocation_ns = (double)(duo_now() - start) / MOVES;
    return wrong == 0 ? MEASURE_OK : MEASURE_BROKEN;
}

measure_outcome measure_relocation(measure_duo *duo, double *relocation_ns) {
    ta_affinity from = duo->place[DUO_FROM], to = duo->place[DUO_TO];
    ta_move go = ta_registry_move(duo->registry, from, to);
    ta_move come = ta_registry_move(duo->registry, to, from);
    measure_outcome outcome = MEASURE_SYSTEM;
    numbers_handle handle = {0};
    numbers array;
    if (!create_numbers(duo, &array)) return MEASURE_SYSTEM;
    if (numbers_get(array, to) != NULL && numbers_handle_make(array, from, &handle) == TA_OK)
        outcome = relocate_many(&handle, &go, &come, relocation_ns);
    if (outcome == MEASURE_OK && !is_at(&handle, from)) outcome = MEASURE_BROKEN;
    numbers_handle_drop(&handle);
    numbers_destroy(&array);
    return outcome;
}

measure_outcome measure_first_relocation(measure_duo *duo, double *relocation_ns) {
    ta_move go = ta_registry_move(duo->registry, duo->place[DUO_FROM], duo->place[DUO_TO]);
    numbers arrays[ARRAYS];
    numbers_handle handles[ARRAYS];
    measure_outcome outcome = MEASURE_OK;
    int made = 0;
    for (; made < ARRAYS; made++) {
        handles[made] = (numbers_handle){0};
        if (!create_numbers(duo, &arrays[made])) break;
        if (numbers_handle_make(arrays[made], duo->place[DUO_FROM], &handles[made]) != TA_OK)
            outcome = MEASURE_SYSTEM;
    }
    if (made < ARRAYS) outcome = MEASURE_SYSTEM;
    int64_t start = duo_now();
    for (int i = 0; i < made && outcome == MEASURE_OK; i++)
        if (numbers_handle_relocate(&handles[i], &go) != TA_OK) outcome = MEASURE_SYSTEM;
    *relocation_ns = (double)(duo_now() - start) / ARRAYS;
    for (int i = 0; i < made; i++) {
        if (outcome == MEASURE_OK && !is_at(&handles[i], duo->place[DUO_TO]))
            outcome = MEASURE_BROKEN;
        numbers_handle_drop(&handles[i]);
        numbers_destroy(&arrays[i]);
    }
    return outcome;
}
