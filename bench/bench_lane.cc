// SPDX-License-Identifier: MIT
//
// The lane below the ports, beside others behind the same interface, peers and floors. Run it
// through script/bench --only lane for a table.
#include "lanes.h"
#include "peers/add.h"
#include "rows.h"

namespace {

void RegisterMany() {
    for (unsigned senders = 1; senders <= LANE_SENDERS_MAX; senders++)
        for (bool spread : {false, true}) {
            auto take = [senders, spread](bool has_ring) {
                return [=](bool is_brief, pair_sample &sample) {
                    sample.group = GROUP_SELF; // threads stand on either side
                    return lane_take_many(bench::Stage(), has_ring, senders, spread, is_brief,
                                          &sample.ns);
                };
            };
            bench::RegisterSampled("many_" + std::to_string(senders) +
                                       (spread ? "_spread" : "_apart"),
                                   {{"lanes", take(false)}, {"ck_mpsc", take(true)}});
        }
}

void RegisterMembarrier() {
    auto take = [](lane_membarrier what) {
        return [what](bool, pair_sample &sample) {
            return lane_take_membarrier(bench::Stage(), what, &sample);
        };
    };
    bench::RegisterSampled("membarrier", {{"alone", take(LANE_MEMBARRIER_ALONE)},
                                          {"running", take(LANE_MEMBARRIER_RUNNING)},
                                          {"taken", take(LANE_MEMBARRIER_TAKEN)}});
}

} // namespace

int main(int argc, char **argv) {
    if (!bench::SetStage("bench_lane")) return 1;
    std::vector<pair_list> others = {floor_lines()};
    bench::AddQueues(others);
    bench::RegisterPairs({lanes_of_cells(), lanes_cached(), lanes_of_ck(), lanes_with_barrier()},
                         others);
    RegisterMany();
    RegisterMembarrier();
    return bench::RunAll(argc, argv);
}
