// SPDX-License-Identifier: MIT
//
// oneTBB's enumerable_thread_specific: a counter for each thread that asks, made when it first does.
#include "peers.h"

#include <tbb/enumerable_thread_specific.h>

#include <new>

namespace {

using Counters = tbb::enumerable_thread_specific<uint64_t>;

struct Counted {
    Counters counters{uint64_t{0}};
    uint64_t expected[BENCH_THREADS] = {};
};

void *Create(const bench_world *) { return new (std::nothrow) Counted; }
void Destroy(void *state) { delete static_cast<Counted *>(state); }

uint64_t Run(void *state, unsigned thread, uint64_t operations) {
    auto *self = static_cast<Counted *>(state);
    for (uint64_t r = 0; r < operations; r++) {
        self->counters.local()++;
        BENCH_FENCE();
    }
    self->expected[thread] += operations;
    return self->counters.local() != self->expected[thread];
}

bool Finish(void *state) {
    auto *self = static_cast<Counted *>(state);
    uint64_t sum = self->counters.combine([](uint64_t a, uint64_t b) { return a + b; });
    return sum == self->expected[0] + self->expected[1];
}

} // namespace

const bench_contender *peer_tbb_count() {
    static bench_contender contender = {};
    contender.name = "tbb_ets";
    contender.create = Create;
    contender.run = Run;
    contender.finish = Finish;
    contender.destroy = Destroy;
    contender.by_two = true;
    return &contender;
}
