// SPDX-License-Identifier: MIT
//
// A full stream from one pinned thread to another: nanoseconds per message over a lane and over its
// peers. Every ring has a 64 KiB buffer, every message is verified, and a stuck end waits in the same
// way everywhere. `interleaved` measures all of them in turn within each iteration, so that noise hits all
// alike: its counters are medians, and ratios to ck's ring of pointers.
#include "lane_shim.h"

#include "ta/detail/atomic.h"
#include "ta/registry.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr uint32_t kBytes = 64 * 1024;
constexpr uint64_t kMessages = 1 << 20;

class Stream {
  public:
    virtual ~Stream() = default;
    virtual void Send(uint64_t count) = 0;
    virtual uint64_t Receive(uint64_t count) = 0; // how many were wrong
};

class Shim : public Stream {
  public:
    using SendFunction = void (*)(ta_shim_ring *, uint64_t);
    using ReceiveFunction = uint64_t (*)(ta_shim_ring *, uint64_t);
    Shim(ta_shim_ring *ring, SendFunction send, ReceiveFunction receive)
        : ring_(ring, ta_shim_destroy), send_(send), receive_(receive) {}
    void Send(uint64_t count) override { send_(ring_.get(), count); }
    uint64_t Receive(uint64_t count) override { return receive_(ring_.get(), count); }

  private:
    std::unique_ptr<ta_shim_ring, void (*)(ta_shim_ring *)> ring_;
    SendFunction send_;
    ReceiveFunction receive_;
};

// What one writes first: a ring of words under a mutex.
class MutexRing : public Stream {
  public:
    void Send(uint64_t count) override {
        unsigned turns = 0;
        for (uint64_t k = 0; k < count; k++)
            while (!Push(ta_shim_word(k))) ta_shim_wait(&turns);
    }
    uint64_t Receive(uint64_t count) override {
        uint64_t bad = 0, word = 0;
        unsigned turns = 0;
        for (uint64_t k = 0; k < count; k++) {
            while (!Pop(&word)) ta_shim_wait(&turns);
            bad += word != ta_shim_word(k);
        }
        return bad;
    }

  private:
    bool Push(uint64_t word) {
        std::lock_guard<std::mutex> guard(mutex_);
        if (tail_ - head_ == words_.size()) return false;
        words_[tail_++ % words_.size()] = word;
        return true;
    }
    bool Pop(uint64_t *word) {
        std::lock_guard<std::mutex> guard(mutex_);
        if (head_ == tail_) return false;
        *word = words_[head_++ % words_.size()];
        return true;
    }
    std::mutex mutex_;
    uint64_t head_ = 0, tail_ = 0;
    std::array<uint64_t, kBytes / sizeof(uint64_t)> words_;
};

// The lane's ring with the one thing that ck's lacks: each side keeps a copy of the other's index and
// looks at the shared line only when the copy says full or empty. Here to tell what that is worth.
class CachedRing : public Stream {
  public:
    void Send(uint64_t count) override {
        unsigned turns = 0;
        for (uint64_t k = 0; k < count; k++) {
            uint64_t tail = sender_.own; // plain: only this thread writes it
            while (tail - sender_.other == kLines) {
                sender_.other = ta_load_acquire_u64(&receiver_.own); // C1: pairs with C0
                if (tail - sender_.other == kLines) ta_shim_wait(&turns);
            }
            Line &line = lines_[tail % kLines];
            for (uint64_t i = 0; i < 8; i++) line.words[i] = ta_shim_word(k) + i;
            ta_store_release_u64(&sender_.own, tail + 1); // E0: pairs with E1
        }
    }
    uint64_t Receive(uint64_t count) override {
        uint64_t bad = 0;
        unsigned turns = 0;
        for (uint64_t k = 0; k < count; k++) {
            uint64_t head = receiver_.own;
            while (head == receiver_.other) {
                receiver_.other = ta_load_acquire_u64(&sender_.own); // E1: pairs with E0
                if (head == receiver_.other) ta_shim_wait(&turns);
            }
            Line line = lines_[head % kLines];
            ta_store_release_u64(&receiver_.own, head + 1); // C0: pairs with C1
            uint64_t wrong = 0;
            for (uint64_t i = 0; i < 8; i++) wrong |= line.words[i] ^ (ta_shim_word(k) + i);
            bad += wrong != 0;
        }
        return bad;
    }

  private:
    static constexpr uint64_t kLines = kBytes / TA_CACHE_LINE;
    struct alignas(TA_CACHE_LINE) Line {
        uint64_t words[8];
    };
    struct alignas(TA_CACHE_LINE) Side {
        uint64_t own = 0, other = 0;
    };
    Side sender_, receiver_;
    std::array<Line, kLines> lines_;
};

// The machine, with two processors to pin to; null when there are none.
const ta_registry *Machine() {
    static ta_registry *registry = [] {
        ta_registry_options options{};
        options.processors = TA_PROCESSORS_ALL;
        ta_registry *made = nullptr;
        if (ta_registry_create(&options, &made) != TA_OK)
            return static_cast<ta_registry *>(nullptr);
        if (ta_registry_processor_count(made) >= 2) return made;
        ta_registry_destroy(made);
        return static_cast<ta_registry *>(nullptr);
    }();
    return registry;
}

struct Outcome {
    double seconds = 0;
    uint64_t bad = 0;
    bool pinned = true;
};

// One stream, from the moment at which both ends stand ready to the last message's arrival.
Outcome RunStream(Stream &stream) {
    using Clock = std::chrono::steady_clock;
    const ta_registry *machine = Machine();
    Outcome outcome;
    uint32_t ready = 0;
    bool sender_pinned = true;
    auto stand_ready = [&](uint32_t processor) {
        bool pinned = ta_registry_pin(machine, ta_registry_affinity(machine, processor)) == TA_OK;
        ta_fetch_add_acq_rel_u32(&ready, 1); // G0: pairs with G1
        unsigned turns = 0;
        while (ta_load_acquire_u32(&ready) != 2) ta_shim_wait(&turns); // G1: pairs with G0
        return pinned;
    };
    std::thread sender([&] {
        sender_pinned = stand_ready(0);
        stream.Send(kMessages);
    });
    std::thread receiver([&] {
        outcome.pinned = stand_ready(1);
        Clock::time_point start = Clock::now();
        outcome.bad = stream.Receive(kMessages);
        outcome.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    });
    sender.join();
    receiver.join();
    outcome.pinned = outcome.pinned && sender_pinned;
    return outcome;
}

struct Kind {
    const char *name;
    std::unique_ptr<Stream> (*make)();
};

const Kind kKinds[] = {
    {"ck_ring_pointers", // first: the one that ratios refer to
     [] {
         return std::unique_ptr<Stream>(
             new Shim(ta_shim_ck_create(kBytes), ta_shim_ck_send, ta_shim_ck_receive));
     }},
    {"lane_64_bytes",
     [] {
         return std::unique_ptr<Stream>(
             new Shim(ta_shim_lane_create(kBytes), ta_shim_lane64_send, ta_shim_lane64_receive));
     }},
    {"lane_8_bytes_packed",
     [] {
         return std::unique_ptr<Stream>(
             new Shim(ta_shim_lane_create(kBytes), ta_shim_lane8_send, ta_shim_lane8_receive));
     }},
    {"cached_index_64_bytes", [] { return std::unique_ptr<Stream>(new CachedRing); }},
    {"mutex_ring_8_bytes", [] { return std::unique_ptr<Stream>(new MutexRing); }},
};

// Whether the outcome counts; tells the benchmark if not.
bool Good(benchmark::State &state, const Outcome &outcome) {
    if (!outcome.pinned) state.SkipWithError("pinning failed");
    if (outcome.bad != 0) state.SkipWithError("messages arrived wrong");
    return outcome.pinned && outcome.bad == 0;
}

void OneStream(benchmark::State &state, const Kind &kind) {
    if (Machine() == nullptr) return state.SkipWithError("two processors are needed");
    std::unique_ptr<Stream> stream = kind.make();
    for (auto _ : state) {
        Outcome outcome = RunStream(*stream);
        if (!Good(state, outcome)) return;
        state.SetIterationTime(outcome.seconds);
    }
    auto messages = static_cast<double>(kMessages);
    state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kMessages));
    state.counters["per_message"] = benchmark::Counter(
        messages, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void Interleaved(benchmark::State &state) {
    if (Machine() == nullptr) return state.SkipWithError("two processors are needed");
    constexpr size_t kinds = sizeof kKinds / sizeof *kKinds;
    std::array<std::unique_ptr<Stream>, kinds> streams;
    std::array<std::vector<double>, kinds> nanoseconds;
    for (size_t i = 0; i < kinds; i++) streams[i] = kKinds[i].make();
    for (auto _ : state) {
        double total = 0;
        for (size_t i = 0; i < kinds; i++) {
            Outcome outcome = RunStream(*streams[i]);
            if (!Good(state, outcome)) return;
            nanoseconds[i].push_back(outcome.seconds * 1e9 / static_cast<double>(kMessages));
            total += outcome.seconds;
        }
        state.SetIterationTime(total);
    }
    double reference = 0;
    for (size_t i = 0; i < kinds; i++) {
        std::vector<double> &all = nanoseconds[i];
        std::sort(all.begin(), all.end());
        double median = all[all.size() / 2];
        if (i == 0) reference = median;
        state.counters[std::string(kKinds[i].name) + "_ns"] = median;
        state.counters[std::string(kKinds[i].name) + "_ratio"] = median / reference;
    }
}

} // namespace

int main(int argc, char **argv) {
    for (const Kind &kind : kKinds)
        benchmark::RegisterBenchmark(kind.name,
                                     [&kind](benchmark::State &state) { OneStream(state, kind); })
            ->UseManualTime()
            ->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark("interleaved", Interleaved)
        ->UseManualTime()
        ->Iterations(21)
        ->Unit(benchmark::kMillisecond);
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
