/* SPDX-License-Identifier: MIT
 *
 * Status codes, their texts, the last error of each thread, the version.
 */
#include "harness.h"

#include "ta.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static void every_status_has_its_own_message(void **state) {
    (void)state;
    static const ta_status all[] = {
#define ENTRY(name, value, message) name,
        TA_STATUS_LIST(ENTRY)
#undef ENTRY
    };
    size_t count = sizeof all / sizeof *all;
    for (size_t i = 0; i < count; i++) {
        assert_true(strlen(ta_status_message(all[i])) > 0);
        for (size_t j = i + 1; j < count; j++) {
            assert_int_not_equal(all[i], all[j]);
            assert_string_not_equal(ta_status_message(all[i]), ta_status_message(all[j]));
        }
    }
}

static void success_is_zero_and_failures_are_negative(void **state) {
    (void)state;
    assert_int_equal(TA_OK, 0);
#define CHECK(name, value, message) assert_true((int)(name) == (value) && (int)(name) <= 0);
    TA_STATUS_LIST(CHECK)
#undef CHECK
}

static void a_status_knows_its_name(void **state) {
    (void)state;
    assert_string_equal(ta_status_name(TA_OK), "TA_OK");
    assert_string_equal(ta_status_name(TA_E_TOO_FEW), "TA_E_TOO_FEW");
}

static void a_value_that_is_no_status_is_answered(void **state) {
    (void)state;
    assert_string_equal(ta_status_message((ta_status)-1000), "no such status");
    assert_string_equal(ta_status_name((ta_status)-1000), "TA_E_?");
}

static void a_failure_names_the_function_and_the_value(void **state) {
    (void)state;
    ta_affinity out;
    assert_int_equal(ta_affinity_make(7, 4, 0, 1, 0, 1, &out), TA_E_RANGE);
    assert_non_null(strstr(ta_last_error(), "ta_affinity_make: "));
    assert_non_null(strstr(ta_last_error(), "7 of 4"));
}

static void success_leaves_the_last_error_alone(void **state) {
    (void)state;
    ta_affinity out;
    assert_int_equal(ta_affinity_make(7, 4, 0, 1, 0, 1, &out), TA_E_RANGE);
    char before[256];
    snprintf(before, sizeof before, "%s", ta_last_error());
    assert_int_equal(ta_affinity_make(3, 4, 0, 1, 0, 1, &out), TA_OK);
    assert_string_equal(ta_last_error(), before);
}

static void *fail_elsewhere(void *unused) {
    (void)unused;
    static const char fresh[] = "fresh", stale[] = "stale";
    const char *verdict = ta_last_error()[0] == '\0' ? fresh : stale;
    ta_affinity_make(0, 0, 0, 0, 0, 0, NULL);
    return (void *)(uintptr_t)verdict;
}

static void each_thread_has_its_own_last_error(void **state) {
    (void)state;
    ta_affinity out;
    pthread_t thread;
    void *verdict;
    assert_int_equal(ta_affinity_make(7, 4, 0, 1, 0, 1, &out), TA_E_RANGE);
    assert_int_equal(pthread_create(&thread, NULL, fail_elsewhere, NULL), 0);
    assert_int_equal(pthread_join(thread, &verdict), 0);
    assert_string_equal(verdict, "fresh");
    assert_non_null(strstr(ta_last_error(), "7 of 4"));
}

static void a_text_of_ones_own_is_copied(void **state) {
    (void)state;
    char text[] = "no route to the server";
    assert_int_equal(ta_set_last_error(TA_E_SYSTEM, text), TA_E_SYSTEM);
    text[0] = 'X';
    assert_string_equal(ta_last_error(), "no route to the server");
    assert_int_equal(ta_set_last_error(TA_E_NOMEM, ta_last_error() + 3), TA_E_NOMEM);
    assert_string_equal(ta_last_error(), "route to the server");
    assert_int_equal(ta_set_last_error(TA_E_NOMEM, NULL), TA_E_NOMEM);
    assert_string_equal(ta_last_error(), ta_status_message(TA_E_NOMEM));
}

static void a_long_text_is_cut(void **state) {
    (void)state;
    char text[1000];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    ta_set_last_error(TA_E_SYSTEM, text);
    assert_int_equal(strlen(ta_last_error()), 255);
    memset(text, 'b', 255); /* no end within what is copied */
    ta_set_last_error(TA_E_SYSTEM, text);
    assert_int_equal(strspn(ta_last_error(), "b"), 255);
}

static void the_version_is_the_one_compiled_against(void **state) {
    (void)state;
    assert_string_equal(ta_version(), TA_VERSION_STRING);
    char expected[32];
    snprintf(expected, sizeof expected, "%d.%d.%d", TA_VERSION_MAJOR, TA_VERSION_MINOR,
             TA_VERSION_PATCH);
    assert_string_equal(ta_version(), expected);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_its_own_message),
        cmocka_unit_test(success_is_zero_and_failures_are_negative),
        cmocka_unit_test(a_status_knows_its_name),
        cmocka_unit_test(a_value_that_is_no_status_is_answered),
        cmocka_unit_test(a_failure_names_the_function_and_the_value),
        cmocka_unit_test(success_leaves_the_last_error_alone),
        cmocka_unit_test(each_thread_has_its_own_last_error),
        cmocka_unit_test(a_text_of_ones_own_is_copied),
        cmocka_unit_test(a_long_text_is_cut),
        cmocka_unit_test(the_version_is_the_one_compiled_against),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
