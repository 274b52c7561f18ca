// SPDX-License-Identifier: MIT
//
// How rows are run, all in the same way: `ROW/interleaved` takes turns between the contenders of a
// row, a fraction of a millisecond or some milliseconds each, so that noise hits all alike, and its
// counters are medians: CONTENDER_ns, of nanoseconds per operation. `ROW/CONTENDER` is one by
// itself, briefly: that it runs, and does what it should.
//
// Where two threads take part, the distance of their processors is probed before and after each
// sample, as `ta cost` does. A sample during which it changed, or during which others had one of the
// processors, is taken again, a bounded number of times; a repetition's counters are of one
// distance, which it names: `group` (0 sibling, 1 near, 2 far), and `line_ns`, a line's trip there
// and back. A repetition that comes to nothing has no counters, and a label that begins with "busy:".
#ifndef TA_BENCH_ROWS_H
#define TA_BENCH_ROWS_H

#include "contender.h"
#include "pair_take.h"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace bench {

// The stage, and the machines of `world`; false after a message.
bool SetStage(const char *program);
bench_stage *Stage();
const bench_world &World();

// Contenders of turns.h: by one thread, or by two that do the same.
void RegisterTurns(const bench_group *groups, size_t count);

// Contenders of pair.h: what passes between two threads. The rows that `ours` have, each with those
// of `others` beside them.
void RegisterPairs(const std::vector<pair_list> &ours, const std::vector<pair_list> &others);

// Contenders that take their samples themselves. A sample's group is GROUP_SELF where distance is
// nothing to it.
struct Sampled {
    std::string name;
    std::function<pair_outcome(bool is_brief, pair_sample &sample)> take;
};
void RegisterSampled(const std::string &row, std::vector<Sampled> contenders);

// A peer that was not found when this was built, and the package that has it.
void NotMeasured(const char *peer, const char *package);

// The rest of main().
int RunAll(int argc, char **argv);

// ---- for the parts of it ----

// TA_BENCH_UNTIL in the environment, seconds since 1970: when all is to be over; what was not measured
// until then is labelled so. TA_BENCH_PATIENCE: seconds to wait for a repetition that nobody disturbs.
constexpr char kNoTime[] = "busy: the time was over before";
bool TimeIsOver();
std::chrono::steady_clock::time_point PatienceEnds(std::chrono::seconds by_default);

double Median(std::vector<double> values);

// What all repetitions of a row must be: once false, RunAll() returns 1.
void NoteWrong();

// The distance that most of the samples have; how often.
struct Majority {
    group_kind group;
    size_t count;
};
Majority MostFrequent(const std::vector<group_kind> &groups);

} // namespace bench

#endif
