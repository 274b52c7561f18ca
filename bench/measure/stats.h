/* SPDX-License-Identifier: MIT
 *
 * Order statistics of a set of samples: the median and how far the samples spread.
 */
#ifndef TA_STATS_H
#define TA_STATS_H

#include <stddef.h>

typedef struct stats_summary {
    size_t n;
    double min, p25, median, p75, max; /* all 0 when n is 0 */
} stats_summary;

/* Sorts values[0..n) in ascending order. The values are finite. */
void stats_sort(double *values, size_t n);

/* The q-quantile (0 <= q <= 1) of ascending values, n > 0: linear between the two neighbours, as R
 * (type 7) and NumPy have it by default. */
double stats_quantile(const double *sorted, size_t n, double q);

/* The median of n > 0 values, which it sorts. */
double stats_median(double *values, size_t n);

/* All of it; sorts the values. */
stats_summary stats_summarise(double *values, size_t n);

/* (p75 - p25) / median; 0 where the median is 0. */
double stats_spread(const stats_summary *summary);

#endif
