/* SPDX-License-Identifier: MIT
 *
 * The parser of requests.
 *
 * While a command is incomplete, its arguments hold offsets from its first byte in the place of
 * pointers: the bytes may lie elsewhere at the next call.
 *
 * It takes what redis 7.0 takes, and refuses what that refuses with the same words, but for three
 * things. A line is too long at KVD_LINE_MAX bytes however it arrives, while redis looks when it has
 * read and found no line end. An array has at most args_max arguments, in redis INT_MAX. A NUL in an
 * inline command is a blank, while redis does not see what is behind it. As in redis, the two bytes
 * behind a bulk string are not looked at, nor the one behind a CR.
 */
#include "resp.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { FIRST_ARGS = 8, KEPT_ARGS = 1024 };

#define NO_BULK SIZE_MAX

/* What one step gives besides the three answers: bytes that are no command. */
typedef enum step { MORE, COMMAND, ERROR, EMPTY } step;

/* The bytes from the begin of the current command on. */
typedef struct input {
    char *data;
    size_t length;
} input;

void kvd_parser_init(kvd_parser *parser, const ta_allocator *allocator) {
    *parser = (kvd_parser){.bulk_max = KVD_BULK_MAX,
                           .args_max = KVD_ARGS_MAX,
                           .allocator = allocator,
                           .bulk = NO_BULK};
}

static void release_args(kvd_parser *parser) {
    ta_array_release(&kvd_slice_type, parser->args);
    parser->args = NULL;
    parser->count = parser->capacity = 0;
}

void kvd_parser_clear(kvd_parser *parser) {
    release_args(parser);
    kvd_parser_init(parser, parser->allocator);
}

/* The next byte begins a command. */
static void begin(kvd_parser *parser) {
    if (parser->capacity > KEPT_ARGS) release_args(parser);
    parser->count = parser->expected = 0;
    parser->bulk = NO_BULK;
    parser->at = parser->scanned = 0;
}

static step fail(kvd_parser *parser, const char *what) {
    snprintf(parser->error, sizeof parser->error, "ERR Protocol error: %s", what);
    return ERROR;
}

/* ---- arguments ------------------------------------------------------------------------------- */

static bool add_argument(kvd_parser *parser, size_t offset, size_t length) {
    if (parser->count == parser->capacity) {
        uint32_t capacity = parser->capacity < FIRST_ARGS ? FIRST_ARGS : 2 * parser->capacity;
        kvd_slice *args = ta_array_resize(&kvd_slice_type, parser->args, parser->count, capacity,
                                          parser->allocator);
        if (args == NULL) return false;
        parser->args = args;
        parser->capacity = capacity;
    }
    parser->args[parser->count++] = (kvd_slice){(const char *)(uintptr_t)offset, length};
    return true;
}

static void resolve_arguments(kvd_parser *parser, const char *data) {
    for (uint32_t i = 0; i < parser->count; i++)
        parser->args[i].data = data + (uintptr_t)parser->args[i].data;
}

/* ---- lines ----------------------------------------------------------------------------------- */

/* The length of the line at parser->at, which `end` ends with `behind` more bytes to follow.
 * `too_long`: the error for a line without end. */
static step find_line(kvd_parser *parser, input in, char end, size_t behind, const char *too_long,
                      size_t *length) {
    size_t from = parser->at, limit = in.length - from;
    if (limit > KVD_LINE_MAX) limit = KVD_LINE_MAX;
    if (parser->scanned < from) parser->scanned = from;
    size_t left = from + limit - parser->scanned;
    const char *found = left == 0 ? NULL : memchr(in.data + parser->scanned, end, left);
    parser->scanned = found == NULL ? from + limit : (size_t)(found - in.data);
    if (found == NULL) return limit == KVD_LINE_MAX ? fail(parser, too_long) : MORE;
    if (in.length - parser->scanned <= behind) return MORE;
    *length = parser->scanned - from;
    return COMMAND;
}

/* A line of a type and an integer, which ends with CR and one more byte. */
static step read_header(kvd_parser *parser, input in, const char *too_long, const char *invalid,
                        int64_t *value) {
    size_t length = 0;
    step found = find_line(parser, in, '\r', 1, too_long, &length);
    if (found != COMMAND) return found;
    kvd_slice digits = {in.data + parser->at + 1, length - 1};
    if (!kvd_slice_integer(digits, value)) return fail(parser, invalid);
    parser->at += length + 2;
    return COMMAND;
}

/* ---- arrays of bulk strings ------------------------------------------------------------------ */

static step read_array_header(kvd_parser *parser, input in) {
    static const char invalid[] = "invalid multibulk length";
    int64_t count;
    step found = read_header(parser, in, "too big mbulk count string", invalid, &count);
    if (found != COMMAND) return found;
    if (count <= 0) return EMPTY;
    if (count > parser->args_max) return fail(parser, invalid);
    if (count > KVD_STRANGER_ARGS_MAX && parser->is_stranger)
        return fail(parser, "unauthenticated multibulk length");
    parser->expected = (uint32_t)count;
    return COMMAND;
}

static step read_bulk_header(kvd_parser *parser, input in) {
    static const char invalid[] = "invalid bulk length";
    int64_t length;
    if (parser->at == in.length) return MORE;
    if (in.data[parser->at] != '$') {
        snprintf(parser->error, sizeof parser->error, "ERR Protocol error: expected '$', got '%c'",
                 in.data[parser->at]);
        return ERROR;
    }
    step found = read_header(parser, in, "too big bulk count string", invalid, &length);
    if (found != COMMAND) return found;
    if (length < 0 || (uint64_t)length > parser->bulk_max) return fail(parser, invalid);
    if (length > KVD_STRANGER_BULK_MAX && parser->is_stranger)
        return fail(parser, "unauthenticated bulk length");
    parser->bulk = (size_t)length;
    return COMMAND;
}

static step read_array(kvd_parser *parser, input in) {
    if (parser->expected == 0) {
        step found = read_array_header(parser, in);
        if (found != COMMAND) return found;
    }
    while (parser->count < parser->expected) {
        if (parser->bulk == NO_BULK) {
            step found = read_bulk_header(parser, in);
            if (found != COMMAND) return found;
        }
        size_t left = in.length - parser->at;
        if (left < 2 || left - 2 < parser->bulk) return MORE;
        if (!add_argument(parser, parser->at, parser->bulk)) return fail(parser, "out of memory");
        parser->at += parser->bulk + 2;
        parser->bulk = NO_BULK;
    }
    return COMMAND;
}

/* ---- inline commands ------------------------------------------------------------------------- */

/* A line that is split into words; what quotes mean is written over the line itself, which
 * never becomes longer by it. */
typedef struct words {
    char *line, *end; /* end: behind the last byte of the line */
    char *next;       /* to be read */
    char *out;        /* to be written */
} words;

static bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static bool ends_word(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == 0; }

static int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* The byte that a backslash and what follows it stand for, in double quotes. */
static char read_escape(words *w) {
    char c = *w->next++;
    if (c == 'x' && w->end - w->next >= 2) {
        int high = hex_value(w->next[0]), low = hex_value(w->next[1]);
        if (high >= 0 && low >= 0) {
            w->next += 2;
            return (char)(high * 16 + low);
        }
    }
    switch (c) {
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'b':
        return '\b';
    case 'a':
        return '\a';
    default:
        return c;
    }
}

/* What stands between quotes; false when they are not closed, or something follows at once. */
static bool read_quoted(words *w, char quote) {
    while (w->next < w->end) {
        char c = *w->next++;
        bool has_next = w->next < w->end;
        if (c == quote) return !has_next || is_blank(*w->next);
        if (c == '\\' && quote == '"' && has_next)
            c = read_escape(w);
        else if (c == '\\' && has_next && *w->next == '\'')
            c = *w->next++;
        *w->out++ = c;
    }
    return false;
}

/* One word, its blanks before it skipped; false for quotes that are wrong. */
static bool read_word(words *w) {
    while (w->next < w->end && !ends_word(*w->next)) {
        char c = *w->next++;
        if (c != '"' && c != '\'') {
            *w->out++ = c;
            continue;
        }
        /* What is closed ends the word: a blank follows, or the line's end. */
        return read_quoted(w, c);
    }
    return true;
}

static step read_inline(kvd_parser *parser, input in) {
    size_t length = 0;
    step found = find_line(parser, in, '\n', 0, "too big inline request", &length);
    if (found != COMMAND) return found;
    parser->at = length + 1;
    if (length > 0 && in.data[length - 1] == '\r') length--;
    words w = {in.data, in.data + length, in.data, in.data};
    for (;;) {
        while (w.next < w.end && (is_blank(*w.next) || *w.next == 0)) w.next++;
        if (w.next == w.end) break;
        char *word = w.out;
        if (!read_word(&w)) return fail(parser, "unbalanced quotes in request");
        if (!add_argument(parser, (size_t)(word - in.data), (size_t)(w.out - word)))
            return fail(parser, "out of memory");
    }
    return parser->count == 0 ? EMPTY : COMMAND;
}

/* ---- the parser ------------------------------------------------------------------------------ */

kvd_parse kvd_parser_next(kvd_parser *parser, char *data, size_t length, size_t *consumed) {
    input in = {data, length};
    size_t dropped = 0;
    step done = EMPTY;
    if (parser->at == 0 && parser->scanned == 0) begin(parser);
    while (done == EMPTY) {
        if (in.length == 0) {
            done = MORE;
            break;
        }
        bool is_array = parser->expected > 0 || *in.data == '*';
        done = is_array ? read_array(parser, in) : read_inline(parser, in);
        if (done == MORE) break;
        if (done == COMMAND) resolve_arguments(parser, in.data);
        in.data += parser->at;
        in.length -= parser->at;
        dropped += parser->at;
        if (done == EMPTY) begin(parser);
        parser->at = parser->scanned = 0;
    }
    *consumed = dropped;
    return done == MORE ? KVD_PARSE_MORE : done == COMMAND ? KVD_PARSE_COMMAND : KVD_PARSE_ERROR;
}

size_t kvd_parser_wants(const kvd_parser *parser, size_t length) {
    if (parser->bulk == NO_BULK) return 1;
    size_t needed = parser->at + parser->bulk + 2;
    return needed > length ? needed - length : 1;
}
