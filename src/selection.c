/* SPDX-License-Identifier: MIT
 *
 * Choosing processors, and numbering their places.
 */
#include "selection.h"

#include "processor_list.h"

/* ---- sorting ---------------------------------------------------------------------------------- */

static bool key_less(const ta_sort_key *a, const ta_sort_key *b) {
    if (a->major != b->major) return a->major < b->major;
    if (a->minor != b->minor) return a->minor < b->minor;
    return a->index < b->index;
}

static void sift_down(ta_sort_key *keys, size_t at, size_t count) {
    ta_sort_key key = keys[at];
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && key_less(&keys[child], &keys[child + 1])) child++;
        if (!key_less(&key, &keys[child])) break;
        keys[at] = keys[child];
    }
    keys[at] = key;
}

void ta_sort_keys(ta_sort_key *keys, size_t count) {
    for (size_t i = count / 2; i-- > 0;) sift_down(keys, i, count);
    for (size_t last = count; last-- > 1;) {
        ta_sort_key top = keys[0];
        keys[0] = keys[last];
        keys[last] = top;
        sift_down(keys, 0, last);
    }
}

/* ---- choosing --------------------------------------------------------------------------------- */

/* What becomes of a unit: one of these, or the reason for which it is left out. */
#define OPEN 0xfe
#define TAKEN 0xff

struct work {
    const ta_machine_units *machine;
    uint8_t *verdict; /* of each unit */
    uint32_t *rank;   /* of each usable unit: how many usable ones of its core stand before it */
    uint32_t *region; /* of each open unit, for SPREAD: the first open unit of its region */
    ta_sort_key *keys;
};

static void work_free(struct work *work, const ta_allocator *allocator) {
    size_t count = work->machine->count;
    ta_release(allocator, work->verdict, count, 1);
    ta_release(allocator, work->rank, count * sizeof *work->rank, _Alignof(uint32_t));
    ta_release(allocator, work->region, count * sizeof *work->region, _Alignof(uint32_t));
    ta_release(allocator, work->keys, count * sizeof *work->keys, _Alignof(ta_sort_key));
}

static bool work_create(struct work *work, const ta_allocator *allocator) {
    size_t count = work->machine->count;
    work->verdict = ta_allocate_zeroed(allocator, count, 1, 1);
    work->rank = ta_allocate_zeroed(allocator, count, sizeof *work->rank, _Alignof(uint32_t));
    work->region = ta_allocate_zeroed(allocator, count, sizeof *work->region, _Alignof(uint32_t));
    work->keys = ta_allocate_zeroed(allocator, count, sizeof *work->keys, _Alignof(ta_sort_key));
    if (work->verdict != NULL && work->rank != NULL && work->region != NULL && work->keys != NULL)
        return true;
    work_free(work, allocator);
    return false;
}

static uint8_t first_verdict(ta_unit_state state) {
    switch (state) {
    case TA_UNIT_OFFLINE:
        return TA_LEFT_OUT_OFFLINE;
    case TA_UNIT_CPUSET:
        return TA_LEFT_OUT_CPUSET;
    case TA_UNIT_MASK:
        return TA_LEFT_OUT_MASK;
    case TA_UNIT_USABLE:
        break;
    }
    return OPEN;
}

/* ---- the caller's list ------------------------------------------------------------------------ */

/* Where in the ascending keys[0..count) the number stands, or would. */
static size_t find_number(const ta_sort_key *keys, size_t count, uint32_t number) {
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (keys[middle].major < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* How many of the numbers from `first` on, at most `length`, are those of keys[0..count) one by
 * one. Numbers ascend and differ, so that keys[i] is at least first + i, and once it is more, all
 * that follow are, too. */
static size_t run_length(const ta_sort_key *keys, size_t count, uint32_t first, size_t length) {
    size_t low = 0, high = count < length ? count : length;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (keys[middle].major == first + middle)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Counts in `minor` of the keys, which ascend by the system's number: one more where the numbers
 * from `first` to `last` begin, one less behind their end. (A count wraps after 2^32 ranges, a text
 * of 8 GiB.) Returns the lowest that is not there, or UINT32_MAX. */
static uint32_t count_run(ta_sort_key *keys, size_t count, uint32_t first, uint32_t last) {
    size_t from = find_number(keys, count, first), length = last - first + 1;
    size_t there = run_length(keys + from, count - from, first, length);
    if (there > 0) {
        keys[from].minor++;
        if (from + there < count) keys[from + there].minor--;
    }
    return there < length ? (uint32_t)(first + there) : UINT32_MAX;
}

/* The same with all ranges. What a range without steps costs does not depend on how long it is, or
 * how often a processor is listed; one with steps costs a search for each processor. */
static uint32_t count_ranges(ta_sort_key *keys, size_t count, const char *list) {
    uint32_t missing = UINT32_MAX;
    size_t at = 0;
    do {
        ta_processor_range range = {0, 0, 1};
        (void)ta_processor_list_next(list, &at, &range); /* was checked with the options */
        uint32_t lowest = UINT32_MAX;
        if (range.step == 1)
            lowest = count_run(keys, count, range.first, range.last);
        else
            for (uint32_t i = range.first; i <= range.last && lowest == UINT32_MAX; i += range.step)
                lowest = count_run(keys, count, i, i);
        if (lowest < missing) missing = lowest;
    } while (list[at] != 0);
    return missing;
}

static ta_status fail_listed(const ta_machine_units *machine, uint32_t number, uint8_t verdict) {
    const char *why = "the machine has none of that number";
    switch (verdict) {
    case TA_LEFT_OUT_OFFLINE:
        why = "it is offline";
        break;
    case TA_LEFT_OUT_CPUSET:
        why = "the cgroup's cpuset forbids it";
        break;
    case TA_LEFT_OUT_MASK:
        why = "the affinity mask of the thread lacks it";
        break;
    default:
        if (machine->mask_alone)
            why = "the affinity mask of the thread lacks it, or the machine has none of that "
                  "number";
    }
    return ta_fail_create(TA_E_TOO_FEW, "processor %u of os_processors is not usable: %s", number,
                          why);
}

/* Closes the open units that are not listed; fails with the lowest number that is listed and no
 * open unit. Every unit has its first verdict. */
static ta_status keep_listed(struct work *work, const char *list) {
    const ta_machine_units *machine = work->machine;
    ta_sort_key *keys = work->keys;
    uint32_t depth = 0; /* of how many ranges a unit is part */

    for (size_t i = 0; i < machine->count; i++)
        keys[i] = (ta_sort_key){machine->units[i].os_index, 0, (uint32_t)i};
    ta_sort_keys(keys, machine->count);
    uint32_t missing = count_ranges(keys, machine->count, list);
    for (size_t i = 0; i < machine->count && keys[i].major < missing; i++) {
        uint8_t *verdict = &work->verdict[keys[i].index];
        depth += keys[i].minor;
        if (depth == 0 && *verdict == OPEN) *verdict = TA_LEFT_OUT_LIST;
        if (depth != 0 && *verdict != OPEN) return fail_listed(machine, keys[i].major, *verdict);
    }
    return missing == UINT32_MAX ? TA_OK : fail_listed(machine, missing, OPEN);
}

/* ---- the rule --------------------------------------------------------------------------------- */

/* Sets the ranks, closes what one_per_core leaves out; returns how many units stay open. */
static size_t open_units(struct work *work, bool one_per_core) {
    const ta_unit *units = work->machine->units;
    size_t usable = 0, open = 0;
    for (size_t i = 0; i < work->machine->count; i++) {
        if (work->verdict[i] == OPEN)
            work->keys[usable++] = (ta_sort_key){units[i].core, 0, (uint32_t)i};
    }
    ta_sort_keys(work->keys, usable);
    for (size_t i = 0; i < usable; i++) {
        const ta_sort_key *key = &work->keys[i];
        bool first = i == 0 || key[-1].major != key->major;
        work->rank[key->index] = first ? 0 : work->rank[key[-1].index] + 1;
        if (one_per_core && !first)
            work->verdict[key->index] = TA_LEFT_OUT_CORE;
        else
            open++;
    }
    return open;
}

/* How many to take of `open`, and the reason for which the others are left out. */
static ta_status how_many(const ta_registry_options *options, ta_os_quota quota, size_t open,
                          size_t *take, uint8_t *reason) {
    const char *what = options->one_per_core ? "cores" : "processors";
    *take = open;
    *reason = TA_LEFT_OUT_COUNT;
    if (open == 0) return ta_fail_create(TA_E_TOO_FEW, "no processor of the machine is usable");
    switch (options->processors) {
    case TA_PROCESSORS_AUTO:
        if (*take > TA_AFFINITY_MAX) *take = TA_AFFINITY_MAX;
        if (quota.quota_us != 0 && quota.period_us != 0) {
            uint64_t paid =
                quota.quota_us / quota.period_us + (quota.quota_us % quota.period_us != 0);
            if (paid < *take) {
                *take = (size_t)paid;
                *reason = TA_LEFT_OUT_QUOTA;
            }
        }
        break;
    case TA_PROCESSORS_ALL:
        if (open > TA_AFFINITY_MAX)
            return ta_fail_create(TA_E_RANGE, "all of %zu usable %s; accepted: at most %u", open,
                                  what, TA_AFFINITY_MAX);
        break;
    case TA_PROCESSORS_EXACTLY:
        if (open < options->count)
            return ta_fail_create(TA_E_TOO_FEW, "asked for %u %s, %zu are %s", options->count, what,
                                  open, options->os_processors == NULL ? "usable" : "listed");
        *take = options->count;
        break;
    case TA_PROCESSORS_AT_MOST:
        if (*take > options->count) *take = options->count;
        break;
    }
    return TA_OK;
}

static void take_packed(struct work *work, size_t take) {
    for (size_t i = 0; take > 0; i++) {
        if (work->verdict[i] != OPEN) continue;
        work->verdict[i] = TAKEN;
        take--;
    }
}

static void take_spread(struct work *work, size_t take) {
    const ta_unit *units = work->machine->units;
    ta_sort_key *keys = work->keys;
    size_t open = 0;

    for (size_t i = 0; i < work->machine->count; i++)
        if (work->verdict[i] == OPEN) keys[open++] = (ta_sort_key){units[i].region, 0, (uint32_t)i};
    ta_sort_keys(keys, open);
    for (size_t i = 0; i < open; i++) {
        bool first = i == 0 || keys[i - 1].major != keys[i].major;
        work->region[keys[i].index] = first ? keys[i].index : work->region[keys[i - 1].index];
    }

    /* The order in which a region gives its processors away ... */
    for (size_t i = 0; i < open; i++) {
        uint32_t index = keys[i].index;
        keys[i] = (ta_sort_key){work->region[index], work->rank[index], index};
    }
    ta_sort_keys(keys, open);
    /* ... makes the turn in which each one comes: turn by turn, region by region. */
    uint32_t turn = 0, region = UINT32_MAX;
    for (size_t i = 0; i < open; i++) {
        turn = keys[i].major == region ? turn + 1 : 0;
        region = keys[i].major;
        keys[i] = (ta_sort_key){turn, region, keys[i].index};
    }
    ta_sort_keys(keys, open);
    for (size_t i = 0; i < take; i++) work->verdict[keys[i].index] = TAKEN;
}

/* Writes the verdicts down as lists. */
static bool write_down(struct work *work, size_t take, uint8_t reason,
                       const ta_allocator *allocator, ta_selection *out) {
    const ta_machine_units *machine = work->machine;
    size_t left = machine->count - take, chosen = 0, at = 0;

    *out = (ta_selection){NULL, (uint32_t)take, NULL, left};
    out->chosen = ta_allocate(allocator, take * sizeof *out->chosen, _Alignof(uint32_t));
    if (left != 0)
        out->left = ta_allocate(allocator, left * sizeof *out->left, _Alignof(ta_left_out));
    if (out->chosen == NULL || (left != 0 && out->left == NULL)) {
        ta_selection_free(out, allocator);
        return false;
    }
    for (size_t i = 0; i < machine->count; i++) {
        uint8_t verdict = work->verdict[i];
        if (verdict == TAKEN) {
            out->chosen[chosen++] = (uint32_t)i;
        } else {
            if (verdict == OPEN) verdict = reason;
            work->keys[at++] = (ta_sort_key){machine->units[i].os_index, verdict, (uint32_t)i};
        }
    }
    ta_sort_keys(work->keys, left);
    for (size_t i = 0; i < left; i++)
        out->left[i] = (ta_left_out){work->keys[i].major, (ta_left_out_reason)work->keys[i].minor};
    return true;
}

ta_status ta_select(const ta_machine_units *machine, const ta_registry_options *options,
                    ta_os_quota quota, const ta_allocator *allocator, ta_selection *out) {
    struct work work = {machine, NULL, NULL, NULL, NULL};
    size_t take;
    uint8_t reason;

    *out = (ta_selection){NULL, 0, NULL, 0};
    if (machine->count == 0)
        return ta_fail_create(TA_E_TOO_FEW, "the machine has no processor at all");
    if (machine->count >= UINT32_MAX)
        return ta_fail_create(TA_E_RANGE, "%zu processors", machine->count);
    if (!work_create(&work, allocator)) return ta_fail_create(TA_E_NOMEM, "no memory");
    for (size_t i = 0; i < machine->count; i++)
        work.verdict[i] = first_verdict(machine->units[i].state);
    ta_status status = TA_OK;
    if (options->os_processors != NULL) status = keep_listed(&work, options->os_processors);
    size_t open = status == TA_OK ? open_units(&work, options->one_per_core) : 0;
    if (status == TA_OK) status = how_many(options, quota, open, &take, &reason);
    if (status == TA_OK) {
        if (options->placement == TA_PLACEMENT_SPREAD && take < open)
            take_spread(&work, take);
        else
            take_packed(&work, take);
        if (!write_down(&work, take, reason, allocator, out))
            status = ta_fail_create(TA_E_NOMEM, "no memory");
    }
    work_free(&work, allocator);
    return status;
}

void ta_selection_free(ta_selection *selection, const ta_allocator *allocator) {
    ta_release(allocator, selection->chosen, selection->count * sizeof *selection->chosen,
               _Alignof(uint32_t));
    ta_release(allocator, selection->left, selection->left_count * sizeof *selection->left,
               _Alignof(ta_left_out));
    *selection = (ta_selection){NULL, 0, NULL, 0};
}

/* ---- numbering -------------------------------------------------------------------------------- */

/* Replaces arbitrary identities by indices from 0 in the order of first use; returns how many. */
static uint32_t number_densely(uint32_t *ids, uint32_t count, ta_sort_key *keys) {
    uint32_t next = 0;
    for (uint32_t i = 0; i < count; i++) keys[i] = (ta_sort_key){ids[i], 0, i};
    ta_sort_keys(keys, count);
    /* First each position names the first one of its identity ... */
    for (uint32_t i = 0; i < count; i++) {
        bool first = i == 0 || keys[i - 1].major != keys[i].major;
        ids[keys[i].index] = first ? keys[i].index : ids[keys[i - 1].index];
    }
    /* ... then, from the left, takes its number; those to the left have theirs already. */
    for (uint32_t i = 0; i < count; i++) ids[i] = ids[i] == i ? next++ : ids[ids[i]];
    return next;
}

ta_status ta_selection_places(const ta_machine_units *machine, const ta_selection *selection,
                              const ta_allocator *allocator, ta_affinity *out) {
    uint32_t count = selection->count;
    size_t ids_size = 2 * (size_t)count * sizeof(uint32_t), keys_size = count * sizeof(ta_sort_key);
    uint32_t *caches = ta_allocate(allocator, ids_size, _Alignof(uint32_t));
    ta_sort_key *keys = ta_allocate(allocator, keys_size, _Alignof(ta_sort_key));

    if (caches != NULL && keys != NULL) {
        uint32_t *regions = caches + count;
        for (uint32_t i = 0; i < count; i++) {
            caches[i] = machine->units[selection->chosen[i]].cache;
            regions[i] = machine->units[selection->chosen[i]].region;
        }
        uint32_t cache_count = number_densely(caches, count, keys);
        uint32_t region_count = number_densely(regions, count, keys);
        for (uint32_t i = 0; i < count; i++)
            out[i] =
                (ta_affinity){(uint16_t)i,           (uint16_t)count,      (uint16_t)caches[i],
                              (uint16_t)cache_count, (uint16_t)regions[i], (uint16_t)region_count};
    }
    bool done = caches != NULL && keys != NULL;
    ta_release(allocator, caches, ids_size, _Alignof(uint32_t));
    ta_release(allocator, keys, keys_size, _Alignof(ta_sort_key));
    return done ? TA_OK : ta_fail_create(TA_E_NOMEM, "no memory");
}
