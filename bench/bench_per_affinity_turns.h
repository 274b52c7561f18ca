// SPDX-License-Identifier: MIT
//
// Running a contender for a turn: by one thread, or by two at once, each on a processor of its own.
#ifndef TA_BENCH_PER_AFFINITY_TURNS_H
#define TA_BENCH_PER_AFFINITY_TURNS_H

#include "bench_per_affinity.h"

#include "ta/detail/atomic.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

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

// The second thread, pinned to a processor of its own. It sleeps, and leaves the machine to the
// first one, except while a Vigil lives: then it looks for work without pause.
class Partner {
  public:
    Partner(const ta_registry *machine, ta_affinity place)
        : thread_([this, machine, place] { Live(machine, place); }) {}
    ~Partner() {
        Tell(Mood::kLeave);
        thread_.join();
    }
    Partner(const Partner &) = delete;
    Partner &operator=(const Partner &) = delete;

    class Vigil {
      public:
        explicit Vigil(Partner &partner) : partner_(partner) { partner_.Tell(Mood::kWatch); }
        ~Vigil() { partner_.Tell(Mood::kSleep); }
        Vigil(const Vigil &) = delete;
        Vigil &operator=(const Vigil &) = delete;

        // The contender's run by both threads. They begin together: each waits for the other.
        void RunBoth(const bench_contender &contender, void *state, uint64_t operations,
                     Span &first, Span &second) {
            partner_.job_ = {&contender, state, operations};
            ta_store_release_u64(&partner_.given_, ++jobs_given()); // T1: pairs with T2
            partner_.Meet(jobs_given());
            first = RunOnce(contender, state, 0, operations);
            while (ta_load_acquire_u64(&partner_.done_) != jobs_given()) // T4: pairs with T3
                ta_cpu_pause();
            second = partner_.span_;
        }

      private:
        uint64_t &jobs_given() { return partner_.jobs_; }
        Partner &partner_;
    };

    bool pinned() const { return ta_load_acquire_u32(&pinned_) != 0; } // after the first job

  private:
    enum class Mood : uint32_t { kSleep, kWatch, kLeave };
    struct Job {
        const bench_contender *contender;
        void *state;
        uint64_t operations;
    };

    void Tell(Mood mood) {
        std::lock_guard<std::mutex> guard(mutex_);
        mood_ = mood;
        // Relaxed: a hint to look at mood_, under the lock.
        ta_store_relaxed_u32(&watching_, mood == Mood::kWatch);
        changed_.notify_one();
    }

    // Both count themselves in, and go when both are in. M: pairs with itself.
    void Meet(uint64_t meeting) {
        ta_fetch_add_acq_rel_u64(&met_, 1);
        while (ta_load_acquire_u64(&met_) != 2 * meeting) ta_cpu_pause();
    }

    void Live(const ta_registry *machine, ta_affinity place) {
        ta_store_release_u32(&pinned_, ta_registry_pin(machine, place) == TA_OK);
        for (uint64_t next = 1;;) {
            {
                std::unique_lock<std::mutex> lock(mutex_);
                changed_.wait(lock, [this] { return mood_ != Mood::kSleep; });
                if (mood_ == Mood::kLeave) return;
            }
            while (ta_load_relaxed_u32(&watching_) != 0) {
                if (ta_load_acquire_u64(&given_) != next) { // T2: pairs with T1
                    ta_cpu_pause();
                    continue;
                }
                Job job = job_;
                Meet(next);
                span_ = RunOnce(*job.contender, job.state, 1, job.operations);
                ta_store_release_u64(&done_, next++); // T3: pairs with T4
            }
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    Mood mood_ = Mood::kSleep; // under the lock
    Job job_{};                // handed over by T1 T2
    Span span_;                // handed back by T3 T4
    uint64_t jobs_ = 0;        // the first thread's own
    uint32_t watching_ = 0, pinned_ = 0;
    alignas(2 * TA_CACHE_LINE) uint64_t given_ = 0;
    alignas(2 * TA_CACHE_LINE) uint64_t done_ = 0;
    alignas(2 * TA_CACHE_LINE) uint64_t met_ = 0;
    alignas(2 * TA_CACHE_LINE) std::thread thread_; // last: it uses all the others
};

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
    double ByTwo(Partner::Vigil &vigil, double &overlap) {
        double seconds = 0, both = 0, whole = 0;
        uint64_t operations = 0;
        do {
            Span a, b;
            Prepare();
            vigil.RunBoth(contender_, state_.get(), operations_, a, b);
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
    double Figure() { return static_cast<double>(contender_.run(state_.get(), 0, 1)); }

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
        if (contender_.unit_is_byte) return 1;
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

inline double Median(std::vector<double> values) {
    if (values.empty()) return 0;
    auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

} // namespace bench

#endif
