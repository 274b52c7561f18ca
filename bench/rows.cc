// SPDX-License-Identifier: MIT
//
// The stage that all rows share, and the end of main().
#include "rows.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace bench {

namespace {

bench_stage *stage;
bench_world world;
bool everything_right = true;
std::string not_measured;

// An invented machine: two regions of so many processors.
const ta_registry *MakeRegistry(uint32_t processors) {
    const uint32_t counts[] = {processors, processors};
    ta_registry_options options{};
    options.processors = TA_PROCESSORS_ALL;
    options.machine = TA_MACHINE_COUNTS;
    options.counts = counts;
    options.counts_length = 2;
    ta_registry *made = nullptr;
    return ta_registry_create(&options, &made) == TA_OK ? made : nullptr;
}

} // namespace

bool SetStage(const char *program) {
    stage = bench_stage_create();
    world.few = MakeRegistry(BENCH_FEW / 2);
    world.many = MakeRegistry(BENCH_MANY / 2);
    if (stage == nullptr || world.few == nullptr || world.many == nullptr) {
        std::fprintf(stderr, "%s: %s\n", program, ta_last_error());
        return false;
    }
    world.here = bench_stage_registry(stage);
    return true;
}

bench_stage *Stage() { return stage; }
const bench_world &World() { return world; }
void NoteWrong() { everything_right = false; }

namespace {

double Setting(const char *name, double by_default) {
    const char *text = std::getenv(name);
    return text != nullptr ? std::atof(text) : by_default;
}

} // namespace

bool TimeIsOver() {
    static const double until = Setting("TA_BENCH_UNTIL", 0);
    using Seconds = std::chrono::duration<double>;
    return until > 0 &&
           Seconds(std::chrono::system_clock::now().time_since_epoch()).count() >= until;
}

std::chrono::steady_clock::time_point PatienceEnds(std::chrono::seconds by_default) {
    static const double set = Setting("TA_BENCH_PATIENCE", 0);
    std::chrono::duration<double> patience(set);
    return std::chrono::steady_clock::now() +
           (set > 0 ? std::chrono::duration_cast<std::chrono::milliseconds>(patience)
                    : std::chrono::milliseconds(by_default));
}

void NotMeasured(const char *peer, const char *package) {
    if (!not_measured.empty()) not_measured += ", ";
    not_measured += std::string(peer) + " (package " + package + ")";
}

double Median(std::vector<double> values) {
    if (values.empty()) return 0;
    auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

Majority MostFrequent(const std::vector<group_kind> &groups) {
    Majority most{GROUP_SELF, 0};
    for (int group = 0; group < GROUP_COUNT; group++) {
        auto count =
            static_cast<size_t>(std::count(groups.begin(), groups.end(), group_kind(group)));
        if (count > most.count) most = {group_kind(group), count};
    }
    return most;
}

int RunAll(int argc, char **argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    if (!not_measured.empty()) benchmark::AddCustomContext("not_measured", not_measured);
    benchmark::RunSpecifiedBenchmarks();
    bench_stage_destroy(stage);
    return everything_right ? 0 : 1;
}

} // namespace bench
