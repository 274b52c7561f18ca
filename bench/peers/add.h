// SPDX-License-Identifier: MIT
//
// Peers in the rows.
#ifndef TA_BENCH_PEERS_ADD_H
#define TA_BENCH_PEERS_ADD_H

#include "../rows.h"

namespace bench {

// Adds the queues that were found; a binary's output names those that were not.
void AddQueues(std::vector<pair_list> &lists);

// Names those that were not found among the peers with state per thread or processor.
void NameMissingStates();

} // namespace bench

#endif
