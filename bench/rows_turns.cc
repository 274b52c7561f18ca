// SPDX-License-Identifier: MIT
//
// Rows of contenders that take turns. Where two threads are measured at once (CONTENDER_by_two_ns),
// the same is measured with one of them alone (CONTENDER_alone_ns) while the other sleeps.
#include "rows.h"
#include "turns.h"

#include <benchmark/benchmark.h>

#include <cmath>
#include <sys/resource.h>

namespace bench {

namespace {

constexpr int kPasses = 101;     // of a repetition; a pass has a turn of each contender
constexpr double kOverlap = 0.8; // of two threads' turns, which count only if they were at once
constexpr int kTries = 20;       // for one that does, since others may want the processors, too
constexpr int kTriesAlone = 5;   // for a turn by one thread that others do not displace
constexpr int kTriesOfPass = 3;  // while the processors move
constexpr size_t kEnough = 10;   // turns make a figure

bool NeedsTwo(const bench_group &group) {
    return std::any_of(group.contenders, group.contenders + group.count,
                       [](const bench_contender &contender) { return contender.by_two; });
}

// Whether the group can run here; tells the benchmark if not.
bool Able(benchmark::State &state, const bench_group &group) {
    if (!NeedsTwo(group) || bench_stage_has_two(Stage())) return true;
    state.SkipWithError("two processors are needed");
    return false;
}

bool Right(benchmark::State &state, const Work &work) {
    if (work.good()) return true;
    NoteWrong();
    state.SkipWithError((std::string("results were wrong: ") + work.contender().name).c_str());
    return false;
}

double Once(Work &work) { return work.contender().figure ? work.Figure() : work.Alone(); }

// How often others displaced this thread.
long Displaced() {
    struct rusage usage {};
    return getrusage(RUSAGE_THREAD, &usage) == 0 ? usage.ru_nivcsw : 0;
}

// A turn by one thread that nobody displaced; not a number where there was none.
double Undisturbed(Work &work) {
    for (int tries = 0; tries < kTriesAlone && work.good(); tries++) {
        long before = Displaced();
        double ns = Once(work);
        if (work.contender().figure || Displaced() == before) return ns;
    }
    return NAN;
}

// One contender, once: that it runs, and does what it should.
void ByItself(benchmark::State &state, const bench_group &group, const bench_contender &contender) {
    if (!Able(state, group)) return;
    Work work(contender, World());
    if (!Right(state, work)) return;
    for (auto _ : state) {
        Once(work);
        double overlap = 0;
        if (contender.by_two) work.ByTwo(Stage(), overlap);
        state.SetIterationTime(kTurnSeconds);
    }
    Right(state, work);
}

// Those that are numbers.
std::vector<double> Told(std::vector<double> values) {
    values.erase(
        std::remove_if(values.begin(), values.end(), [](double v) { return std::isnan(v); }),
        values.end());
    return values;
}

// The turns of one contender; `alone` and `by_two` of a pass stand at its number.
struct Record {
    std::vector<double> alone, by_two, overlaps;

    void Forget(size_t pass) { // the turns by two of a pass and those after it
        by_two.resize(std::min(by_two.size(), pass));
        overlaps.resize(std::min(overlaps.size(), pass));
    }
};

// A row while it runs.
class Interleaving {
  public:
    explicit Interleaving(const bench_group &group)
        : group_(group), by_two_(NeedsTwo(group)), works_(group.count), records_(group.count) {}

    // Whose state is made first changes with each repetition, since where malloc puts a block
    // counts. False: it did not work, and the benchmark was told.
    bool Create(benchmark::State &state, size_t repetition) {
        for (size_t k = 0; k < group_.count; k++) {
            size_t i = (k + repetition) % group_.count;
            works_[i] = std::make_unique<Work>(group_.contenders[i], World());
            if (!Right(state, *works_[i])) return false;
        }
        return true;
    }

    void TakePass() {
        if (TimeIsOver() && works_[0]->contender().figure == nullptr) return;
        bool alone_first = groups_.size() % 2 == 0;
        if (by_two_ && !alone_first) TakeTurnsByTwo();
        if (by_two_) bench_stage_settle(Stage());
        for (size_t i = 0; i < works_.size(); i++)
            records_[i].alone.push_back(Undisturbed(*works_[i]));
        if (by_two_ && alone_first) TakeTurnsByTwo();
        if (!by_two_) groups_.push_back(GROUP_SELF);
    }

    void Count(benchmark::State &state) const {
        for (const auto &work : works_)
            if (!Right(state, *work)) return;
        Majority most = MostFrequent(groups_);
        for (size_t i = 0; i < works_.size(); i++)
            if (!CountOne(state, i, most.group)) {
                state.counters.clear(); // and no error: see rows_pair.cc
                return state.SetLabel(
                    TimeIsOver() ? kNoTime : "busy: others had the processors all the time");
            }
        if (!by_two_) return;
        state.counters["line_ns"] = Median(line_ns_);
        state.counters["group"] = static_cast<double>(most.group);
    }

  private:
    // Between two probes; once more where they differ. If they always do, the turns do not count, as
    // if by two that were not at once.
    void TakeTurnsByTwo() {
        group_kind group = GROUP_SELF;
        for (int tries = 0; tries < kTriesOfPass && group == GROUP_SELF; tries++) {
            group_probe before{}, after{};
            bool probed = bench_stage_probe(Stage(), &before);
            for (Record &record : records_) record.Forget(groups_.size());
            for (size_t i = 0; i < works_.size(); i++) TakeTurnByTwo(i);
            if (probed && bench_stage_probe(Stage(), &after) &&
                group_stayed(&before, &after, BENCH_FAR_NS, &group))
                line_ns_.push_back((before.floor_ns + after.floor_ns) / 2);
        }
        groups_.push_back(group);
    }

    void TakeTurnByTwo(size_t i) {
        double ns = 0, overlap = 0;
        for (int tries = 0; works_[i]->contender().by_two && tries < kTries; tries++) {
            (void)bench_stage_displaced(Stage()); // what came before
            ns = works_[i]->ByTwo(Stage(), overlap);
            if (bench_stage_displaced(Stage())) overlap = 0;
            if (overlap >= kOverlap) break;
        }
        records_[i].by_two.push_back(ns);
        records_[i].overlaps.push_back(overlap);
    }

    // The figures of one contender. False: there are not enough turns that count.
    bool CountOne(benchmark::State &state, size_t i, group_kind group) const {
        const bench_contender &contender = works_[i]->contender();
        const Record &record = records_[i];
        std::string name = contender.name;
        if (contender.figure) {
            if (record.alone.empty()) return false;
            if (!std::isnan(record.alone[0]))
                state.counters[name + "_" + contender.unit] = record.alone[0];
            return true;
        }
        if (!contender.by_two) {
            std::vector<double> alone = Told(record.alone);
            if (alone.size() < kEnough) return false;
            state.counters[name + "_ns"] = Median(alone);
            return true;
        }
        std::vector<double> alone, at_once;
        for (size_t pass = 0; pass < groups_.size(); pass++) {
            if (groups_[pass] != group || group == GROUP_SELF) continue;
            alone.push_back(record.alone[pass]);
            if (record.overlaps[pass] >= kOverlap) at_once.push_back(record.by_two[pass]);
        }
        alone = Told(alone);
        if (at_once.size() < kEnough || alone.size() < kEnough) return false;
        state.counters[name + "_alone_ns"] = Median(alone);
        state.counters[name + "_by_two_ns"] = Median(at_once);
        state.counters[name + "_at_once"] = static_cast<double>(at_once.size());
        return true;
    }

    const bench_group &group_;
    bool by_two_;
    std::vector<std::unique_ptr<Work>> works_;
    std::vector<Record> records_;
    std::vector<group_kind> groups_; // of each pass; GROUP_SELF where its turns by two do not count
    std::vector<double> line_ns_;
};

void Interleaved(benchmark::State &state, const bench_group &group) {
    static size_t repetition = 0;
    if (!Able(state, group)) return;
    Interleaving row(group);
    if (!row.Create(state, ++repetition)) return;
    for (auto _ : state) {
        Clock::time_point start = Clock::now();
        row.TakePass();
        state.SetIterationTime(Seconds(Clock::now() - start));
    }
    row.Count(state);
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
    bool is_figure = group.contenders[0].figure != nullptr;
    benchmark::RegisterBenchmark((name + "/interleaved").c_str(),
                                 [&group](benchmark::State &state) { Interleaved(state, group); })
        ->UseManualTime()
        ->Iterations(is_figure ? 1 : kPasses);
}

} // namespace

void RegisterTurns(const bench_group *groups, size_t count) {
    for (size_t i = 0; i < count; i++) Register(groups[i]);
}

} // namespace bench
