/* SPDX-License-Identifier: MIT
 *
 * `ta cost`: what a transfer between the processors of this machine costs. The options, the run
 * with its repetitions, and what becomes of the results.
 */
#include "cost.h"

#include "args.h"

#include <stdlib.h>
#include <string.h>

/* A pair that is visited less often than this says little: rather fewer pairs. */
#define REPETITIONS_MIN 3

#define TIME_MIN 0.1
#define TIME_MAX 3600.0
#define FAR_MIN 1.0
#define FAR_MAX 1e6

enum { OPTION_PAIRS = 1, OPTION_TIME, OPTION_FAR, OPTION_JSON, OPTION_CSV, OPTION_HTML };

static const tool_option option_list[] = {
    {OPTION_PAIRS, "pairs", "all|FROM:TO[,...]"},
    {OPTION_TIME, "time", "SECONDS"},
    {OPTION_FAR, "far", "NS"},
    {TOOL_MACHINE_PROCESSORS, "processors", "auto|all|N|<=N"},
    {TOOL_MACHINE_OS_PROCESSORS, "os-processors", "LIST"},
    {OPTION_JSON, "json", "FILE"},
    {OPTION_CSV, "csv", "FILE"},
    {OPTION_HTML, "html", "FILE"},
    {0, NULL, NULL},
};

static const char help_text[] =
    "usage: ta cost [--pairs all|FROM:TO[,...]] [--time SECONDS] [--far NS]\n"
    "               [--processors auto|all|N|<=N] [--os-processors LIST]\n"
    "               [--json FILE] [--csv FILE] [--html FILE]\n"
    "\n"
    "Measures what a transfer costs between every ordered pair of the processors of this machine,\n"
    "and prints the medians as heat maps.\n"
    "\n"
    "  --pairs FROM:TO[,...]  these pairs only; a processor's number as ta topology prints it, or "
    "*\n"
    "                         for all, on either side\n"
    "  --time SECONDS         how long to measure in all, 0.1 to 3600 (default 10)\n"
    "  --far NS               a pair whose cache line takes this long for a round trip is far\n"
    "                         (1 to 1000000, default 200)\n"
    "  --processors ...       which processors, as for ta topology\n"
    "  --os-processors LIST   only among these, as for ta topology\n"
    "  --json FILE            all results and samples\n"
    "  --csv FILE             a line for each sample\n"
    "  --html FILE            a page for the browser, which needs no network\n"
    "  --help                 this text\n"
    "\n"
    "One FILE may be -, standard output; then no heat map is printed. Ctrl-C ends the measuring\n"
    "and leaves the results so far; the exit status is then 130.\n";

/* ---- options --------------------------------------------------------------------------------- */

static bool take_number(const tool_args *args, const char *name, const char *what, double min,
                        double max, double *out) {
    if (tool_parse_double(args->value, min, max, out)) return true;
    tool_usage_error(COST_COMMAND,
                     "--%s: '%s' is not a number of %s in range; accepted: %g to %.0f", name,
                     args->value, what, min, max);
    return false;
}

static bool take_option(const tool_args *args, int id, cost_options *options) {
    switch (id) {
    case OPTION_PAIRS:
        options->pairs = args->value;
        return true;
    case OPTION_TIME:
        return take_number(args, "time", "seconds", TIME_MIN, TIME_MAX, &options->time_s);
    case OPTION_FAR:
        return take_number(args, "far", "nanoseconds", FAR_MIN, FAR_MAX, &options->far_ns);
    case OPTION_JSON:
        options->json = args->value;
        return true;
    case OPTION_CSV:
        options->csv = args->value;
        return true;
    case OPTION_HTML:
        options->html = args->value;
        return true;
    default:
        return tool_machine_option(args, id, &options->machine);
    }
}

static bool is_stdout(const char *path) { return path != NULL && strcmp(path, "-") == 0; }

/* Is standard output taken by a file? */
static bool takes_stdout(const cost_options *options) {
    return is_stdout(options->json) || is_stdout(options->csv) || is_stdout(options->html);
}

static int check_files(const cost_options *options) {
    if (is_stdout(options->json) + is_stdout(options->csv) + is_stdout(options->html) > 1)
        return tool_usage_error(COST_COMMAND, "- is given for several files; accepted: - for one "
                                              "of --json, --csv and --html");
    int result = cost_file_check(options->json, "json");
    if (result == TOOL_OK) result = cost_file_check(options->csv, "csv");
    if (result == TOOL_OK) result = cost_file_check(options->html, "html");
    return result;
}

/* ---- Ctrl-C ---------------------------------------------------------------------------------- */

static atomic_bool stop;
static atomic_int stop_signal;

static void on_signal(int signal) {
    atomic_store_explicit(&stop_signal, signal, memory_order_relaxed);
    atomic_store_explicit(&stop, true, memory_order_relaxed);
}

/* The second one ends the program as ever. */
static void catch_signals(void) {
    struct sigaction action = {.sa_handler = on_signal,
                               .sa_flags = (int)(SA_RESETHAND | SA_RESTART)};

    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static bool is_stopped(void) { return atomic_load_explicit(&stop, memory_order_relaxed); }

/* ---- the run --------------------------------------------------------------------------------- */

/* All pairs once, in an order of its own. The first repetition may take its share of the time and
 * no more: the pairs that it did not come to are left out, so that the others are visited often
 * enough. False: it failed. */
static bool run_repetition(cost_run *run, measure_duo *duo) {
    bool first = run->repetition == 0;
    int64_t budget_ns = run->deadline_ns - run->start_ns;
    int64_t end_ns = first ? run->start_ns + budget_ns / REPETITIONS_MIN : run->deadline_ns;

    cost_shuffle(run, run->planned);
    for (size_t i = 0; i < run->planned && !is_stopped() && duo_now() < end_ns; i++) {
        cost_pair *pair = &run->pairs[run->order[i]];
        cost_progress(run, pair);
        if (!cost_visit(run, duo, pair)) return false;
        if (first && i + 1 < run->planned && duo_now() >= end_ns) run->planned = i + 1;
    }
    return true;
}

static int measure_all(cost_run *run) {
    measure_duo *duo;
    ta_status status = duo_create(run->registry, &stop, &duo);
    bool done = true;

    if (status != TA_OK)
        return tool_failure(COST_COMMAND, "cannot start a thread: %s", ta_status_message(status));
    cost_read_steal(run, true);
    run->start_ns = duo_now();
    run->deadline_ns = run->start_ns + (int64_t)(run->options->time_s * 1e9);
    while (done && !is_stopped() && duo_now() < run->deadline_ns) {
        done = run_repetition(run, duo);
        run->repetition++;
    }
    run->end_ns = duo_now();
    run->interrupted = is_stopped();
    cost_read_steal(run, false);
    cost_progress_end();
    duo_destroy(duo);
    ta_unpin(); /* what follows may run anywhere */
    cost_find_warnings(run);
    return done ? TOOL_OK : TOOL_FAILED;
}

/* Files first: printing may end with the reader of a pipe. */
static int report(const cost_run *run) {
    const cost_options *options = run->options;
    int results[] = {cost_file_write(options->json, cost_write_json, run),
                     cost_file_write(options->csv, cost_write_csv, run),
                     cost_file_write(options->html, cost_write_html, run)};
    int result = TOOL_OK;

    for (size_t i = 0; i < sizeof results / sizeof *results; i++)
        if (results[i] != TOOL_OK) result = results[i];
    if (!takes_stdout(options)) {
        cost_print(stdout, run);
        int printed = tool_finish_stdout(COST_COMMAND);
        if (result == TOOL_OK) result = printed;
    }
    if (result == TOOL_OK && run->interrupted)
        result = 128 + atomic_load_explicit(&stop_signal, memory_order_relaxed);
    return result;
}

static int run_with(cost_run *run) {
    run->processors = ta_registry_processor_count(run->registry);
    run->random = (uint64_t)duo_now();
    run->load = calloc(run->processors, sizeof *run->load);
    if (run->load == NULL) return tool_failure(COST_COMMAND, "out of memory");
    int result = cost_plan(run, run->options->pairs);
    if (result == TOOL_OK) result = check_files(run->options);
    if (result != TOOL_OK) return result;
    cost_read_machine(&run->machine);
    catch_signals();
    result = measure_all(run);
    return result == TOOL_OK ? report(run) : result;
}

int ta_cost_main(int argc, char **argv) {
    tool_args args = {.command = COST_COMMAND, .options = option_list, .argc = argc, .argv = argv};
    cost_options options = {.pairs = "all", .time_s = 10, .far_ns = 200};
    cost_run run = {.options = &options};

    for (int id; (id = tool_args_next(&args)) != TOOL_ARGS_END;) {
        if (id == TOOL_ARGS_ERROR) return TOOL_USAGE;
        if (id == TOOL_ARGS_HELP) {
            fputs(help_text, stdout);
            return tool_finish_stdout(COST_COMMAND);
        }
        if (!take_option(&args, id, &options)) return TOOL_USAGE;
    }
    ta_status status = ta_registry_create(&options.machine, &run.registry);
    if (status != TA_OK) return tool_library_failure(COST_COMMAND, status);
    int result = run_with(&run);
    cost_results_free(&run);
    cost_warnings_free(&run.warnings);
    ta_registry_destroy(run.registry);
    return result;
}
