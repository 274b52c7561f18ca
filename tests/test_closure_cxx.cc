// SPDX-License-Identifier: MIT
//
// Closures from C++17: all that ta/closure.h makes compiles there and works the same.
#include "ta/closure.h"

#include <cstdio>
#include <cstring>
#include <type_traits>
#include <utility>

namespace {

int failures;

void check(bool holds, const char *what, int line) {
    if (holds) return;
    std::fprintf(stderr, "%s:%d: %s\n", "test_closure_cxx.cc", line, what);
    failures++;
}
#define CHECK(expression) check((expression), #expression, __LINE__)

struct adder {
    int a, b;
};
TA_UNAWARE_TYPE(adder, adder);

struct table { // boxed
    double values[16];
};
TA_UNAWARE_TYPE(table, table);

int moved, destroyed;
struct token {
    int id;
};
ta_status token_relocate(token *, const ta_move *) {
    moved++;
    return TA_OK;
}
ta_status token_clone(const token *value, token *out, const ta_allocator *) {
    *out = *value;
    return TA_OK;
}
void token_destroy(token *) { destroyed++; }
TA_TYPE(token, token, token_relocate, token_clone, token_destroy);

int add(const adder *self) noexcept { return self->a + self->b; }
TA_FN(adding, adder, ta_int, add);

int count(adder *self) { return self->a += self->b; }
TA_FN_MUT(counting, adder, ta_int, count);

int spend(token *self) { return self->id; }
TA_FN_ONCE(spending, token, ta_int, spend);

double last(const table *self) { return self->values[15]; }
TA_FN(last_of, table, ta_double, last);

int noted;
void note(const token *self) { noted += self->id; }
TA_FN_VOID(noting, token, note);
TA_FN_MUT_VOID(noting_mut, token, [](token *self) { noted += self->id; });
TA_FN_ONCE_VOID(noting_once, token, [](token *self) { noted += self->id; });

int answer() { return 42; }
TA_FN_BARE(answering, ta_int, answer);
TA_FN_BARE_VOID(adding_one, [] { noted++; });

char *take(char **text) { return std::exchange(*text, nullptr); }
TA_FN_ONCE(taking, ta_string, ta_string, take);

TA_CALLS(int_fn, ta_int);
TA_CALLS(double_fn, ta_double);
TA_CALLS(string_fn, ta_string);
TA_VECTOR(fns, ta_fn_once);

static_assert(sizeof(ta_fn) == 64 && sizeof(ta_fn_mut) == 64 && sizeof(ta_fn_once) == 64);
static_assert(std::is_trivially_copyable_v<ta_fn> && std::is_standard_layout_v<ta_fn>);

ta_move far_move() {
    const uint32_t counts[] = {1, 1};
    ta_affinity places[2] = {};
    CHECK(ta_affinity_create_manual(counts, 2, places, 2, nullptr) == TA_OK);
    return ta_move_between(places[0], places[1], nullptr);
}

void each_kind_is_called() {
    ta_fn fn = {};
    ta_fn_mut mut = {};
    ta_fn_once once = {};
    int result = 0;
    CHECK(ta_fn_is_empty(&fn) && !int_fn_call(&fn, &result));
    CHECK(adding(&fn, {2, 3}, nullptr) == TA_OK);
    CHECK(int_fn_call(&fn, &result) && result == 5);
    CHECK(counting(&mut, {0, 7}, nullptr) == TA_OK);
    CHECK(int_fn_call_mut(&mut, &result) && int_fn_call_mut(&mut, &result) && result == 14);
    ta_move move = far_move();
    CHECK(spending(&once, {9}, nullptr) == TA_OK);
    CHECK(ta_fn_once_relocate(&once, &move) == TA_OK && moved == 1);
    CHECK(int_fn_call_once(&once, &result) && result == 9 && destroyed == 1);
    CHECK(!int_fn_call_once(&once, &result));

    fn = answering();
    once = ta_fn_into_once(&fn);
    CHECK(int_fn_call_once(&once, &result) && result == 42);
}

void functions_without_result_are_called() {
    ta_fn fn = {};
    ta_fn_mut mut = {};
    ta_fn_once once = {};
    destroyed = 0;
    CHECK(noting(&fn, {1}, nullptr) == TA_OK && ta_fn_call(&fn, nullptr));
    CHECK(noting_mut(&mut, {10}, nullptr) == TA_OK && ta_fn_mut_call(&mut, nullptr));
    CHECK(noting_once(&once, {100}, nullptr) == TA_OK && ta_fn_once_call(&once, nullptr));
    ta_fn bare = adding_one();
    CHECK(ta_fn_call(&bare, nullptr) && noted == 112);
    ta_fn_destroy(&fn);
    ta_fn_mut_destroy(&mut);
    CHECK(destroyed == 3);
}

void closures_relocate_and_clone() {
    ta_move move = far_move();
    ta_fn fn = {}, clone = {};
    ta_fn_once once = {};
    double value = 0;
    char *text = nullptr;
    table numbers = {};
    numbers.values[15] = 1.5;
    CHECK(last_of(&fn, numbers, nullptr) == TA_OK);
    CHECK(ta_fn_clone(&fn, &clone, nullptr) == TA_OK);
    CHECK(ta_fn_relocate(&fn, &move) == TA_OK);
    CHECK(double_fn_call(&fn, &value) && value == 1.5);
    ta_fn_destroy(&fn);
    CHECK(double_fn_call_relocated(&clone, &value, &move) == TA_OK && value == 1.5);
    ta_fn_destroy(&clone);

    CHECK(taking(&once, ta_string_make("text", nullptr), nullptr) == TA_OK);
    fns list = {};
    CHECK(fns_push(&list, once, nullptr));
    CHECK(ta_relocate(&fns_type, &list, &move) == TA_OK);
    CHECK(string_fn_call_once(&list.items[0], &text) && std::strcmp(text, "text") == 0);
    ta_destroy(&ta_string_type, &text);
    ta_destroy(&fns_type, &list);
}

} // namespace

int main() {
    each_kind_is_called();
    functions_without_result_are_called();
    closures_relocate_and_clone();
    return failures == 0 ? 0 : 1;
}
