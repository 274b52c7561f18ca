// SPDX-License-Identifier: MIT
//
// What messages cost a daemon, by the public functions of ports, beside peers and floors. Run it
// through script/bench --only port for a table.
#include "floors.h"
#include "peers/add.h"
#include "ports.h"
#include "rows.h"

int main(int argc, char **argv) {
    if (!bench::SetStage("bench_port")) return 1;
    std::vector<pair_list> others = {floor_lines(), floor_wakes_by_eventfd(),
                                     floor_wakes_by_futex()};
    bench::AddQueues(others);
    bench::RegisterPairs({port_streams(), port_calls(), port_wakes()}, others);
    bench::RegisterTurns(&port_polls, 1);
    return bench::RunAll(argc, argv);
}
