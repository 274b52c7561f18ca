/* SPDX-License-Identifier: MIT
 *
 * Which pairs to measure, from the text of --pairs, and in what order.
 */
#include "cost.h"

#include <stdlib.h>
#include <string.h>

/* More pairs than an hour has time for. */
#define PAIRS_MAX (UINT64_C(1) << 20)

static int bad_item(const cost_run *run, const char *item, size_t length) {
    return tool_usage_error(COST_COMMAND,
                            "--pairs: '%.*s' is no pair of processors; accepted: all, or FROM:TO "
                            "with a number from 0 to %u or * on either side, or several such, "
                            "separated by commas",
                            (int)length, item, run->processors - 1);
}

/* "7" or "*", [*first, *last]; false: neither, or there is no such processor. */
static bool parse_side(const cost_run *run, const char *text, size_t length, uint32_t *first,
                       uint32_t *last) {
    uint64_t value = 0;

    if (length == 1 && *text == '*') {
        *first = 0;
        *last = run->processors - 1;
        return true;
    }
    if (length == 0) return false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        value = value * 10 + (uint64_t)(text[i] - '0');
        if (value >= run->processors) return false;
    }
    *first = *last = (uint32_t)value;
    return true;
}

/* A bit for each pair that is wanted. */
typedef struct pair_set {
    uint32_t processors;
    uint64_t count;
    unsigned char *bits;
} pair_set;

static void want(pair_set *set, uint32_t from, uint32_t to) {
    uint64_t index = (uint64_t)from * set->processors + to;
    unsigned char bit = (unsigned char)(1u << (index % 8));

    if ((set->bits[index / 8] & bit) != 0) return;
    set->bits[index / 8] |= bit;
    set->count++;
}

static bool is_wanted(const pair_set *set, uint32_t from, uint32_t to) {
    uint64_t index = (uint64_t)from * set->processors + to;

    return (set->bits[index / 8] >> (index % 8) & 1) != 0;
}

static bool parse_item(const cost_run *run, const char *item, size_t length, pair_set *set) {
    uint32_t from, from_last, to_first, to_last;
    const char *colon = memchr(item, ':', length);

    if (colon == NULL) return false;
    size_t left = (size_t)(colon - item);
    if (!parse_side(run, item, left, &from, &from_last)) return false;
    if (!parse_side(run, colon + 1, length - left - 1, &to_first, &to_last)) return false;
    for (; from <= from_last; from++)
        for (uint32_t to = to_first; to <= to_last; to++) want(set, from, to);
    return true;
}

static int parse_pairs(const cost_run *run, const char *text, pair_set *set) {
    if (strcmp(text, "all") == 0) text = "*:*";
    for (;;) {
        size_t length = strcspn(text, ",");
        if (!parse_item(run, text, length, set)) return bad_item(run, text, length);
        if (text[length] == 0) return TOOL_OK;
        text += length + 1;
    }
}

static int list_pairs(cost_run *run, const pair_set *set) {
    if (set->count > PAIRS_MAX)
        return tool_failure(COST_COMMAND,
                            "%llu pairs are too many, at most %llu can be measured; choose some "
                            "with --pairs, or fewer processors with --processors",
                            (unsigned long long)set->count, (unsigned long long)PAIRS_MAX);
    size_t count = (size_t)set->count; /* at least 1: each item of the text names a pair */
    run->pairs = calloc(count + 1, sizeof *run->pairs);
    run->order = calloc(count + 1, sizeof *run->order);
    if (run->pairs == NULL || run->order == NULL)
        return tool_failure(COST_COMMAND, "out of memory");
    for (uint32_t from = 0; from < set->processors; from++)
        for (uint32_t to = 0; to < set->processors; to++)
            if (is_wanted(set, from, to)) {
                run->order[run->pair_count] = (uint32_t)run->pair_count;
                run->pairs[run->pair_count++] = (cost_pair){.from = from, .to = to};
            }
    run->planned = run->pair_count;
    return TOOL_OK;
}

int cost_plan(cost_run *run, const char *text) {
    uint64_t all = (uint64_t)run->processors * run->processors;
    pair_set set = {.processors = run->processors, .bits = calloc((size_t)(all / 8 + 1), 1)};

    if (set.bits == NULL) return tool_failure(COST_COMMAND, "out of memory");
    int result = parse_pairs(run, text, &set);
    if (result == TOOL_OK) result = list_pairs(run, &set);
    free(set.bits);
    return result;
}

/* SplitMix64 (Steele et al., OOPSLA 2014). */
uint64_t cost_random(cost_run *run) {
    uint64_t z = run->random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Fisher and Yates, of the first `count` in the order. */
void cost_shuffle(cost_run *run, size_t count) {
    for (size_t i = count; i > 1; i--) {
        size_t other = (size_t)(cost_random(run) % i);
        uint32_t swapped = run->order[i - 1];
        run->order[i - 1] = run->order[other];
        run->order[other] = swapped;
    }
}
