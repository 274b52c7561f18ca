/* SPDX-License-Identifier: MIT
 *
 * `ta topology`: what the library sees of a machine, what it would use, and why not the rest.
 */
#include "args.h"
#include "json.h"
#include "tool.h"

#include "ta/registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMAND "topology"

/* With more rows than this, caches of one size that follow each other share a row. */
#define ROWS_MAX 64

/* Fewer numbers than this are listed one by one: 0,2,4 is no longer than 0-4:2. */
#define STRIDE_MIN 5

enum { OPTION_JSON = 1 };

static const tool_option option_list[] = {
    TOOL_MACHINE_OPTIONS,
    {OPTION_JSON, "json", NULL},
    {0, NULL, NULL},
};

static const char help_text[] =
    "usage: ta topology [--synthetic DESCRIPTION | --xml FILE] [--processors auto|all|N|<=N]\n"
    "                   [--os-processors LIST] [--spread] [--one-per-core] [--json]\n"
    "\n"
    "Prints the processors that libta would use, by memory region and last-level cache, and why\n"
    "it leaves the others out.\n"
    "\n"
    "  --synthetic DESCRIPTION  a machine in hwloc's words, such as 'node:2 core:8 pu:2'\n"
    "  --xml FILE               a machine in hwloc's XML (written by lstopo machine.xml)\n"
    "  --processors auto        as many as are usable and the CPU quota pays for (the default)\n"
    "  --processors all         all that are usable\n"
    "  --processors N           exactly N, 1 to 65535; fewer is a failure\n"
    "  --processors '<=N'       at most N\n"
    "  --os-processors LIST     only among these, which must all be usable: the operating "
    "system's\n"
    "                           numbers, as in 0-3,6\n"
    "  --spread                 even over the regions, instead of one region after the other\n"
    "  --one-per-core           at most one processor of each physical core\n"
    "  --json                   as JSON\n"
    "  --help                   this text\n";

/* One processor that is used, flat, for sorting into rows. */
typedef struct place {
    uint32_t region, cache, processor, os_index;
    int32_t node;
} place;

/* Places of one region and one cache: [first, first + count). */
typedef struct row {
    size_t first, count;
    uint32_t caches; /* the row stands for this many caches, count / caches places each */
} row;

static int compare_places(const void *a, const void *b) {
    const place *x = a, *y = b;

    if (x->region != y->region) return x->region < y->region ? -1 : 1;
    if (x->cache != y->cache) return x->cache < y->cache ? -1 : 1;
    return (x->processor > y->processor) - (x->processor < y->processor);
}

static int compare_numbers(const void *a, const void *b) {
    const uint32_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* Ascending numbers as taskset(1) writes and reads them: "0-7,64-71", "0-62:2" for every second. */
static void print_numbers(FILE *file, const uint32_t *numbers, size_t count) {
    for (size_t i = 0; i < count;) {
        uint32_t step = i + 1 < count ? numbers[i + 1] - numbers[i] : 1;
        size_t end = i + 1; /* numbers[i, end) have one step */
        while (end < count && numbers[end] - numbers[end - 1] == step) end++;
        if (step > 1 && end - i < STRIDE_MIN) end = i + 1;

        fprintf(file, "%s%u", i > 0 ? "," : "", numbers[i]);
        if (end - i > 1) fprintf(file, "-%u", numbers[end - 1]);
        if (end - i > 1 && step > 1) fprintf(file, ":%u", step);
        i = end;
    }
}

/* The number list as a string that the caller frees; NULL without memory. Sorts `numbers`. */
static char *number_list(uint32_t *numbers, size_t count) {
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);

    if (file == NULL) return NULL;
    qsort(numbers, count, sizeof *numbers, compare_numbers);
    print_numbers(file, numbers, count);
    if (fclose(file) == 0) return text;
    free(text);
    return NULL;
}

static const char *plural(size_t count) { return count == 1 ? "" : "s"; }

/* ---- text ------------------------------------------------------------------------------------ */

static void print_header(const ta_registry *registry, const ta_registry_options *options) {
    uint32_t processors = ta_registry_processor_count(registry);
    uint32_t caches = ta_registry_cache_count(registry);
    uint32_t regions = ta_registry_region_count(registry);

    if (options->machine == TA_MACHINE_THIS)
        printf("this machine: ");
    else
        printf("%s '%s': ", options->machine == TA_MACHINE_XML ? "file" : "description",
               options->description);
    printf("%u processor%s, %u cache%s, %u region%s", processors, plural(processors), caches,
           plural(caches), regions, plural(regions));
    if (!ta_registry_is_described(registry)) {
        double quota = ta_registry_quota(registry);
        if (quota > 0)
            printf("; CPU quota %.4g processor%s", quota, quota > 1 ? "s" : "");
        else
            printf("; no CPU quota");
    }
    putchar('\n');
}

/* Fills rows[0..] from the sorted places and returns how many there are: one per region and
 * cache. */
static size_t make_rows(const place *places, size_t count, row *rows) {
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        if (i == 0 || places[i].region != places[i - 1].region ||
            places[i].cache != places[i - 1].cache)
            rows[used++] = (row){.first = i, .count = 0, .caches = 1};
        rows[used - 1].count++;
    }
    return used;
}

/* Joins neighbours of one region whose caches follow each other and have as many processors. */
static size_t join_rows(const place *places, row *rows, size_t count) {
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        const place *next = &places[rows[i].first];
        row *last = used > 0 ? &rows[used - 1] : NULL;
        if (last != NULL && places[last->first].region == next->region &&
            places[last->first].cache + last->caches == next->cache &&
            last->count == rows[i].count * last->caches) {
            last->count += rows[i].count;
            last->caches++;
        } else {
            rows[used++] = rows[i];
        }
    }
    return used;
}

static int digits(uint32_t number) { return snprintf(NULL, 0, "%u", number); }

/* The texts of one row; `processors` and `os` are freed by the caller. */
typedef struct row_texts {
    char *processors, *os;
    char caches[64];
} row_texts;

static bool make_texts(const place *places, const row *rows, size_t count, uint32_t *scratch,
                       row_texts *texts) {
    for (size_t i = 0; i < count; i++) {
        const place *from = &places[rows[i].first];
        for (size_t j = 0; j < rows[i].count; j++) scratch[j] = from[j].processor;
        texts[i].processors = number_list(scratch, rows[i].count);
        for (size_t j = 0; j < rows[i].count; j++) scratch[j] = from[j].os_index;
        texts[i].os = number_list(scratch, rows[i].count);
        if (texts[i].processors == NULL || texts[i].os == NULL) return false;
        if (rows[i].caches == 1)
            snprintf(texts[i].caches, sizeof texts[i].caches, "cache %u", from->cache);
        else
            snprintf(texts[i].caches, sizeof texts[i].caches, "caches %u-%u (%zu each)",
                     from->cache, from->cache + rows[i].caches - 1, rows[i].count / rows[i].caches);
    }
    return true;
}

static void print_rows(const place *places, const row *rows, size_t count, const row_texts *texts) {
    int region_width = 1, node_width = 1, cache_width = 0, processor_width = 0;

    for (size_t i = 0; i < count; i++) {
        const place *from = &places[rows[i].first];
        int cache = (int)strlen(texts[i].caches), processor = (int)strlen(texts[i].processors);
        if (digits(from->region) > region_width) region_width = digits(from->region);
        if (from->node >= 0 && digits((uint32_t)from->node) > node_width)
            node_width = digits((uint32_t)from->node);
        if (cache > cache_width) cache_width = cache;
        if (processor > processor_width) processor_width = processor;
    }
    for (size_t i = 0; i < count; i++) {
        const place *from = &places[rows[i].first];
        printf("region %-*u  ", region_width, from->region);
        if (from->node >= 0)
            printf("node %-*d  ", node_width, from->node);
        else
            printf("node %-*s  ", node_width, "-");
        printf("%-*s  processors %-*s  os %s\n", cache_width, texts[i].caches, processor_width,
               texts[i].processors, texts[i].os);
    }
}

static const char *reason_in_words(ta_left_out_reason reason) {
    switch (reason) {
    case TA_LEFT_OUT_OFFLINE:
        return "offline: the operating system runs nothing there";
    case TA_LEFT_OUT_CPUSET:
        return "cpuset: the cgroup's cpuset forbids";
    case TA_LEFT_OUT_MASK:
        return "mask: not in the affinity mask (taskset)";
    case TA_LEFT_OUT_LIST:
        return "list: --os-processors does not have it";
    case TA_LEFT_OUT_CORE:
        return "core: another processor of the same core is used";
    case TA_LEFT_OUT_QUOTA:
        return "quota: the CPU quota pays for no more";
    case TA_LEFT_OUT_COUNT:
        return "count: no more were asked for";
    }
    return "for another reason";
}

/* One line per reason, in the order of the reasons. */
static bool print_left_out(const ta_registry *registry, uint32_t *scratch) {
    const ta_left_out *all = ta_registry_left_out(registry);
    size_t count = ta_registry_left_out_count(registry);

    for (ta_left_out_reason reason = TA_LEFT_OUT_OFFLINE; reason <= TA_LEFT_OUT_COUNT; reason++) {
        size_t found = 0;
        for (size_t i = 0; i < count; i++)
            if (all[i].reason == reason) scratch[found++] = all[i].os_processor;
        if (found == 0) continue;
        char *text = number_list(scratch, found);
        if (text == NULL) return false;
        printf("left out  %zu processor%s  os %s  %s\n", found, plural(found), text,
               reason_in_words(reason));
        free(text);
    }
    return true;
}

static bool print_table(const ta_registry *registry, const place *places, size_t count) {
    size_t left_out = ta_registry_left_out_count(registry);
    size_t scratch_count = count > left_out ? count : left_out;
    uint32_t *scratch = calloc(scratch_count, sizeof *scratch);
    row *rows = calloc(count, sizeof *rows);
    row_texts *texts = calloc(count, sizeof *texts);
    bool done = false;

    if (scratch != NULL && rows != NULL && texts != NULL) {
        size_t used = make_rows(places, count, rows);
        if (used > ROWS_MAX) used = join_rows(places, rows, used);
        done = make_texts(places, rows, used, scratch, texts);
        if (done) {
            print_rows(places, rows, used, texts);
            done = print_left_out(registry, scratch);
        }
    }
    for (size_t i = 0; texts != NULL && i < count; i++) {
        free(texts[i].processors);
        free(texts[i].os);
    }
    free(texts);
    free(rows);
    free(scratch);
    return done;
}

/* ---- JSON ------------------------------------------------------------------------------------ */

/* `places` in the order of their processor index. */
static bool print_json(const ta_registry *registry, const place *places, size_t count) {
    const ta_left_out *left_out = ta_registry_left_out(registry);
    double quota = ta_registry_quota(registry);
    json_writer json;

    json_begin(&json, stdout);
    json_object_open(&json, NULL);
    json_string(&json, "version", ta_version());
    json_bool(&json, "described", ta_registry_is_described(registry));
    if (quota > 0)
        json_double(&json, "quota", quota);
    else
        json_null(&json, "quota");
    json_uint(&json, "caches", ta_registry_cache_count(registry));
    json_uint(&json, "regions", ta_registry_region_count(registry));
    json_array_open(&json, "processors");
    for (size_t i = 0; i < count; i++) {
        json_object_open(&json, NULL);
        json_uint(&json, "os_index", places[i].os_index);
        json_uint(&json, "processor", places[i].processor);
        json_uint(&json, "cache", places[i].cache);
        json_uint(&json, "region", places[i].region);
        json_object_close(&json);
    }
    json_array_close(&json);
    json_array_open(&json, "left_out");
    for (size_t i = 0; i < ta_registry_left_out_count(registry); i++) {
        json_object_open(&json, NULL);
        json_uint(&json, "os_index", left_out[i].os_processor);
        json_string(&json, "reason", ta_left_out_reason_name(left_out[i].reason));
        json_object_close(&json);
    }
    json_array_close(&json);
    json_object_close(&json);
    return json_end(&json);
}

/* ---- the command ----------------------------------------------------------------------------- */

static ta_status read_places(const ta_registry *registry, place *places, size_t count) {
    const ta_affinity *affinities = ta_registry_affinities(registry);

    for (size_t i = 0; i < count; i++) {
        ta_affinity affinity = affinities[i];
        place *to = &places[i];
        to->region = ta_affinity_region(affinity);
        to->cache = ta_affinity_cache(affinity);
        to->processor = ta_affinity_processor(affinity);
        ta_status status = ta_registry_os_processor(registry, affinity, &to->os_index);
        if (status == TA_OK) status = ta_registry_os_node(registry, affinity, &to->node);
        if (status != TA_OK) return status;
    }
    return TA_OK;
}

static int show(const ta_registry *registry, const ta_registry_options *options, bool as_json) {
    size_t count = ta_registry_processor_count(registry);
    place *places = calloc(count, sizeof *places);
    int result = TOOL_OK;

    if (places == NULL) return tool_failure(COMMAND, "out of memory");
    ta_status status = read_places(registry, places, count);
    if (status != TA_OK) {
        result = tool_library_failure(COMMAND, status);
    } else if (as_json) {
        /* Its shape is fixed; a write that failed is reported by tool_finish_stdout(). */
        (void)print_json(registry, places, count);
    } else {
        print_header(registry, options);
        qsort(places, count, sizeof *places, compare_places);
        if (!print_table(registry, places, count)) result = tool_failure(COMMAND, "out of memory");
    }
    free(places);
    return result == TOOL_OK ? tool_finish_stdout(COMMAND) : result;
}

static int refuse(ta_status status, const ta_registry_options *options) {
    /* A synthetic description stands on the command line: a bad one is a bad argument. */
    if ((status == TA_E_FORMAT || status == TA_E_RANGE) && options->machine == TA_MACHINE_SYNTHETIC)
        return tool_usage_error(COMMAND,
                                "--synthetic: '%s' describes no machine that libta takes; "
                                "accepted: an hwloc synthetic description of at most %u "
                                "processors, such as 'node:2 core:8 pu:2'",
                                options->description, TA_AFFINITY_MAX);
    return tool_library_failure(COMMAND, status);
}

int ta_topology_main(int argc, char **argv) {
    tool_args args = {.command = COMMAND, .options = option_list, .argc = argc, .argv = argv};
    ta_registry_options options = {.machine = TA_MACHINE_THIS};
    bool as_json = false;
    ta_registry *registry;

    for (int id; (id = tool_args_next(&args)) != TOOL_ARGS_END;) {
        switch (id) {
        case TOOL_ARGS_ERROR:
            return TOOL_USAGE;
        case TOOL_ARGS_HELP:
            fputs(help_text, stdout);
            return tool_finish_stdout(COMMAND);
        case OPTION_JSON:
            as_json = true;
            break;
        default:
            if (!tool_machine_option(&args, id, &options)) return TOOL_USAGE;
        }
    }
    ta_status status = ta_registry_create(&options, &registry);
    if (status != TA_OK) return refuse(status, &options);
    int result = show(registry, &options, as_json);
    ta_registry_destroy(registry);
    return result;
}
