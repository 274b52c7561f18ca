/* SPDX-License-Identifier: MIT
 *
 * What `ta cost` makes of its samples: order statistics, and the classes of distance.
 */
#include "harness.h"

#include "group.h"
#include "stats.h"

/* Figures in the tests have exact binary values, save where a factor of 0.1 is named. */
#define assert_close(a, b) assert_true((a) - (b) < 1e-9 && (b) - (a) < 1e-9)

/* ---- statistics ------------------------------------------------------------------------------ */

static void quantiles_of_an_odd_count(void **state) {
    double values[] = {5, 1, 4, 2, 3};
    stats_summary summary = stats_summarise(values, 5);

    (void)state;
    assert_int_equal(summary.n, 5);
    assert_close(summary.min, 1);
    assert_close(summary.p25, 2);
    assert_close(summary.median, 3);
    assert_close(summary.p75, 4);
    assert_close(summary.max, 5);
}

/* Between two values: numpy.quantile([10, 20, 30, 40], [0.25, 0.5, 0.75]). */
static void quantiles_between_two_values(void **state) {
    double values[] = {40, 10, 30, 20};
    stats_summary summary = stats_summarise(values, 4);

    (void)state;
    assert_close(summary.p25, 17.5);
    assert_close(summary.median, 25);
    assert_close(summary.p75, 32.5);
}

static void quantiles_at_the_ends(void **state) {
    const double sorted[] = {1, 2, 4, 8};

    (void)state;
    assert_close(stats_quantile(sorted, 4, 0), 1);
    assert_close(stats_quantile(sorted, 4, 1), 8);
    assert_close(stats_quantile(sorted, 4, 0.1), 1.3);
    assert_close(stats_quantile(sorted, 1, 0.5), 1);
}

static void one_value_is_all_of_its_statistics(void **state) {
    double values[] = {7};
    stats_summary summary = stats_summarise(values, 1);

    (void)state;
    assert_int_equal(summary.n, 1);
    assert_close(summary.min, 7);
    assert_close(summary.p25, 7);
    assert_close(summary.median, 7);
    assert_close(summary.p75, 7);
    assert_close(summary.max, 7);
    assert_close(stats_spread(&summary), 0);
}

static void no_value_gives_zeroes(void **state) {
    double values[] = {7};
    stats_summary summary = stats_summarise(values, 0);

    (void)state;
    assert_int_equal(summary.n, 0);
    assert_close(summary.median, 0);
    assert_close(stats_spread(&summary), 0);
}

static void median_sorts_its_values(void **state) {
    double values[] = {3, -1, 2, 2, 100, 0};

    (void)state;
    assert_close(stats_median(values, 6), 2);
    for (size_t i = 1; i < 6; i++) assert_true(values[i - 1] <= values[i]);
}

static void an_outlier_moves_the_maximum_alone(void **state) {
    double values[] = {10, 11, 12, 13, 1e9};
    stats_summary summary = stats_summarise(values, 5);

    (void)state;
    assert_close(summary.median, 12);
    assert_close(summary.p75, 13);
    assert_close(summary.max, 1e9);
    assert_close(stats_spread(&summary), 2.0 / 12);
}

/* ---- groups ---------------------------------------------------------------------------------- */

static group_kind group_at(double floor_ns, double share) {
    group_probe probe = {.floor_ns = floor_ns, .share = share};

    return group_of(&probe, 200);
}

static void group_by_floor_and_share(void **state) {
    (void)state;
    assert_int_equal(group_at(50, 1), GROUP_NEAR);
    assert_int_equal(group_at(199.9, 1), GROUP_NEAR);
    assert_int_equal(group_at(200, 1), GROUP_FAR);
    assert_int_equal(group_at(50, 0.5), GROUP_SIBLING);
    assert_int_equal(group_at(900, 0.5), GROUP_SIBLING); /* the share decides */
    assert_int_equal(group_at(50, 0.74), GROUP_SIBLING);
    assert_int_equal(group_at(50, 0.76), GROUP_NEAR);
}

static bool stayed(double floor_before, double share_before, double floor_after, double share_after,
                   group_kind *group) {
    group_probe before = {.floor_ns = floor_before, .share = share_before};
    group_probe after = {.floor_ns = floor_after, .share = share_after};

    return group_stayed(&before, &after, 200, group);
}

static void who_stays_keeps_its_group(void **state) {
    group_kind group = GROUP_SELF;

    (void)state;
    assert_true(stayed(100, 1, 100, 1, &group));
    assert_int_equal(group, GROUP_NEAR);
    assert_true(stayed(400, 1, 500, 1, &group)); /* 25 % more, not more than that */
    assert_int_equal(group, GROUP_FAR);
    assert_true(stayed(500, 1, 400, 1, &group));
    assert_true(stayed(40, 0.5, 44, 0.55, &group));
    assert_int_equal(group, GROUP_SIBLING);
}

static void who_moves_has_no_group(void **state) {
    group_kind group = GROUP_SELF;

    (void)state;
    assert_false(stayed(100, 1, 130, 1, &group)); /* both near, and yet moved */
    assert_false(stayed(130, 1, 100, 1, &group));
    assert_false(stayed(190, 1, 210, 1, &group)); /* from near to far */
    assert_false(stayed(60, 0.5, 60, 1, &group)); /* from one core to two */
    assert_int_equal(group, GROUP_SELF);          /* untouched */
}

static void groups_have_names(void **state) {
    (void)state;
    assert_string_equal(group_name(GROUP_SIBLING), "sibling");
    assert_string_equal(group_name(GROUP_NEAR), "near");
    assert_string_equal(group_name(GROUP_FAR), "far");
    assert_string_equal(group_name(GROUP_SELF), "self");
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_of_an_odd_count),
        cmocka_unit_test(quantiles_between_two_values),
        cmocka_unit_test(quantiles_at_the_ends),
        cmocka_unit_test(one_value_is_all_of_its_statistics),
        cmocka_unit_test(no_value_gives_zeroes),
        cmocka_unit_test(median_sorts_its_values),
        cmocka_unit_test(an_outlier_moves_the_maximum_alone),
        cmocka_unit_test(group_by_floor_and_share),
        cmocka_unit_test(who_stays_keeps_its_group),
        cmocka_unit_test(who_moves_has_no_group),
        cmocka_unit_test(groups_have_names),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
