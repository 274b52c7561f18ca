/* SPDX-License-Identifier: MIT
 *
 * TA_ASSERT_HOME in a program that is built with NDEBUG.
 */
#ifndef NDEBUG
#define NDEBUG
#endif
#include "harness.h"

#include "ta/validator.h"

static void an_assertion_is_nothing(void **state) {
    (void)state;
    ta_validator nowhere = {TA_AFFINITY_UNKNOWN_INIT};
    unsigned evaluated = 0;
    TA_ASSERT_HOME((evaluated++, &nowhere));
    assert_int_equal(evaluated, 0);
    assert_false(ta_validator_is_home(&nowhere));
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_assertion_is_nothing),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
