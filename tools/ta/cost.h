/* SPDX-License-Identifier: MIT
 *
 * `ta cost`: what its parts share. One run has pairs; a pair, once it was visited, has a series of
 * samples for every group and measure.
 */
#ifndef TA_TOOL_COST_H
#define TA_TOOL_COST_H

#include "group.h"
#include "measure.h"
#include "stats.h"
#include "tool.h"

#include "ta/registry.h"

#include <signal.h>
#include <stdio.h>

#define COST_COMMAND "cost"

/* ---- what is measured ------------------------------------------------------------------------ */

typedef enum cost_measure {
    COST_LINE,
    COST_LANE,
    COST_STREAM_8,
    COST_STREAM_64,
    COST_CLOSURE,
    COST_CALL,
    COST_RELOCATION,
    COST_FIRST_RELOCATION,
    COST_WAKE_FUTEX,
    COST_WAKE_EVENTFD,
    COST_WAKE_FUTEX_SENDER,
    COST_WAKE_EVENTFD_SENDER,
    COST_MEASURES
} cost_measure;

typedef struct cost_measure_info {
    const char *name, *title, *what;
    bool with_itself; /* means something for a processor with itself */
} cost_measure_info;

extern const cost_measure_info cost_measures[COST_MEASURES];

/* ---- samples --------------------------------------------------------------------------------- */

/* float has the seven digits that a duration needs, and samples are many. */
typedef struct cost_sample {
    uint32_t repetition;
    float floor_before, floor_after; /* NaN for a processor with itself */
    float value;
} cost_sample;

/* A series keeps this many samples; of more, an even choice at random. */
#define COST_KEPT_MAX 1000

typedef struct cost_series {
    cost_sample *kept;
    uint32_t kept_count, capacity;
    uint64_t n; /* samples taken, kept or not */
    double min, max;
} cost_series;

/* Why a measure has no sample; the last reason counts. */
typedef enum cost_failure {
    COST_NOT_REACHED,
    COST_MOVED,
    COST_TOO_SLOW,
    COST_CANNOT_SEE_SLEEP,
    COST_SYSTEM_REFUSED,
    COST_NOT_PINNED,
    COST_FAILURES
} cost_failure;

typedef struct cost_record {
    cost_series series[GROUP_COUNT][COST_MEASURES];
    uint8_t failure[COST_MEASURES]; /* a cost_failure */
} cost_record;

typedef struct cost_pair {
    uint32_t from, to;
    cost_record *record; /* NULL until the first visit */
} cost_pair;

/* ---- a run ----------------------------------------------------------------------------------- */

typedef struct cost_options {
    ta_registry_options machine;
    const char *pairs;
    double time_s, far_ns;
    const char *json, *csv, *html; /* NULL: not wanted; "-": standard output */
} cost_options;

/* What the threads of the run got of a processor. */
typedef struct cost_load {
    duo_usage spinning;
    uint64_t steal_before, steal_after; /* ticks, from /proc/stat */
} cost_load;

typedef struct cost_machine {
    char cpu[128], kernel[128], date[32];
    bool is_virtual;
} cost_machine;

typedef struct cost_warnings {
    char **lines;
    size_t count, capacity;
} cost_warnings;

typedef struct cost_run {
    const cost_options *options;
    ta_registry *registry;
    cost_machine machine;
    uint32_t processors;
    cost_pair *pairs; /* from by from, to by to */
    size_t pair_count;
    uint32_t *order;     /* the pairs in the order of a repetition */
    size_t planned;      /* the first so many of `order` are visited; the rest has no time */
    cost_load *load;     /* of each processor */
    uint64_t random;     /* the state of cost_random() */
    uint64_t taken;      /* samples */
    uint64_t discarded;  /* samples that a move spoilt */
    uint32_t repetition; /* the one that runs, from 0; afterwards how many there were */
    int64_t start_ns, deadline_ns, end_ns;
    bool interrupted;
    cost_warnings warnings;
} cost_run;

/* cost_results.c */
ta_status cost_record_open(cost_pair *pair);
bool cost_record_add(cost_run *run, cost_pair *pair, group_kind group, cost_measure measure,
                     cost_sample sample);
/* Of the kept samples, with n, min and max of all; false when there is none. values (may be NULL)
 * gets them in ascending order: room for COST_KEPT_MAX. */
bool cost_summarise(const cost_pair *pair, group_kind group, cost_measure measure, double *values,
                    stats_summary *out);
/* Was the measure taken in any group? If not, the reason why. */
bool cost_is_measured(const cost_pair *pair, cost_measure measure);
const char *cost_reason(const cost_run *run, const cost_pair *pair, cost_measure measure);
void cost_results_free(cost_run *run);

/* cost_plan.c: fills pairs, pair_count and order from the text of --pairs; TOOL_OK, or the exit
 * status after a message. */
int cost_plan(cost_run *run, const char *text);
void cost_shuffle(cost_run *run, size_t count);
uint64_t cost_random(cost_run *run);

/* cost_pair.c: one visit: a sample of each measure. False: a message arrived damaged, or there is
 * no memory; a message was written. */
bool cost_visit(cost_run *run, measure_duo *duo, cost_pair *pair);

/* cost_machine.c */
void cost_read_machine(cost_machine *machine);
/* Ticks that the hypervisor took from each processor so far, into steal_before or steal_after. */
void cost_read_steal(cost_run *run, bool before);

/* cost_warnings.c: what makes the figures less than they seem, once all is measured. */
void cost_warn(cost_run *run, const char *format, ...) TA_PRINTF(2, 3);
void cost_find_warnings(cost_run *run);
void cost_warnings_free(cost_warnings *warnings);

/* cost_file.c: a file that is there whole or not at all. */
typedef bool cost_writer(FILE *file, const cost_run *run);
/* Could it be written? TOOL_OK, or the exit status after a message. */
int cost_file_check(const char *path, const char *option);
int cost_file_write(const char *path, cost_writer *writer, const cost_run *run);

cost_writer cost_write_json, cost_write_csv, cost_write_html;

/* cost_terminal.c, cost_progress.c */
void cost_print(FILE *file, const cost_run *run);
void cost_progress(const cost_run *run, const cost_pair *pair);
void cost_progress_end(void);

#endif
