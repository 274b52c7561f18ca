// SPDX-License-Identifier: MIT
//
// Ports from C++17: ta/port.h compiles there and works the same.
#include "ta/port.h"

#include <cstdint>
#include <cstdio>
#include <vector>

namespace {

int failures;

void check(bool holds, const char *what, int line) {
    if (holds) return;
    std::fprintf(stderr, "%s:%d: %s\n", "test_port_cxx.cc", line, what);
    failures++;
}
#define CHECK(expression) check((expression), #expression, __LINE__)

struct tally {
    std::vector<std::uint64_t> *seen;
    std::uint64_t value;
};
TA_UNAWARE_TYPE(tally, tally);

void add(tally *self) { self->seen->push_back(self->value + ta_port_index(ta_port_running())); }
TA_FN_ONCE_VOID(adding, tally, add);

void add_words(void *context, ta_port *, std::uint32_t from, const std::uint64_t words[],
               std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; i++)
        static_cast<std::vector<std::uint64_t> *>(context)->push_back(words[i] * 10 + from);
}

} // namespace

int main() {
    static const std::uint32_t counts[] = {1, 1};
    ta_affinity places[2];
    CHECK(ta_affinity_create_manual(counts, 2, places, 2, nullptr) == TA_OK);
    ta_mesh_options options = {};
    options.affinities = places;
    options.affinity_count = 2;
    options.guests = 1;
    ta_mesh *mesh = nullptr;
    CHECK(ta_mesh_create(&options, &mesh) == TA_OK);

    std::vector<std::uint64_t> seen;
    ta_port_hooks hooks = {};
    hooks.context = &seen;
    hooks.words = add_words;
    ta_port *one = ta_mesh_port(mesh, 0), *two = ta_mesh_port(mesh, 1), *guest = nullptr;
    CHECK(ta_port_attach(one, &hooks) == TA_OK);
    CHECK(ta_port_attach(two, &hooks) == TA_OK);
    CHECK(ta_mesh_attach_guest(mesh, &hooks, &guest) == TA_OK);

    ta_fn_once closure;
    CHECK(adding(&closure, tally{&seen, 100}, nullptr) == TA_OK);
    CHECK(ta_port_send(one, 1, &closure) == TA_OK);
    CHECK(adding(&closure, tally{&seen, 200}, nullptr) == TA_OK);
    CHECK(ta_port_send_urgent(guest, 1, &closure) == TA_OK);
    CHECK(adding(&closure, tally{&seen, 300}, nullptr) == TA_OK);
    CHECK(ta_mesh_post(mesh, 1, &closure) == TA_OK);
    CHECK(ta_port_send_word(one, 1, 7) == TA_OK);
    ta_port_flush(guest);
    ta_port_flush(one);
    CHECK(ta_port_poll(two, 100) == 4);
    CHECK((seen == std::vector<std::uint64_t>{201, 101, 70, 301}));
    CHECK(ta_port_running() == nullptr);
    CHECK(!ta_port_prepare_sleep(two));
    ta_port_finish_sleep(two);

    ta_port_close(guest);
    CHECK(ta_port_drain(guest) == TA_OK);
    CHECK(ta_port_detach(guest) == TA_OK);
    CHECK(ta_port_detach(one) == TA_OK);
    CHECK(ta_port_detach(two) == TA_OK);
    ta_port_figures sums;
    CHECK(ta_mesh_destroy(mesh, &sums) == TA_OK);
    CHECK(sums.sent == 4 && sums.run == 4);
    return failures != 0;
}
