/* SPDX-License-Identifier: MIT
 *
 * Closures and calls between two ports: the benchmarks' contenders, with fewer messages, since a visit
 * of a pair has little time.
 */
#include "measure.h"
#include "measure_pair.h"

enum { CLOSURES_WARM_UP = 1024, CLOSURES = CLOSURES_WARM_UP + 8192 };
enum { TRIPS_WARM_UP = 32, TRIPS = TRIPS_WARM_UP + 512 };

measure_outcome measure_closures(measure_duo *duo, double *closure_ns) {
    pair_job job = {.warm_up = CLOSURES_WARM_UP, .count = CLOSURES};
    return measure_pair(duo, pair_find(port_streams(), "lines", "closure"), &job, closure_ns);
}

measure_outcome measure_call(measure_duo *duo, double *round_trip_ns) {
    pair_job job = {.warm_up = TRIPS_WARM_UP, .count = TRIPS};
    return measure_pair(duo, pair_find(port_calls(), "round_trip", "call"), &job, round_trip_ns);
}
