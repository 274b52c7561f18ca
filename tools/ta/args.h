/* SPDX-License-Identifier: MIT
 *
 * The command line of one command: long options only, on getopt_long(), strictly. An unknown or
 * abbreviated option, an option given twice, a missing or superfluous value and an operand are
 * errors, reported in one line that says what is accepted.
 *
 *     static const tool_option options[] = {
 *         {OPTION_TIME, "time", "SECONDS"}, {OPTION_JSON, "json", "FILE"}, {0, NULL, NULL}};
 *     tool_args args = {.command = "cost", .options = options, .argc = argc, .argv = argv};
 *     for (int id; (id = tool_args_next(&args)) != TOOL_ARGS_END;)
 *         switch (id) {
 *         case TOOL_ARGS_ERROR: return TOOL_USAGE;
 *         case TOOL_ARGS_HELP: puts(help); return tool_finish_stdout("cost");
 *         case OPTION_TIME: ... args.value ...
 *         }
 */
#ifndef TA_TOOL_ARGS_H
#define TA_TOOL_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ta/registry.h"

/* One option. The list ends with a NULL name and has at most TOOL_ARGS_MAX entries; --help and -h
 * are always there and are not listed. */
#define TOOL_ARGS_MAX 30
typedef struct tool_option {
    int id;            /* 1 to 63, unique within the list */
    const char *name;  /* without the dashes */
    const char *value; /* what its value is called in messages ("FILE"); NULL: it has none */
} tool_option;

typedef struct tool_args {
    const char *command; /* for messages */
    const tool_option *options;
    int argc;
    char **argv;       /* argv[0] is the command's name */
    const char *value; /* out: the value of the option returned last; points into argv */
    uint64_t seen;     /* out: bit `id` is set for every option met so far; 0 at the start */
} tool_args;

/* Results of tool_args_next() other than an id. */
enum { TOOL_ARGS_END = -1, TOOL_ARGS_ERROR = 0, TOOL_ARGS_HELP = 64 };

/* The next option's id; TOOL_ARGS_HELP; TOOL_ARGS_END after the last; TOOL_ARGS_ERROR after the
 * message was written. One command line per process (getopt's state is global). */
int tool_args_next(tool_args *args);

/* The whole text is a decimal whole number, or a finite decimal number ("2", "0.5", "1e3"; no
 * sign, no space, no hexadecimal), in [min, max]; else false and *out is untouched. */
bool tool_parse_uint(const char *text, uint64_t min, uint64_t max, uint64_t *out);
bool tool_parse_double(const char *text, double min, double max, double *out);

/* The options that choose a machine and its processors, for every command that makes a registry:
 * their ids, the entries for its list, and what takes their values. */
enum {
    TOOL_MACHINE_SYNTHETIC = 50,
    TOOL_MACHINE_XML,
    TOOL_MACHINE_PROCESSORS,
    TOOL_MACHINE_OS_PROCESSORS,
    TOOL_MACHINE_SPREAD,
    TOOL_MACHINE_ONE_PER_CORE
};
#define TOOL_MACHINE_OPTIONS                                                                       \
    {TOOL_MACHINE_SYNTHETIC, "synthetic", "DESCRIPTION"}, {TOOL_MACHINE_XML, "xml", "FILE"},       \
        {TOOL_MACHINE_PROCESSORS, "processors", "auto|all|N|<=N"},                                 \
        {TOOL_MACHINE_OS_PROCESSORS, "os-processors", "LIST"},                                     \
        {TOOL_MACHINE_SPREAD, "spread", NULL}, {                                                   \
        TOOL_MACHINE_ONE_PER_CORE, "one-per-core", NULL                                            \
    }

/* Puts the option `id`, one of the above, which tool_args_next() has just returned, into *options
 * (all zero at first). False after the message was written. *options points into argv
 * afterwards. */
bool tool_machine_option(const tool_args *args, int id, ta_registry_options *options);

#endif
