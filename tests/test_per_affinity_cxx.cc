// SPDX-License-Identifier: MIT
//
// Slot arrays from C++17: all that ta/per_affinity.h and ta/validator.h make compiles there and works
// the same, without a cast.
#include "ta/derive.h"
#include "ta/map.h"
#include "ta/per_affinity.h"
#include "ta/validator.h"

#include <cstdio>
#include <thread>

// src/slot.h: a thread as slots know it; its first word are the claims that it has not ended.
extern "C" const uint64_t *ta_slot_self(void);

namespace {

int failures;

void check(bool holds, const char *what, int line) {
    if (holds) return;
    std::fprintf(stderr, "%s:%d: %s\n", "test_per_affinity_cxx.cc", line, what);
    failures++;
}
#define CHECK(expression) check((expression), #expression, __LINE__)

struct counter {
    uint64_t slot, events;
};
TA_DERIVE(counter, counter, slot, events);
TA_PER_AFFINITY(counters, counter);

struct recipe {
    uint64_t events;
    char *name;
};
TA_DERIVE(recipe, recipe, events, TA_AS(name, ta_string));

ta_status count_from(counter *out, const ta_site *site, void *context) {
    auto first = static_cast<const uint64_t *>(context);
    *out = counter{site->slot, *first};
    return TA_OK;
}

ta_status follow(counter *out, const ta_site *site, recipe *captured) {
    *out = counter{site->slot, captured->events + (captured->name[0] == 'x')};
    return TA_OK;
}
TA_PER_AFFINITY_WITH(counters_of_recipe, counters, recipe, follow);

bool same(const counter *a, const counter *b) { return a->events == b->events; }
int compare(const counter *a, const counter *b) {
    return a->events < b->events ? -1 : a->events > b->events;
}
uint64_t hash(const counter *a) { return a->events; }
TA_HANDLE_EQUAL(counters, same);
TA_HANDLE_ORDER(counters, compare);
TA_HANDLE_HASH(counters, hash);

struct session {
    counters_handle stats;
    counters_pinned first;
    ta_validator home;
};
TA_DERIVE(session, session, TA_AS(stats, counters_handle), TA_AS(first, counters_pinned),
          TA_AS(home, ta_validator));
TA_MAP(sessions, ta_int, session);

uint64_t events_of(const session *captured) {
    return counters_handle_get(&captured->stats)->events;
}
TA_FN(count_session, session, ta_uint64, events_of);

bool add_up(counter *value, uint32_t, void *context) {
    *static_cast<uint64_t *>(context) += value->events;
    return true;
}

ta_affinity places[4];

void arrays() {
    uint64_t first = 5, sum = 0;
    ta_per_affinity_options options = {};
    options.shape = places[0];
    counters array;
    CHECK(counters_create(&array, &options, count_from, &first) == TA_OK);
    CHECK(counters_fill(array, places, 4) == TA_OK);
    CHECK(counters_get(array, places[2])->slot == 2);
    CHECK(counters_peek(array, places[2]) == counters_at(array, 2));
    CHECK(counters_get_here(array) == nullptr);
    counter *value = nullptr;
    CHECK(counters_resolve(array, places[3], &value) == TA_OK && value->slot == 3);
    CHECK(counters_resolve(array, TA_AFFINITY_UNKNOWN, &value) == TA_E_UNKNOWN_AFFINITY);
    CHECK(counters_each(array, add_up, &sum) && sum == 20);
    CHECK(counters_slot_count(array) == 4 && counters_ready_count(array) == 4);
    CHECK(counters_index_of(array, places[1]) == 1);
    counters_destroy(&array);

    CHECK(counters_create_from(&array, &options, counter{9, 7}) == TA_OK);
    CHECK(counters_get(array, places[1])->events == 7);
    counters_destroy(&array);
    CHECK(counters_create_from_unaware(&array, &options, counter{9, 8}) == TA_OK);
    CHECK(counters_get(array, places[1])->events == 8);
    counters_destroy(&array);
    CHECK(counters_of_recipe(&array, &options, recipe{3, ta_string_make("x", nullptr)}) == TA_OK);
    CHECK(counters_get(array, places[1])->events == 4);
    counters_destroy(&array);
}

void handles() {
    uint64_t first = 5;
    ta_per_affinity_options options = {};
    options.shape = places[0];
    counters array;
    CHECK(counters_create(&array, &options, count_from, &first) == TA_OK);
    counters_handle handle, unplaced;
    CHECK(counters_handle_make(array, places[0], &handle) == TA_OK);
    CHECK(counters_handle_make_here(array, &unplaced) == TA_OK);
    counters_handle_get(&handle)->events = 50;
    CHECK(counters_handle_slot(&handle) == 0 && counters_handle_slot(&unplaced) == TA_NO_SLOT);
    CHECK(counters_handle_less(&unplaced, &handle) && !counters_handle_equal(&unplaced, &handle));
    CHECK(counters_handle_compare(&handle, &handle) == 0 && counters_handle_hash(&handle) == 50);

    counters_handle clone = counters_handle_clone(&handle);
    session one = {counters_handle_clone(&handle), counters_handle_pin(&clone),
                   ta_validator_at(places[0])};
    CHECK(counters_handle_count(array) == 4);
    ta_move move = ta_move_between(places[0], places[3], nullptr);
    CHECK(session_relocate(&one, &move) == TA_OK);
    CHECK(counters_handle_get(&one.stats)->slot == 3);
    CHECK(counters_pinned_get(&one.first)->events == 50);
    CHECK(ta_affinity_equal(one.home.home, places[3]) && !ta_validator_is_home(&one.home));
    CHECK(counters_handle_relocate(&unplaced, &move) == TA_OK);
    CHECK(counters_handle_get(&unplaced) == counters_handle_get(&one.stats));

    counters_pinned pinned = counters_pinned_clone(&one.first);
    counters_handle loose = counters_pinned_unpin(&pinned);
    counters_pinned_drop(&pinned);
    counters_handle taken = counters_handle_take(&loose);
    counters_handle_drop(&taken);

    ta_fn fn;
    uint64_t events = 0;
    CHECK(count_session(&fn, one, nullptr) == TA_OK);
    CHECK(ta_fn_call(&fn, &events) && events == 5);
    counters_destroy(&array);
    ta_fn_destroy(&fn);
    counters_handle_drop(&handle);
    counters_handle_drop(&unplaced);
}

// ---- constructors that throw

struct refusal {};
int refusals;

ta_status refuse_once(counter *out, const ta_site *site, void *context) {
    if (refusals++ == 0) throw refusal();
    return count_from(out, site, context);
}

template <typename Function>
bool throws(Function function) {
    try {
        function();
    } catch (const refusal &) {
        return true;
    }
    return false;
}

bool refuse_visit(counter *, uint32_t, void *) { throw refusal(); }

void exceptions() {
    uint64_t first = 5;
    ta_per_affinity_options options = {};
    options.shape = places[0];
    counters array, other;
    counter *value;
    CHECK(counters_create(&array, &options, refuse_once, &first) == TA_OK);
    CHECK(throws([&] { counters_get(array, places[1]); }));
    CHECK(counters_ready_count(array) == 0);
    std::thread([&] { CHECK(counters_resolve(array, places[1], &value) == TA_OK); }).join();
    CHECK(refusals == 2 && counters_get(array, places[1]) == value);
    // The thread is not taken for one that constructs still: waits are checked for circles then.
    CHECK(throws([&] { counters_each(array, refuse_visit, nullptr); }));
    refusals = 0;
    CHECK(throws([&] { counters_get(array, places[2]); }));
    CHECK(*ta_slot_self() == 0);
    counters_destroy(&array);

    // Out of a constructor's own call: both slots are empty again.
    CHECK(counters_create(&other, &options, refuse_once, &first) == TA_OK);
    CHECK(counters_create(
              &array, &options,
              [](counter *out, const ta_site *site, void *context) {
                  auto inner = static_cast<const counters *>(context);
                  *out = counter{site->slot, counters_get(*inner, site->affinity)->events};
                  return TA_OK;
              },
              &other) == TA_OK);
    refusals = 0;
    CHECK(throws([&] { counters_get(array, places[0]); }));
    CHECK(*ta_slot_self() == 0);
    CHECK(counters_ready_count(array) == 0 && counters_ready_count(other) == 0);
    CHECK(counters_get(array, places[0])->events == 5);
    counters_destroy(&array);
    counters_destroy(&other);
}

} // namespace

int main() {
    const uint32_t counts[] = {2, 2};
    CHECK(ta_affinity_create_manual(counts, 2, places, 4, nullptr) == TA_OK);
    arrays();
    handles();
    exceptions();
    return failures != 0;
}
