/* SPDX-License-Identifier: MIT
 *
 * Replies: how RESP writes values.
 */
#include "reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { ERROR_MAX = 1024, HEADER_MAX = 24 /* a type, an integer, a line end */ };

static void append_line(kvd_bytes *reply, char type, const char *text, size_t length) {
    char *room = kvd_bytes_reserve(reply, length + 3);
    if (room == NULL) return;
    room[0] = type;
    memcpy(room + 1, text, length);
    memcpy(room + 1 + length, "\r\n", 2);
    kvd_bytes_commit(reply, length + 3);
}

/* Digits from the end backwards; returns where they begin. */
static char *write_integer(char *end, int64_t value) {
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do *--end = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (value < 0) *--end = '-';
    return end;
}

static void append_header(kvd_bytes *reply, char type, int64_t value) {
    char line[HEADER_MAX], *end = line + sizeof line;
    memcpy(end -= 2, "\r\n", 2);
    char *begin = write_integer(end, value);
    *--begin = type;
    kvd_bytes_append(reply, begin, (size_t)(line + sizeof line - begin));
}

void kvd_reply_simple(kvd_bytes *reply, const char *text) {
    append_line(reply, '+', text, strlen(text));
}

void kvd_reply_ok(kvd_bytes *reply) { kvd_bytes_append(reply, "+OK\r\n", 5); }

void kvd_reply_error(kvd_bytes *reply, const char *text) {
    char line[ERROR_MAX];
    size_t length = strnlen(text, sizeof line);
    while (length > 0 && (text[length - 1] == '\r' || text[length - 1] == '\n')) length--;
    for (size_t i = 0; i < length; i++)
        line[i] = text[i] == '\r' || text[i] == '\n' ? ' ' : text[i];
    append_line(reply, '-', line, length);
}

void kvd_reply_error_format(kvd_bytes *reply, const char *format, ...) {
    char line[ERROR_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    kvd_reply_error(reply, line);
}

void kvd_reply_integer(kvd_bytes *reply, int64_t value) { append_header(reply, ':', value); }

void kvd_reply_bulk(kvd_bytes *reply, kvd_slice value) {
    append_header(reply, '$', (int64_t)value.length);
    char *room = kvd_bytes_reserve(reply, value.length + 2);
    if (room == NULL) return;
    if (value.length > 0) memcpy(room, value.data, value.length);
    memcpy(room + value.length, "\r\n", 2);
    kvd_bytes_commit(reply, value.length + 2);
}

void kvd_reply_text(kvd_bytes *reply, const char *text) {
    kvd_reply_bulk(reply, (kvd_slice){text, strlen(text)});
}

void kvd_reply_bulk_integer(kvd_bytes *reply, int64_t value) {
    char digits[HEADER_MAX], *end = digits + sizeof digits;
    char *begin = write_integer(end, value);
    kvd_reply_bulk(reply, (kvd_slice){begin, (size_t)(end - begin)});
}

void kvd_reply_null(kvd_bytes *reply, unsigned protocol) {
    const char *text = protocol == 2 ? "$-1\r\n" : "_\r\n";
    kvd_bytes_append(reply, text, strlen(text));
}

void kvd_reply_null_array(kvd_bytes *reply, unsigned protocol) {
    const char *text = protocol == 2 ? "*-1\r\n" : "_\r\n";
    kvd_bytes_append(reply, text, strlen(text));
}

void kvd_reply_array(kvd_bytes *reply, size_t count) { append_header(reply, '*', (int64_t)count); }

void kvd_reply_map(kvd_bytes *reply, unsigned protocol, size_t pairs) {
    append_header(reply, protocol == 2 ? '*' : '%', (int64_t)(protocol == 2 ? 2 * pairs : pairs));
}

void kvd_reply_set(kvd_bytes *reply, unsigned protocol, size_t count) {
    append_header(reply, protocol == 2 ? '*' : '~', (int64_t)count);
}

void kvd_reply_verbatim(kvd_bytes *reply, unsigned protocol, kvd_slice text) {
    static const char kind[4] = "txt:";
    if (protocol == 2) {
        kvd_reply_bulk(reply, text);
        return;
    }
    append_header(reply, '=', (int64_t)(text.length + sizeof kind));
    kvd_bytes_append(reply, kind, sizeof kind);
    kvd_bytes_append(reply, text.data, text.length);
    kvd_bytes_append(reply, "\r\n", 2);
}
