// SPDX-License-Identifier: MIT
//
// What relocating costs: each row of relocate_rows.h by libta (`ours`) beside the same work written by
// hand (`by_hand`), in nanoseconds per operation. `interleaved` takes turns between the two, a fraction
// of a millisecond each, so that noise hits both alike: its counters are medians, and the ratio of
// libta's to the other. Run it through script/bench --only relocation for a table.
#include "relocate_rows.h"
#include "rows.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <memory>

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kTurns = 201;
constexpr double kTurnSeconds = 200e-6;

#define BENCH_ROW_(name, operations, blocks)                                                       \
    {#name, operations, blocks, by_hand_##name, ours_##name},
const bench_row kRows[] = {BENCH_ROWS(BENCH_ROW_)};

// Two regions of two processors each, whichever machine this is. Both take their memory from malloc:
// what a placed page costs is not the question here.
const bench_places *Places() {
    static bench_places places;
    static bool made = [] {
        const uint32_t counts[] = {2, 2};
        ta_affinity at[4];
        size_t total = 0;
        if (ta_affinity_create_manual(counts, 2, at, 4, &total) != TA_OK) return false;
        places.memory[0] = places.memory[1] = *ta_allocator_default();
        places.near[0] = ta_move_between(at[0], at[1], &places.memory[0]);
        places.near[1] = ta_move_between(at[1], at[0], &places.memory[0]);
        places.far[0] = ta_move_between(at[0], at[2], &places.memory[1]);
        places.far[1] = ta_move_between(at[2], at[0], &places.memory[0]);
        for (ta_move *move : {&places.near[0], &places.near[1], &places.far[0], &places.far[1]})
            move->figures = &places.figures;
        return true;
    }();
    return made ? &places : nullptr;
}

// One side of a row with its values. Every run is checked: a state that went wrong stays so.
class Work {
  public:
    Work(const bench_row &row, const bench_side &side)
        : row_(row), side_(side), state_(side.create(Places()), side.destroy),
          good_(state_ != nullptr) {}

    double Run(uint64_t rounds) { // seconds
        if (!good_) return 0;
        const ta_move_figures &figures = Places()->figures;
        uint64_t blocks = figures.blocks, kept = figures.kept;
        Clock::time_point start = Clock::now();
        uint64_t wrong = side_.run(state_.get(), rounds);
        Clock::time_point end = Clock::now();
        bool moved = row_.blocks == 0 ? figures.blocks == blocks
                                      : figures.blocks - blocks >= rounds * row_.blocks;
        good_ = wrong == 0 && moved && figures.kept == kept;
        return std::chrono::duration<double>(end - start).count();
    }

    // Whether all that was run was right; tells the benchmark if not.
    bool Good(benchmark::State &state) {
        good_ = good_ && side_.is_intact(state_.get());
        if (good_) return true;
        bench::NoteWrong();
        state.SkipWithError("values arrived wrong");
        return false;
    }

  private:
    const bench_row &row_;
    const bench_side &side_;
    std::unique_ptr<void, void (*)(void *)> state_;
    bool good_;
};

double PerOperation(const bench_row &row, uint64_t rounds, double seconds) {
    return seconds * 1e9 / static_cast<double>(rounds * row.operations);
}

// The rounds that fill a turn.
uint64_t RoundsOfTurn(Work &work) {
    uint64_t rounds = 1;
    while (rounds < UINT64_C(1) << 32) {
        double seconds = std::min({work.Run(rounds), work.Run(rounds), work.Run(rounds)});
        if (seconds >= kTurnSeconds / 2) break;
        rounds *= 2;
    }
    return rounds;
}

void OneSide(benchmark::State &state, const bench_row &row, const bench_side &side) {
    Work work(row, side);
    if (!work.Good(state)) return;
    uint64_t rounds = RoundsOfTurn(work);
    double total = 0;
    for (auto _ : state) {
        double seconds = work.Run(rounds);
        state.SetIterationTime(seconds);
        total += seconds;
    }
    if (!work.Good(state)) return;
    auto runs = static_cast<double>(state.iterations());
    state.counters["ns"] = PerOperation(row, rounds, total / runs);
}

// Whose values are made first changes with each repetition, since where malloc puts a block counts:
// copies between addresses that differ by nearly 4 KiB are slow.
void Interleaved(benchmark::State &state, const bench_row &row) {
    static unsigned repetition = 0;
    bool reversed = ++repetition % 2 == 0;
    Work one(row, reversed ? row.ours : row.by_hand), other(row, reversed ? row.by_hand : row.ours);
    Work &by_hand = reversed ? other : one, &ours = reversed ? one : other;
    if (!by_hand.Good(state) || !ours.Good(state)) return;
    uint64_t rounds = std::min(RoundsOfTurn(by_hand), RoundsOfTurn(ours));
    std::vector<double> by_hand_ns, ours_ns, ratios;
    bool first = false;
    for (auto _ : state) {
        first = !first; // who goes first changes
        double ours_early = first ? ours.Run(rounds) : 0;
        double a = by_hand.Run(rounds);
        double b = first ? ours_early : ours.Run(rounds);
        by_hand_ns.push_back(PerOperation(row, rounds, a));
        ours_ns.push_back(PerOperation(row, rounds, b));
        ratios.push_back(b / a);
        state.SetIterationTime(a + b);
    }
    if (!by_hand.Good(state) || !ours.Good(state)) return;
    state.counters["by_hand_ns"] = bench::Median(by_hand_ns);
    state.counters["ours_ns"] = bench::Median(ours_ns);
    state.counters["ratio"] = bench::Median(ratios);
}

void Register(const bench_row &row) {
    std::string name = row.name;
    auto one_side = [&row](const bench_side &side) {
        return [&row, &side](benchmark::State &state) { OneSide(state, row, side); };
    };
    benchmark::RegisterBenchmark((name + "/by_hand").c_str(), one_side(row.by_hand))
        ->UseManualTime();
    benchmark::RegisterBenchmark((name + "/ours").c_str(), one_side(row.ours))->UseManualTime();
    benchmark::RegisterBenchmark((name + "/interleaved").c_str(),
                                 [&row](benchmark::State &state) { Interleaved(state, row); })
        ->UseManualTime()
        ->Iterations(kTurns);
}

} // namespace

int main(int argc, char **argv) {
    if (Places() == nullptr || !bench::SetStage("bench_relocate")) return 1;
    for (const bench_row &row : kRows) Register(row);
    return bench::RunAll(argc, argv);
}
