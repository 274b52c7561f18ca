/* SPDX-License-Identifier: MIT
 *
 * The tool's JSON writer: commas and nesting, escapes, numbers, misuse, lost output.
 */
#include "harness.h"

#include "../tools/ta/json.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* The text that `write` makes, and what json_end() said. The caller frees it. */
static char *written(void (*write)(json_writer *json), bool *whole) {
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    json_writer json;

    assert_non_null(file);
    json_begin(&json, file);
    write(&json);
    *whole = json_end(&json);
    assert_int_equal(fclose(file), 0);
    return text;
}

static void assert_written(void (*write)(json_writer *json), const char *expected) {
    bool whole;
    char *text = written(write, &whole);

    assert_true(whole);
    assert_string_equal(text, expected);
    free(text);
}

static void assert_misuse(void (*write)(json_writer *json)) {
    bool whole;

    free(written(write, &whole));
    assert_false(whole);
}

static void write_nested(json_writer *json) {
    json_object_open(json, NULL);
    json_int(json, "a", -1);
    json_array_open(json, "b");
    json_object_open(json, NULL);
    json_bool(json, "c", true);
    json_array_open(json, "d");
    json_int(json, NULL, 1);
    json_int(json, NULL, 2);
    json_array_close(json);
    json_object_close(json);
    json_null(json, NULL);
    json_array_close(json);
    json_object_open(json, "e");
    json_object_close(json);
    json_object_close(json);
}

static void nesting_and_commas(void **state) {
    (void)state;
    assert_written(write_nested, "{\n  \"a\": -1,\n  \"b\": [\n    {\"c\": true, \"d\": [1, 2]},\n"
                                 "    null\n  ],\n  \"e\": {}\n}\n");
}

static void write_escapes(json_writer *json) {
    json_string(json, NULL, "\"\\/\b\n\x1f\x7f</script>");
}

static void control_characters_and_quotes(void **state) {
    (void)state;
    assert_written(write_escapes, "\"\\\"\\\\/\\u0008\\u000a\\u001f\\u007f\\u003c/script>\"\n");
}

static void write_utf8(json_writer *json) {
    json_string(json, NULL, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
}

static void utf8_stays(void **state) {
    (void)state;
    assert_written(write_utf8, "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"\n");
}

/* A lone continuation, a cut sequence at the end, an overlong '/', a surrogate, above U+10FFFF. */
static void write_no_utf8(json_writer *json) {
    json_array_open(json, NULL);
    json_string(json, NULL, "\x80");
    json_string(json, NULL, "a\xe2\x82");
    json_string(json, NULL, "\xc0\xaf");
    json_string(json, NULL, "\xed\xa0\x80");
    json_string(json, NULL, "\xf4\x90\x80\x80");
    json_array_close(json);
}

static void what_is_not_utf8_is_replaced(void **state) {
    (void)state;
    assert_written(write_no_utf8,
                   "[\n  \"\\ufffd\",\n  \"a\\ufffd\\ufffd\",\n  \"\\ufffd\\ufffd\",\n"
                   "  \"\\ufffd\\ufffd\\ufffd\",\n"
                   "  \"\\ufffd\\ufffd\\ufffd\\ufffd\"\n]\n");
}

static void write_integers(json_writer *json) {
    json_array_open(json, NULL);
    json_int(json, NULL, INT64_MIN);
    json_uint(json, NULL, UINT64_MAX);
    json_array_close(json);
}

static void integers_at_their_limits(void **state) {
    (void)state;
    assert_written(write_integers, "[\n  -9223372036854775808,\n  18446744073709551615\n]\n");
}

static void write_doubles(json_writer *json) {
    json_array_open(json, NULL);
    json_double(json, NULL, 0.1);
    json_double(json, NULL, 2);
    json_double(json, NULL, 1.0 / 3);
    json_double(json, NULL, DBL_MAX);
    json_double(json, NULL, (double)NAN);
    json_double(json, NULL, (double)-INFINITY);
    json_array_close(json);
}

static void doubles_read_back_and_non_finite_is_null(void **state) {
    (void)state;
    assert_written(write_doubles, "[\n  0.1,\n  2,\n  0.33333333333333331,\n"
                                  "  1.7976931348623157e+308,\n  null,\n  null\n]\n");
}

static void write_no_string(json_writer *json) { json_string(json, NULL, NULL); }

static void no_string_is_null(void **state) {
    (void)state;
    assert_written(write_no_string, "null\n");
}

static void write_nothing(json_writer *json) { (void)json; }
static void write_twice(json_writer *json) {
    json_int(json, NULL, 1);
    json_int(json, NULL, 2);
}
static void write_unclosed(json_writer *json) { json_object_open(json, NULL); }
static void write_crossed(json_writer *json) {
    json_object_open(json, NULL);
    json_array_close(json);
    json_object_close(json);
}
static void write_key_in_array(json_writer *json) {
    json_array_open(json, NULL);
    json_int(json, "key", 1);
    json_array_close(json);
}
static void write_no_key_in_object(json_writer *json) {
    json_object_open(json, NULL);
    json_int(json, NULL, 1);
    json_object_close(json);
}
static void write_too_deep(json_writer *json) {
    for (int i = 0; i <= JSON_DEPTH_MAX; i++) json_array_open(json, NULL);
    for (int i = 0; i <= JSON_DEPTH_MAX; i++) json_array_close(json);
}

static void misuse_is_told(void **state) {
    (void)state;
    assert_misuse(write_nothing);
    assert_misuse(write_twice);
    assert_misuse(write_unclosed);
    assert_misuse(write_crossed);
    assert_misuse(write_key_in_array);
    assert_misuse(write_no_key_in_object);
    assert_misuse(write_too_deep);
}

static void lost_output_is_told(void **state) {
    (void)state;
    FILE *full = fopen("/dev/full", "w");
    json_writer json;

    assert_non_null(full);
    json_begin(&json, full);
    json_int(&json, NULL, 1);
    assert_false(json_end(&json));
    fclose(full);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(nesting_and_commas),
        cmocka_unit_test(control_characters_and_quotes),
        cmocka_unit_test(utf8_stays),
        cmocka_unit_test(what_is_not_utf8_is_replaced),
        cmocka_unit_test(integers_at_their_limits),
        cmocka_unit_test(doubles_read_back_and_non_finite_is_null),
        cmocka_unit_test(no_string_is_null),
        cmocka_unit_test(misuse_is_told),
        cmocka_unit_test(lost_output_is_told),
    };

    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
