// SPDX-License-Identifier: MIT
//
// What state per affinity costs, beside its peers: `GROUP/interleaved` takes turns between the
// contenders of a group, a fraction of a millisecond each, so that noise hits all alike, and its
// counters are medians of nanoseconds per operation. Where two threads are measured at once
// (`_by_two_ns`), the same is measured with one of them alone (`_alone_ns`) while the other sleeps.
// `GROUP/CONTENDER` is one by itself. Run it through script/bench for a table.
#include "bench_per_affinity_turns.h"

#include <benchmark/benchmark.h>

#include <cstdio>
#include <string>

namespace {

using bench::Median;
using bench::Partner;
using bench::Work;

constexpr int kTurns = 101;
constexpr double kOverlap = 0.8; // of two threads' turns, which count only if they were at once
constexpr int kTries = 20;       // for one that does, since others may want the processors, too
constexpr size_t kEnough = 10;   // turns make a figure

bool everything_right = true;

// This machine, or an invented one: so many regions of so many processors.
ta_registry *MakeRegistry(uint32_t regions = 0, uint32_t processors = 0) {
    std::vector<uint32_t> counts(regions, processors);
    ta_registry_options options{};
    options.processors = TA_PROCESSORS_ALL;
    if (regions != 0) {
        options.machine = TA_MACHINE_COUNTS;
        options.counts = counts.data();
        options.counts_length = counts.size();
    }
    ta_registry *made = nullptr;
    return ta_registry_create(&options, &made) == TA_OK ? made : nullptr;
}

// The machines, and the second thread where there is a second processor. The calling thread is
// pinned, so that no migration is measured.
struct Stage {
    bench_world world{};
    std::unique_ptr<Partner> partner;

    bool Set() {
        world.here = MakeRegistry();
        world.few = MakeRegistry(2, BENCH_FEW / 2);
        world.many = MakeRegistry(2, BENCH_MANY / 2);
        if (world.here == nullptr || world.few == nullptr || world.many == nullptr) return false;
        uint32_t last = ta_registry_processor_count(world.here) - 1;
        if (ta_registry_pin(world.here, ta_registry_affinity(world.here, last)) != TA_OK)
            return false;
        if (last > 0)
            partner =
                std::make_unique<Partner>(world.here, ta_registry_affinity(world.here, last - 1));
        return true;
    }
};

Stage stage;

bool NeedsTwo(const bench_group &group) {
    return std::any_of(group.contenders, group.contenders + group.count,
                       [](const bench_contender &contender) { return contender.by_two; });
}

// Whether the group can run here; tells the benchmark if not.
bool Able(benchmark::State &state, const bench_group &group) {
    if (!NeedsTwo(group) || stage.partner != nullptr) return true;
    state.SkipWithError("two processors are needed");
    return false;
}

bool Right(benchmark::State &state, const Work &work) {
    if (work.good()) return true;
    everything_right = false;
    state.SkipWithError((std::string("results were wrong: ") + work.contender().name).c_str());
    return false;
}

// The turns of one contender.
struct Record {
    std::vector<double> alone, by_two, overlaps;

    // The figures. Of turns by two, those that were at once; false if there are fewer than `least`.
    bool Count(benchmark::State &state, const bench_contender &contender, size_t least) const {
        std::string name = contender.name;
        if (contender.unit_is_byte) {
            state.counters[name + "_bytes"] = Median(alone);
            return true;
        }
        state.counters[name + (contender.by_two ? "_alone_ns" : "_ns")] = Median(alone);
        if (!contender.by_two) return true;
        std::vector<double> at_once;
        for (size_t i = 0; i < by_two.size(); i++)
            if (overlaps[i] >= kOverlap) at_once.push_back(by_two[i]);
        if (at_once.size() < least) return false;
        state.counters[name + "_by_two_ns"] = Median(at_once);
        state.counters[name + "_at_once"] = static_cast<double>(at_once.size());
        return true;
    }
};

void TakeTurnsAlone(std::vector<std::unique_ptr<Work>> &works, std::vector<Record> &records) {
    for (size_t i = 0; i < works.size(); i++)
        records[i].alone.push_back(works[i]->contender().unit_is_byte ? works[i]->Figure()
                                                                      : works[i]->Alone());
}

void TakeTurnsByTwo(std::vector<std::unique_ptr<Work>> &works, std::vector<Record> &records) {
    Partner::Vigil vigil(*stage.partner);
    for (size_t i = 0; i < works.size(); i++) {
        if (!works[i]->contender().by_two) continue;
        double ns = 0, overlap = 0;
        for (int tries = 0; tries < kTries && overlap < kOverlap; tries++)
            ns = works[i]->ByTwo(vigil, overlap);
        records[i].by_two.push_back(ns);
        records[i].overlaps.push_back(overlap);
    }
}

// Whose state is made first changes with each repetition, since where malloc puts a block counts.
void Interleaved(benchmark::State &state, const bench_group &group) {
    static size_t repetition = 0;
    if (!Able(state, group)) return;
    std::vector<std::unique_ptr<Work>> works(group.count);
    std::vector<Record> records(group.count);
    repetition++;
    for (size_t k = 0; k < group.count; k++) {
        size_t i = (k + repetition) % group.count;
        works[i] = std::make_unique<Work>(group.contenders[i], stage.world);
        if (!Right(state, *works[i])) return;
    }
    bool by_two = NeedsTwo(group), alone_first = true;
    for (auto _ : state) {
        bench::Clock::time_point start = bench::Clock::now();
        if (by_two && !alone_first) TakeTurnsByTwo(works, records);
        TakeTurnsAlone(works, records);
        if (by_two && alone_first) TakeTurnsByTwo(works, records);
        alone_first = !alone_first;
        state.SetIterationTime(bench::Seconds(bench::Clock::now() - start));
    }
    for (size_t i = 0; i < group.count; i++) {
        if (!Right(state, *works[i])) return;
        if (!records[i].Count(state, group.contenders[i], kEnough))
            return state.SkipWithError("busy: the two threads hardly ever ran at once");
    }
    if (by_two && !stage.partner->pinned()) state.SkipWithError("pinning failed");
}

// One contender, once: that it runs, and does what it should.
void ByItself(benchmark::State &state, const bench_group &group, const bench_contender &contender) {
    if (!Able(state, group)) return;
    Work work(contender, stage.world);
    if (!Right(state, work)) return;
    Record record;
    for (auto _ : state) {
        double ns = contender.unit_is_byte ? work.Figure() : work.Alone();
        record.alone.push_back(ns);
        state.SetIterationTime(bench::kTurnSeconds);
        if (!contender.by_two) continue;
        Partner::Vigil vigil(*stage.partner);
        double overlap = 0;
        record.by_two.push_back(work.ByTwo(vigil, overlap));
        record.overlaps.push_back(overlap);
    }
    if (Right(state, work)) (void)record.Count(state, contender, 0);
}

void Register(const bench_group &group) {
    std::string name = group.name;
    for (size_t i = 0; i < group.count; i++) {
        const bench_contender &contender = group.contenders[i];
        benchmark::RegisterBenchmark(
            (name + "/" + contender.name).c_str(),
            [&group, &contender](benchmark::State &state) { ByItself(state, group, contender); })
            ->UseManualTime();
    }
    bool is_bytes = group.contenders[0].unit_is_byte;
    benchmark::RegisterBenchmark((name + "/interleaved").c_str(),
                                 [&group](benchmark::State &state) { Interleaved(state, group); })
        ->UseManualTime()
        ->Iterations(is_bytes ? 1 : kTurns);
}

} // namespace

int main(int argc, char **argv) {
    if (!stage.Set()) {
        std::fprintf(stderr, "bench_per_affinity: %s\n", ta_last_error());
        return 1;
    }
    for (size_t i = 0; i < bench_reach_group_count; i++) Register(bench_reach_groups[i]);
    for (size_t i = 0; i < bench_handle_group_count; i++) Register(bench_handle_groups[i]);
    for (size_t i = 0; i < bench_making_group_count; i++) Register(bench_making_groups[i]);
    for (size_t i = 0; i < bench_storage_group_count; i++) Register(bench_storage_groups[i]);
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::RunSpecifiedBenchmarks();
    stage.partner.reset();
    return everything_right ? 0 : 1;
}
