/* SPDX-License-Identifier: MIT
 *
 * A machine through hwloc: this one, a synthetic string, or an XML file. The topology lives only
 * as long as ta_machine_read_hwloc() does; what the registry needs of it is copied out.
 *
 * Which processors hwloc shows: with INCLUDE_DISALLOWED the topology holds every processor that is
 * online, and its allowed set says which of them the cgroup's cpuset permits. The complete set also
 * names processors that have no object: offline ones, and, in a file that was written without
 * disallowed objects, forbidden ones. hwloc never looks at the thread's affinity mask.
 *
 * Where a processor's region is: at the NUMA node that the kernel would count it to, see
 * assign_regions().
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "machine.h"
#include "os/os.h"
#include "selection.h"

#include <errno.h>
#include <fcntl.h>
#include <hwloc.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REGION_NONE UINT32_MAX
#define CACHE_NONE UINT32_MAX
#define XML_FIRST_SIZE ((size_t)64 << 10)
#define XML_LARGEST ((size_t)1 << 30)

/* ---- XML files -------------------------------------------------------------------------------- */

struct text {
    char *bytes;
    size_t size; /* with the ending NUL */
    size_t capacity;
};

static bool text_grow(struct text *text, const ta_allocator *allocator) {
    size_t capacity = text->capacity == 0 ? XML_FIRST_SIZE : text->capacity * 2;
    if (capacity > XML_LARGEST) return false;
    char *bytes = ta_allocate(allocator, capacity, 1);
    if (bytes == NULL) return false;
    if (text->size != 0) memcpy(bytes, text->bytes, text->size);
    ta_release(allocator, text->bytes, text->capacity, 1);
    text->bytes = bytes;
    text->capacity = capacity;
    return true;
}

static ta_status read_to_end(int file, const char *path, const ta_allocator *allocator,
                             struct text *text) {
    for (;;) {
        /* One byte stays free for the NUL. */
        if (text->size + 1 >= text->capacity && !text_grow(text, allocator))
            return ta_fail_create(TA_E_NOMEM, "no memory for the file '%.150s'", path);
        ssize_t got = read(file, text->bytes + text->size, text->capacity - text->size - 1);
        if (got == 0) break;
        if (got < 0 && errno == EINTR) continue;
        if (got < 0)
            return ta_fail_create(TA_E_SYSTEM, "reading '%.150s': %s", path, strerror(errno));
        text->size += (size_t)got;
    }
    text->bytes[text->size++] = 0;
    return TA_OK;
}

/* hwloc could open the file itself, but would not tell a missing file from a broken one, and takes
 * the name "-" for standard input. */
static ta_status read_file(const char *path, const ta_allocator *allocator, struct text *text) {
    *text = (struct text){NULL, 0, 0};
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (file < 0) {
        ta_status status = errno == ENOENT || errno == ENOTDIR ? TA_E_NOT_FOUND : TA_E_SYSTEM;
        return ta_fail_create(status, "opening '%.150s': %s", path, strerror(errno));
    }
    ta_status status = read_to_end(file, path, allocator, text);
    close(file);
    if (status != TA_OK) ta_release(allocator, text->bytes, text->capacity, 1);
    return status;
}

/* ---- loading ---------------------------------------------------------------------------------- */

static ta_status set_xml(hwloc_topology_t topology, const char *path,
                         const ta_allocator *allocator) {
    struct text text;
    ta_status status = read_file(path, allocator, &text);
    if (status != TA_OK) return status;
    /* A file that was cut off: hwloc 2.9's own parser would leak what it had read before the
     * end. */
    bool whole = text.bytes != NULL && strstr(text.bytes, "</topology>") != NULL;
    if (!whole || text.size > INT_MAX ||
        hwloc_topology_set_xmlbuffer(topology, text.bytes, (int)text.size))
        status = ta_fail_create(TA_E_FORMAT, "'%.150s' is no hwloc XML file", path);
    ta_release(allocator, text.bytes, text.capacity, 1);
    return status;
}

/* Does the string ask for more processors than a registry can have? The product of its levels
 * tells, before hwloc spends minutes and gigabytes on a string that names millions. What stands in
 * parentheses (attributes) and brackets (memory beside the levels) is no level. */
static bool synthetic_is_too_large(const char *text) {
    uint64_t product = 1;
    int depth = 0;
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '(' || *at == '[') depth++;
        if (*at == ')' || *at == ']') depth--;
        bool number = *at >= '0' && *at <= '9' && (at == text || at[-1] == ':' || at[-1] == ' ');
        if (depth > 0 || !number) continue; /* not the 3 of l3 */
        uint64_t level = strtoull(at, NULL, 10);
        if (level > TA_AFFINITY_MAX || (product *= level) > TA_AFFINITY_MAX) return true;
    }
    return false;
}

static ta_status set_synthetic(hwloc_topology_t topology, const char *text) {
    if (synthetic_is_too_large(text))
        return ta_fail_create(TA_E_RANGE, "'%.100s' has too many processors; accepted: at most %u",
                              text, TA_AFFINITY_MAX);
    if (hwloc_topology_set_synthetic(topology, text) != 0)
        return ta_fail_create(TA_E_FORMAT,
                              "'%.100s' is no synthetic machine; accepted: levels such as "
                              "'node:2 core:8 pu:2', the last one pu",
                              text);
    return TA_OK;
}

static ta_status set_source(hwloc_topology_t topology, const ta_registry_options *options,
                            const ta_allocator *allocator) {
    unsigned long flags = HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED;
#if HWLOC_API_VERSION >= 0x00020800
    flags |= HWLOC_TOPOLOGY_FLAG_NO_CPUKINDS; /* a file per processor to read, and not needed */
#endif
    if (hwloc_topology_set_flags(topology, flags) != 0)
        return ta_fail_create(TA_E_SYSTEM, "hwloc refuses its flags: %s", strerror(errno));
    if (options->machine == TA_MACHINE_XML)
        return set_xml(topology, options->description, allocator);
    if (options->machine == TA_MACHINE_SYNTHETIC)
        return set_synthetic(topology, options->description);
    return TA_OK;
}

static ta_status load(hwloc_topology_t topology, const ta_registry_options *options) {
    if (hwloc_topology_load(topology) != 0) {
        if (errno == ENOMEM) return ta_fail_create(TA_E_NOMEM, "no memory for hwloc");
        if (options->machine == TA_MACHINE_THIS)
            return ta_fail_create(TA_E_SYSTEM, "hwloc cannot read this machine: %s",
                                  strerror(errno));
        return ta_fail_create(TA_E_FORMAT, "'%.150s' makes no machine", options->description);
    }
    if (hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_PU) <= 0)
        return ta_fail_create(TA_E_FORMAT, "the machine has no processor at all");
    return TA_OK;
}

/* ---- copying out ------------------------------------------------------------------------------ */

struct reading {
    hwloc_topology_t topology;
    const ta_allocator *allocator;
    ta_machine_units *out;
    size_t shown, hidden; /* units with an object, and without one; in this order in out->units */
    ta_sort_key *keys;    /* room for one per unit, then for one per node */
    hwloc_obj_t *nodes;   /* the NUMA nodes, the preferred ones first; behind them as much room */
    size_t node_count;
    unsigned long *mask;
    size_t mask_bytes;
};

static size_t key_count(const struct reading *in) {
    size_t units = in->shown + in->hidden;
    return units > in->node_count ? units : in->node_count;
}

static void reading_free(struct reading *in) {
    ta_release(in->allocator, in->keys, key_count(in) * sizeof *in->keys, _Alignof(ta_sort_key));
    ta_release(in->allocator, in->nodes, 2 * in->node_count * sizeof(hwloc_obj_t),
               _Alignof(hwloc_obj_t));
    ta_release(in->allocator, in->mask, in->mask_bytes, _Alignof(unsigned long));
}

static ta_status reading_create(struct reading *in) {
    hwloc_const_cpuset_t complete = hwloc_topology_get_complete_cpuset(in->topology);
    hwloc_const_cpuset_t shown = hwloc_topology_get_topology_cpuset(in->topology);
    int nodes = hwloc_get_nbobjs_by_type(in->topology, HWLOC_OBJ_NUMANODE);
    int complete_weight = hwloc_bitmap_weight(complete);

    in->shown = (size_t)hwloc_get_nbobjs_by_type(in->topology, HWLOC_OBJ_PU);
    in->node_count = nodes < 0 ? 0 : (size_t)nodes;
    if (complete_weight < 0 || !hwloc_bitmap_isincluded(shown, complete) ||
        (size_t)hwloc_bitmap_weight(shown) != in->shown)
        return ta_fail_create(TA_E_FORMAT, "the machine's processor sets contradict each other");
    in->hidden = (size_t)complete_weight - in->shown;
    size_t units = in->shown + in->hidden;
    if (units >= 1u << 30) return ta_fail_create(TA_E_RANGE, "%zu processors", units);
    in->keys = ta_allocate(in->allocator, key_count(in) * sizeof *in->keys, _Alignof(ta_sort_key));
    in->out->units = ta_allocate(in->allocator, units * sizeof(ta_unit), _Alignof(ta_unit));
    if (in->out->units != NULL) in->out->count = units;
    if (in->node_count != 0)
        in->nodes = ta_allocate(in->allocator, 2 * in->node_count * sizeof(hwloc_obj_t),
                                _Alignof(hwloc_obj_t));
    if (in->keys == NULL || in->out->units == NULL || (in->node_count != 0 && in->nodes == NULL))
        return ta_fail_create(TA_E_NOMEM, "no memory for %zu processors", units);
    return TA_OK;
}

/* The last level: the outermost cache for data above the processor. */
static hwloc_obj_t last_level_cache(hwloc_obj_t unit) {
    hwloc_obj_t cache = NULL;
    for (hwloc_obj_t up = unit->parent; up != NULL; up = up->parent)
        if (hwloc_obj_type_is_dcache(up->type)) cache = up;
    return cache;
}

/* Objects and cores of the shown units, in hwloc's order. What shares an object stands side by side
 * there, so a change of object is a change of identity. Identities of caches are even; a region
 * that stands in for a cache makes an odd one, see assign_regions(). */
static void copy_units(struct reading *in) {
    hwloc_obj_t object = NULL, core = NULL, cache = NULL;
    uint32_t cores = 0, caches = 0;
    for (size_t i = 0; i < in->shown; i++) {
        object = hwloc_get_next_obj_by_type(in->topology, HWLOC_OBJ_PU, object);
        if (object == NULL) return; /* cannot be: shown is their number */
        hwloc_obj_t its_core = hwloc_get_ancestor_obj_by_type(in->topology, HWLOC_OBJ_CORE, object);
        hwloc_obj_t its_cache = last_level_cache(object);
        cores += its_core == NULL || its_core != core;
        caches += its_cache != NULL && its_cache != cache;
        core = its_core;
        cache = its_cache;
        in->out->units[i] =
            (ta_unit){object->os_index, cores,        its_cache == NULL ? CACHE_NONE : caches * 2,
                      REGION_NONE,      TA_NODE_NONE, TA_UNIT_USABLE};
    }
}

/* Memory of a special kind (HBM, NVM, CXL, of a GPU) stands beside the normal one, and the kernel
 * counts no processor to it. */
static bool is_special(hwloc_obj_t node) {
    if (node->subtype != NULL) return strcmp(node->subtype, "DRAM") != 0;
    return hwloc_obj_get_info_by_name(node, "DAXDevice") != NULL;
}

/* Which node comes first where several hold a processor: normal memory before special, then the
 * one with the fewest processors, then one with memory, then the lowest number. */
static void sort_nodes(struct reading *in) {
    hwloc_obj_t *nodes = in->nodes, *by_number = in->nodes + in->node_count, node = NULL;
    ta_sort_key *keys = in->keys;
    uint32_t count = 0;
    while (count < in->node_count &&
           (node = hwloc_get_next_obj_by_type(in->topology, HWLOC_OBJ_NUMANODE, node)) != NULL) {
        keys[count] = (ta_sort_key){node->os_index, 0, count};
        nodes[count++] = node;
    }
    ta_sort_keys(keys, count);
    for (uint32_t i = 0; i < count; i++) by_number[i] = nodes[keys[i].index];
    for (uint32_t i = 0; i < count; i++) {
        bool has_memory = by_number[i]->attr->numanode.local_memory != 0;
        /* An infinite set weighs -1 and counts as the largest. */
        uint32_t weight = (uint32_t)hwloc_bitmap_weight(by_number[i]->cpuset) & 0x7fffffff;
        if (is_special(by_number[i])) weight |= 0x80000000u;
        keys[i] = (ta_sort_key){weight, !has_memory, i};
        in->out->memory_nodes += has_memory;
    }
    ta_sort_keys(keys, count);
    for (uint32_t i = 0; i < count; i++) nodes[i] = by_number[keys[i].index];
}

/* The position in keys[], which is sorted by number, of the first processor from `os_index` on. */
static size_t find_key(const struct reading *in, uint32_t os_index) {
    size_t low = 0, high = in->shown;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (in->keys[middle].major < os_index)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void set_region(ta_unit *unit, uint32_t region, int32_t node) {
    unit->region = region;
    unit->node = node;
}

/* Gives each processor of the node that has no region yet to it. Steps from member to member of the
 * set, so nodes that share nothing cost no more than their processors. */
static void give_to_node(struct reading *in, hwloc_obj_t node) {
    for (int os = hwloc_bitmap_first(node->cpuset); os >= 0;
         os = hwloc_bitmap_next(node->cpuset, os)) {
        size_t at = find_key(in, (uint32_t)os);
        if (at == in->shown) return;
        ta_unit *unit = &in->out->units[in->keys[at].index];
        if (in->keys[at].major == (uint32_t)os && unit->region == REGION_NONE)
            set_region(unit, node->os_index, (int32_t)node->os_index);
    }
}

/* A processor whose node the description does not show, since a cpuset hides it: the complete
 * nodeset still names it. Such processors are as far apart as their nodes, so each node is a
 * region, though no memory can be placed there. Without that, one region without a node. */
static void give_to_hidden_node(ta_unit *unit, hwloc_obj_t object) {
    int node = object->complete_nodeset == NULL ? -1 : hwloc_bitmap_first(object->complete_nodeset);
    if (node >= 0) set_region(unit, (uint32_t)node, node);
}

static ta_status assign_regions(struct reading *in) {
    sort_nodes(in);
    for (uint32_t i = 0; i < in->shown; i++)
        in->keys[i] = (ta_sort_key){in->out->units[i].os_index, 0, i};
    ta_sort_keys(in->keys, in->shown);
    for (size_t i = 1; i < in->shown; i++)
        if (in->keys[i].major == in->keys[i - 1].major)
            return ta_fail_create(TA_E_FORMAT, "two processors have the number %u",
                                  in->keys[i].major);
    for (size_t i = 0; i < in->node_count; i++) give_to_node(in, in->nodes[i]);

    hwloc_obj_t object = NULL;
    for (size_t i = 0; i < in->shown; i++) {
        ta_unit *unit = &in->out->units[i];
        object = hwloc_get_next_obj_by_type(in->topology, HWLOC_OBJ_PU, object);
        if (object == NULL) break; /* cannot be */
        if (unit->region == REGION_NONE) give_to_hidden_node(unit, object);
        /* Odd, unlike the caches; a node's number is far below 2^31. */
        if (unit->cache == CACHE_NONE) unit->cache = unit->region * 2 + 1;
    }
    return TA_OK;
}

static ta_status read_mask(struct reading *in) {
    int error = ta_os_mask_bytes(&in->mask_bytes);
    if (error == 0) {
        in->mask = ta_allocate(in->allocator, in->mask_bytes, _Alignof(unsigned long));
        if (in->mask == NULL) return ta_fail_create(TA_E_NOMEM, "no memory");
        error = ta_os_get_mask(in->mask, in->mask_bytes);
    }
    return error == 0
               ? TA_OK
               : ta_fail_create(TA_E_SYSTEM, "reading the affinity mask: %s", strerror(error));
}

/* What may be used of what is online. On this machine the thread's mask decides, since the kernel
 * keeps it within the cpuset; hwloc's allowed set then tells only why. */
static void judge_units(struct reading *in) {
    hwloc_const_cpuset_t allowed = hwloc_topology_get_allowed_cpuset(in->topology);
    for (size_t i = 0; i < in->shown; i++) {
        ta_unit *unit = &in->out->units[i];
        bool is_allowed = hwloc_bitmap_isset(allowed, unit->os_index) != 0;
        if (in->mask != NULL && ta_os_mask_has(in->mask, in->mask_bytes, unit->os_index))
            unit->state = TA_UNIT_USABLE;
        else if (!is_allowed)
            unit->state = TA_UNIT_CPUSET;
        else
            unit->state = in->mask != NULL ? TA_UNIT_MASK : TA_UNIT_USABLE;
    }
}

/* In the complete set of any object below the root? The children's hold those of all below them;
 * the root's own memory is left aside, since hwloc gives it the root's set. */
static bool was_discovered(hwloc_obj_t root, unsigned os_index) {
    for (hwloc_obj_t child = root->first_child; child != NULL; child = child->next_sibling)
        if (hwloc_bitmap_isset(child->complete_cpuset, os_index)) return true;
    return false;
}

/* The processors without an object. Those that hwloc met in a package or the like were online when
 * the file was written, and hidden because the cpuset forbade them; nobody meets offline ones. */
static void add_hidden_units(struct reading *in) {
    hwloc_const_cpuset_t complete = hwloc_topology_get_complete_cpuset(in->topology);
    hwloc_const_cpuset_t shown = hwloc_topology_get_topology_cpuset(in->topology);
    hwloc_obj_t root = hwloc_get_root_obj(in->topology);
    size_t at = in->shown;
    for (int os = hwloc_bitmap_first(complete); os >= 0; os = hwloc_bitmap_next(complete, os)) {
        if (hwloc_bitmap_isset(shown, (unsigned)os)) continue;
        bool forbidden = in->out->described && was_discovered(root, (unsigned)os);
        in->out->units[at++] =
            (ta_unit){(uint32_t)os, 0,
                      REGION_NONE,  0,
                      TA_NODE_NONE, forbidden ? TA_UNIT_CPUSET : TA_UNIT_OFFLINE};
    }
}

/* hwloc's order keeps a region together unless the description of its nodes makes no sense; the
 * registry promises it always. Stable: by the place of the region's first processor. */
static ta_status group_regions(struct reading *in) {
    ta_unit *units = in->out->units;
    size_t size = in->shown * sizeof *units;
    uint32_t first = 0;
    ta_unit *copy = ta_allocate(in->allocator, size, _Alignof(ta_unit));
    if (copy == NULL) return ta_fail_create(TA_E_NOMEM, "no memory");
    memcpy(copy, units, size);
    for (uint32_t i = 0; i < in->shown; i++) in->keys[i] = (ta_sort_key){units[i].region, 0, i};
    ta_sort_keys(in->keys, in->shown);
    for (size_t i = 0; i < in->shown; i++) {
        if (i == 0 || copy[in->keys[i].index].region != copy[in->keys[i - 1].index].region)
            first = in->keys[i].index;
        in->keys[i].major = first;
    }
    ta_sort_keys(in->keys, in->shown);
    for (size_t i = 0; i < in->shown; i++) units[i] = copy[in->keys[i].index];
    ta_release(in->allocator, copy, size, _Alignof(ta_unit));
    return TA_OK;
}

static ta_status copy_machine(hwloc_topology_t topology, const ta_allocator *allocator,
                              ta_machine_units *out) {
    struct reading in = {.topology = topology, .allocator = allocator, .out = out};
    ta_status status = reading_create(&in);
    if (status == TA_OK) {
        copy_units(&in);
        status = assign_regions(&in);
    }
    if (status == TA_OK && !out->described) status = read_mask(&in);
    if (status == TA_OK) {
        judge_units(&in);
        add_hidden_units(&in);
        status = group_regions(&in);
    }
    reading_free(&in);
    return status;
}

ta_status ta_machine_read_hwloc(const ta_registry_options *options, const ta_allocator *allocator,
                                ta_machine_units *out) {
    hwloc_topology_t topology;
    *out = (ta_machine_units){NULL, 0, 0, options->machine != TA_MACHINE_THIS, false};
    if (hwloc_topology_init(&topology) != 0) return ta_fail_create(TA_E_NOMEM, "no memory");
    ta_status status = set_source(topology, options, allocator);
    if (status == TA_OK) status = load(topology, options);
    if (status == TA_OK) {
        /* hwloc's own environment variables can put another machine in place of this one. */
        if (!hwloc_topology_is_thissystem(topology)) out->described = true;
        status = copy_machine(topology, allocator, out);
    }
    hwloc_topology_destroy(topology);
    if (status != TA_OK) ta_machine_free(out, allocator);
    return status;
}
