/* SPDX-License-Identifier: MIT
 *
 * Runs the rows of count_rows.h. Under callgrind (script/instructions) each leaves two counts,
 * dumped as "NAME OPERATIONS" and "NAME twice"; without it the rows are run, and checked, all the
 * same.
 */
#include "count_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <valgrind/callgrind.h>

/* Rounds that are counted together: enough for what happens once in some rounds. Known to
 * script/instructions. */
enum { ROUNDS = 16 };

static uint64_t nothing(uint64_t count) {
    uint64_t done = 0;
    for (uint64_t i = 0; i < count; i++) {
        COUNT_TOUCH();
        done++;
    }
    return done;
}

static bool no_begin(void) { return true; }
static void no_end(void) {}

static const count_row loop_rows[] = {{"loop", 256, NULL, nothing, NULL}};
static const count_group loop_group = {loop_rows, 1, no_begin, no_end};

static bool run_rounds(const count_row *row, uint64_t operations) {
    for (int round = 0; round < ROUNDS; round++) {
        if (row->before != NULL && !row->before(operations)) return false;
        CALLGRIND_TOGGLE_COLLECT;
        uint64_t done = row->work(operations);
        CALLGRIND_TOGGLE_COLLECT;
        if (done != operations) return false;
        if (row->after != NULL && !row->after(operations)) return false;
    }
    return true;
}

static bool measure(const count_row *row) {
    char label[64];
    const uint64_t twice = 2 * (uint64_t)row->operations;
    /* What is done for the first time, memory that is taken and caches of free blocks, is over
     * then. */
    if (!run_rounds(row, twice)) return false;
    CALLGRIND_ZERO_STATS;
    if (!run_rounds(row, row->operations)) return false;
    snprintf(label, sizeof label, "%s %u", row->name, row->operations);
    CALLGRIND_DUMP_STATS_AT(label); /* and begins from 0 */
    if (!run_rounds(row, twice)) return false;
    snprintf(label, sizeof label, "%s twice", row->name);
    CALLGRIND_DUMP_STATS_AT(label);
    return true;
}

static bool measure_group(const count_group *group) {
    bool good = group->begin();
    if (!good) fprintf(stderr, "bench_count: rows from %s on: no beginning\n", group->rows->name);
    for (size_t i = 0; good && i < group->row_count; i++) {
        good = measure(&group->rows[i]);
        if (!good) fprintf(stderr, "bench_count: %s: results were wrong\n", group->rows[i].name);
    }
    group->end();
    return good;
}

int main(void) {
    const count_group *const groups[] = {&loop_group, &count_reach, &count_moves, &count_ports,
                                         &count_fans};
    bool good = true;
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        good = measure_group(groups[i]) && good;
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
