/* SPDX-License-Identifier: MIT
 *
 * The registry: made from a machine and a selection, then only read.
 */
#include "registry.h"

#include "processor_list.h"

#include <errno.h>
#include <string.h>

/* ---- options ---------------------------------------------------------------------------------- */

static ta_status check_machine(const ta_registry_options *options) {
    bool text = options->description != NULL;
    bool counts = options->counts != NULL || options->counts_length != 0;
    switch (options->machine) {
    case TA_MACHINE_THIS:
        if (text || counts)
            return ta_fail_create(TA_E_INVALID, "this machine needs no description and no counts");
        return TA_OK;
    case TA_MACHINE_SYNTHETIC:
    case TA_MACHINE_XML:
        if (!text || counts)
            return ta_fail_create(TA_E_INVALID, "SYNTHETIC and XML need a description, and "
                                                "no counts");
        return TA_OK;
    case TA_MACHINE_COUNTS:
        if (text || options->counts == NULL || options->counts_length == 0)
            return ta_fail_create(TA_E_INVALID, "COUNTS needs counts[] with at least 1 entry, and "
                                                "no description");
        return TA_OK;
    }
    return ta_fail_create(TA_E_INVALID, "machine %d; accepted: 0 (THIS) to %d (COUNTS)",
                          (int)options->machine, (int)TA_MACHINE_COUNTS);
}

static ta_status check_processors(const ta_registry_options *options) {
    switch (options->processors) {
    case TA_PROCESSORS_AUTO:
    case TA_PROCESSORS_ALL:
        if (options->count != 0)
            return ta_fail_create(TA_E_INVALID, "count %u with AUTO or ALL; accepted: 0",
                                  options->count);
        return TA_OK;
    case TA_PROCESSORS_EXACTLY:
    case TA_PROCESSORS_AT_MOST:
        if (options->count == 0 || options->count > TA_AFFINITY_MAX)
            return ta_fail_create(TA_E_INVALID,
                                  "count %u with EXACTLY or AT_MOST; accepted: 1 to %u",
                                  options->count, TA_AFFINITY_MAX);
        return TA_OK;
    }
    return ta_fail_create(TA_E_INVALID, "processors %d; accepted: 0 (AUTO) to %d (AT_MOST)",
                          (int)options->processors, (int)TA_PROCESSORS_AT_MOST);
}

static ta_status check_list(const char *text) {
    enum { SHOWN = 60 }; /* characters of it, so that the message has room for the rest */
    size_t at;
    const char *wrong = ta_processor_list_check(text, &at);
    if (wrong == NULL) return TA_OK;
    return ta_fail_create(TA_E_FORMAT,
                          "os_processors '%.*s%s', character %zu: %s; accepted: numbers and "
                          "ranges, as in 0-3,6",
                          SHOWN, text, strnlen(text, SHOWN + 1) > SHOWN ? "..." : "", at + 1,
                          wrong);
}

static ta_status check_options(const ta_registry_options *options) {
    ta_status status = check_machine(options);
    if (status == TA_OK) status = check_processors(options);
    if (status != TA_OK) return status;
    switch (options->placement) {
    case TA_PLACEMENT_PACKED:
    case TA_PLACEMENT_SPREAD:
        break;
    default:
        return ta_fail_create(TA_E_INVALID, "placement %d; accepted: 0 (PACKED) or 1 (SPREAD)",
                              (int)options->placement);
    }
    if (options->allocator != NULL &&
        (options->allocator->allocate == NULL || options->allocator->release == NULL))
        return ta_fail_create(TA_E_INVALID, "the allocator lacks a function; accepted: both, or a "
                                            "NULL allocator");
    for (size_t i = 0; i < sizeof options->reserved / sizeof *options->reserved; i++)
        if (options->reserved[i] != 0)
            return ta_fail_create(TA_E_INVALID, "reserved[%zu] is not 0", i);
    return options->os_processors == NULL ? TA_OK : check_list(options->os_processors);
}

/* ---- creation --------------------------------------------------------------------------------- */

void ta_machine_free(ta_machine_units *machine, const ta_allocator *allocator) {
    ta_release(allocator, machine->units, machine->count * sizeof *machine->units,
               _Alignof(ta_unit));
    *machine = (ta_machine_units){NULL, 0, 0, machine->described, machine->mask_alone};
}

static ta_status read_machine(const ta_registry_options *options, const ta_allocator *allocator,
                              ta_machine_units *out) {
    if (options->machine == TA_MACHINE_COUNTS)
        return ta_machine_read_counts(options, allocator, out);
#if TA_HWLOC
    return ta_machine_read_hwloc(options, allocator, out);
#else
    return ta_machine_read_flat(options, allocator, out);
#endif
}

/* Room for the places, and what is written once per processor. */
static ta_status fill_processors(ta_registry *registry, const ta_machine_units *machine) {
    const ta_allocator *allocator = &registry->allocator;
    uint32_t count = registry->selection.count;

    registry->places =
        ta_allocate_zeroed(allocator, count, sizeof *registry->places, _Alignof(ta_affinity));
    registry->os_processors =
        ta_allocate_zeroed(allocator, count, sizeof(uint32_t), _Alignof(uint32_t));
    registry->by_os = ta_allocate_zeroed(allocator, count, sizeof(uint16_t), _Alignof(uint16_t));
    ta_sort_key *keys = ta_allocate_zeroed(allocator, count, sizeof *keys, _Alignof(ta_sort_key));
    registry->processor_count = count;
    ta_status status = TA_E_NOMEM;
    if (registry->places == NULL || registry->os_processors == NULL || registry->by_os == NULL ||
        keys == NULL) {
        ta_fail_create(status, "no memory for %u processors", count);
    } else {
        for (uint32_t i = 0; i < count; i++) {
            uint32_t os = machine->units[registry->selection.chosen[i]].os_index;
            registry->os_processors[i] = os;
            keys[i] = (ta_sort_key){os, 0, i};
        }
        ta_sort_keys(keys, count);
        for (uint32_t i = 0; i < count; i++) registry->by_os[i] = (uint16_t)keys[i].index;
        status = ta_selection_places(machine, &registry->selection, allocator, registry->places);
    }
    ta_release(allocator, keys, count * sizeof *keys, _Alignof(ta_sort_key));
    return status;
}

static ta_region_rule region_rule(const ta_machine_units *machine, int32_t node) {
    if (machine->described) return TA_REGION_CANNOT_PLACE;
    if (machine->memory_nodes <= 1) return TA_REGION_NOTHING_TO_PLACE;
    return ta_region_can_place(node) ? TA_REGION_PLACE : TA_REGION_CANNOT_PLACE;
}

static ta_status fill_nodes(ta_registry *registry, const ta_machine_units *machine) {
    registry->cache_count = registry->places[0].cache_count;
    registry->region_count = registry->places[0].region_count;
    registry->nodes = ta_allocate_zeroed(&registry->allocator, registry->region_count,
                                         sizeof(int32_t), _Alignof(int32_t));
    if (registry->nodes == NULL)
        return ta_fail_create(TA_E_NOMEM, "no memory for %u regions", registry->region_count);
    for (uint32_t i = 0; i < registry->processor_count; i++)
        registry->nodes[registry->places[i].region] =
            machine->units[registry->selection.chosen[i]].node;
    return TA_OK;
}

static ta_status fill_memories(ta_registry *registry, const ta_machine_units *machine) {
    const uint32_t count = registry->processor_count;
    uint32_t region = UINT32_MAX; /* the last one's: those of a region stand together */
    ta_region_rule rule = TA_REGION_CANNOT_PLACE;

    registry->memories = ta_allocate(&registry->allocator, count * sizeof *registry->memories,
                                     _Alignof(ta_region_memory));
    if (registry->memories == NULL)
        return ta_fail_create(TA_E_NOMEM, "no memory for %u processors", count);
    for (uint32_t i = 0; i < count; i++) {
        int32_t node = registry->nodes[registry->places[i].region];
        if (registry->places[i].region != region) rule = region_rule(machine, node);
        region = registry->places[i].region;
        ta_region_memory_init(&registry->memories[i], &registry->allocator, node, rule);
    }
    return TA_OK;
}

static ta_status fill(ta_registry *registry, const ta_registry_options *options) {
    ta_machine_units machine;
    ta_status status = read_machine(options, &registry->allocator, &machine);
    if (status != TA_OK) return status;
    registry->described = machine.described;
    if (!machine.described) registry->quota = ta_os_cpu_quota("");
    status =
        ta_select(&machine, options, registry->quota, &registry->allocator, &registry->selection);
    if (status == TA_OK) status = fill_processors(registry, &machine);
    if (status == TA_OK) status = fill_nodes(registry, &machine);
    if (status == TA_OK) status = fill_memories(registry, &machine);
    ta_machine_free(&machine, &registry->allocator);
    return status;
}

ta_status ta_registry_create(const ta_registry_options *options, ta_registry **out) {
    static const ta_registry_options defaults = {0};
    int saved = errno;

    if (out == NULL) return ta_fail(TA_E_INVALID, "out is NULL");
    *out = NULL;
    if (options == NULL) options = &defaults;
    ta_status status = check_options(options);
    if (status != TA_OK) return status;
    const ta_allocator *allocator =
        options->allocator == NULL ? ta_allocator_default() : options->allocator;
    ta_registry *registry =
        ta_allocate_zeroed(allocator, 1, sizeof *registry, _Alignof(ta_registry));
    if (registry == NULL) return ta_fail(TA_E_NOMEM, "no memory");
    registry->allocator = *allocator;
    status = fill(registry, options);
    if (status == TA_OK)
        *out = registry;
    else
        ta_registry_destroy(registry);
    errno = saved;
    return status;
}

/* Also of a registry that is half made. */
void ta_registry_destroy(ta_registry *registry) {
    if (registry == NULL) return;
    ta_allocator allocator = registry->allocator;
    size_t processors = registry->processor_count;

    for (size_t i = 0; registry->memories != NULL && i < processors; i++)
        ta_region_memory_destroy(&registry->memories[i]);
    ta_release(&allocator, registry->memories, processors * sizeof *registry->memories,
               _Alignof(ta_region_memory));
    ta_release(&allocator, registry->nodes, registry->region_count * sizeof(int32_t),
               _Alignof(int32_t));
    ta_release(&allocator, registry->places, processors * sizeof *registry->places,
               _Alignof(ta_affinity));
    ta_release(&allocator, registry->os_processors, processors * sizeof(uint32_t),
               _Alignof(uint32_t));
    ta_release(&allocator, registry->by_os, processors * sizeof(uint16_t), _Alignof(uint16_t));
    ta_selection_free(&registry->selection, &allocator);
    ta_release(&allocator, registry, sizeof *registry, _Alignof(ta_registry));
}

/* ---- places ----------------------------------------------------------------------------------- */

ta_status ta_registry_judge(const ta_registry *registry, ta_affinity affinity) {
    if (ta_affinity_is_unknown(affinity)) return TA_E_UNKNOWN_AFFINITY;
    if (affinity.processor >= registry->processor_count ||
        !ta_affinity_equal(affinity, registry->places[affinity.processor]))
        return TA_E_FOREIGN_AFFINITY;
    return TA_OK;
}

ta_status ta_registry_complain(const ta_registry *registry, ta_affinity affinity,
                               const char *function) {
    if (registry == NULL) return ta_fail_(TA_E_INVALID, function, "the registry is NULL");
    ta_status status = ta_registry_judge(registry, affinity);
    if (status == TA_E_UNKNOWN_AFFINITY)
        return ta_fail_(status, function, "the affinity is unknown; accepted: one of the registry");
    if (status == TA_E_FOREIGN_AFFINITY)
        return ta_fail_(status, function,
                        "processor %u of %u in region %u of %u is not of this registry, which has "
                        "%u processors in %u regions",
                        affinity.processor, affinity.processor_count, affinity.region,
                        affinity.region_count, registry->processor_count, registry->region_count);
    return status;
}

uint32_t ta_registry_processor_count(const ta_registry *registry) {
    return registry == NULL ? 0 : registry->processor_count;
}

uint32_t ta_registry_cache_count(const ta_registry *registry) {
    return registry == NULL ? 0 : registry->cache_count;
}

uint32_t ta_registry_region_count(const ta_registry *registry) {
    return registry == NULL ? 0 : registry->region_count;
}

const ta_affinity *ta_registry_affinities(const ta_registry *registry) {
    return registry == NULL ? NULL : registry->places;
}

ta_affinity ta_registry_affinity(const ta_registry *registry, uint32_t processor) {
    if (registry == NULL || processor >= registry->processor_count) return ta_affinity_unknown();
    return registry->places[processor];
}

ta_status ta_registry_os_processor(const ta_registry *registry, ta_affinity affinity,
                                   uint32_t *out) {
    if (out == NULL) return ta_fail(TA_E_INVALID, "out is NULL");
    ta_status status = ta_registry_check(registry, affinity);
    if (status == TA_OK) *out = registry->os_processors[affinity.processor];
    return status;
}

ta_status ta_registry_os_node(const ta_registry *registry, ta_affinity affinity, int32_t *out) {
    if (out == NULL) return ta_fail(TA_E_INVALID, "out is NULL");
    ta_status status = ta_registry_check(registry, affinity);
    if (status == TA_OK) *out = registry->nodes[affinity.region];
    return status;
}

ta_affinity ta_registry_find_os_processor(const ta_registry *registry, uint32_t os_processor) {
    if (registry == NULL) return ta_affinity_unknown();
    size_t low = 0, high = registry->processor_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        uint32_t here = registry->os_processors[registry->by_os[middle]];
        if (here == os_processor) return registry->places[registry->by_os[middle]];
        if (here < os_processor)
            low = middle + 1;
        else
            high = middle;
    }
    return ta_affinity_unknown();
}

bool ta_registry_is_described(const ta_registry *registry) {
    return registry != NULL && registry->described;
}

double ta_registry_quota(const ta_registry *registry) {
    if (registry == NULL || registry->quota.quota_us == 0) return 0;
    return (double)registry->quota.quota_us / (double)registry->quota.period_us;
}

size_t ta_registry_left_out_count(const ta_registry *registry) {
    return registry == NULL ? 0 : registry->selection.left_count;
}

const ta_left_out *ta_registry_left_out(const ta_registry *registry) {
    return registry == NULL ? NULL : registry->selection.left;
}

const char *ta_left_out_reason_name(ta_left_out_reason reason) {
    switch (reason) {
    case TA_LEFT_OUT_OFFLINE:
        return "offline";
    case TA_LEFT_OUT_CPUSET:
        return "cpuset";
    case TA_LEFT_OUT_MASK:
        return "mask";
    case TA_LEFT_OUT_LIST:
        return "list";
    case TA_LEFT_OUT_CORE:
        return "core";
    case TA_LEFT_OUT_QUOTA:
        return "quota";
    case TA_LEFT_OUT_COUNT:
        return "count";
    }
    return "?";
}

/* ---- memory ----------------------------------------------------------------------------------- */

const ta_allocator *ta_registry_allocator(const ta_registry *registry, ta_affinity affinity) {
    if (registry == NULL) return NULL;
    switch (ta_registry_judge(registry, affinity)) {
    case TA_OK:
        return &registry->memories[affinity.processor].allocator;
    case TA_E_UNKNOWN_AFFINITY:
        return &registry->allocator;
    default:
        return NULL;
    }
}

ta_status ta_registry_placement(const ta_registry *registry, ta_affinity affinity,
                                ta_placement_figures *out) {
    if (out == NULL) return ta_fail(TA_E_INVALID, "out is NULL");
    ta_status status = ta_registry_check(registry, affinity);
    if (status != TA_OK) return status;
    *out = (ta_placement_figures){0, 0};
    for (uint32_t i = 0; i < registry->processor_count; i++) {
        if (registry->places[i].region != affinity.region) continue;
        ta_placement_figures more = ta_region_memory_figures(&registry->memories[i]);
        out->placed += more.placed;
        out->fallback += more.fallback;
    }
    return TA_OK;
}
