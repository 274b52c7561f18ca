/* SPDX-License-Identifier: MIT
 *
 * The tool `ta`: its commands, its exit statuses, and how it says that something went wrong.
 */
#ifndef TA_TOOL_TOOL_H
#define TA_TOOL_TOOL_H

#include "ta/base.h"

/* The exit statuses; man/ta.1 has the table. */
enum { TOOL_OK = 0, TOOL_FAILED = 1, TOOL_USAGE = 2 };

/* The commands. argv[0] is the command's name; the return value is the exit status. */
int ta_topology_main(int argc, char **argv);
int ta_cost_main(int argc, char **argv);

/* Each writes one line to stderr, "ta COMMAND: " (or "ta: " when `command` is NULL) and the text,
 * and returns the exit status, so that a caller can `return tool_failure(...)`. Control characters
 * in the text are written as '?', so that a file name cannot make a second line.
 *
 * A bad command line; the text says what is wrong and what is accepted:
 * "--time: 'x' is not a number of seconds; accepted: 0.1 to 3600". Returns TOOL_USAGE. */
int tool_usage_error(const char *command, const char *format, ...) TA_PRINTF(2, 3);
/* Something failed while running. Returns TOOL_FAILED. */
int tool_failure(const char *command, const char *format, ...) TA_PRINTF(2, 3);
/* A call of the library failed: its ta_last_error(), else the status's message. Returns
 * TOOL_FAILED. */
int tool_library_failure(const char *command, ta_status status);

/* Flushes stdout. Returns TOOL_OK, or TOOL_FAILED with a message when anything that was written to
 * it got lost (a full disk, a closed descriptor). For the end of a command. */
int tool_finish_stdout(const char *command);

#endif
