/* SPDX-License-Identifier: MIT
 *
 * The JSON writer. Containers up to two deep have each item on a line of its own; what is deeper
 * stands on its container's line, so that a list of records has one line per record.
 */
#include "json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define JSON_LINES_TO_DEPTH 2

void json_begin(json_writer *json, FILE *file) {
    memset(json, 0, sizeof *json);
    json->file = file;
}

bool json_end(json_writer *json) {
    if (json->depth != 0 || !json->complete) json->misused = true;
    fputc('\n', json->file);
    bool arrived = fflush(json->file) == 0 && !ferror(json->file);
    return arrived && !json->misused;
}

static void json_new_line(const json_writer *json) {
    fputc('\n', json->file);
    for (unsigned i = 0; i < json->depth; i++) fputs("  ", json->file);
}

/* How many bytes the well-formed UTF-8 sequence at `text` has, 0 when it is none (Unicode 15,
 * table 3-7: no overlong form, no surrogate, nothing above U+10FFFF). */
static size_t utf8_length(const unsigned char *text) {
    unsigned char lead = text[0], low = 0x80, high = 0xbf;
    size_t length;

    if (lead < 0x80) return 1;
    if (lead >= 0xc2 && lead <= 0xdf) {
        length = 2;
    } else if ((lead & 0xf0) == 0xe0) {
        length = 3;
        if (lead == 0xe0) low = 0xa0;
        if (lead == 0xed) high = 0x9f;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
        length = 4;
        if (lead == 0xf0) low = 0x90;
        if (lead == 0xf4) high = 0x8f;
    } else {
        return 0;
    }
    if (text[1] < low || text[1] > high) return 0;
    for (size_t i = 2; i < length; i++) /* a terminating 0 is no continuation: it stops here */
        if ((text[i] & 0xc0) != 0x80) return 0;
    return length;
}

static void json_text(const json_writer *json, const char *value) {
    const unsigned char *at = (const unsigned char *)value;

    fputc('"', json->file);
    while (*at != 0) {
        size_t length = utf8_length(at);
        if (length == 0) {
            fputs("\\ufffd", json->file);
            length = 1;
        } else if (*at == '"' || *at == '\\') {
            fprintf(json->file, "\\%c", *at);
        } else if (*at < 0x20 || *at == 0x7f || *at == '<') {
            fprintf(json->file, "\\u%04x", *at);
        } else {
            fwrite(at, 1, length, json->file);
        }
        at += length;
    }
    fputc('"', json->file);
}

/* What stands before every value: the comma, the line, the key. */
static void json_item(json_writer *json, const char *key) {
    if (json->depth == 0) {
        if (json->complete || key != NULL) json->misused = true;
        json->complete = true;
        return;
    }
    unsigned top = json->depth - 1;
    if (json->has_item[top]) fputc(',', json->file);
    if (json->depth <= JSON_LINES_TO_DEPTH)
        json_new_line(json);
    else if (json->has_item[top])
        fputc(' ', json->file);
    json->has_item[top] = true;
    if ((key != NULL) != (json->closer[top] == '}')) json->misused = true;
    if (key != NULL) {
        json_text(json, key);
        fputs(": ", json->file);
    }
}

static void json_open(json_writer *json, const char *key, char opener, char closer) {
    json_item(json, key);
    if (json->depth == JSON_DEPTH_MAX) {
        json->misused = true;
        return;
    }
    fputc(opener, json->file);
    json->closer[json->depth] = closer;
    json->has_item[json->depth] = false;
    json->depth++;
}

static void json_close(json_writer *json, char closer) {
    if (json->depth == 0 || json->closer[json->depth - 1] != closer) {
        json->misused = true;
        return;
    }
    json->depth--;
    if (json->has_item[json->depth] && json->depth < JSON_LINES_TO_DEPTH) json_new_line(json);
    fputc(closer, json->file);
}

void json_object_open(json_writer *json, const char *key) { json_open(json, key, '{', '}'); }
void json_object_close(json_writer *json) { json_close(json, '}'); }
void json_array_open(json_writer *json, const char *key) { json_open(json, key, '[', ']'); }
void json_array_close(json_writer *json) { json_close(json, ']'); }

void json_string(json_writer *json, const char *key, const char *value) {
    json_item(json, key);
    if (value == NULL)
        fputs("null", json->file);
    else
        json_text(json, value);
}

void json_int(json_writer *json, const char *key, int64_t value) {
    json_item(json, key);
    fprintf(json->file, "%lld", (long long)value);
}

void json_uint(json_writer *json, const char *key, uint64_t value) {
    json_item(json, key);
    fprintf(json->file, "%llu", (unsigned long long)value);
}

void json_double(json_writer *json, const char *key, double value) {
    char text[40];

    if (!isfinite(value)) {
        json_null(json, key);
        return;
    }
    json_item(json, key);
    snprintf(text, sizeof text, "%.15g", value);
    double back = strtod(text, NULL);
    if (back < value || back > value) snprintf(text, sizeof text, "%.17g", value);
    fputs(text, json->file);
}

void json_bool(json_writer *json, const char *key, bool value) {
    json_item(json, key);
    fputs(value ? "true" : "false", json->file);
}

void json_null(json_writer *json, const char *key) {
    json_item(json, key);
    fputs("null", json->file);
}
