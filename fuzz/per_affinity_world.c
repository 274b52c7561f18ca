/* SPDX-License-Identifier: MIT
 *
 * The model's ground: bytes, machines, memory that fails when told, frames, and the log of what
 * ended.
 */
#include "per_affinity_model.h"

world w;

void broken(const char *file, int line, const char *condition) {
    fprintf(stderr, "%s:%d: broken: %s (step %u: %s)\n", file, line, condition, w.step,
            w.operation == NULL ? "start" : w.operation);
    abort();
}

unsigned choose(unsigned count) {
    unsigned byte = w.next < w.end ? *w.next++ : 0;
    return byte % count;
}

bool choose_is_over(void) { return w.next == w.end; }

/* ---- memory ---------------------------------------------------------------------------------- */

static struct { size_t blocks, bytes; } out;

static void *pool_allocate(void *context, size_t size, size_t alignment) {
    (void)context;
    if (w.frame != NULL) w.frame->allocations++;
    if (w.frame != NULL && w.fail_memory != 0 && --w.fail_memory == 0) {
        if (w.frame->failure == TA_OK) w.frame->failure = TA_E_NOMEM;
        return NULL;
    }
    void *memory = ta_allocate(NULL, size, alignment);
    CHECK(memory != NULL);
    out.blocks++;
    out.bytes += size;
    return memory;
}

static void pool_release(void *context, void *memory, size_t size, size_t alignment) {
    (void)context;
    CHECK(out.blocks >= 1 && out.bytes >= size);
    out.blocks--;
    out.bytes -= size;
    ta_release(NULL, memory, size, alignment);
}

const ta_allocator pool = {pool_allocate, pool_release, NULL};

/* ---- machines -------------------------------------------------------------------------------- */

enum { BY_HAND = 4, DESCRIBED = 2, MACHINES = BY_HAND + DESCRIBED };

static machine machines[MACHINES];
static struct { size_t blocks, bytes; } at_first; /* what the registries keep */

static void add_place(machine *m, uint32_t processors, uint32_t cache, uint32_t caches,
                      uint32_t region, uint32_t regions) {
    ta_status status = ta_affinity_make(m->count, processors, cache, caches, region, regions,
                                        &m->places[m->count]);
    CHECK(status == TA_OK);
    m->count++;
}

static void describe(machine *m, const uint32_t counts[], size_t regions) {
    ta_registry *registry;
    ta_registry_options options = {.machine = TA_MACHINE_COUNTS,
                                   .processors = TA_PROCESSORS_ALL,
                                   .counts = counts,
                                   .counts_length = regions,
                                   .allocator = &pool};
    CHECK(ta_registry_create(&options, &registry) == TA_OK);
    m->registry = registry;
    m->count = ta_registry_processor_count(registry);
    for (uint32_t i = 0; i < m->count; i++) m->places[i] = ta_registry_affinity(registry, i);
}

/* Once for all inputs. In most of them processor, cache and region have different indices. */
static void make_machines(void) {
    static const uint32_t uneven[] = {2, 3}, spread[] = {1, 1, 1, 1};
    if (machines[0].count > 0) return;
    add_place(&machines[0], 1, 0, 1, 0, 1);
    for (uint32_t i = 0; i < 8; i++) add_place(&machines[1], 8, i / 2, 4, i / 4, 2);
    for (uint32_t i = 0; i < 6; i++) add_place(&machines[2], 6, i % 3, 3, i % 2, 2);
    for (uint32_t i = 0; i < 3; i++) add_place(&machines[3], 3, 0, 1, 7 - i, 8);
    describe(&machines[BY_HAND], uneven, 2);
    describe(&machines[BY_HAND + 1], spread, 4);
    at_first.blocks = out.blocks;
    at_first.bytes = out.bytes;
}

ta_affinity choose_place(void) { return w.machine->places[choose(w.machine->count)]; }

ta_affinity choose_affinity(const model *a) {
    bool by_index = a == NULL || (a->per != TA_PER_PROCESS && a->per != TA_PER_CUSTOM);
    ta_affinity place = choose_place();
    switch (choose(16)) {
    case 0:
        return TA_AFFINITY_UNKNOWN;
    case 1:
        place.processor_count++;
        break;
    case 2:
        place.cache_count++;
        break;
    case 3:
        place.region_count++;
        break;
    case 4:
        if (!by_index) break;
        place.processor = place.processor_count;
        place.cache = place.cache_count;
        place.region = place.region_count;
        break;
    case 5:
        if (by_index) place.processor = place.cache = place.region = UINT16_MAX;
        break;
    default:
        break;
    }
    return place;
}

/* ---- frames ---------------------------------------------------------------------------------- */

void frame_open(frame *f, model *a, const ta_affinity *list, size_t count) {
    *f = (frame){.outer = w.frame, .array = a, .list = list, .count = count, .making = TA_NO_SLOT};
    w.frame = f;
}

/* What the maker does for a slot that is made at `site`. */
static const char *expected_events(const model *a, ta_affinity site) {
    bool moves = !ta_affinity_equal(a->source, site);
    switch (a->maker) {
    case CAPTURED:
    case CAPTURED_LARGE:
        return moves ? "crmd" : "cmd";
    case CAPTURED_STAYS:
        return "cmd";
    case CLONED:
        return moves ? "cr" : "c";
    case CLONED_UNAWARE:
        return "c";
    default:
        return "m";
    }
}

/* The library has begun with the next value that is not there. */
static void begin_making(frame *f) {
    uint32_t slot = TA_NO_SLOT;
    CHECK(f->array != NULL && f->failure == TA_OK);
    for (; f->next < f->count; f->next++) {
        CHECK(array_predict(f->array, f->list[f->next], &slot) == TA_OK);
        if (f->array->slots[slot].id == 0) break;
    }
    CHECK(f->next < f->count); /* else all values are there, and nothing needs making */
    f->making = slot;
    f->has_made = true;
    f->site = f->list[f->next];
    f->expected = expected_events(f->array, f->site);
    f->events = 0;
    f->array->slots[slot].building = true;
}

/* The value is there, made as it ought to be. */
static void finish_making(frame *f) {
    slot_model *slot = &f->array->slots[f->making];
    item *value = ta_per_affinity_at(f->array->real, f->making);
    life *l = &w.lives[f->made];
    CHECK(!f->has_failed && f->expected[f->events] == 0);
    CHECK(f->made != 0 && value != NULL && value->id == f->made && l->is_alive);
    CHECK((uintptr_t)value % TA_CACHE_LINE == 0);
    bool is_clone = f->array->maker == CLONED || f->array->maker == CLONED_UNAWARE;
    CHECK(f->clones == (is_clone ? 1 : 0));
    *l = (life){true, VALUE, f->array};
    *slot = (slot_model){false, f->made, value};
    f->clones = 0;
    f->made = 0;
    f->making = TA_NO_SLOT;
    f->next++;
}

ta_status event_begin(char event) {
    frame *f = w.frame;
    CHECK(f != NULL);
    if (event == 'd') {
        CHECK(f->clones == 1);
        f->clones--;
        if (f->failure != TA_OK) return TA_OK;
    }
    if (f->making != TA_NO_SLOT && f->expected[f->events] == 0) finish_making(f);
    if (f->making == TA_NO_SLOT) begin_making(f);
    CHECK(f->failure == TA_OK);
    CHECK(f->expected[f->events] == event);
    f->events++;
    if (event != 'd' && w.fail_probe != 0 && --w.fail_probe == 0) return event_fail(TA_E_SYSTEM);
    return TA_OK;
}

ta_status event_fail(ta_status status) {
    CHECK(w.frame->failure == TA_OK || w.frame->failure == status);
    w.frame->failure = status;
    w.frame->has_failed = true;
    return status;
}

ta_status frame_close(frame *f) {
    uint32_t slot;
    CHECK(w.frame == f);
    w.frame = f->outer;
    if (f->making != TA_NO_SLOT) {
        if (f->has_failed || f->expected[f->events] != 0) {
            CHECK(f->failure != TA_OK && f->clones == 0);
            f->array->slots[f->making].building = false;
            return f->failure;
        }
        finish_making(f);
    }
    for (; f->next < f->count; f->next++) {
        ta_status status = array_predict(f->array, f->list[f->next], &slot);
        if (status != TA_OK) {
            CHECK(f->failure == TA_OK);
            return status;
        }
        if (f->array->slots[slot].id != 0) continue;
        CHECK(f->failure == TA_E_NOMEM); /* for the value itself: no event comes before that */
        return TA_E_NOMEM;
    }
    CHECK(f->failure == TA_OK);
    CHECK(f->has_made || f->allocations == 0); /* reaching what is there takes none */
    return TA_OK;
}

/* ---- ends ------------------------------------------------------------------------------------ */

/* The log has the array's values in the order of slots, then what it captured. */
static size_t check_ended(model *a) {
    size_t found = 0, next = 0;
    uint64_t expected[MOST_SLOTS + 1];
    size_t count = 0;
    for (uint32_t i = 0; i < a->slot_count; i++)
        if (a->slots[i].id != 0) expected[count++] = a->slots[i].id;
    if (a->captured != 0) expected[count++] = a->captured;
    for (; next < w.ended_count; next++) {
        if (w.lives[w.ended[next]].array != a) continue;
        CHECK(found < count && w.ended[next] == expected[found]);
        found++;
    }
    CHECK(found == count);
    return found;
}

void drop_begin(void) { w.dropping++; }

void drop_end(void) {
    size_t explained = 0;
    if (--w.dropping > 0) return;
    for (uint32_t i = 0; i < w.array_count; i++) {
        model *a = &w.arrays[i];
        if (a->gone || a->owned || a->handles > 0) continue;
        a->gone = true;
        explained += check_ended(a);
    }
    CHECK(explained == w.ended_count);
    w.ended_count = 0;
}

/* ---- the world ------------------------------------------------------------------------------- */

void world_open(const uint8_t *data, size_t size) {
    make_machines();
    memset(&w, 0, sizeof w);
    w.next = data;
    w.end = data + size;
    w.machine = &machines[choose(MACHINES)];
    storage_open();
}

void world_close(void) {
    storage_close();
    for (uint32_t i = 0; i < w.array_count; i++) CHECK(w.arrays[i].gone);
    CHECK(w.alive == 0);
    CHECK(out.blocks == at_first.blocks);
    CHECK(out.bytes == at_first.bytes);
    CHECK(ta_unpin() == TA_OK);
}

static void check_array(const model *a) {
    uint32_t ready = 0;
    for (uint32_t i = 0; i < a->slot_count; i++) {
        CHECK(ta_per_affinity_at(a->real, i) == a->slots[i].address);
        CHECK(!a->slots[i].building);
        ready += a->slots[i].id != 0;
        if (a->slots[i].id != 0) CHECK(((item *)a->slots[i].address)->id == a->slots[i].id);
    }
    CHECK(ta_per_affinity_slot_count(a->real) == a->slot_count);
    CHECK(ta_per_affinity_ready_count(a->real) == ready);
    CHECK(ta_per_affinity_handle_count(a->real) == a->handles);
}

void world_check(void) {
    CHECK(w.frame == NULL && w.dropping == 0);
    for (uint32_t i = 0; i < w.array_count; i++)
        if (array_is_reachable(&w.arrays[i])) check_array(&w.arrays[i]);
    holders_check();
    storage_check();
}
