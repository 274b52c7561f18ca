/* SPDX-License-Identifier: MIT
 *
 * Any options make a registry that keeps its promises, or an error that leaks nothing.
 *
 * The bytes choose a machine (counts, or a synthetic string put together from levels) and a rule
 * for the processors. One property function serves libFuzzer and the standalone driver
 * (standalone.c), which replays files.
 */
#include "ta.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition);                \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    const uint8_t *next, *end;
};

/* Missing bytes read as 0, so that every prefix of an input is an input. */
static unsigned take(struct input *in) { return in->next < in->end ? *in->next++ : 0; }

/* ---- an allocator that counts what is out, and fails when it is told to ----------------------- */

struct ledger {
    size_t out;       /* bytes that were not given back */
    unsigned fail_in; /* fails the n-th allocation; 0: none */
};

static void *ledger_allocate(void *context, size_t size, size_t alignment) {
    struct ledger *ledger = context;
    if (ledger->fail_in != 0 && --ledger->fail_in == 0) return NULL;
    void *memory = ta_allocate(NULL, size, alignment);
    if (memory != NULL) ledger->out += size;
    return memory;
}

static void ledger_release(void *context, void *memory, size_t size, size_t alignment) {
    struct ledger *ledger = context;
    CHECK(ledger->out >= size);
    ledger->out -= size;
    ta_release(NULL, memory, size, alignment);
}

/* ---- the machine ------------------------------------------------------------------------------ */

/* At most 4 levels of at most 8: a machine of up to 4,096 processors, most often far smaller. */
static void synthetic(struct input *in, char *text, size_t size) {
    static const char *const levels[] = {"pack", "node", "l3", "core"};
    size_t used = 0;
    unsigned present = take(in);
    for (size_t i = 0; i < 4; i++) {
        if ((present >> i & 1) == 0) continue;
        used += (size_t)snprintf(text + used, size - used, "%s:%u ", levels[i], take(in) % 9);
    }
    if (present & 0x80) used += (size_t)snprintf(text + used, size - used, "nonsense ");
    snprintf(text + used, size - used, "pu:%u", take(in) % 5);
}

static void options_from(struct input *in, ta_registry_options *options, uint32_t counts[16],
                         char *text, size_t text_size) {
    unsigned shape = take(in);
    memset(options, 0, sizeof *options);
    options->processors = (ta_processors)(take(in) % 5);
    options->placement = (ta_placement)(take(in) % 3);
    options->one_per_core = take(in) & 1;
    if (options->processors == TA_PROCESSORS_EXACTLY ||
        options->processors == TA_PROCESSORS_AT_MOST)
        options->count = take(in) | take(in) << 8;
    if (shape % 2 == 0) {
        options->machine = TA_MACHINE_COUNTS;
        options->counts = counts;
        options->counts_length = take(in) % 17;
        /* Now and then large enough to leave the range. */
        for (size_t i = 0; i < options->counts_length; i++)
            counts[i] = take(in) << (shape & 0x10 ? 10 : 0);
    } else {
        options->machine = TA_MACHINE_SYNTHETIC;
        options->description = text;
        synthetic(in, text, text_size);
    }
}

/* ---- the promises ----------------------------------------------------------------------------- */

static void check_places(const ta_registry *registry) {
    uint32_t count = ta_registry_processor_count(registry);
    uint32_t caches = ta_registry_cache_count(registry), caches_seen = 0;
    uint32_t regions = ta_registry_region_count(registry), regions_seen = 0;
    const ta_affinity *places = ta_registry_affinities(registry);

    CHECK(count >= 1 && count <= TA_AFFINITY_MAX);
    for (uint32_t i = 0; i < count; i++) {
        ta_affinity made;
        uint32_t os;
        uint32_t cache = ta_affinity_cache(places[i]), region = ta_affinity_region(places[i]);
        CHECK(ta_affinity_make(i, count, cache, caches, region, regions, &made) == TA_OK);
        CHECK(ta_affinity_equal(made, places[i]));
        CHECK(ta_affinity_equal(ta_registry_affinity(registry, i), places[i]));
        CHECK(ta_registry_os_processor(registry, places[i], &os) == TA_OK);
        CHECK(ta_affinity_equal(ta_registry_find_os_processor(registry, os), places[i]));
        /* Dense, in the order of first use. */
        CHECK(cache <= caches_seen && region <= regions_seen);
        caches_seen += cache == caches_seen;
        regions_seen += region == regions_seen;
    }
    CHECK(caches_seen == caches && regions_seen == regions);
    CHECK(ta_affinity_is_unknown(ta_registry_affinity(registry, count)));
}

static void check_left_out(const ta_registry *registry) {
    const ta_left_out *left = ta_registry_left_out(registry);
    size_t count = ta_registry_left_out_count(registry);
    for (size_t i = 0; i < count; i++) {
        CHECK(i == 0 || left[i - 1].os_processor < left[i].os_processor);
        CHECK(
            ta_affinity_is_unknown(ta_registry_find_os_processor(registry, left[i].os_processor)));
        CHECK(strlen(ta_left_out_reason_name(left[i].reason)) > 0);
    }
}

static void check_memory(const ta_registry *registry) {
    ta_affinity last = ta_registry_affinity(registry, ta_registry_processor_count(registry) - 1);
    const ta_allocator *allocator = ta_registry_allocator(registry, last);
    ta_placement_figures before, after;
    CHECK(allocator != NULL);
    CHECK(ta_registry_placement(registry, last, &before) == TA_OK);
    void *memory = ta_allocate(allocator, 100, 64);
    CHECK(memory != NULL);
    memset(memory, 1, 100);
    ta_release(allocator, memory, 100, 64);
    CHECK(ta_registry_placement(registry, last, &after) == TA_OK);
    CHECK(after.placed + after.fallback == before.placed + before.fallback + 1);
    CHECK(ta_registry_pin(registry, last) == TA_E_DESCRIBED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input in = {data, data + size};
    struct ledger ledger = {0, 0};
    const ta_allocator allocator = {ledger_allocate, ledger_release, &ledger};
    ta_registry_options options;
    uint32_t counts[16] = {0};
    char text[128];
    ta_registry *registry = NULL;

    ledger.fail_in = take(&in) % 32;
    options_from(&in, &options, counts, text, sizeof text);
    options.allocator = &allocator;
    ta_status status = ta_registry_create(&options, &registry);
    ledger.fail_in = 0;
    if (status == TA_OK) {
        CHECK(registry != NULL && ta_registry_is_described(registry));
        check_places(registry);
        check_left_out(registry);
        check_memory(registry);
        if (options.processors == TA_PROCESSORS_EXACTLY)
            CHECK(ta_registry_processor_count(registry) == options.count);
        if (options.processors == TA_PROCESSORS_AT_MOST)
            CHECK(ta_registry_processor_count(registry) <= options.count);
        ta_registry_destroy(registry);
    } else {
        CHECK(registry == NULL);
        CHECK(strncmp(ta_last_error(), "ta_registry_create: ", 20) == 0);
    }
    CHECK(ledger.out == 0);
    return 0;
}
