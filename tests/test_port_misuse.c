/* SPDX-License-Identifier: MIT
 *
 * Meshes and ports: wrong use is answered.
 */
#include "port_checks.h"

#include <errno.h>

static void check_creation(const ta_mesh_options *options, ta_status expected) {
    ta_mesh *mesh = (ta_mesh *)&mesh;
    assert_int_equal(ta_mesh_create(options, &mesh), expected);
    assert_null(mesh);
    check_text("ta_mesh_create");
}

static void wrong_options_are_answered(void **state) {
    (void)state;
    const ta_affinity places[] = {place(0), place(1)};
    const ta_affinity unknown[] = {place(0), TA_AFFINITY_UNKNOWN};
    const ta_affinity foreign[] = {place(0), foreign_place()};
    const ta_mesh_options good = {.affinities = places, .affinity_count = 2};
    static const struct {
        size_t offset;
        uint32_t value;
        ta_status status;
    } numbers[] = {
        {offsetof(ta_mesh_options, lane_cells), 12, TA_E_INVALID},
        {offsetof(ta_mesh_options, lane_cells), 4, TA_E_RANGE},
        {offsetof(ta_mesh_options, lane_cells), 1u << 21, TA_E_RANGE},
        {offsetof(ta_mesh_options, inbox_cells), 6, TA_E_INVALID},
        {offsetof(ta_mesh_options, inbox_cells), 2, TA_E_RANGE},
        {offsetof(ta_mesh_options, inbox_cells), 1u << 21, TA_E_RANGE},
        {offsetof(ta_mesh_options, calls), 129, TA_E_RANGE},
        {offsetof(ta_mesh_options, guests), 4097, TA_E_RANGE},
        {offsetof(ta_mesh_options, affinity_count), 0, TA_E_RANGE},
        {offsetof(ta_mesh_options, affinity_count), TA_AFFINITY_MAX + 1, TA_E_RANGE},
        {offsetof(ta_mesh_options, reserved), 1, TA_E_INVALID},
        {offsetof(ta_mesh_options, reserved) + 31, 1, TA_E_INVALID},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        ta_mesh_options wrong = good;
        memcpy((char *)&wrong + numbers[i].offset, &numbers[i].value, i == 11 ? 1 : 4);
        check_creation(&wrong, numbers[i].status);
    }
    ta_mesh_options wrong = {.affinity_count = 2};
    check_creation(&wrong, TA_E_INVALID);
    check_creation(&(ta_mesh_options){.lane_cells = 0}, TA_E_INVALID);
    check_creation(NULL, TA_E_INVALID);
    wrong = (ta_mesh_options){.affinities = unknown, .affinity_count = 2};
    check_creation(&wrong, TA_E_UNKNOWN_AFFINITY);
    wrong.affinities = foreign;
    check_creation(&wrong, TA_E_FOREIGN_AFFINITY);
    assert_int_equal(ta_mesh_create(&good, NULL), TA_E_INVALID);
    check_text("ta_mesh_create");
}

static void a_registry_wants_a_list_with_its_count(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    const ta_affinity foreign = foreign_place();
    ta_mesh_options wrong = {.registry = world.registry, .affinity_count = 1};
    check_creation(&wrong, TA_E_INVALID);
    wrong.affinities = &foreign;
    check_creation(&wrong, TA_E_FOREIGN_AFFINITY);
    end_world(&world);
}

static void wrong_indices_are_answered(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    static const uint32_t wrong[] = {PORTS + GUESTS, 1u << 16, (1u << 17) | 1, TA_NO_PORT};
    ta_fn_once closure = goods_of(1, NULL), before = closure;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ta_port_figures figures = {.sent = 1};
        assert_int_equal(ta_port_send(world.ports[0], wrong[i], &closure), TA_E_RANGE);
        assert_int_equal(ta_port_send_urgent(world.ports[0], wrong[i], &closure), TA_E_RANGE);
        assert_int_equal(ta_mesh_post(world.mesh, wrong[i], &closure), TA_E_RANGE);
        assert_int_equal(ta_port_send_word(world.ports[0], wrong[i], 1), TA_E_RANGE);
        assert_int_equal(ta_port_send_words(world.ports[0], wrong[i], (uint64_t[]){1}, 1), 0);
        assert_int_equal(ta_port_want_room(world.ports[0], wrong[i]), TA_E_RANGE);
        check_text("ta_port_want_room");
        assert_memory_equal(&closure, &before, sizeof closure);
        assert_null(ta_mesh_port(world.mesh, wrong[i]));
        assert_false(ta_mesh_read_figures(world.mesh, 0, PORTS + GUESTS, &figures));
        assert_int_equal(figures.sent, 0);
    }
    /* A seat for a guest who has never been there. */
    assert_int_equal(ta_port_send(world.ports[0], PORTS, &closure), TA_E_CLOSED);
    assert_int_equal(ta_mesh_post(world.mesh, PORTS, &closure), TA_E_CLOSED);
    ta_fn_once_destroy(&closure);
    end_world(&world);
}

static void nothing_is_refused(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    ta_port *port = world.ports[0];
    ta_fn_once empty = {{NULL, {0}}}, closure = closure_of(1);
    ta_port_figures figures;
    int fd;
    assert_int_equal(ta_port_send(port, 1, NULL), TA_E_INVALID);
    assert_int_equal(ta_port_send(port, 1, &empty), TA_E_INVALID);
    assert_int_equal(ta_port_send(NULL, 1, &closure), TA_E_INVALID);
    assert_int_equal(ta_port_send_urgent(port, 1, &empty), TA_E_INVALID);
    assert_int_equal(ta_mesh_post(NULL, 1, &closure), TA_E_INVALID);
    assert_int_equal(ta_mesh_post(world.mesh, 1, &empty), TA_E_INVALID);
    assert_int_equal(ta_mesh_post(world.mesh, 1, NULL), TA_E_INVALID);
    assert_int_equal(ta_port_send_word(NULL, 1, 1), TA_E_INVALID);
    assert_int_equal(ta_port_send_words(port, 1, NULL, 1), 0);
    assert_int_equal(ta_port_send_words(NULL, 1, (uint64_t[]){1}, 1), 0);
    assert_int_equal(ta_port_send_words(port, 1, (uint64_t[]){1}, 0), 0);
    assert_int_equal(ta_port_poll(NULL, 1), 0);
    ta_port_flush(NULL);
    ta_port_close(NULL);
    assert_int_equal(ta_port_drain(NULL), TA_E_INVALID);
    assert_int_equal(ta_port_want_room(NULL, 1), TA_E_INVALID);
    assert_int_equal(ta_port_fd(NULL, &fd), TA_E_INVALID);
    assert_int_equal(ta_port_fd(port, NULL), TA_E_INVALID);
    assert_true(ta_port_prepare_sleep(NULL));
    ta_port_finish_sleep(NULL);
    assert_false(ta_port_wait(NULL, -1));
    assert_int_equal(ta_port_attach(NULL, NULL), TA_E_INVALID);
    assert_int_equal(ta_port_detach(NULL), TA_E_INVALID);
    assert_int_equal(ta_mesh_attach_guest(NULL, NULL, &port), TA_E_INVALID);
    assert_null(port);
    assert_int_equal(ta_mesh_attach_guest(world.mesh, NULL, NULL), TA_E_INVALID);
    assert_int_equal(ta_port_index(NULL), TA_NO_PORT);
    assert_true(ta_affinity_is_unknown(ta_port_affinity(NULL)));
    assert_null(ta_port_mesh(NULL));
    assert_null(ta_port_allocator(NULL));
    assert_null(ta_mesh_port(NULL, 0));
    assert_int_equal(ta_mesh_port_count(NULL), 0);
    assert_int_equal(ta_mesh_find(NULL, place(0)), TA_NO_PORT);
    ta_port_read_figures(NULL, &figures);
    assert_int_equal(figures.polls, 0);
    ta_port_read_figures(world.ports[0], NULL);
    assert_false(ta_mesh_read_figures(NULL, 0, 1, &figures));
    assert_false(ta_mesh_read_figures(world.mesh, 0, 1, NULL));
    assert_int_equal(ta_mesh_destroy(NULL, &figures), TA_OK);
    ta_fn_once_destroy(&closure);
    end_world(&world);
}

static void states_are_kept_apart(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    ta_port_figures figures;
    ta_port *guest = new_guest(&world);
    assert_int_equal(ta_port_attach(world.ports[0], NULL), TA_E_BUSY);
    check_text("ta_port_attach");
    assert_int_equal(ta_port_attach(guest, NULL), TA_E_INVALID);
    assert_int_equal(ta_mesh_destroy(world.mesh, &figures), TA_E_BUSY);
    check_text("ta_mesh_destroy");
    assert_int_equal(ta_port_drain(world.ports[0]), TA_E_INVALID);
    check_text("ta_port_drain");
    assert_int_equal(ta_port_want_room(world.ports[0], 1), TA_E_INVALID); /* nothing was sent */
    assert_int_equal(ta_port_detach(world.ports[1]), TA_OK);
    assert_int_equal(ta_port_detach(world.ports[1]), TA_E_BUSY);
    check_text("ta_port_detach");
    assert_int_equal(ta_port_attach(world.ports[1], NULL), TA_OK);
    assert_int_equal(send(world.ports[1], 0, 1), TA_OK);
    assert_int_equal(ta_port_want_room(world.ports[1], 0), TA_E_INVALID); /* no hook */
    check_text("ta_port_want_room");
    pump(&world);
    end_world(&world);
}

static void errno_is_left_alone(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    errno = EXDEV;
    assert_false(ta_port_prepare_sleep(world.ports[1]));
    assert_int_equal(send(world.ports[0], 1, 1), TA_OK);
    ta_port_flush(world.ports[0]);
    ta_port_finish_sleep(world.ports[1]);
    ta_port_finish_sleep(world.ports[1]); /* nothing to clear */
    assert_int_equal(ta_port_poll(world.ports[1], 9), 1);
    assert_false(ta_port_wait(world.ports[1], 1));
    assert_int_equal(errno, EXDEV);
    end_world(&world);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_options_are_answered),
        cmocka_unit_test(a_registry_wants_a_list_with_its_count),
        cmocka_unit_test(wrong_indices_are_answered),
        cmocka_unit_test(nothing_is_refused),
        cmocka_unit_test(states_are_kept_apart),
        cmocka_unit_test(errno_is_left_alone),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
