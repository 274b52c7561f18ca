// SPDX-License-Identifier: MIT
//
// Calls and fan-outs from C++17: what ta/call.h and ta/fan.h make compiles there, and works.
#include "ta/fan.h"

#include <cstdint>
#include <cstdio>

namespace {

int failures;

void check(bool holds, const char *what, int line) {
    if (holds) return;
    std::fprintf(stderr, "%s:%d: %s\n", "test_call_cxx.cc", line, what);
    failures++;
}
#define CHECK(expression) check((expression), #expression, __LINE__)

struct adder {
    int a, b;
};
TA_UNAWARE_TYPE(adder, adder);

struct table { // boxed, both ways
    double values[16];
};
TA_UNAWARE_TYPE(table, table);

struct record {
    int count;
    ta_status status;
    double value;
};
using record_pointer_ = record *;
TA_UNAWARE_TYPE(record_pointer, record_pointer_);

int add(adder *self) { return self->a + self->b; }
void note_int(record **out, ta_status status, int *result) {
    (*out)->count++;
    (*out)->status = status;
    if (result != nullptr) (*out)->value = *result;
}
TA_CALL(call_add, adder, ta_int, add, record_pointer, note_int);
TA_CALL_WAIT(wait_add, adder, ta_int, add);

table twice(table *in) {
    for (double &value : in->values) value *= 2;
    return *in;
}
void note_table(record **out, ta_status status, table *result) {
    (*out)->count++;
    (*out)->status = status;
    if (result != nullptr) (*out)->value = result->values[15];
}
TA_CALL(call_twice, table, table, twice, record_pointer, note_table);

int nodded;
void nod(adder *self) { nodded += self->a; }
void note_end(record **out, ta_status status) {
    (*out)->count++;
    (*out)->status = status;
}
TA_CALL_VOID(call_nod, adder, nod, record_pointer, note_end);
TA_CONTINUATION_VOID(noting_end, record_pointer, note_end);

int count(const adder *self) { return self->a; }
struct totals {
    record *out;
    int sum, padding[20];
};
TA_UNAWARE_TYPE(totals, totals);
void add_up(totals *all, std::uint32_t, ta_status status, int *result) {
    if (status == TA_OK) all->sum += *result;
}
void tell(totals *all, ta_status status) {
    all->out->count++;
    all->out->status = status;
    all->out->value = all->sum;
}
TA_MAP_REDUCE(count_all, adder, ta_int, count, totals, add_up, tell);
TA_FN(counting, adder, ta_int, count);

ta_port *ports[2];

void pump() {
    for (int i = 0; i < 4; i++)
        for (ta_port *port : ports) (void)ta_port_poll(port, 64);
}

void calls() {
    record out{};
    ta_call_id id = 0;
    CHECK(call_add(ports[0], 1, adder{2, 3}, &out, nullptr, &id) == TA_OK);
    CHECK(id != 0);
    CHECK(ta_call_cancel(ports[0], id) == TA_E_BUSY);
    pump();
    CHECK(out.count == 1 && out.status == TA_OK && out.value == 5);

    table values{};
    values.values[15] = 21;
    CHECK(call_twice(ports[1], 0, values, &out, nullptr, nullptr) == TA_OK);
    pump();
    CHECK(out.count == 2 && out.status == TA_OK && out.value == 42);

    ta_call_options options{};
    options.deadline = 1;
    CHECK(call_nod(ports[0], 1, adder{7, 0}, &out, &options, nullptr) == TA_OK);
    options.deadline = 0;
    options.is_urgent = true;
    CHECK(call_nod(ports[0], 1, adder{9, 0}, &out, &options, nullptr) == TA_OK);
    pump();
    CHECK(out.count == 4 && out.status == TA_E_EXPIRED && nodded == 9);

    int sum = 0;
    CHECK(wait_add(ports[0], 0, adder{4, 5}, nullptr, &sum) == TA_OK);
    CHECK(sum == 9);
}

void fans() {
    record out{};
    totals all{};
    all.out = &out;
    CHECK(count_all(ports[0], nullptr, 0, adder{3, 0}, all) == TA_OK);
    pump();
    CHECK(out.count == 1 && out.status == TA_OK && out.value == 6);

    ta_fn closure;
    CHECK(counting(&closure, adder{1, 1}, nullptr) == TA_OK);
    ta_continuation done = noting_end(&out);
    CHECK(ta_port_broadcast(ports[1], nullptr, 0, &closure, &done) == TA_OK);
    pump();
    CHECK(out.count == 2 && out.status == TA_OK);
}

} // namespace

int main() {
    const std::uint32_t counts[] = {1, 1};
    ta_affinity affinities[2];
    CHECK(ta_affinity_create_manual(counts, 2, affinities, 2, nullptr) == TA_OK);
    ta_mesh_options options{};
    options.affinities = affinities;
    options.affinity_count = 2;
    ta_mesh *mesh;
    CHECK(ta_mesh_create(&options, &mesh) == TA_OK);
    if (mesh == nullptr) return 1;
    for (std::uint32_t i = 0; i < 2; i++) {
        ports[i] = ta_mesh_port(mesh, i);
        CHECK(ta_port_attach(ports[i], nullptr) == TA_OK);
    }
    calls();
    fans();
    for (ta_port *port : ports) CHECK(ta_port_detach(port) == TA_OK);
    ta_port_figures sums;
    CHECK(ta_mesh_destroy(mesh, &sums) == TA_OK);
    CHECK(sums.sent == sums.run + sums.failed);
    return failures == 0 ? 0 : 1;
}
