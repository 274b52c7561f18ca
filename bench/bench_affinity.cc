// SPDX-License-Identifier: MIT
//
// What "where am I" costs: ta_current_affinity() beside the other ways to ask, in one run. Each
// iteration makes kReads reads whose results are all used; per_read is the time of one. `floor` is
// the same loop around a word in memory: nothing that reads can be faster.
#include "ta/registry.h"

#include <benchmark/benchmark.h>

#include <pthread.h>
#include <sched.h>

// Not static, so that the compiler must reckon with others writing them.
__thread ta_affinity bench_affinity_thread_local;
uint64_t bench_affinity_word;

namespace {

constexpr int kReads = 64;

template <typename Read>
void Measure(benchmark::State &state, Read read) {
    for (auto _ : state) {
        for (int i = 0; i < kReads; i++) {
            auto value = read();
            benchmark::DoNotOptimize(value);
            benchmark::ClobberMemory();
        }
    }
    state.SetItemsProcessed(state.iterations() * kReads);
    state.counters["per_read"] = benchmark::Counter(
        kReads, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

// The processor's index is what all of them have in common.
void Floor(benchmark::State &state) {
    benchmark::DoNotOptimize(&bench_affinity_word);
    Measure(state, [] { return bench_affinity_word; });
}

void CurrentAffinity(benchmark::State &state) {
    Measure(state, [] { return ta_affinity_processor(ta_current_affinity()); });
}

void CurrentAffinityCalled(benchmark::State &state) {
    ta_affinity (*call)(void) = ta_current_affinity;
    benchmark::DoNotOptimize(call); // the emitted symbol, as another language calls it
    Measure(state, [call] { return ta_affinity_processor(call()); });
}

void ThreadLocal(benchmark::State &state) {
    benchmark::DoNotOptimize(&bench_affinity_thread_local);
    Measure(state, [] { return ta_affinity_processor(bench_affinity_thread_local); });
}

void Getspecific(benchmark::State &state) {
    pthread_key_t key;
    if (pthread_key_create(&key, nullptr) != 0) return state.SkipWithError("no key");
    static ta_affinity place;
    pthread_setspecific(key, &place);
    Measure(state, [key] {
        return ta_affinity_processor(*static_cast<ta_affinity *>(pthread_getspecific(key)));
    });
    pthread_key_delete(key);
}

void SchedGetcpu(benchmark::State &state) {
    Measure(state, [] { return sched_getcpu(); });
}

BENCHMARK(Floor)->Name("floor");
BENCHMARK(CurrentAffinity)->Name("ta_current_affinity");
BENCHMARK(CurrentAffinityCalled)->Name("ta_current_affinity_called");
BENCHMARK(ThreadLocal)->Name("thread_local_in_executable");
BENCHMARK(Getspecific)->Name("pthread_getspecific");
BENCHMARK(SchedGetcpu)->Name("sched_getcpu");

} // namespace

BENCHMARK_MAIN();
