// SPDX-License-Identifier: MIT
//
// Explicit storage from C++17: all that ta/storage.h makes compiles there and works the same,
// without a cast.
#include "ta/derive.h"
#include "ta/storage.h"

#include <cstdio>

namespace {

int failures;

void check(bool holds, const char *what, int line) {
    if (holds) return;
    std::fprintf(stderr, "%s:%d: %s\n", "test_storage_cxx.cc", line, what);
    failures++;
}
#define CHECK(expression) check((expression), #expression, __LINE__)

struct route {
    uint64_t number;
    char *name;
};
TA_DERIVE(route, route, number, TA_AS(name, ta_string));
TA_STORAGE(routes, route);

bool same(const route *a, const route *b) { return a->number == b->number; }
int compare(const route *a, const route *b) {
    return a->number < b->number ? -1 : a->number > b->number;
}
uint64_t hash(const route *a) { return a->number; }
TA_STORED_EQUAL(routes, same);
TA_STORED_ORDER(routes, compare);
TA_STORED_HASH(routes, hash);

struct session {
    uint64_t id;
    routes_stored way;
};
TA_DERIVE(session, session, id, TA_AS(way, routes_stored));

bool add_up(route *value, uint32_t, void *context) {
    *static_cast<uint64_t *>(context) += value->number;
    return true;
}

ta_affinity places[2];

route route_of(uint64_t number) { return route{number, ta_string_make("way", nullptr)}; }

void slots_and_pins(routes storage) {
    uint64_t sum = 0;
    routes_stored previous;
    CHECK(routes_slot_count(storage) == 2);
    CHECK(routes_replace(storage, places[0], route_of(1), nullptr) == TA_OK);
    CHECK(routes_replace(storage, places[0], route_of(2), &previous) == TA_OK);
    CHECK(routes_stored_get(&previous)->number == 1);
    routes_stored_drop(&previous);
    CHECK(routes_replace(storage, places[1], route_of(3), nullptr) == TA_OK);
    CHECK(routes_each(storage, add_up, &sum) && sum == 5);
    CHECK(routes_ready_count(storage) == 2);
    CHECK(routes_index_of(storage, places[1]) == 1);

    routes_pin pin = routes_pin_at(storage, places[0]), other;
    CHECK(routes_pin_get(&pin)->number == 2);
    CHECK(routes_pin_make(storage, places[1], &other) == TA_OK);
    CHECK(routes_remove(storage, places[1], nullptr) == TA_OK);
    CHECK(routes_reclaim(storage) == 1);
    CHECK(routes_pin_get(&other)->number == 3);
    routes_pin_drop(&pin);
    routes_pin_drop(&other);
    CHECK(routes_reclaim(storage) == 0);
    pin = routes_pin_here(storage); // this thread is not pinned
    CHECK(routes_pin_get(&pin) == nullptr);
    CHECK(routes_pin_make(storage, places[1], &pin) == TA_E_EMPTY);

    route clone;
    CHECK(routes_get_clone(storage, places[0], &clone, nullptr) == TA_OK);
    CHECK(clone.number == 2);
    ta_destroy(&route_type, &clone);
}

void references(routes storage) {
    CHECK(routes_replace(storage, places[1], route_of(4), nullptr) == TA_OK);
    session value{}, copy{};
    CHECK(routes_stored_make(storage, places[0], &value.way) == TA_OK);
    CHECK(ta_clone(&session_type, &value, &copy, nullptr) == TA_OK);
    CHECK(routes_stored_count(storage) == 2);
    ta_move move = ta_move_between(places[0], places[1], nullptr);
    CHECK(ta_relocate(&session_type, &value, &move) == TA_OK);
    CHECK(routes_stored_get(&value.way)->number == 4);
    CHECK(routes_stored_slot(&value.way) == 1);
    CHECK(!routes_stored_equal(&value.way, &copy.way));
    CHECK(routes_stored_less(&copy.way, &value.way));
    CHECK(routes_stored_hash(&copy.way) == 2);
    CHECK(routes_stored_relocate(&copy.way, &move) == TA_OK);
    CHECK(routes_stored_compare(&copy.way, &value.way) == 0);
    routes_stored taken = routes_stored_take(&value.way), here;
    routes_stored clone = routes_stored_clone(&taken);
    CHECK(routes_stored_make_here(storage, &here) == TA_OK);
    CHECK(routes_stored_get(&here) == nullptr);
    routes_stored_drop(&here);
    routes_stored_drop(&taken);
    routes_stored_drop(&clone);
    ta_destroy(&session_type, &value);
    ta_destroy(&session_type, &copy);
    CHECK(routes_stored_count(storage) == 0);
}

// What clones and visits may throw: no pin stays behind.
struct brittle {
    int number;
};
ta_status throw_clone(const brittle *, brittle *, const ta_allocator *) { throw 1; }
TA_TYPE(brittle, brittle, nullptr, throw_clone, nullptr);
TA_STORAGE(brittles, brittle);
bool throw_visit(brittle *, uint32_t, void *) { throw 2; }

void exceptions() {
    brittles storage;
    brittle clone;
    int caught = 0;
    ta_per_affinity_options options = {};
    options.shape = places[0];
    CHECK(brittles_create(&storage, &options) == TA_OK);
    CHECK(brittles_replace(storage, places[0], brittle{1}, nullptr) == TA_OK);
    try {
        brittles_get_clone(storage, places[0], &clone, nullptr);
    } catch (int number) {
        caught += number;
    }
    try {
        brittles_each(storage, throw_visit, nullptr);
    } catch (int number) {
        caught += number;
    }
    CHECK(caught == 3);
    CHECK(brittles_replace(storage, places[0], brittle{2}, nullptr) == TA_OK);
    CHECK(brittles_reclaim(storage) == 0);
    brittles_destroy(&storage);
}

} // namespace

int main() {
    for (uint32_t i = 0; i < 2; i++) CHECK(ta_affinity_make(i, 2, 0, 1, 0, 1, &places[i]) == TA_OK);
    routes storage;
    ta_per_affinity_options options = {};
    options.shape = places[0];
    CHECK(routes_create(&storage, &options) == TA_OK);
    slots_and_pins(storage);
    references(storage);
    routes_destroy(&storage);
    exceptions();
    CHECK(storage.storage == nullptr);
    return failures == 0 ? 0 : 1;
}
