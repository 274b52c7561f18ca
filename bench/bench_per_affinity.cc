// SPDX-License-Identifier: MIT
//
// What state per affinity costs, beside its peers. Run it through script/bench --only per_affinity
// for a table.
#include "bench_per_affinity.h"
#include "peers/add.h"
#include "rows.h"

int main(int argc, char **argv) {
    if (!bench::SetStage("bench_per_affinity")) return 1;
    bench::RegisterTurns(bench_reach_groups, bench_reach_group_count);
    bench::RegisterTurns(bench_count_group(), 1);
    bench::RegisterTurns(bench_handle_groups, bench_handle_group_count);
    bench::RegisterTurns(bench_making_groups, bench_making_group_count);
    bench::RegisterTurns(&bench_allocator_group, 1);
    bench::RegisterTurns(bench_storage_group(), 1);
    bench::NameMissingStates();
    return bench::RunAll(argc, argv);
}
