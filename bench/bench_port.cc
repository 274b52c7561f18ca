// SPDX-License-Identifier: MIT
//
// What messages cost a daemon, by the public functions of ports, beside peers and floors. Run it
// through script/bench --only port for a table.
#include "floors.h"
#include "peers/add.h"
#include "ports.h"
#include "rows.h"

namespace {

// One way, as `ta cost` has it, by the same code.
void RegisterWakes() {
    auto take = [](bool is_futex, bool is_sender) {
        return [=](bool, pair_sample &sample) {
            return pair_take_wake(bench::Stage(), is_futex, is_sender, &sample);
        };
    };
    bench::RegisterSampled("wake_one_way", {{"futex", take(true, false)},
                                            {"eventfd", take(false, false)},
                                            {"futex_sender", take(true, true)},
                                            {"eventfd_sender", take(false, true)}});
}

} // namespace

int main(int argc, char **argv) {
    if (!bench::SetStage("bench_port")) return 1;
    std::vector<pair_list> others = {floor_lines(), floor_wakes_by_eventfd(),
                                     floor_wakes_by_futex()};
    bench::AddQueues(others);
    bench::RegisterPairs({port_streams(), port_calls(), port_wakes()}, others);
    RegisterWakes();
    const bench_group groups[] = {port_polls, port_mesh_memory, port_system_calls};
    bench::RegisterTurns(groups, BENCH_COUNT(groups));
    return bench::RunAll(argc, argv);
}
