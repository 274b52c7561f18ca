// SPDX-License-Identifier: MIT
//
// What "where am I" costs, beside the other ways to ask. Run it through
// script/bench --only affinity.
#include "bench_affinity.h"
#include "rows.h"

int main(int argc, char **argv) {
    if (!bench::SetStage("bench_affinity")) return 1;
    bench::RegisterTurns(bench_affinity_groups, 1);
    return bench::RunAll(argc, argv);
}
