// SPDX-License-Identifier: MIT
//
// Running a contender for a turn: by one thread, or by two at once, each on a processor of its own.
#ifndef TA_BENCH_TURNS_H
#define TA_BENCH_TURNS_H

#include "contender.h"
#include "stage.h"

#include <algorithm>
#include <chrono>
#include <memory>

namespace bench {

using Clock = std::chrono::steady_clock;

constexpr double kTurnSeconds = 200e-6;

inline double Seconds(Clock::duration duration) {
    return std::chrono::duration<double>(duration).count();
}

// What a thread did in a turn.
struct Span {
    Clock::time_point start, end;
    uint64_t wrong = 0;
};

inline Span RunOnce(const bench_contender &contender, void *state, unsigned thread,
                    uint64_t operations) {
    Span span;
    span.start = Clock::now();
    span.wrong = contender.run(state, thread, operations);
    span.end = Clock::now();
    return span;
}

// The contender's run by both threads; false: one of them did not come to it.
inline bool RunBoth(bench_stage *stage, const bench_contender &contender, void *state,
                    uint64_t operations, Span (&spans)[BENCH_THREADS]) {
    struct Job {
        const bench_contender &contender;
        void *state;
        uint64_t operations;
        Span *spans;
    } job{contender, state, operations, spans};
    auto part = [](void *argument, unsigned thread) {
        const Job &mine = *static_cast<const Job *>(argument);
        mine.spans[thread] = RunOnce(mine.contender, mine.state, thread, mine.operations);
    };
    return bench_stage_run(stage, part, &job);
}

// A contender with its state. What it does is checked; once wrong, it stays so.
class Work {
  public:
    Work(const bench_contender &contender, const bench_world &world)
        : contender_(contender), state_(contender.create(&world), contender.destroy),
          good_(state_ != nullptr) {
        if (good_) operations_ = contender.most != 0 ? contender.most : Calibrate();
    }

    bool good() const { return good_; }
    const bench_contender &contender() const { return contender_; }

    // A turn by one thread: nanoseconds per operation. What is prepared for only so many operations
    // is run several times.
    double Alone() {
        double seconds = 0;
        uint64_t operations = 0;
        do {
            seconds += Once(operations_);
            operations += operations_;
        } while (good_ && contender_.most != 0 && seconds < kTurnSeconds / 2);
        return seconds * 1e9 / static_cast<double>(operations);
    }

    // A turn by two at once, each of which does as much as one alone. `overlap`: the part of the
    // time from the first one's start to the last one's end that both were at it.
    double ByTwo(bench_stage *stage, double &overlap) {
        double seconds = 0, both = 0, whole = 0;
        uint64_t operations = 0;
        do {
            Span spans[BENCH_THREADS];
            const Span &a = spans[0], &b = spans[1];
            Prepare();
            bool ran = RunBoth(stage, contender_, state_.get(), operations_, spans);
            overlap = 0;
            if (!ran) { /* perhaps by one of them: its results are nothing to judge */
                if (contender_.finish != nullptr) (void)contender_.finish(state_.get());
                return 0;
            }
            Finish(a.wrong + b.wrong);
            seconds += (Seconds(a.end - a.start) + Seconds(b.end - b.start)) / 2;
            both += Seconds(std::min(a.end, b.end) - std::max(a.start, b.start));
            whole += Seconds(std::max(a.end, b.end) - std::min(a.start, b.start));
            operations += operations_;
        } while (good_ && contender_.most != 0 && seconds < kTurnSeconds / 2);
        overlap = both / whole;
        return seconds * 1e9 / static_cast<double>(operations);
    }

    // What the contender answers where it measures no time.
    double Figure() {
        double figure = contender_.figure(state_.get());
        good_ = good_ && !(figure < 0);
        return figure;
    }

  private:
    void Prepare() {
        if (contender_.prepare != nullptr) contender_.prepare(state_.get());
    }
    void Finish(uint64_t wrong) {
        bool right = contender_.finish == nullptr || contender_.finish(state_.get());
        good_ = good_ && right && wrong == 0;
    }
    double Once(uint64_t operations) {
        Prepare();
        Span span = RunOnce(contender_, state_.get(), 0, operations);
        Finish(span.wrong);
        return Seconds(span.end - span.start);
    }
    // The operations that fill a turn.
    uint64_t Calibrate() {
        if (contender_.figure != nullptr) return 1;
        uint64_t operations = 64;
        while (operations < UINT64_C(1) << 32 && good_) {
            double seconds = std::min({Once(operations), Once(operations), Once(operations)});
            if (seconds >= kTurnSeconds / 2) break;
            operations *= 2;
        }
        return operations;
    }

    const bench_contender &contender_;
    std::unique_ptr<void, void (*)(void *)> state_;
    bool good_;
    uint64_t operations_ = 1;
};

} // namespace bench

#endif
