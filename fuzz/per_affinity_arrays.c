/* SPDX-License-Identifier: MIT
 *
 * The model of slot arrays: how they are made, and how their values are reached.
 */
#include "per_affinity_model.h"

/* ---- finding --------------------------------------------------------------------------------- */

bool array_is_reachable(const model *a) {
    return a->real != NULL && !a->gone && (a->owned || a->handles > 0);
}

model *choose_array(void) {
    unsigned first = choose(MOST_ARRAYS);
    for (uint32_t i = 0; i < w.array_count; i++) {
        model *a = &w.arrays[(first + i) % w.array_count];
        if (array_is_reachable(a)) return a;
    }
    return NULL;
}

/* Now and then one more than there are, or none at all. */
uint32_t custom_index(ta_affinity affinity, void *context) {
    const model *a = context;
    if (a->modulus == 0) return TA_NO_SLOT;
    return (affinity.processor * a->factor + affinity.region + a->addend) % a->modulus;
}

static uint32_t custom_count(ta_affinity any, void *context) {
    model *a = context;
    CHECK(any.processor_count == w.machine->count);
    a->counted++;
    return a->slot_count;
}

static uint32_t find_index(const model *a, ta_affinity affinity) {
    switch (a->per) {
    case TA_PER_CORE:
        return affinity.processor;
    case TA_PER_CACHE:
        return affinity.cache;
    case TA_PER_REGION:
        return affinity.region;
    case TA_PER_CUSTOM:
        return custom_index(affinity, (void *)a);
    default:
        return 0;
    }
}

ta_status array_predict(const model *a, ta_affinity affinity, uint32_t *slot) {
    const ta_affinity any = w.machine->places[0];
    if (affinity.processor_count == 0) return TA_E_UNKNOWN_AFFINITY;
    if (affinity.processor_count != any.processor_count ||
        affinity.cache_count != any.cache_count || affinity.region_count != any.region_count)
        return TA_E_FOREIGN_AFFINITY;
    *slot = find_index(a, affinity);
    if (*slot >= a->slot_count) return TA_E_RANGE;
    return a->slots[*slot].building ? TA_E_REENTERED : TA_OK;
}

const ta_allocator *array_site_allocator(const model *a, ta_affinity affinity) {
    return a->registry == NULL ? a->allocator : ta_registry_allocator(a->registry, affinity);
}

/* ---- making ---------------------------------------------------------------------------------- */

/* Larger than what stands on the stack without ado. */
typedef struct large {
    char before[300];
    item part;
} large;
TA_DERIVE(large, large, TA_ARRAY(before), TA_AS(part, item));

static ta_status make_plain(item *value, const ta_site *site, void *context) {
    return construct_item(context, site, value);
}

static ta_status make_plain_untyped(void *context, const ta_site *site, void *value) {
    return construct_item(context, site, value);
}

static ta_status make_with(item *value, const ta_site *site, item *captured) {
    model *a = w.frame->array;
    CHECK(w.frame->clones == 1 && w.lives[captured->id].role == CLONE);
    if (a->maker != CAPTURED_STAYS && !ta_affinity_equal(a->source, site->affinity))
        CHECK(ta_affinity_equal(captured->at, site->affinity));
    return construct_item(a, site, value);
}
TA_PER_AFFINITY_WITH(items_with, items, item, make_with);

static ta_status make_with_large(item *value, const ta_site *site, large *captured) {
    CHECK(captured->before[299] == 'z');
    return make_with(value, site, &captured->part);
}
TA_PER_AFFINITY_WITH(items_with_large, items, large, make_with_large);

static ta_status make_untyped(void *captured, const ta_site *site, void *value) {
    return make_with(value, site, captured);
}

static ta_status create_with_large(items *out, const ta_per_affinity_options *options,
                                   item captured) {
    large value = {.part = captured};
    memset(value.before, 'z', sizeof value.before);
    return items_with_large(out, options, value);
}

static ta_status create(model *a, const ta_per_affinity_options *options, item captured) {
    items made = {(void *)a}; /* not NULL */
    ta_status status;
    ta_maker untyped = {make_plain_untyped, a, NULL, false};
    ta_maker stays = {make_untyped, &captured, &item_type, true};
    switch (a->maker) {
    case PLAIN_UNTYPED:
        status = ta_per_affinity_create(options, &item_type, &untyped, &made.array);
        break;
    case CAPTURED:
        status = items_with(&made, options, captured);
        break;
    case CAPTURED_LARGE:
        status = create_with_large(&made, options, captured);
        break;
    case CAPTURED_STAYS:
        status = ta_per_affinity_create(options, &item_type, &stays, &made.array);
        break;
    case CLONED:
        status = items_create_from(&made, options, captured);
        break;
    case CLONED_UNAWARE:
        status = items_create_from_unaware(&made, options, captured);
        break;
    default:
        status = items_create(&made, options, make_plain, a);
        break;
    }
    CHECK((status == TA_OK) == (made.array != NULL));
    a->real = made.array;
    return status;
}

static void choose_constructor(model *a) {
    a->fails_every = choose(2) == 0 ? 0 : choose(4);
    a->asks = choose(3) == 0 ? (asking)choose(ASKINGS) : ASKS_NOTHING;
    a->asks_by = choose(3);
    a->asked = &w.arrays[choose(w.array_count + 1)];
    a->asked_place = choose_affinity(a->asked);
    a->passes_on = choose(2) == 0;
    /* An older one, so that no values keep each other alive. */
    a->kept = choose(4) == 0 ? choose_array() : NULL;
}

static void choose_strategy(model *a) {
    const ta_affinity any = w.machine->places[0];
    a->per = (ta_per)choose(TA_PER_CUSTOM + 1);
    const uint32_t counts[] = {any.processor_count, any.cache_count, any.region_count, 1, 0};
    a->slot_count = counts[a->per];
    if (a->per != TA_PER_CUSTOM) return;
    a->slot_count = 1 + choose(MOST_SLOTS);
    a->factor = choose(4);
    a->addend = choose(8);
    a->modulus = a->slot_count + choose(2);
    if (choose(8) == 0) a->modulus = 0;
}

ta_per_affinity_options array_choose_options(model *a) {
    ta_per_affinity_options options = {.allocator = &pool};
    choose_strategy(a);
    a->source = choose(2) == 0 ? TA_AFFINITY_UNKNOWN : choose_place();
    if (w.machine->registry != NULL && choose(2) == 0)
        options.registry = w.machine->registry;
    else
        options.shape = choose_place();
    if (choose(4) == 0) options.allocator = NULL;
    options.source = a->source;
    options.strategy.per = a->per;
    if (a->per == TA_PER_CUSTOM)
        options.strategy = (ta_strategy){TA_PER_CUSTOM, custom_index, custom_count, a};
    a->registry = options.registry;
    a->allocator = options.allocator == NULL ? ta_allocator_default() : options.allocator;
    return options;
}

void array_create(void) {
    frame f;
    if (w.array_count == MOST_ARRAYS) return;
    model *a = &w.arrays[w.array_count];
    *a = (model){.number = w.array_count, .maker = (maker_kind)choose(MAKINGS)};
    ta_per_affinity_options options = array_choose_options(a);
    choose_constructor(a);
    bool captures = a->maker != PLAIN && a->maker != PLAIN_UNTYPED;
    item captured = captures ? capture_make() : (item){0};

    frame_open(&f, NULL, NULL, 0);
    ta_status status = create(a, &options, captured);
    w.frame = f.outer;
    CHECK(status == f.failure);
    CHECK(f.allocations <= 1);
    CHECK(a->counted == (a->per == TA_PER_CUSTOM ? 1 : 0));
    if (status != TA_OK) { /* the caller keeps it */
        if (captured.id != 0) destroy_item(&captured);
        return;
    }
    a->owned = true;
    a->captured = captured.id;
    if (captured.id != 0) w.lives[captured.id].array = a;
    w.array_count++;
}

/* ---- making wrongly -------------------------------------------------------------------------- */

static uint32_t count_none(ta_affinity any, void *context) {
    (void)any;
    (void)context;
    return 0;
}

static uint32_t count_too_many(ta_affinity any, void *context) {
    (void)any;
    (void)context;
    return TA_AFFINITY_MAX + 1;
}

enum { FLAWS = 12 };

/* One flaw, and the status that it must have. */
static ta_status spoil(unsigned flaw, ta_per_affinity_options *options, ta_maker *maker) {
    switch (flaw) {
    case 0:
        options->shape = TA_AFFINITY_UNKNOWN;
        return TA_E_INVALID;
    case 1:
        options->strategy.per = (ta_per)(TA_PER_CUSTOM + 1);
        return TA_E_INVALID;
    case 2:
        options->strategy.per = TA_PER_CUSTOM;
        options->strategy.count = count_too_many;
        return TA_E_INVALID;
    case 3:
        options->strategy.per = TA_PER_CUSTOM;
        options->strategy.index = custom_index;
        return TA_E_INVALID;
    case 4:
        options->reserved[choose(4)] = 1;
        return TA_E_INVALID;
    case 5:
        maker->context = NULL;
        return TA_E_INVALID;
    case 6:
        maker->captured = &ta_uint64_type; /* and no constructor */
        return TA_E_INVALID;
    case 7:
        *maker = (ta_maker){NULL, NULL, NULL, false};
        return TA_E_INVALID;
    case 8:
    case 9:
        options->source = options->shape;
        *(flaw == 8 ? &options->source.region_count : &options->source.cache_count) += 1;
        return TA_E_FOREIGN_AFFINITY;
    default:
        options->strategy.per = TA_PER_CUSTOM;
        options->strategy.index = custom_index;
        options->strategy.count = flaw == 10 ? count_none : count_too_many;
        return TA_E_RANGE;
    }
}

void array_create_wrongly(void) {
    frame f;
    item captured = capture_make(), before = captured;
    ta_per_affinity_options options = {.shape = choose_place(), .allocator = &pool};
    ta_maker maker = {NULL, &captured, &item_type, false};
    ta_per_affinity *made = (void *)&f;
    ta_status expected = spoil(choose(FLAWS), &options, &maker);
    frame_open(&f, NULL, NULL, 0);
    CHECK(ta_per_affinity_create(&options, &item_type, &maker, &made) == expected);
    w.frame = f.outer;
    CHECK(made == NULL && f.allocations == 0);
    CHECK(captured.id == before.id && captured.text == before.text);
    destroy_item(&captured);
}

/* ---- ending ---------------------------------------------------------------------------------- */

void array_destroy(model *a) {
    items real = {a->real};
    if (!a->owned) return;
    a->owned = false;
    drop_begin();
    items_destroy(&real);
    drop_end();
    CHECK(real.array == NULL);
}

/* ---- reaching -------------------------------------------------------------------------------- */

static items real_of(const model *a) { return (items){a->real}; }

/* What the affinity's slot has, as the model knows after the call. */
static void check_found(const model *a, ta_affinity affinity, ta_status status, const item *value) {
    uint32_t slot;
    CHECK((status == TA_OK) == (value != NULL));
    if (status != TA_OK) return;
    CHECK(array_predict(a, affinity, &slot) == TA_OK);
    CHECK(value == a->slots[slot].address);
}

ta_status array_resolve(model *a, ta_affinity affinity) {
    frame f;
    item *value = (void *)&f;
    frame_open(&f, a, &affinity, 1);
    ta_status status = items_resolve(real_of(a), affinity, &value);
    CHECK(status == frame_close(&f));
    check_found(a, affinity, status, value);
    return status;
}

ta_status array_get(model *a, ta_affinity affinity) {
    frame f;
    frame_open(&f, a, &affinity, 1);
    const item *value = items_get(real_of(a), affinity);
    ta_status status = frame_close(&f);
    check_found(a, affinity, status, value);
    return status;
}

void array_get_here(model *a) {
    frame f;
    frame_open(&f, a, &w.here, 1);
    const item *value = items_get_here(real_of(a));
    check_found(a, w.here, frame_close(&f), value);
}

void array_fill(model *a) {
    frame f;
    ta_affinity list[MOST_PLACES];
    size_t count = choose(MOST_PLACES + 1);
    for (size_t i = 0; i < count; i++)
        list[i] = choose(4) == 0 ? choose_affinity(a) : w.machine->places[i % w.machine->count];
    frame_open(&f, a, list, count);
    ta_status status = items_fill(real_of(a), list, count);
    CHECK(status == frame_close(&f));
}

/* ---- looking --------------------------------------------------------------------------------- */

typedef struct visit {
    const model *array;
    uint32_t next, left;
} visit;

static bool visit_item(item *value, uint32_t slot, void *context) {
    visit *v = context;
    while (v->next < v->array->slot_count && v->array->slots[v->next].id == 0) v->next++;
    CHECK(slot == v->next && value == v->array->slots[slot].address);
    v->next++;
    return --v->left > 0;
}

static bool visit_untyped(void *context, uint32_t slot, void *value) {
    return visit_item(value, slot, context);
}

static void check_each(const model *a, uint32_t most) {
    uint32_t ready = 0;
    for (uint32_t i = 0; i < a->slot_count; i++) ready += a->slots[i].id != 0;
    visit v = {a, 0, most};
    CHECK(items_each(real_of(a), visit_item, &v) == (ready < most));
    CHECK(most - v.left == (ready < most ? ready : most));
    v = (visit){a, 0, most};
    CHECK(ta_per_affinity_each(a->real, visit_untyped, &v) == (ready < most));
    CHECK(most - v.left == (ready < most ? ready : most));
}

void array_read(model *a) {
    frame f;
    uint32_t slot = TA_NO_SLOT;
    ta_affinity affinity = choose_affinity(a);
    frame_open(&f, NULL, NULL, 0); /* in which nothing may happen */
    ta_status status = array_predict(a, affinity, &slot);
    CHECK(ta_per_affinity_index_of(a->real, affinity) == (status == TA_OK ? slot : TA_NO_SLOT));
    CHECK(items_peek(real_of(a), affinity) == (status == TA_OK ? a->slots[slot].address : NULL));
    CHECK(ta_per_affinity_at(a->real, a->slot_count) == NULL);
    check_each(a, 1 + choose(MOST_SLOTS + 1));
    w.frame = f.outer;
    CHECK(f.allocations == 0);
}
