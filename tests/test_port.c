/* SPDX-License-Identifier: MIT
 *
 * Meshes and ports: sending, order, words, what closures may do, and relocation, with all ports
 * in one thread.
 */
#include "port_checks.h"

/* ---- meshes ----------------------------------------------------------------------------------- */

static void a_mesh_has_a_port_for_each_processor(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    assert_int_equal(ta_mesh_port_count(world.mesh), PORTS);
    for (uint32_t i = 0; i < PORTS; i++) {
        ta_affinity affinity = ta_registry_affinity(world.registry, i);
        assert_int_equal(ta_port_index(world.ports[i]), i);
        assert_true(ta_affinity_equal(ta_port_affinity(world.ports[i]), affinity));
        assert_ptr_equal(ta_port_mesh(world.ports[i]), world.mesh);
        assert_ptr_equal(ta_port_allocator(world.ports[i]),
                         ta_registry_allocator(world.registry, affinity));
        assert_int_equal(ta_mesh_find(world.mesh, affinity), i);
    }
    assert_null(ta_mesh_port(world.mesh, PORTS)); /* a guest's seat is no port */
    assert_int_equal(ta_mesh_find(world.mesh, TA_AFFINITY_UNKNOWN), TA_NO_PORT);
    assert_int_equal(ta_mesh_find(world.mesh, foreign_place()), TA_NO_PORT);
    assert_null(ta_port_running());
    end_world(&world);
}

/* A part of a machine, in another order, one place twice; no registry. */
static void ports_are_those_of_the_affinities_given(void **state) {
    (void)state;
    const ta_affinity affinities[] = {place(3), place(0), place(3)};
    ledger book = {0};
    ta_allocator allocator = ledger_allocator(&book);
    ta_mesh_options options = {
        .affinities = affinities, .affinity_count = 3, .allocator = &allocator};
    ta_mesh *mesh = NULL;
    assert_int_equal(ta_mesh_create(&options, &mesh), TA_OK);
    assert_int_equal(ta_mesh_port_count(mesh), 3);
    assert_int_equal(ta_mesh_find(mesh, place(3)), 0);
    assert_int_equal(ta_mesh_find(mesh, place(0)), 1);
    assert_int_equal(ta_mesh_find(mesh, place(1)), TA_NO_PORT);
    assert_true(ta_affinity_equal(ta_port_affinity(ta_mesh_port(mesh, 2)), place(3)));
    assert_ptr_equal(ta_port_allocator(ta_mesh_port(mesh, 2))->context, &book);
    assert_int_equal(ta_mesh_destroy(mesh, NULL), TA_OK);
    assert_balanced(&book);
}

/* ---- sending ---------------------------------------------------------------------------------- */

static void a_closure_runs_where_it_was_sent(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    ta_fn_once closure = closure_of(7);
    assert_int_equal(ta_port_send(world.ports[0], FAR, &closure), TA_OK);
    assert_true(ta_fn_once_is_empty(&closure));
    for (uint32_t i = 0; i < PORTS; i++)
        if (i != FAR) assert_int_equal(ta_port_poll(world.ports[i], 9), 0);
    assert_no_more();
    assert_int_equal(ta_port_poll(world.ports[FAR], 9), 1);
    assert_next(RAN, FAR, 0, 7);
    assert_int_equal(ta_port_poll(world.ports[FAR], 9), 0);
    assert_no_more();
    assert_int_equal(end_world(&world).run, 1);
}

/* To a receiver that looks, without a flush; to one that rests, with it. */
static void closures_are_visible_at_once_to_who_looks(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    assert_int_equal(send(world.ports[0], 1, 1), TA_OK);
    assert_int_equal(ta_port_poll(world.ports[1], 9), 0); /* it has not heard of the lane */
    ta_port_flush(world.ports[0]);
    assert_int_equal(ta_port_poll(world.ports[1], 9), 1);
    assert_int_equal(send(world.ports[0], 1, 2), TA_OK);
    assert_int_equal(ta_port_poll(world.ports[1], 9), 1);
    let_rest(world.ports[1]);
    assert_int_equal(send(world.ports[0], 1, 3), TA_OK);
    assert_int_equal(ta_port_poll(world.ports[1], 9), 0);
    ta_port_flush(world.ports[0]);
    assert_int_equal(ta_port_poll(world.ports[1], 9), 1);
    ta_port_figures figures;
    assert_true(ta_mesh_read_figures(world.mesh, 0, 1, &figures));
    assert_int_equal(figures.bells, 2);
    assert_int_equal(figures.wakes, 0);
    end_world(&world);
}

static void words_wait_for_a_line_or_a_flush(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    assert_int_equal(send(world.ports[0], 1, 0), TA_OK);
    pump(&world); /* the lane is looked at */
    assert_next(RAN, 1, 0, 0);
    for (uint64_t i = 0; i < 6; i++)
        assert_int_equal(ta_port_send_word(world.ports[0], 1, i), TA_OK);
    assert_int_equal(ta_port_poll(world.ports[1], 99), 0);
    assert_int_equal(ta_port_send_word(world.ports[0], 1, 6), TA_OK);
    assert_int_equal(ta_port_send_word(world.ports[0], 1, 7), TA_OK);
    assert_int_equal(ta_port_poll(world.ports[1], 99), 7);
    ta_port_flush(world.ports[0]);
    assert_int_equal(ta_port_poll(world.ports[1], 99), 1);
    for (uint64_t i = 0; i < 8; i++) assert_next(WORD, 1, 0, i);
    assert_no_more();
    ta_port_figures sums = end_world(&world);
    assert_int_equal(sums.sent, 9);
    assert_int_equal(sums.run, 9);
}

static void a_poll_of_the_sender_flushes(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    assert_int_equal(ta_port_send_word(world.ports[0], 1, 5), TA_OK);
    assert_int_equal(ta_port_poll(world.ports[0], 0), 0);
    assert_int_equal(ta_port_poll(world.ports[1], 9), 1);
    assert_next(WORD, 1, 0, 5);
    end_world(&world);
}

/* Closures, single words and bunches of them, from several senders, with polls in between. */
static void messages_of_a_pair_keep_their_order(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    uint64_t random = UINT64_C(0x9e3779b97f4a7c15), sent[PORTS] = {0}, seen[PORTS] = {0};
    for (int step = 0; step < 1500; step++) {
        random ^= random << 13, random ^= random >> 7, random ^= random << 17;
        uint32_t from = (uint32_t)(random % PORTS);
        uint64_t words[9];
        for (uint64_t i = 0; i < 9; i++) words[i] = (uint64_t)from << 32 | (sent[from] + i);
        switch (random >> 32 & 3) {
        case 0:
            if (send(world.ports[from], 1, words[0]) == TA_OK) sent[from]++;
            break;
        case 1:
            if (ta_port_send_word(world.ports[from], 1, words[0]) == TA_OK) sent[from]++;
            break;
        case 2:
            sent[from] += ta_port_send_words(world.ports[from], 1, words, 1 + (random >> 40) % 9);
            break;
        default:
            ta_port_poll(world.ports[from], (uint32_t)(random >> 50));
            break;
        }
    }
    pump(&world);
    for (; world.read < world.count; world.read++) {
        uint64_t value = world.events[world.read].value;
        assert_int_equal(value & UINT32_MAX, seen[value >> 32]);
        seen[value >> 32]++;
    }
    for (uint32_t i = 0; i < PORTS; i++) {
        assert_true(sent[i] > 50);
        assert_int_equal(seen[i], sent[i]);
    }
    end_world(&world);
}

static void a_port_sends_to_itself(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    assert_int_equal(send(world.ports[1], 1, 1), TA_OK);
    assert_int_equal(ta_port_send_word(world.ports[1], 1, 2), TA_OK);
    pump(&world);
    assert_next(RAN, 1, 0, 1);
    assert_next(WORD, 1, 1, 2);
    ta_port_figures figures;
    ta_port_read_figures(world.ports[1], &figures);
    assert_int_equal(figures.sent, 2);
    assert_int_equal(figures.run, 2);
    end_world(&world);
}

static void words_without_a_hook_are_counted_as_failed(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    assert_int_equal(ta_port_detach(world.ports[1]), TA_OK);
    assert_int_equal(ta_port_attach(world.ports[1], NULL), TA_OK);
    const uint64_t words[] = {1, 2, 3};
    assert_int_equal(ta_port_send_words(world.ports[0], 1, words, 3), 3);
    pump(&world);
    assert_no_more();
    ta_port_figures sums = end_world(&world);
    assert_int_equal(sums.sent, 3);
    assert_int_equal(sums.failed, 3);
    assert_int_equal(sums.run, 0);
}

/* ---- what belongs to whom it runs at ---------------------------------------------------------- */

/* What a thread of a daemon has for itself. */
typedef struct shard {
    uint64_t sum;
} shard;

static void sum_words(void *context, ta_port *port, uint32_t from, const uint64_t words[],
                      uint32_t count) {
    shard *own = context;
    (void)port;
    (void)from;
    for (uint32_t i = 0; i < count; i++) own->sum += words[i];
}

static void add_here(ticket *self) {
    shard *own = ta_port_context(ta_port_running());
    own->sum += self->value;
}
TA_FN_ONCE_VOID(adding_here, ticket, add_here);

/* One set of hooks for all, and a context for each. */
static void each_port_has_its_own_context(void **state) {
    (void)state;
    mesh_world world = {0};
    shard shards[PORTS] = {{0}};
    const ta_port_hooks hooks = {.context = &world, .words = sum_words};
    ta_fn_once closure;
    make_world(&world, NULL);
    for (uint32_t i = 0; i < PORTS; i++) {
        assert_ptr_equal(ta_port_context(world.ports[i]), &world);
        assert_int_equal(ta_port_detach(world.ports[i]), TA_OK);
        assert_null(ta_port_context(world.ports[i]));
        assert_int_equal(ta_port_attach(world.ports[i], &hooks), TA_OK);
        assert_ptr_equal(ta_port_context(world.ports[i]), &world);
        ta_port_set_context(world.ports[i], &shards[i]);
        assert_ptr_equal(ta_port_context(world.ports[i]), &shards[i]);
    }
    assert_int_equal(ta_port_send_word(world.ports[0], FAR, 5), TA_OK);
    assert_int_equal(adding_here(&closure, (ticket){7}, NULL), TA_OK);
    assert_int_equal(ta_port_send(world.ports[0], FAR, &closure), TA_OK);
    assert_int_equal(ta_port_send_word(world.ports[FAR], NEAR, 11), TA_OK);
    pump(&world);
    assert_int_equal(shards[FAR].sum, 12);
    assert_int_equal(shards[NEAR].sum, 11);
    assert_int_equal(shards[0].sum, 0);
    assert_null(ta_port_context(NULL));
    ta_port_set_context(NULL, &world);
    end_world(&world);
}

/* ---- what closures may do --------------------------------------------------------------------- */

static void send_on(ticket *self) {
    ta_port *port = ta_port_running();
    uint32_t index = ta_port_index(port);
    note(RAN, port, 0, self->value);
    if (self->value != 0) assert_int_equal(send(port, (index + 1) % PORTS, self->value - 1), TA_OK);
}
TA_FN_ONCE_VOID(sending_on, ticket, send_on);

static void closures_send_and_the_end_of_the_poll_flushes(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    ta_fn_once closure;
    assert_int_equal(sending_on(&closure, (ticket){5}, NULL), TA_OK);
    assert_int_equal(ta_port_send(world.ports[0], 3, &closure), TA_OK);
    ta_port_flush(world.ports[0]);
    assert_int_equal(ta_port_poll(world.ports[3], 1), 1);
    assert_int_equal(ta_port_poll(world.ports[0], 1), 1);
    assert_next(RAN, 3, 0, 5);
    assert_next(RAN, 0, 0, 4);
    end_world(&world);
}

static void send_again(ticket *self);
TA_FN_ONCE_VOID(sending_again, ticket, send_again);
static void send_again(ticket *self) {
    ta_port *port = ta_port_running();
    ta_fn_once closure;
    note(RAN, port, 0, self->value);
    assert_int_equal(sending_again(&closure, (ticket){self->value + 1}, NULL), TA_OK);
    assert_int_equal(ta_port_send(port, ta_port_index(port), &closure), TA_OK);
}

static void a_poll_ends_whatever_sends_itself_again(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    ta_fn_once closure;
    assert_int_equal(sending_again(&closure, (ticket){0}, NULL), TA_OK);
    assert_int_equal(ta_port_send(world.ports[0], 0, &closure), TA_OK);
    ta_port_flush(world.ports[0]);
    assert_int_equal(ta_port_poll(world.ports[0], 100), 100);
    assert_int_equal(send(world.ports[1], 0, 1000), TA_OK);
    ta_port_flush(world.ports[1]);
    assert_int_equal(ta_port_poll(world.ports[0], UINT32_MAX), 256 * 2); /* of two senders */
    assert_int_equal(ta_port_poll(world.ports[0], 1), 1);
    end_world(&world);
}

static void post_again(ticket *self);
TA_FN_ONCE_VOID(posting_again, ticket, post_again);
static void post_again(ticket *self) {
    ta_fn_once closure;
    assert_int_equal(posting_again(&closure, *self, NULL), TA_OK);
    assert_int_equal(ta_mesh_post(here->mesh, 0, &closure), TA_OK);
}

static void a_poll_ends_whatever_posts_itself_again(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    ta_fn_once closure;
    assert_int_equal(posting_again(&closure, (ticket){0}, NULL), TA_OK);
    assert_int_equal(ta_mesh_post(world.mesh, 0, &closure), TA_OK);
    assert_int_equal(ta_port_poll(world.ports[0], UINT32_MAX), 256);
    assert_int_equal(ta_port_poll(world.ports[0], 1), 1);
    end_world(&world);
}

/* Polls, waits, prepares to sleep, drains and detaches in vain; flushes with effect. */
static void meddle(ticket *self) {
    ta_port *port = ta_port_running();
    assert_int_equal(send(port, FAR, 2), TA_OK);
    assert_int_equal(ta_port_poll(port, 9), 0);
    assert_true(ta_port_prepare_sleep(port));
    assert_false(ta_port_wait(port, -1));
    assert_int_equal(ta_port_detach(port), TA_E_BUSY);
    assert_int_equal(ta_port_drain(port), TA_E_INVALID);
    ta_port_flush(port);
    assert_int_equal(ta_port_poll(here->ports[FAR], 9), 1); /* another port of this thread */
    assert_ptr_equal(ta_port_running(), port);
    note(RAN, port, 0, self->value);
}
TA_FN_ONCE_VOID(meddling, ticket, meddle);

static void a_poll_within_a_poll_does_nothing(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    ta_fn_once closure;
    assert_int_equal(meddling(&closure, (ticket){1}, NULL), TA_OK);
    assert_int_equal(ta_port_send(world.ports[0], 1, &closure), TA_OK);
    assert_int_equal(send(world.ports[0], 1, 3), TA_OK);
    ta_port_flush(world.ports[0]);
    assert_int_equal(ta_port_poll(world.ports[1], 9), 2);
    assert_next(RAN, FAR, 0, 2);
    assert_next(RAN, 1, 0, 1);
    assert_next(RAN, 1, 0, 3);
    assert_null(ta_port_running());
    end_world(&world);
}

static char *make_text(char **self) {
    note(RAN, ta_port_running(), 0, 0);
    char *text = *self;
    *self = NULL;
    return text;
}
TA_FN_ONCE(texting, ta_string, ta_string, make_text);

typedef struct bulk {
    probe mark;
    char bytes[1000];
} bulk;
TA_DERIVE(bulk, bulk, TA_AS(mark, probe), TA_SKIP_ARRAY(bytes));

static bulk make_bulk(probe *self) {
    bulk made = {.mark = *self};
    self->state = PROBE_GONE; /* moved out: what is destroyed afterwards is not it */
    *self = probe_make(99);
    return made;
}
TA_FN_ONCE(bulking, probe, bulk, make_bulk);

static void results_of_closures_are_destroyed(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    ta_fn_once closure;
    char *text = ta_string_make("result", ta_port_allocator(world.ports[0]));
    assert_int_equal(texting(&closure, text, NULL), TA_OK);
    assert_int_equal(ta_port_send(world.ports[0], FAR, &closure), TA_OK);
    assert_int_equal(bulking(&closure, probe_make(1), NULL), TA_OK);
    assert_int_equal(ta_port_send(world.ports[0], FAR, &closure), TA_OK);
    pump(&world);
    assert_int_equal(probes.destroyed, 2); /* the result, and what was captured */
    end_world(&world);
}

/* ---- relocation ------------------------------------------------------------------------------- */

static void what_is_owned_comes_home(void **state) {
    (void)state;
    for (uint32_t to = 0; to < PORTS; to++) {
        mesh_world world = {0};
        make_world(&world, NULL);
        ta_fn_once closure = goods_of(to, ta_port_allocator(world.ports[0]));
        assert_int_equal(ta_port_send(world.ports[0], to, &closure), TA_OK);
        pump(&world);
        assert_next(RAN, to, to == 0 ? 0 : 1, to); /* told of one move, save for a stay */
        assert_ptr_equal(memory_of_text, ta_port_allocator(world.ports[to < FAR ? 0 : to]));
        assert_int_equal(probes.destroyed, 1);
        end_world(&world);
    }
}

static void memory_that_is_short_is_counted(void **state) {
    (void)state;
    for (int posted = 0; posted < 2; posted++) {
        mesh_world world = {0};
        make_world(&world, NULL);
        ta_fn_once closure = goods_of(1, ta_port_allocator(world.ports[0]));
        assert_int_equal(send(world.ports[0], FAR, 0), TA_OK);
        pump(&world);
        if (posted)
            assert_int_equal(ta_mesh_post(world.mesh, FAR, &closure), TA_OK);
        else
            assert_int_equal(ta_port_send(world.ports[0], FAR, &closure), TA_OK);
        ta_port_flush(world.ports[0]);
        world.book.fail_at = atomic_load(&world.book.calls) + 1;
        assert_int_equal(ta_port_poll(world.ports[FAR], 9), 1);
        assert_ptr_equal(memory_of_text, ta_port_allocator(world.ports[0]));
        ta_port_figures figures;
        ta_port_read_figures(world.ports[FAR], &figures);
        assert_int_equal(figures.kept, 1);
        end_world(&world);
    }
}

/* The hook may keep the closure; what it leaves is destroyed. Later messages are not held up. */
static void who_cannot_be_relocated_has_failed(void **state) {
    (void)state;
    for (int takes = 0; takes < 2; takes++) {
        mesh_world world = {.takes = takes != 0};
        make_world(&world, NULL);
        ta_fn_once closure = goods_of(1, ta_port_allocator(world.ports[0]));
        assert_int_equal(ta_port_send(world.ports[0], FAR, &closure), TA_OK);
        assert_int_equal(send(world.ports[0], FAR, 2), TA_OK);
        probes.relocate_fails_at = 1;
        pump(&world);
        assert_next(FAILED, FAR, 0, (uint64_t)-TA_E_SYSTEM);
        assert_next(RAN, FAR, 0, 2);
        assert_int_equal(probes.destroyed, takes ? 0 : 1);
        if (takes) { /* sent again */
            assert_int_equal(ta_port_send(world.ports[FAR], 3, &world.taken[0]), TA_OK);
            pump(&world);
            assert_next(RAN, 3, 1, 1);
        }
        ta_port_figures sums = end_world(&world);
        assert_int_equal(sums.failed, 1);
        assert_int_equal(probes.destroyed, 1);
    }
}

static void failures_without_a_hook_are_destroyed(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    assert_int_equal(ta_port_detach(world.ports[FAR]), TA_OK);
    assert_int_equal(ta_port_attach(world.ports[FAR], NULL), TA_OK);
    ta_fn_once closure = goods_of(1, NULL);
    assert_int_equal(ta_port_send(world.ports[0], FAR, &closure), TA_OK);
    probes.relocate_fails_at = 1;
    pump(&world);
    assert_int_equal(probes.destroyed, 1);
    assert_int_equal(end_world(&world).failed, 1);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mesh_has_a_port_for_each_processor),
        cmocka_unit_test(ports_are_those_of_the_affinities_given),
        cmocka_unit_test(a_closure_runs_where_it_was_sent),
        cmocka_unit_test(closures_are_visible_at_once_to_who_looks),
        cmocka_unit_test(words_wait_for_a_line_or_a_flush),
        cmocka_unit_test(a_poll_of_the_sender_flushes),
        cmocka_unit_test(messages_of_a_pair_keep_their_order),
        cmocka_unit_test(a_port_sends_to_itself),
        cmocka_unit_test(words_without_a_hook_are_counted_as_failed),
        cmocka_unit_test(each_port_has_its_own_context),
        cmocka_unit_test(closures_send_and_the_end_of_the_poll_flushes),
        cmocka_unit_test(a_poll_ends_whatever_sends_itself_again),
        cmocka_unit_test(a_poll_ends_whatever_posts_itself_again),
        cmocka_unit_test(a_poll_within_a_poll_does_nothing),
        cmocka_unit_test(results_of_closures_are_destroyed),
        cmocka_unit_test(what_is_owned_comes_home),
        cmocka_unit_test(memory_that_is_short_is_counted),
        cmocka_unit_test(who_cannot_be_relocated_has_failed),
        cmocka_unit_test(failures_without_a_hook_are_destroyed),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
