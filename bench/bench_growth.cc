// SPDX-License-Identifier: MIT
//
// What grows with the number of affinities, and how: each benchmark at 2 to 1,024 of them, powers
// of two. The affinities are logical, many more than processors; all but `runtime` is done by one
// thread. script/growth draws it. Counters: `operations` in an iteration, whose time is told;
// bytes; and nanoseconds of parts.
#include "growth.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>

namespace {

struct Destroy {
    void operator()(growth_mesh *mesh) const { growth_mesh_destroy(mesh); }
    void operator()(growth_slots *slots) const { growth_slots_destroy(slots); }
};
using Mesh = std::unique_ptr<growth_mesh, Destroy>;
using Slots = std::unique_ptr<growth_slots, Destroy>;

constexpr uint32_t kPolls = 256;
constexpr uint32_t kSmallestLane = 8;
constexpr int kRuns = 4;
constexpr char kWrong[] = "results were wrong";

uint32_t Size(const benchmark::State &state) { return static_cast<uint32_t>(state.range(0)); }

// All others have sent to the port, once, and a while ago.
void IdlePoll(benchmark::State &state) {
    Mesh mesh(growth_mesh_create(Size(state), 0));
    bool good = mesh != nullptr && growth_mesh_send_to_first(mesh.get());
    if (!good) return state.SkipWithError(kWrong);
    growth_mesh_let_rest(mesh.get());
    for (auto _ : state) good = growth_mesh_poll(mesh.get(), kPolls) && good;
    if (!good) state.SkipWithError(kWrong);
    state.counters["operations"] = kPolls;
}

// All others have sent a moment ago: the port looks at all of their lanes.
void PollAfterAllSent(benchmark::State &state) {
    Mesh mesh(growth_mesh_create(Size(state), 0));
    bool good = mesh != nullptr;
    for (auto _ : state) {
        good = good && growth_mesh_send_to_first(mesh.get());
        const double begin = growth_now();
        good = good && growth_mesh_poll(mesh.get(), kPolls);
        state.SetIterationTime((growth_now() - begin) / 1e9);
    }
    if (!good) state.SkipWithError(kWrong);
    state.counters["operations"] = kPolls;
}

void SumOverSlots(benchmark::State &state) {
    Slots slots(growth_slots_create(Size(state)));
    bool good = slots != nullptr;
    if (!good) return state.SkipWithError(kWrong);
    for (auto _ : state) good = growth_slots_sum(slots.get()) && good;
    if (!good) state.SkipWithError(kWrong);
}

template <typename Fan>
void Pump(benchmark::State &state, Fan fan, uint32_t lane_cells) {
    Mesh mesh(growth_mesh_create(Size(state), lane_cells));
    double calls = 0;
    bool good = mesh != nullptr && fan(mesh.get(), &calls); // the first makes the lanes
    if (!good) return state.SkipWithError(kWrong);
    calls = 0;
    for (auto _ : state) good = fan(mesh.get(), &calls) && good;
    if (!good) state.SkipWithError(kWrong);
    state.counters["call_ns"] = benchmark::Counter(calls, benchmark::Counter::kAvgIterations);
}

void Broadcast(benchmark::State &state) { Pump(state, growth_mesh_broadcast, 0); }
void BroadcastSmallLanes(benchmark::State &state) {
    Pump(state, growth_mesh_broadcast, kSmallestLane);
}
void MapReduce(benchmark::State &state) { Pump(state, growth_mesh_map_reduce, 0); }

// The time is that of making it, attaching its ports, and destroying it.
void MeshMemory(benchmark::State &state) {
    bool good = true;
    size_t untouched = 0, to_one = 0, fan = 0;
    double calls = 0;
    for (auto _ : state) {
        const double begin = growth_now();
        Mesh mesh(growth_mesh_create(Size(state), 0));
        const double made = growth_now();
        good = good && mesh != nullptr;
        if (!good) break;
        untouched = growth_mesh_bytes(mesh.get());
        good = good && growth_mesh_send_to_first(mesh.get());
        to_one = growth_mesh_bytes(mesh.get());
        Mesh other(growth_mesh_create(Size(state), 0));
        good = good && other != nullptr && growth_mesh_broadcast(other.get(), &calls);
        fan = good ? growth_mesh_bytes(other.get()) : 0;
        const double end = growth_now();
        mesh.reset();
        state.SetIterationTime((made - begin + growth_now() - end) / 1e9);
    }
    if (!good) state.SkipWithError(kWrong);
    state.counters["untouched_bytes"] = static_cast<double>(untouched);
    state.counters["all_to_one_bytes"] = static_cast<double>(to_one);
    state.counters["one_to_all_bytes"] = static_cast<double>(fan);
}

// The least of a few runs: on a busy machine a thread waits for its turn, some milliseconds at once.
void Runtime(benchmark::State &state) {
    double start = 0, stop = 0;
    bool good = true;
    for (auto _ : state) {
        for (int run = 0; run < kRuns; run++) {
            double began = 0, ended = 0;
            good = growth_runtime_run(Size(state), &began, &ended) && good;
            start = run == 0 ? began : std::min(start, began);
            stop = run == 0 ? ended : std::min(stop, ended);
        }
    }
    if (!good) state.SkipWithError(kWrong);
    state.counters["start_ns"] = start;
    state.counters["stop_ns"] = stop;
}

constexpr int kLeast = 2, kMost = 1024;

#define GROWTH(FUNCTION, NAME)                                                                     \
    BENCHMARK(FUNCTION)->Name(NAME)->RangeMultiplier(2)->Range(kLeast, kMost)->MinTime(0.02)
GROWTH(IdlePoll, "idle_poll");
GROWTH(PollAfterAllSent, "poll_after_all_sent")->UseManualTime();
GROWTH(SumOverSlots, "sum_over_slots");
GROWTH(Broadcast, "broadcast");
GROWTH(BroadcastSmallLanes, "broadcast_small_lanes");
GROWTH(MapReduce, "map_reduce");
#undef GROWTH
BENCHMARK(MeshMemory)
    ->Name("mesh")
    ->RangeMultiplier(2)
    ->Range(kLeast, kMost)
    ->UseManualTime()
    ->Iterations(1);
BENCHMARK(Runtime)
    ->Name("runtime")
    ->RangeMultiplier(2)
    ->Range(kLeast, kMost)
    ->Iterations(1)
    ->UseRealTime();

} // namespace

BENCHMARK_MAIN();
