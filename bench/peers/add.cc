// SPDX-License-Identifier: MIT
//
// Peers in the rows.
#include "add.h"
#include "peers.h"

namespace bench {

void AddQueues(std::vector<pair_list> &lists) {
    for (size_t i = 0; i < peer_queues_count; i++) {
        const peer_queue &peer = peer_queues[i];
        if (peer.list != nullptr)
            lists.push_back(peer.list());
        else
            NotMeasured(peer.name, peer.package);
    }
}

void NameMissingStates() {
    for (size_t i = 0; i < peer_states_count; i++)
        if (!peer_states[i].is_built) NotMeasured(peer_states[i].name, peer_states[i].package);
}

} // namespace bench
