/* SPDX-License-Identifier: MIT
 *
 * A JSON writer for a FILE: it does the commas, the escapes and the indentation, and remembers
 * whether anything went wrong until json_end().
 *
 *     json_writer json;
 *     json_begin(&json, file);
 *     json_object_open(&json, NULL);
 *     json_int(&json, "caches", 2);
 *     json_array_open(&json, "names");
 *     json_string(&json, NULL, "a \"quoted\" one");
 *     json_array_close(&json);
 *     json_object_close(&json);
 *     if (!json_end(&json)) ... errno tells ...
 *
 * `key` is the member's name within an object, and NULL within an array and for the outermost
 * value. One outermost value per writer. Misuse (a close without its open, a key in an array, none
 * in an object, deeper than JSON_DEPTH_MAX) makes json_end() return false.
 */
#ifndef TA_TOOL_JSON_H
#define TA_TOOL_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_DEPTH_MAX 16

typedef struct json_writer {
    FILE *file;
    unsigned depth;                /* containers open now */
    char closer[JSON_DEPTH_MAX];   /* '}' or ']' of each */
    bool has_item[JSON_DEPTH_MAX]; /* something stands in it: the next one needs a comma */
    bool complete;                 /* the outermost value is there */
    bool misused;
} json_writer;

void json_begin(json_writer *json, FILE *file);
/* Flushes. True when one whole value was written, and all of it arrived. The FILE stays open. */
bool json_end(json_writer *json);

void json_object_open(json_writer *json, const char *key);
void json_object_close(json_writer *json);
void json_array_open(json_writer *json, const char *key);
void json_array_close(json_writer *json);

/* Bytes that are not UTF-8 are written as U+FFFD; NULL is written as null. '<' is escaped too, so
 * that the text may stand inside a script element of an HTML page. */
void json_string(json_writer *json, const char *key, const char *value);
void json_int(json_writer *json, const char *key, int64_t value);
void json_uint(json_writer *json, const char *key, uint64_t value);
/* The shortest of 15 or 17 digits that reads back as the same value; not finite: null. */
void json_double(json_writer *json, const char *key, double value);
void json_bool(json_writer *json, const char *key, bool value);
void json_null(json_writer *json, const char *key);

#endif
