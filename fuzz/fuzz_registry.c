/* SPDX-License-Identifier: MIT
 *
 * Any options make a registry that keeps its promises, or an error that leaks nothing.
 *
 * The bytes choose a machine (counts, or a synthetic string put together from levels), a rule for
 * the processors, and a list of them: any text, or one put together from ranges. One property
 * function serves libFuzzer and the standalone driver (standalone.c), which replays files.
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

enum { LIST_SIZE = 64 };

/* What is listed, as far as it is below LISTED_MAX; the machine may have more processors. */
enum { LISTED_MAX = 1024 };

struct list {
    char text[LIST_SIZE];
    bool is_made; /* of ranges, and so it is a list */
    bool listed[LISTED_MAX];
};

/* Of up to 4 ranges of numbers below LISTED_MAX. */
static void list_of_ranges(struct input *in, struct list *list) {
    size_t used = 0;
    list->is_made = true;
    for (unsigned ranges = 1 + take(in) % 4; ranges > 0; ranges--) {
        unsigned shape = take(in), first = take(in) << (shape & 1);
        if (shape & 8) first %= 16; /* machines are small more often than not */
        unsigned last = first;
        if (shape & 2) last += take(in) % (shape & 16 ? 32 : 4);
        used += (size_t)snprintf(list->text + used, sizeof list->text - used,
                                 shape & 4 || last != first ? "%s%u-%u" : "%s%u",
                                 used == 0 ? "" : ",", first, last);
        for (unsigned i = first; i <= last; i++) list->listed[i] = true;
    }
}

/* Of the characters that lists are made of, and now and then any others. */
static void list_of_characters(struct input *in, struct list *list) {
    static const char characters[] = "0123456789,,--0123";
    for (unsigned i = 0, length = take(in) % LIST_SIZE; i < length; i++) {
        unsigned which = take(in);
        if (which < 0xf0) which = (unsigned char)characters[which % (sizeof characters - 1)];
        memset(&list->text[i], (int)which, 1);
    }
}

/* Returns the text, or NULL: no list. */
static const char *list_from(struct input *in, struct list *list) {
    memset(list, 0, sizeof *list);
    switch (take(in) % 4) {
    case 1:
        list_of_characters(in, list);
        return list->text;
    case 2:
    case 3:
        list_of_ranges(in, list);
        return list->text;
    default:
        return NULL;
    }
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

/* All that is listed was taken, or left out for what the rules say; the others for the list. */
static void check_list(const ta_registry *registry, const struct list *list) {
    const ta_left_out *left = ta_registry_left_out(registry);
    for (uint32_t i = 0; i < ta_registry_processor_count(registry); i++) {
        uint32_t os;
        CHECK(ta_registry_os_processor(registry, ta_registry_affinity(registry, i), &os) == TA_OK);
        CHECK(os < LISTED_MAX && list->listed[os]);
    }
    for (size_t i = 0; i < ta_registry_left_out_count(registry); i++) {
        bool listed = left[i].os_processor < LISTED_MAX && list->listed[left[i].os_processor];
        CHECK(listed == (left[i].reason != TA_LEFT_OUT_LIST));
    }
    for (uint32_t i = 0; i < LISTED_MAX; i++) { /* none was listed that is not there */
        if (!list->listed[i]) continue;
        size_t at = 0, count = ta_registry_left_out_count(registry);
        while (at < count && left[at].os_processor != i) at++;
        CHECK(at < count || !ta_affinity_is_unknown(ta_registry_find_os_processor(registry, i)));
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
    struct list list;
    ta_registry *registry = NULL;

    ledger.fail_in = take(&in) % 32;
    options_from(&in, &options, counts, text, sizeof text);
    options.os_processors = list_from(&in, &list);
    options.allocator = &allocator;
    ta_status status = ta_registry_create(&options, &registry);
    ledger.fail_in = 0;
    if (status == TA_OK) {
        CHECK(registry != NULL && ta_registry_is_described(registry));
        check_places(registry);
        check_left_out(registry);
        check_memory(registry);
        if (list.is_made) check_list(registry, &list);
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
