/* SPDX-License-Identifier: MIT
 *
 * What every cmocka test includes first: cmocka with the headers that it needs, and a main that
 * runs all cases, or the one that is named on the command line.
 */
#ifndef TA_TESTS_HARNESS_H
#define TA_TESTS_HARNESS_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

/* ctest runs each case by its name. A name that matches none must fail: cmocka's own filter would
 * run nothing and succeed. */
static inline int ta_test_main(int argc, char **argv, const struct CMUnitTest *tests,
                               size_t count) {
    if (argc < 2) return _cmocka_run_group_tests("all", tests, count, NULL, NULL);
    for (size_t i = 0; i < count; i++)
        if (strcmp(tests[i].name, argv[1]) == 0)
            return _cmocka_run_group_tests(argv[1], &tests[i], 1, NULL, NULL);
    fprintf(stderr, "%s: no such case: %s\n", argv[0], argv[1]);
    return 1;
}

#endif
