/* SPDX-License-Identifier: MIT
 *
 * Meshes: where their memory comes from, how much, and what happens when there is none.
 */
#include "port_checks.h"

#include <stdlib.h>

static ta_affinity affinities[1024];

/* Without a registry, whose own allocations are not the matter here. */
static ta_mesh_options plain_options(uint32_t ports, const ta_allocator *allocator) {
    for (uint32_t i = 0; i < ports; i++)
        assert_int_equal(ta_affinity_make(i, ports, 0, 1, 0, 1, &affinities[i]), TA_OK);
    return (ta_mesh_options){
        .affinities = affinities, .affinity_count = ports, .allocator = allocator};
}

static void an_idle_mesh_is_small(void **state) {
    (void)state;
    static const uint32_t sizes[] = {2, 64, 1024};
    for (size_t i = 0; i < 3; i++) {
        ledger book = {0};
        ta_allocator allocator = ledger_allocator(&book);
        const ta_mesh_options options = plain_options(sizes[i], &allocator);
        ta_mesh *mesh = NULL;
        assert_int_equal(ta_mesh_create(&options, &mesh), TA_OK);
        size_t bytes = atomic_load(&book.bytes), n = sizes[i];
        print_message("%zu ports: %zu bytes\n", n, bytes);
        assert_true(bytes < (size_t)16 << 20);
        assert_int_equal(ta_mesh_destroy(mesh, NULL), TA_OK);
        assert_balanced(&book);
    }
}

static void a_pair_costs_nothing_before_its_first_message(void **state) {
    (void)state;
    ledger book = {0};
    ta_allocator allocator = ledger_allocator(&book);
    const ta_mesh_options options = plain_options(3, &allocator);
    ta_mesh *mesh = NULL;
    ta_fn_once closure = closure_of(1);
    assert_int_equal(ta_mesh_create(&options, &mesh), TA_OK);
    ta_port *port = ta_mesh_port(mesh, 0);
    size_t before = atomic_load(&book.calls);
    assert_int_equal(ta_port_attach(port, NULL), TA_OK);
    ta_port_poll(port, 9);
    assert_int_equal(ta_mesh_post(mesh, 0, &closure), TA_OK);
    assert_int_equal(atomic_load(&book.calls), before);
    assert_int_equal(ta_port_send_word(port, 1, 1), TA_OK);
    size_t after = atomic_load(&book.calls);
    assert_true(after > before);
    for (uint64_t i = 0; i < 100; i++) assert_int_equal(ta_port_send_word(port, 1, i), TA_OK);
    ta_port_flush(port);
    assert_int_equal(atomic_load(&book.calls), after);
    assert_int_equal(ta_port_detach(port), TA_OK);
    assert_int_equal(ta_mesh_destroy(mesh, NULL), TA_OK);
    assert_balanced(&book);
}

/* One of everything; false: some allocation failed, and what was asked for was refused. */
static bool try_everything(ledger *book) {
    ta_allocator allocator = ledger_allocator(book);
    ta_mesh_options options = plain_options(2, &allocator);
    ta_mesh *mesh = (ta_mesh *)book;
    ta_port_figures sums;
    bool failed = false;
    options.timing = true;
    options.guests = 1;
    ta_status status = ta_mesh_create(&options, &mesh);
    if (status != TA_OK) {
        assert_int_equal(status, TA_E_NOMEM);
        assert_null(mesh);
        check_text("ta_mesh_create");
        return false;
    }
    ta_port *port = ta_mesh_port(mesh, 0), *guest;
    assert_int_equal(ta_port_attach(port, NULL), TA_OK);
    assert_int_equal(ta_mesh_attach_guest(mesh, NULL, &guest), TA_OK);
    for (int i = 0; i < 3; i++) {
        uint32_t to = i == 0 ? ta_port_index(guest) : 1;
        ta_fn_once closure = goods_of(1, NULL), before = closure;
        status =
            i == 2 ? ta_port_send_urgent(port, to, &closure) : ta_port_send(port, to, &closure);
        if (status != TA_OK) {
            assert_int_equal(status, TA_E_NOMEM);
            assert_memory_equal(&closure, &before, sizeof closure);
            failed = true;
            /* As if nothing had happened. */
            assert_int_equal(ta_port_send(port, to, &closure), TA_OK);
        }
    }
    if (ta_port_send_word(guest, 1, 1) != TA_OK) {
        failed = true;
        assert_int_equal(ta_port_send_words(guest, 1, (uint64_t[]){1, 2}, 2), 2);
    }
    ta_port_close(guest);
    while (ta_port_drain(guest) != TA_OK) continue;
    assert_int_equal(ta_port_detach(guest), TA_OK);
    assert_int_equal(ta_port_detach(port), TA_OK);
    assert_int_equal(ta_mesh_destroy(mesh, &sums), TA_OK);
    assert_int_equal(sums.sent, sums.run + sums.failed + sums.returned + sums.destroyed);
    return !failed;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    mesh_world unused = {0};
    here = &unused;
    size_t failures = 0;
    for (size_t fail_at = 1;; fail_at++) {
        ledger book = {.fail_at = fail_at};
        probes_reset();
        bool whole = try_everything(&book);
        assert_balanced(&book);
        assert_int_equal(probes.damaged, 0);
        if (whole) break;
        failures++;
        assert_true(fail_at < 100);
    }
    /* The mesh; three seats of two blocks; four lanes with stamps, of three blocks each. */
    assert_true(failures >= 1 + 2 + 3 * 2 + 4 * 3);
}

typedef struct bulk {
    char bytes[1000];
} bulk;
TA_UNAWARE_TYPE(bulk, bulk);
static bulk make_bulk(ticket *self) {
    bulk made = {{(char)self->value}};
    note(RAN, ta_port_running(), 0, self->value);
    return made;
}
TA_FN_ONCE(bulking, ticket, bulk, make_bulk);

/* A result that nobody wants, too large for the stack: from the receiver's memory; without any, the
 * closure does not run. */
static void results_take_memory_of_the_receiver(void **state) {
    (void)state;
    for (int fails = 0; fails < 2; fails++) {
        mesh_world world = {0};
        make_world(&world, NULL);
        ta_fn_once closure;
        assert_int_equal(bulking(&closure, (ticket){5}, NULL), TA_OK);
        assert_int_equal(ta_port_send(world.ports[0], FAR, &closure), TA_OK);
        ta_port_flush(world.ports[0]);
        size_t before = atomic_load(&world.book.calls);
        if (fails) world.book.fail_at = before + 1;
        assert_int_equal(ta_port_poll(world.ports[FAR], 9), 1);
        assert_int_equal(atomic_load(&world.book.calls), before + 1);
        if (fails)
            assert_next(FAILED, FAR, 0, (uint64_t)-TA_E_NOMEM);
        else
            assert_next(RAN, FAR, 0, 5);
        end_world(&world);
    }
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_idle_mesh_is_small),
        cmocka_unit_test(a_pair_costs_nothing_before_its_first_message),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(results_take_memory_of_the_receiver),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
