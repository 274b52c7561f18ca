// SPDX-License-Identifier: MIT
//
// What relocating costs: each row of relocate_rows.h by libta (`ours`) beside the same work written by
// hand (`by_hand`), in nanoseconds per operation. `interleaved` takes turns between the two, a
// fraction of a millisecond each, so that noise hits both alike: its counters are medians, and the
// ratio of libta's to the other. Run it through script/bench --only relocation for a table.
#include "relocate_rows.h"
#include "rows.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kTurns = 200;
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

// Both sides with their values, one of which were made first. Which ones counts, since copies between
// addresses that differ by nearly 4 KiB are slow, and malloc puts blocks of a size side by side.
class Duel {
  public:
    Duel(const bench_row &row, bool ours_first)
        : row_(row), first_(row, ours_first ? row.ours : row.by_hand),
          second_(row, ours_first ? row.by_hand : row.ours),
          by_hand_(ours_first ? second_ : first_), ours_(ours_first ? first_ : second_),
          rounds_(std::min(RoundsOfTurn(by_hand_), RoundsOfTurn(ours_))) {}

    double Turn() {         // seconds
        begins_ = !begins_; // who goes first changes
        double ours_early = begins_ ? ours_.Run(rounds_) : 0;
        double a = by_hand_.Run(rounds_);
        double b = begins_ ? ours_early : ours_.Run(rounds_);
        by_hand_ns_.push_back(PerOperation(row_, rounds_, a));
        ours_ns_.push_back(PerOperation(row_, rounds_, b));
        return a + b;
    }
    bool Good(benchmark::State &state) { return by_hand_.Good(state) && ours_.Good(state); }
    double ByHand() const { return bench::Median(by_hand_ns_); }
    double Ours() const { return bench::Median(ours_ns_); }

  private:
    const bench_row &row_;
    Work first_, second_;
    Work &by_hand_, &ours_;
    uint64_t rounds_;
    bool begins_ = false;
    std::vector<double> by_hand_ns_, ours_ns_;
};

// A duel of each kind, one after the other; the mean of both.
void Interleaved(benchmark::State &state, const bench_row &row) {
    double by_hand = 0, ours = 0;
    for (int half = 0; half < 2; half++) {
        Duel duel(row, half == 1);
        if (!duel.Good(state)) return;
        for (int turn = 0; turn < kTurns / 2; turn++) {
            if (!state.KeepRunning()) return;
            state.SetIterationTime(duel.Turn());
        }
        if (!duel.Good(state)) return;
        by_hand += duel.ByHand() / 2;
        ours += duel.Ours() / 2;
    }
    state.KeepRunning(); // it has been told how often
    state.counters["by_hand_ns"] = by_hand;
    state.counters["ours_ns"] = ours;
    state.counters["ratio"] = ours / by_hand;
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
