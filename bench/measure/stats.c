/* SPDX-License-Identifier: MIT
 *
 * Order statistics.
 */
#include "stats.h"

#include <stdlib.h>

static int compare(const void *a, const void *b) {
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

void stats_sort(double *values, size_t n) {
    if (n > 1) qsort(values, n, sizeof *values, compare);
}

double stats_quantile(const double *sorted, size_t n, double q) {
    double position = q * (double)(n - 1);
    size_t below = (size_t)position;

    if (below + 1 >= n) return sorted[n - 1];
    return sorted[below] + (position - (double)below) * (sorted[below + 1] - sorted[below]);
}

double stats_median(double *values, size_t n) {
    stats_sort(values, n);
    return stats_quantile(values, n, 0.5);
}

stats_summary stats_summarise(double *values, size_t n) {
    stats_summary summary = {.n = n};

    if (n == 0) return summary;
    stats_sort(values, n);
    summary.min = values[0];
    summary.p25 = stats_quantile(values, n, 0.25);
    summary.median = stats_quantile(values, n, 0.5);
    summary.p75 = stats_quantile(values, n, 0.75);
    summary.max = values[n - 1];
    return summary;
}

double stats_spread(const stats_summary *summary) {
    return summary->median > 0 ? (summary->p75 - summary->p25) / summary->median : 0;
}
