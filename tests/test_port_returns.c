/* SPDX-License-Identifier: MIT
 *
 * Memory of messages that goes back to its owner: gathered where it was released, freed where it
 * came from, and never lost.
 */
#include "port_checks.h"

#include "returns.h"

enum { BATCH = 32, BOX = 100 };

/* ---- messages that leave blocks ---------------------------------------------------------------- */

typedef struct parcel {
    const ta_allocator *memory;
    void *block;
    size_t size, alignment;
} parcel;
TA_UNAWARE_TYPE(parcel, parcel);

static void unpack(parcel *self) {
    ta_release(self->memory, self->block, self->size, self->alignment);
}
TA_FN_ONCE_VOID(unpack_later, parcel, unpack);

static ta_fn_once parcel_of(const ta_allocator *memory, size_t size, size_t alignment) {
    ta_fn_once closure;
    parcel made = {memory, ta_allocate(memory, size, alignment), size, alignment};
    assert_non_null(made.block);
    memset(made.block, 0x5a, size);
    assert_int_equal(unpack_later(&closure, made, NULL), TA_OK);
    return closure;
}

/* `count` parcels from port 0, unpacked by port `to`. */
static void deliver(mesh_world *world, uint32_t to, unsigned count) {
    const ta_allocator *memory = ta_port_returning_allocator(world->ports[0]);
    for (unsigned i = 0; i < count; i++) {
        ta_fn_once closure = parcel_of(memory, BOX, 8);
        assert_int_equal(ta_port_send(world->ports[0], to, &closure), TA_OK);
        ta_port_flush(world->ports[0]);
        assert_int_equal(ta_port_poll(world->ports[to], 1), 1);
    }
}

static size_t blocks_out(const mesh_world *world) { return atomic_load(&world->book.blocks); }

/* ---- cases ------------------------------------------------------------------------------------ */

static void blocks_go_home_many_at_once(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    deliver(&world, 1, 1); /* makes the lane */
    size_t before = blocks_out(&world);
    deliver(&world, 1, BATCH - 2);
    ta_port_poll(world.ports[0], 1);
    assert_int_equal(blocks_out(&world), before + BATCH - 2);
    deliver(&world, 1, 1);
    assert_int_equal(blocks_out(&world), before + BATCH - 1); /* not where they were released */
    ta_port_poll(world.ports[0], 1);
    assert_int_equal(blocks_out(&world), before - 1);
    end_world(&world);
}

/* A few are not kept for ever by a receiver that hears no more. */
static void blocks_go_home_when_their_lane_rests(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    deliver(&world, FAR, 3);
    size_t before = blocks_out(&world);
    ta_port_poll(world.ports[0], 1);
    assert_int_equal(blocks_out(&world), before);
    let_rest(world.ports[FAR]);
    ta_port_poll(world.ports[0], 1);
    assert_int_equal(blocks_out(&world), before - 3);

    deliver(&world, FAR, 3);
    assert_false(ta_port_prepare_sleep(world.ports[FAR])); /* who sleeps, keeps none either */
    ta_port_finish_sleep(world.ports[FAR]);
    ta_port_poll(world.ports[0], 1);
    assert_int_equal(blocks_out(&world), before - 3);
    end_world(&world);
}

static void urgent_messages_bring_blocks_home(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    ta_fn_once closure = parcel_of(ta_port_returning_allocator(world.ports[0]), BOX, 8);
    assert_int_equal(ta_port_send_urgent(world.ports[0], 1, &closure), TA_OK);
    ta_port_flush(world.ports[0]);
    assert_int_equal(ta_port_poll(world.ports[1], 1), 1);
    size_t before = blocks_out(&world);
    let_rest(world.ports[1]);
    assert_int_equal(blocks_out(&world), before);
    ta_port_poll(world.ports[0], 1);
    assert_int_equal(blocks_out(&world), before - 1);
    end_world(&world);
}

/* Where no poll of another port of the mesh is under way, there is nothing to gather in. */
static void elsewhere_blocks_are_freed_at_once(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    const ta_allocator *memory = ta_port_returning_allocator(world.ports[0]);
    size_t before = blocks_out(&world);
    void *block = ta_allocate(memory, BOX, 8);
    assert_int_equal(blocks_out(&world), before + 1);
    ta_release(memory, block, BOX, 8);
    assert_int_equal(blocks_out(&world), before);

    ta_fn_once closure = parcel_of(memory, BOX, 8); /* by its owner */
    assert_int_equal(ta_port_send(world.ports[0], 0, &closure), TA_OK);
    ta_port_flush(world.ports[0]);
    before = blocks_out(&world);
    assert_int_equal(ta_port_poll(world.ports[0], 1), 1);
    assert_int_equal(blocks_out(&world), before - 1);

    closure = parcel_of(memory, BOX, 8); /* by a port that never heard of the owner */
    assert_int_equal(ta_port_send(world.ports[1], FAR, &closure), TA_OK);
    ta_port_flush(world.ports[1]);
    before = blocks_out(&world);
    assert_int_equal(ta_port_poll(world.ports[FAR], 1), 1);
    assert_int_equal(blocks_out(&world), before - 1);
    end_world(&world);
}

/* One byte, a page, more than a line's alignment: the sizes that come back are those that went. */
static void blocks_of_all_sizes_go_home(void **state) {
    static const struct {
        size_t size, alignment;
    } kinds[] = {{1, 1}, {8, 8}, {23, 1}, {24, 8}, {25, 2}, {64, 64}, {4096, 256}};
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        ta_fn_once closure = parcel_of(ta_port_returning_allocator(world.ports[FAR]), kinds[i].size,
                                       kinds[i].alignment);
        assert_int_equal(ta_port_send(world.ports[FAR], 1, &closure), TA_OK);
    }
    pump(&world);
    let_rest(world.ports[1]);
    ta_port_poll(world.ports[FAR], 1);
    end_world(&world); /* the book balances to the byte */
}

static void what_is_on_its_way_home_ends_with_the_mesh(void **state) {
    (void)state;
    for (unsigned count = 1; count <= BATCH + 1; count += BATCH) {
        mesh_world world = {0};
        make_world(&world, NULL);
        deliver(&world, 1, count);
        ta_fn_once closure = parcel_of(ta_port_returning_allocator(world.ports[0]), BOX, 8);
        assert_int_equal(ta_port_send_urgent(world.ports[0], 1, &closure), TA_OK);
        ta_port_flush(world.ports[0]);
        assert_int_equal(ta_port_poll(world.ports[1], 1), 1);
        end_world(&world);
    }
}

/* What closures, calls and fan-outs captured, and results that need a box. */
static void closures_bring_their_boxes_home(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    ta_fn_once closure = goods_of(7, ta_port_returning_allocator(world.ports[0]));
    assert_int_equal(ta_port_send(world.ports[0], NEAR, &closure), TA_OK);
    closure = goods_of(8, ta_port_returning_allocator(world.ports[0]));
    assert_int_equal(ta_port_send(world.ports[0], FAR, &closure), TA_OK);
    pump(&world);
    assert_int_equal(world.count, 2);
    let_rest(world.ports[NEAR]);
    let_rest(world.ports[FAR]);
    ta_port_poll(world.ports[0], 1);
    end_world(&world);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_go_home_many_at_once),
        cmocka_unit_test(blocks_go_home_when_their_lane_rests),
        cmocka_unit_test(urgent_messages_bring_blocks_home),
        cmocka_unit_test(elsewhere_blocks_are_freed_at_once),
        cmocka_unit_test(blocks_of_all_sizes_go_home),
        cmocka_unit_test(what_is_on_its_way_home_ends_with_the_mesh),
        cmocka_unit_test(closures_bring_their_boxes_home),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
