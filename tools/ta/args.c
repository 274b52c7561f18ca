/* SPDX-License-Identifier: MIT
 *
 * Options of one command, on getopt_long(), with messages of our own.
 */
#include "args.h"

#include "tool.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* getopt_long() reports the option at index i of the list as FIRST_VALUE + i: above every
 * character, so that nothing collides with '?', ':' and the short options. */
#define FIRST_VALUE 256

/* "--synthetic, --xml, ..., --help" in `text`, cut where it does not fit. */
static const char *accepted_options(const tool_option *options, char *text, size_t size) {
    size_t used = 0;

    for (const tool_option *option = options; option->name != NULL && used < size; option++)
        used += (size_t)snprintf(text + used, size - used, "--%s, ", option->name);
    if (used < size) snprintf(text + used, size - used, "--help");
    return text;
}

static int unknown_option(const tool_args *args, const char *text, size_t length) {
    char accepted[512];

    tool_usage_error(args->command, "unknown option '%.*s'; accepted: %s", (int)length, text,
                     accepted_options(args->options, accepted, sizeof accepted));
    return TOOL_ARGS_ERROR;
}

/* getopt_long() answered '?' or ':'. */
static int bad_option(const tool_args *args, int answer) {
    if (optopt >= FIRST_VALUE + TOOL_ARGS_MAX) { /* --help=something */
        tool_usage_error(args->command, "--help takes no value; accepted: --help");
        return TOOL_ARGS_ERROR;
    }
    if (optopt >= FIRST_VALUE) {
        const tool_option *option = &args->options[optopt - FIRST_VALUE];
        if (answer == ':')
            tool_usage_error(args->command, "--%s needs a value; accepted: --%s %s", option->name,
                             option->name, option->value);
        else
            tool_usage_error(args->command, "--%s takes no value; accepted: --%s", option->name,
                             option->name);
        return TOOL_ARGS_ERROR;
    }
    if (optopt != 0) {
        char text[3] = {'-', (char)optopt, 0};
        return unknown_option(args, text, 2);
    }
    const char *text = args->argv[optind - 1];
    return unknown_option(args, text, strcspn(text, "="));
}

static int no_more_options(const tool_args *args) {
    if (optind >= args->argc) return TOOL_ARGS_END;
    char accepted[512];
    tool_usage_error(args->command, "unexpected '%s'; accepted: %s", args->argv[optind],
                     accepted_options(args->options, accepted, sizeof accepted));
    return TOOL_ARGS_ERROR;
}

/* The name of the option that was just read, as it was written, must be the whole name:
 * an abbreviation that works today may be ambiguous tomorrow. */
static bool is_abbreviated(const tool_args *args, const char *name, const char **written,
                           size_t *length) {
    bool value_apart = optarg != NULL && optarg == args->argv[optind - 1];
    *written = args->argv[optind - (value_apart ? 2 : 1)];
    *length = strcspn(*written, "=");
    return *length != strlen(name) + 2;
}

int tool_args_next(tool_args *args) {
    struct option longs[TOOL_ARGS_MAX + 2];
    size_t count = 0;

    for (; args->options[count].name != NULL; count++)
        longs[count] =
            (struct option){args->options[count].name,
                            args->options[count].value != NULL ? required_argument : no_argument,
                            NULL, FIRST_VALUE + (int)count};
    longs[count] = (struct option){"help", no_argument, NULL, FIRST_VALUE + TOOL_ARGS_MAX};
    longs[count + 1] = (struct option){NULL, 0, NULL, 0};

    opterr = 0; /* the messages are ours */
    /* "+": no permutation; an operand ends the options. ":": tell a missing value apart. */
    int answer = getopt_long(args->argc, args->argv, "+:h", longs, NULL);
    if (answer == -1) return no_more_options(args);
    if (answer == '?' || answer == ':') return bad_option(args, answer);
    if (answer == 'h') return TOOL_ARGS_HELP;

    bool help = answer == FIRST_VALUE + TOOL_ARGS_MAX;
    const char *name = help ? "help" : args->options[answer - FIRST_VALUE].name, *written;
    size_t length;
    if (is_abbreviated(args, name, &written, &length)) return unknown_option(args, written, length);
    if (help) return TOOL_ARGS_HELP;

    int id = args->options[answer - FIRST_VALUE].id;
    if ((args->seen >> id & 1) != 0) {
        tool_usage_error(args->command, "--%s is given twice; accepted: once", name);
        return TOOL_ARGS_ERROR;
    }
    args->seen |= UINT64_C(1) << id;
    args->value = optarg;
    return id;
}

bool tool_parse_uint(const char *text, uint64_t min, uint64_t max, uint64_t *out) {
    uint64_t value = 0;

    if (*text == 0) return false;
    for (; *text != 0; text++) {
        if (*text < '0' || *text > '9') return false;
        uint64_t digit = (uint64_t)(*text - '0');
        if (value > (UINT64_MAX - digit) / 10) return false;
        value = value * 10 + digit;
    }
    if (value < min || value > max) return false;
    *out = value;
    return true;
}

bool tool_parse_double(const char *text, double min, double max, double *out) {
    char *end;

    /* strtod() takes spaces, signs, hexadecimal, "inf" and "nan" too. */
    if (*text == '+' || *text == '-' || text[strspn(text, "0123456789.eE+-")] != 0) return false;
    double value = strtod(text, &end);
    if (end == text || *end != 0 || !isfinite(value)) return false;
    if (value < min || value > max) return false;
    *out = value;
    return true;
}
