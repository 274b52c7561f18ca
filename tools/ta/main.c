/* SPDX-License-Identifier: MIT
 *
 * The tool `ta`: picks the command, and says what went wrong.
 */
#include "tool.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for one line that quotes the longest path. */
#define LINE_SIZE 8192

static void say(const char *command, const char *format, va_list arguments) {
    char line[LINE_SIZE];

    vsnprintf(line, sizeof line, format, arguments);
    for (char *at = line; *at != 0; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f) *at = '?';
    if (command != NULL)
        fprintf(stderr, "ta %s: %s\n", command, line);
    else
        fprintf(stderr, "ta: %s\n", line);
}

int tool_usage_error(const char *command, const char *format, ...) {
    va_list arguments;

    va_start(arguments, format);
    say(command, format, arguments);
    va_end(arguments);
    return TOOL_USAGE;
}

int tool_failure(const char *command, const char *format, ...) {
    va_list arguments;

    va_start(arguments, format);
    say(command, format, arguments);
    va_end(arguments);
    return TOOL_FAILED;
}

int tool_library_failure(const char *command, ta_status status) {
    const char *text = ta_last_error();

    return tool_failure(command, "%s", *text != 0 ? text : ta_status_message(status));
}

int tool_finish_stdout(const char *command) {
    /* After a write that failed earlier, its errno is the best there is. */
    if (!ferror(stdout)) errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout)) return TOOL_OK;
    return tool_failure(command, "cannot write to standard output: %s",
                        errno != 0 ? strerror(errno) : "an earlier write failed");
}

typedef struct tool_command {
    const char *name;
    int (*run)(int argc, char **argv);
} tool_command;

static const tool_command commands[] = {
    {"topology", ta_topology_main},
    {"cost", ta_cost_main},
};

#define ACCEPTED "topology, cost, help, --help, --version"

static const char help_text[] =
    "usage: ta COMMAND [OPTION...]\n"
    "\n"
    "  ta topology    what libta sees of this machine, or of a described one, what it would use,\n"
    "                 and why it leaves a processor out\n"
    "  ta cost        what a transfer between the processors of this machine costs\n"
    "  ta help        this text; 'ta help COMMAND' or 'ta COMMAND --help' tells a command's "
    "options\n"
    "  ta --version   the version\n"
    "\n"
    "Exit status: 0 done, 1 failed, 2 bad arguments. The manual page ta(1) has it all.\n";

static const tool_command *find_command(const char *name) {
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(commands[i].name, name) == 0) return &commands[i];
    return NULL;
}

static int unknown_command(const char *name) {
    if (*name == '-')
        return tool_usage_error(NULL, "unknown option '%s'; accepted: " ACCEPTED, name);
    return tool_usage_error(NULL, "'%s' is not a command; accepted: " ACCEPTED, name);
}

/* ta help, ta help COMMAND */
static int help(int argc, char **argv) {
    if (argc > 2)
        return tool_usage_error("help", "unexpected '%s'; accepted: one command", argv[2]);
    if (argc == 2 && strcmp(argv[1], "help") != 0) {
        char option[] = "--help";
        char *arguments[] = {argv[1], option, NULL};
        const tool_command *command = find_command(argv[1]);
        if (command == NULL) return unknown_command(argv[1]);
        return command->run(2, arguments);
    }
    fputs(help_text, stdout);
    return tool_finish_stdout(NULL);
}

int main(int argc, char **argv) {
    /* hwloc complains on stderr about files that contradict themselves; the tool says one line of
     * its own. Before any thread starts, and not against the user's own setting. */
    setenv("HWLOC_HIDE_ERRORS", "2", 0);
    if (argc < 2)
        return tool_usage_error(NULL,
                                "no command (usage: ta COMMAND [OPTION...]); accepted: " ACCEPTED);

    const tool_command *command = find_command(argv[1]);
    if (command != NULL) return command->run(argc - 1, argv + 1);
    if (strcmp(argv[1], "help") == 0) return help(argc - 1, argv + 1);

    bool is_help = strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0;
    if (!is_help && strcmp(argv[1], "--version") != 0) return unknown_command(argv[1]);
    if (argc > 2)
        return tool_usage_error(NULL, "unexpected '%s' after %s; accepted: nothing", argv[2],
                                argv[1]);
    if (is_help)
        fputs(help_text, stdout);
    else
        printf("ta %s\n", ta_version());
    return tool_finish_stdout(NULL);
}
