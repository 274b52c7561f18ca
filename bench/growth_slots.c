/* SPDX-License-Identifier: MIT
 *
 * A slot array all of whose values are there, and what a reduction over it costs.
 */
#include "growth.h"

#include "ta/per_affinity.h"
#include "ta/scalar.h"

typedef struct number {
    uint64_t value;
} number;
TA_UNAWARE_TYPE(number_of, number);
TA_PER_AFFINITY(numbers, number_of);

struct growth_slots {
    ta_registry *registry;
    numbers array;
    uint64_t sum; /* of all */
};

static ta_status make_number(number *out, const ta_site *site, void *context) {
    (void)context;
    out->value = site->slot + UINT64_C(1);
    return TA_OK;
}

static bool add(number *value, uint32_t slot, void *context) {
    uint64_t *sum = context;
    (void)slot;
    *sum += value->value;
    return true;
}

growth_slots *growth_slots_create(uint32_t count) {
    growth_slots *self = ta_allocate_zeroed(NULL, 1, sizeof *self, _Alignof(growth_slots));
    if (self == NULL) return NULL;
    ta_registry_options machine = {
        .machine = TA_MACHINE_COUNTS, .counts = &count, .counts_length = 1};
    if (ta_registry_create(&machine, &self->registry) == TA_OK) {
        ta_per_affinity_options options = {.registry = self->registry};
        self->sum = (uint64_t)count * (count + 1) / 2;
        if (numbers_create(&self->array, &options, make_number, NULL) == TA_OK &&
            numbers_fill(self->array, ta_registry_affinities(self->registry), count) == TA_OK)
            return self;
    }
    growth_slots_destroy(self);
    return NULL;
}

void growth_slots_destroy(growth_slots *slots) {
    if (slots == NULL) return;
    numbers_destroy(&slots->array);
    ta_registry_destroy(slots->registry);
    ta_release(NULL, slots, sizeof *slots, _Alignof(growth_slots));
}

bool growth_slots_sum(const growth_slots *slots) {
    uint64_t sum = 0;
    return numbers_each(slots->array, add, &sum) && sum == slots->sum;
}
