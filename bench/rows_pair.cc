// SPDX-License-Identifier: MIT
//
// Rows of contenders that take samples: of what passes between two threads, above all.
#include "rows.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <memory>

namespace bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRounds = 15;                               // of a repetition
constexpr size_t kEnough = 8;                             // of them at one distance
constexpr auto kPatience = std::chrono::seconds(5);       // with a repetition
constexpr auto kPatienceAlone = std::chrono::seconds(15); // with a sample by itself

// A sample of each contender, all at one distance.
struct Round {
    std::vector<double> ns, line_ns;
    group_kind group = GROUP_SELF;
};

struct Row {
    std::string name;
    std::vector<Sampled> contenders;
};

const char *Explain(pair_outcome outcome) {
    switch (outcome) {
    case PAIR_WRONG:
        return "messages arrived wrong";
    case PAIR_FAILED:
        return "it could not be created";
    case PAIR_MOVED:
        return "busy: the processors moved all the time";
    default:
        return "busy: others had the processors all the time";
    }
}

void Report(benchmark::State &state, const Sampled &contender, pair_outcome outcome) {
    NoteWrong();
    std::string text = std::string(Explain(outcome)) + ": " + contender.name;
    state.SkipWithError(text.c_str());
}

bool IsFinal(pair_outcome outcome) { return outcome == PAIR_WRONG || outcome == PAIR_FAILED; }

// Is the sample's floor that of the round? The rule is group_stayed()'s, from the first sample to the
// last; where distance is nothing there is none.
bool IsSameFloor(const pair_sample &sample, const Round &round) {
    double low = sample.floor_ns, high = sample.floor_ns;
    for (double floor_ns : round.line_ns) {
        low = std::min(low, floor_ns);
        high = std::max(high, floor_ns);
    }
    return high - low <= GROUP_FLOOR_CHANGE * low;
}

// All contenders, beginning with number `first`. PAIR_MOVED, too, when two samples are of different
// distances, or their floors too different ones. `*who` is the one that it is about.
pair_outcome TakeRound(const Row &row, size_t first, Clock::time_point deadline, Round &round,
                       size_t &who) {
    size_t count = row.contenders.size();
    round.ns.assign(count, 0);
    round.line_ns.clear();
    for (size_t k = 0; k < count; k++) {
        who = (first + k) % count;
        pair_sample sample{};
        pair_outcome outcome;
        while ((outcome = row.contenders[who].take(false, sample)) != PAIR_OK)
            if (IsFinal(outcome) || Clock::now() >= deadline) return outcome;
        if (k > 0 && sample.group != round.group) return PAIR_MOVED;
        if (k > 0 && !IsSameFloor(sample, round)) return PAIR_MOVED;
        round.group = sample.group;
        round.ns[who] = sample.ns;
        round.line_ns.push_back(sample.floor_ns);
    }
    return PAIR_OK;
}

void Count(benchmark::State &state, const Row &row, const std::vector<Round> &rounds) {
    std::vector<group_kind> groups;
    for (const Round &round : rounds) groups.push_back(round.group);
    Majority most = MostFrequent(groups);
    if (most.count < kEnough) return state.SetLabel(Explain(PAIR_MOVED));
    std::vector<double> line_ns;
    for (size_t i = 0; i < row.contenders.size(); i++) {
        std::vector<double> ns;
        for (const Round &round : rounds)
            if (round.group == most.group) ns.push_back(round.ns[i]);
        state.counters[row.contenders[i].name + "_ns"] = Median(ns);
    }
    if (most.group == GROUP_SELF) return;
    for (const Round &round : rounds)
        if (round.group == most.group)
            line_ns.insert(line_ns.end(), round.line_ns.begin(), round.line_ns.end());
    state.counters["line_ns"] = Median(line_ns);
    state.counters["group"] = static_cast<double>(most.group);
}

void Interleaved(benchmark::State &state, const Row &row) {
    if (!bench_stage_has_two(Stage())) return state.SkipWithError("two processors are needed");
    static size_t first = 0; // so that nobody always follows the same other one
    std::vector<Round> rounds;
    Clock::time_point deadline = PatienceEnds(kPatience);
    bool is_busy = TimeIsOver();
    if (is_busy) state.SetLabel(kNoTime);
    for (auto _ : state) {
        Clock::time_point start = Clock::now();
        state.SetIterationTime(1e-9);
        if (is_busy) continue;
        Round round;
        pair_outcome outcome;
        size_t who = 0;
        while ((outcome = TakeRound(row, first++, deadline, round, who)) != PAIR_OK &&
               !IsFinal(outcome) && Clock::now() < deadline)
            continue;
        state.SetIterationTime(std::chrono::duration<double>(Clock::now() - start).count());
        if (IsFinal(outcome)) {
            Report(state, row.contenders[who], outcome);
            break;
        }
        // No error: Google Benchmark 1.7 crashes where the first repetition of a row has one.
        is_busy = outcome != PAIR_OK;
        if (is_busy)
            state.SetLabel(std::string(Explain(outcome)) + ": " + row.contenders[who].name);
        else
            rounds.push_back(round);
    }
    if (rounds.size() == kRounds) Count(state, row, rounds);
}

// Once: that it runs, and that what passes arrives. However busy the machine is, it must end.
void ByItself(benchmark::State &state, const Sampled &contender) {
    if (!bench_stage_has_two(Stage())) return state.SkipWithError("two processors are needed");
    Clock::time_point deadline = Clock::now() + kPatienceAlone;
    for (auto _ : state) {
        pair_sample sample{};
        pair_outcome outcome;
        while ((outcome = contender.take(true, sample)) != PAIR_OK && !IsFinal(outcome) &&
               Clock::now() < deadline)
            continue;
        state.SetIterationTime(sample.ns / 1e9);
        if (outcome == PAIR_OK) continue;
        NoteWrong();
        if (IsFinal(outcome))
            Report(state, contender, outcome);
        else
            state.SkipWithError(("it never came to an end: " + contender.name).c_str());
        break;
    }
}

void AddContenders(const std::string &row, const pair_list &list, std::vector<Sampled> &to) {
    for (size_t i = 0; i < list.count; i++) {
        const pair_contender *entry = &list.entries[i];
        if (row != entry->row) continue;
        to.push_back({entry->name, [entry](bool is_brief, pair_sample &sample) {
                          return pair_take(Stage(), entry, is_brief, &sample);
                      }});
    }
}

} // namespace

void RegisterSampled(const std::string &name, std::vector<Sampled> contenders) {
    auto row = std::make_shared<Row>(Row{name, std::move(contenders)});
    for (const Sampled &contender : row->contenders)
        benchmark::RegisterBenchmark(
            (name + "/" + contender.name).c_str(),
            [row, &contender](benchmark::State &state) { ByItself(state, contender); })
            ->UseManualTime()
            ->Iterations(1);
    benchmark::RegisterBenchmark((name + "/interleaved").c_str(),
                                 [row](benchmark::State &state) { Interleaved(state, *row); })
        ->UseManualTime()
        ->Iterations(kRounds);
}

void RegisterPairs(const std::vector<pair_list> &ours, const std::vector<pair_list> &others) {
    std::vector<std::string> order;
    for (const pair_list &list : ours)
        for (size_t i = 0; i < list.count; i++) {
            std::string row = list.entries[i].row;
            if (std::find(order.begin(), order.end(), row) == order.end()) order.push_back(row);
        }
    for (const std::string &row : order) {
        std::vector<Sampled> contenders;
        for (const std::vector<pair_list> *lists : {&ours, &others})
            for (const pair_list &list : *lists) AddContenders(row, list, contenders);
        RegisterSampled(row, std::move(contenders));
    }
}

} // namespace bench
