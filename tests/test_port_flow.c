/* SPDX-License-Identifier: MIT
 *
 * Ports: budget, turns, urgent messages, room and figures, with all ports in one thread; and that
 * nothing of it takes a system call.
 */
#include "port_checks.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/prctl.h>

/* ---- budget ----------------------------------------------------------------------------------- */

static void a_poll_keeps_to_its_budget(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    for (uint64_t i = 0; i < ROOM; i++) assert_int_equal(send(world.ports[0], 1, i), TA_OK);
    ta_port_flush(world.ports[0]);
    assert_int_equal(ta_port_poll(world.ports[1], 0), 0);
    for (uint32_t budget = 1; budget < 4; budget++)
        assert_int_equal(ta_port_poll(world.ports[1], budget), budget);
    assert_int_equal(ta_port_poll(world.ports[1], UINT32_MAX), ROOM - 6);
    for (uint64_t i = 0; i < ROOM; i++) assert_next(RAN, 1, 0, i);
    end_world(&world);
}

static void large_lanes(ta_mesh_options *options) {
    options->lane_cells = 256;
    options->calls = 1;
}

/* Who sends much leaves room for who sends little, and nobody is passed over. */
static void senders_take_turns(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, large_lanes);
    for (uint64_t i = 0; i < 200; i++) assert_int_equal(send(world.ports[0], 1, i), TA_OK);
    assert_int_equal(send(world.ports[2], 1, 1000), TA_OK);
    assert_int_equal(send(world.ports[3], 1, 2000), TA_OK);
    for (uint32_t i = 0; i < PORTS; i++) ta_port_flush(world.ports[i]);
    uint32_t done = ta_port_poll(world.ports[1], 100);
    assert_int_equal(done, 100); /* all that the budget pays for, however few send */
    unsigned little = 0;
    for (size_t i = 0; i < world.count; i++) little += world.events[i].value >= 1000;
    assert_int_equal(little, 2);
    /* With small budgets the turn goes on where it ended. */
    for (uint64_t i = 0; i < 4; i++) {
        assert_int_equal(send(world.ports[2], 1, 1001 + i), TA_OK);
        assert_int_equal(send(world.ports[3], 1, 2001 + i), TA_OK);
    }
    world.read = world.count;
    for (int i = 0; i < 12; i++) assert_int_equal(ta_port_poll(world.ports[1], 1), 1);
    unsigned of[3] = {0};
    for (; world.read < world.count; world.read++) of[world.events[world.read].value / 1000]++;
    assert_int_equal(of[0], 4);
    assert_int_equal(of[1], 4);
    assert_int_equal(of[2], 4);
    pump(&world);
    end_world(&world);
}

static void urgent_messages_overtake(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    for (uint64_t i = 0; i < 5; i++) assert_int_equal(send(world.ports[0], 1, i), TA_OK);
    assert_int_equal(post(&world, 1, 50), TA_OK);
    for (uint64_t i = 0; i < 3; i++)
        assert_int_equal(send_urgent(world.ports[0], 1, 100 + i), TA_OK);
    ta_port_flush(world.ports[0]);
    assert_int_equal(ta_port_poll(world.ports[1], 2), 2);
    assert_next(RAN, 1, 0, 100);
    assert_next(RAN, 1, 0, 101);
    pump(&world);
    assert_next(RAN, 1, 0, 102);
    for (uint64_t i = 0; i < 5; i++) assert_next(RAN, 1, 0, i);
    assert_next(RAN, 1, 0, 50);
    ta_port_figures sums = end_world(&world);
    assert_int_equal(sums.sent, 9);
}

static void an_urgent_message_may_be_the_first(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    assert_int_equal(send_urgent(world.ports[0], 1, 1), TA_OK);
    pump(&world);
    assert_next(RAN, 1, 0, 1);
    end_world(&world);
}

/* ---- room ------------------------------------------------------------------------------------- */

static uint64_t fill(ta_port *port, uint32_t to) {
    uint64_t sent = 0;
    ta_status status;
    while ((status = send(port, to, sent)) == TA_OK) sent++;
    assert_int_equal(status, TA_E_FULL);
    return sent;
}

static void full_is_an_answer(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    assert_int_equal(fill(world.ports[0], 1), ROOM);
    ta_fn_once closure = goods_of(1, NULL), before = closure;
    assert_int_equal(ta_port_send(world.ports[0], 1, &closure), TA_E_FULL);
    assert_memory_equal(&closure, &before, sizeof closure);
    assert_int_equal(ta_port_send_word(world.ports[0], 1, 1), TA_E_FULL);
    assert_int_equal(ta_port_send_words(world.ports[0], 1, (const uint64_t[]){1, 2}, 2), 0);
    assert_int_equal(send(world.ports[0], FAR, 1), TA_OK); /* another lane */
    assert_int_equal(send_urgent(world.ports[0], 1, 1), TA_OK);
    ta_fn_once_destroy(&closure);
    pump(&world);
    assert_int_equal(fill(world.ports[0], 1), ROOM);
    ta_port_figures figures;
    assert_true(ta_mesh_read_figures(world.mesh, 0, 1, &figures));
    assert_int_equal(figures.refused, 5);
    pump(&world);
    end_world(&world);
}

static void words_fill_a_lane_to_the_last_cell(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    uint64_t words[ROOM * 7 + 5];
    for (uint64_t i = 0; i < ROOM * 7 + 5; i++) words[i] = i;
    assert_int_equal(ta_port_send_words(world.ports[0], 1, words, ROOM * 7 + 5), ROOM * 7);
    assert_int_equal(ta_port_send_word(world.ports[0], 1, 0), TA_E_FULL);
    pump(&world);
    for (uint64_t i = 0; i < ROOM * 7; i++) assert_next(WORD, 1, 0, i);
    assert_no_more();
    end_world(&world);
}

/* Not with the first cell that is free, not only when the receiver has nothing left to do, and
 * once. */
static void who_waits_for_room_is_told(void **state) {
    (void)state;
    for (uint32_t budget = 1; budget <= ROOM; budget++) {
        mesh_world world = {0};
        make_world(&world, NULL);
        assert_int_equal(fill(world.ports[0], 1), ROOM);
        assert_int_equal(ta_port_want_room(world.ports[0], 1), TA_OK);
        ta_port_flush(world.ports[0]);
        assert_int_equal(ta_port_poll(world.ports[0], 9), 0);
        world.read = 0;
        uint32_t done = 0;
        size_t told_at = 0;
        while (done < ROOM) {
            done += ta_port_poll(world.ports[1], budget);
            size_t before = world.count;
            ta_port_poll(world.ports[0], 9);
            if (told_at == 0 && world.count > before) told_at = done;
        }
        ta_port_poll(world.ports[0], 9);
        assert_true(told_at >= ROOM / 2);
        assert_true(told_at <= ROOM / 2 + budget);
        unsigned told = 0;
        for (size_t i = 0; i < world.count; i++) told += world.events[i].kind == ROOM_AGAIN;
        assert_int_equal(told, 1);
        let_rest(world.ports[1]);
        assert_int_equal(ta_port_poll(world.ports[0], 9), 0);
        assert_int_equal(world.count, ROOM + 1);
        end_world(&world);
    }
}

static void small_lanes(ta_mesh_options *options) {
    options->lane_cells = 8;
    options->calls = 4;
}

/* A lane that is smaller than a sender's share of a poll. */
static void small_lanes_tell_of_room_as_soon(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, small_lanes);
    assert_int_equal(fill(world.ports[0], 1), 4);
    assert_int_equal(ta_port_want_room(world.ports[0], 1), TA_OK);
    ta_port_flush(world.ports[0]);
    assert_int_equal(ta_port_poll(world.ports[1], 100), 4);
    ta_port_poll(world.ports[0], 1);
    assert_int_equal(world.count, 5);
    assert_int_equal(world.events[4].kind, ROOM_AGAIN);
    end_world(&world);
}

static void room_that_is_there_is_told_by_the_next_poll(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    assert_int_equal(send(world.ports[0], 1, 1), TA_OK);
    pump(&world);
    world.read = world.count;
    assert_int_equal(ta_port_want_room(world.ports[0], 1), TA_OK);
    assert_no_more(); /* not from within */
    ta_port_poll(world.ports[0], 1);
    assert_next(ROOM_AGAIN, 0, 1, 0);
    ta_port_poll(world.ports[0], 1);
    assert_no_more();
    end_world(&world);
}

/* A sender that wants room is told by a receiver that goes to rest, too. */
static void resting_tells_of_room(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    assert_int_equal(fill(world.ports[0], 1), ROOM);
    ta_port_flush(world.ports[0]);
    for (int i = 0; i < ROOM; i++) assert_int_equal(ta_port_poll(world.ports[1], 1), 1);
    assert_int_equal(fill(world.ports[0], 1), ROOM);
    assert_int_equal(ta_port_want_room(world.ports[0], 1), TA_OK);
    world.read = world.count;
    for (int i = 0; i < ROOM; i++) assert_int_equal(ta_port_poll(world.ports[1], 1), 1);
    let_rest(world.ports[1]);
    world.read = world.count;
    ta_port_poll(world.ports[0], 1);
    assert_next(ROOM_AGAIN, 0, 1, 0);
    end_world(&world);
}

/* Urgent lanes fill up, too; and who waits for one is told of it. */
static void urgent_senders_wait_for_room_as_well(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    assert_int_equal(ta_port_want_room_urgent(world.ports[0], 1), TA_E_INVALID);
    check_text("ta_port_want_room_urgent");
    assert_int_equal(send(world.ports[0], 1, 0), TA_OK);
    assert_int_equal(ta_port_want_room_urgent(world.ports[0], 1), TA_E_INVALID); /* not that one */
    for (uint64_t i = 0; i < LANE_CELLS; i++)
        assert_int_equal(send_urgent(world.ports[0], 1, i), TA_OK);
    assert_int_equal(send_urgent(world.ports[0], 1, 99), TA_E_FULL);
    assert_int_equal(ta_port_want_room_urgent(world.ports[0], 1), TA_OK);
    ta_port_flush(world.ports[0]);
    ta_port_poll(world.ports[0], 1);
    assert_no_more();
    assert_int_equal(ta_port_poll(world.ports[1], 1), 1);
    ta_port_poll(world.ports[0], 1);
    assert_int_equal(world.count, 1);
    assert_int_equal(ta_port_poll(world.ports[1], UINT32_MAX), LANE_CELLS);
    world.read = world.count;
    ta_port_poll(world.ports[0], 1);
    assert_next(ROOM_AGAIN, 0, 1, 0);
    ta_port_poll(world.ports[0], 1);
    assert_no_more();
    end_world(&world);
}

/* ---- figures ---------------------------------------------------------------------------------- */

static void with_timing(ta_mesh_options *options) { options->timing = true; }

static uint64_t timed(const ta_port_figures *figures) {
    uint64_t sum = 0;
    for (size_t i = 0; i < TA_PORT_QUEUEING_BUCKETS; i++) sum += figures->queueing[i];
    return sum;
}

static uint64_t timed_of_pair(const mesh_world *world, uint32_t from, uint32_t to) {
    ta_port_figures figures;
    assert_true(ta_mesh_read_figures(world->mesh, from, to, &figures));
    return timed(&figures);
}

static void queueing_times_are_those_of_all_messages(void **state) {
    (void)state;
    for (uint64_t timing = 0; timing < 2; timing++) {
        mesh_world world = {0};
        make_world(&world, timing ? with_timing : NULL);
        uint64_t words[10] = {0};
        for (uint64_t lap = 0; lap < 20; lap++) {
            assert_int_equal(ta_port_send_words(world.ports[0], 1, words, 10), 10);
            assert_int_equal(send(world.ports[0], 1, lap), TA_OK);
            assert_int_equal(send_urgent(world.ports[FAR], 1, lap), TA_OK);
            for (uint64_t i = 0; i < lap % 8; i++) assert_int_equal(post(&world, 1, i), TA_OK);
            pump(&world);
        }
        const uint64_t posts = 28 * 2 + 6;
        ta_port_figures figures;
        ta_port_read_figures(world.ports[1], &figures);
        assert_int_equal(figures.run, 20 * 12 + posts);
        assert_int_equal(timed(&figures), timing * (20 * 12 + posts));
        /* Stamps are those of their messages: none waited for hours. */
        assert_int_equal(figures.queueing[TA_PORT_QUEUEING_BUCKETS - 1], 0);
        assert_int_equal(timed_of_pair(&world, 0, 1), timing * 20 * 11);
        assert_int_equal(timed_of_pair(&world, FAR, 1), timing * 20);
        ta_port_read_figures(world.ports[0], &figures);
        assert_int_equal(timed(&figures), 0);
        /* What does not run has no such time. */
        assert_int_equal(send(world.ports[0], 1, 1), TA_OK);
        assert_int_equal(post(&world, 1, 1), TA_OK);
        figures = end_world(&world);
        assert_int_equal(figures.destroyed, 2);
        assert_int_equal(timed(&figures), timing * (20 * 12 + posts));
    }
}

static uint64_t staged_by(const mesh_world *world, uint32_t from) {
    ta_port_figures figures;
    ta_port_read_figures(world->ports[from], &figures);
    return figures.staged;
}

static void staged_is_what_the_receiver_does_not_see_yet(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    ta_port_figures figures;
    const uint64_t words[10] = {0};
    ta_port *port = world.ports[0];
    assert_int_equal(send(port, 1, 1), TA_OK);
    assert_int_equal(staged_by(&world, 0), 0); /* in its sight at once */
    for (uint64_t i = 0; i < 7; i++) {
        assert_int_equal(staged_by(&world, 0), i);
        assert_int_equal(ta_port_send_word(port, 1, i), TA_OK);
    }
    assert_int_equal(staged_by(&world, 0), 0); /* a line is full */
    assert_int_equal(ta_port_send_words(port, 1, words, 10), 10);
    assert_int_equal(ta_port_send_words(port, FAR, words, 2), 2);
    assert_int_equal(staged_by(&world, 0), 5);
    assert_int_equal(staged_by(&world, 1), 0);
    assert_true(ta_mesh_read_figures(world.mesh, 0, 1, &figures));
    assert_int_equal(figures.staged, 3);
    assert_int_equal(figures.sent, 18);
    assert_int_equal(ta_port_poll(world.ports[1], UINT32_MAX), 0); /* it has not been told */
    ta_port_flush(port);
    assert_int_equal(ta_port_poll(world.ports[1], UINT32_MAX), 18);
    assert_int_equal(staged_by(&world, 0), 0);
    assert_int_equal(ta_port_send_word(port, 1, 1), TA_OK);
    assert_int_equal(end_world(&world).staged, 0);
}

static uint64_t high_water(const mesh_world *world, uint32_t from, uint32_t to) {
    ta_port_figures figures;
    assert_true(ta_mesh_read_figures(world->mesh, from, to, &figures));
    return figures.high_water;
}

static void with_long_lanes(ta_mesh_options *options) { options->lane_cells = 256; }

/* Not how much a visit takes, which is limited. */
static void high_water_is_how_deep_a_lane_was(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, with_long_lanes);
    for (uint64_t i = 0; i < 100; i++) assert_int_equal(send(world.ports[0], 1, i), TA_OK);
    ta_port_flush(world.ports[0]);
    assert_int_equal(ta_port_poll(world.ports[1], UINT32_MAX), 100);
    assert_int_equal(high_water(&world, 0, 1), 100);
    ta_port_figures figures;
    assert_int_equal(ta_port_send_words(world.ports[FAR], 1, (const uint64_t[22]){0}, 22), 22);
    ta_port_flush(world.ports[FAR]);
    assert_int_equal(ta_port_poll(world.ports[1], 1), 7);
    assert_int_equal(high_water(&world, FAR, 1), 4); /* cells */
    ta_port_read_figures(world.ports[1], &figures);
    assert_int_equal(figures.high_water, 100);
    pump(&world);
    assert_int_equal(end_world(&world).high_water, 100);
}

static void high_water_stays_where_it_was_highest(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    uint64_t waiting = 0, most = 0;
    ta_port *from = world.ports[0], *to = world.ports[1];
    /* Through several laps, and never emptied. */
    for (unsigned lap = 0; lap < 40 * LANE_CELLS; lap++) {
        if (waiting < 2 + lap / LANE_CELLS / 4) {
            assert_int_equal(send(from, 1, lap), TA_OK);
            waiting++;
            continue;
        }
        if (waiting > most) most = waiting;
        ta_port_flush(from);
        assert_int_equal(ta_port_poll(to, 1), 1);
        waiting--;
        assert_int_equal(high_water(&world, 0, 1), most);
    }
    assert_int_equal(most, 11);
    for (uint64_t i = 0; i < LANE_CELLS; i++) assert_int_equal(send_urgent(from, 1, i), TA_OK);
    ta_port_flush(from);
    for (uint64_t i = 0; i < LANE_CELLS; i++) assert_int_equal(ta_port_poll(to, 1), 1);
    assert_int_equal(high_water(&world, 0, 1), LANE_CELLS);
    pump(&world);
    end_world(&world);
}

static void figures_are_of_a_port_or_a_pair(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    ta_port_figures figures = {.sent = 77};
    assert_false(ta_mesh_read_figures(world.mesh, 0, 1, &figures));
    assert_int_equal(figures.sent, 0);
    assert_false(ta_mesh_read_figures(world.mesh, TA_NO_PORT, 1, &figures));
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(send(world.ports[0], 1, i), TA_OK);
        assert_int_equal(send_urgent(world.ports[0], 1, i), TA_OK);
        assert_int_equal(send(world.ports[FAR], 1, i), TA_OK);
    }
    assert_int_equal(post(&world, 1, 1), TA_OK);
    pump(&world);
    assert_true(ta_mesh_read_figures(world.mesh, 0, 1, &figures));
    assert_int_equal(figures.sent, 6);
    assert_int_equal(figures.run, 6);
    assert_int_equal(figures.polls, 0);
    assert_false(ta_mesh_read_figures(world.mesh, 1, 0, &figures));
    assert_true(ta_mesh_read_figures(world.mesh, TA_NO_PORT, 1, &figures));
    assert_int_equal(figures.sent, 1);
    assert_int_equal(figures.run, 1);
    assert_false(ta_mesh_read_figures(world.mesh, TA_NO_PORT, 0, &figures));
    assert_false(ta_mesh_read_figures(world.mesh, 0, TA_NO_PORT, &figures));
    assert_false(ta_mesh_read_figures(world.mesh, TA_NO_PORT, TA_NO_PORT, &figures));
    ta_port_read_figures(world.ports[1], &figures);
    assert_int_equal(figures.run, 10);
    assert_int_equal(figures.sent, 0);
    assert_true(figures.polls >= 2);
    assert_true(figures.idle_polls >= 1 && figures.idle_polls < figures.polls);
    assert_true(figures.high_water >= 3);
    ta_port_read_figures(world.ports[0], &figures);
    assert_int_equal(figures.sent, 6);
    assert_int_equal(figures.flushes, 1);
    assert_int_equal(figures.bells, 2);
    ta_port_figures sums = end_world(&world);
    assert_int_equal(sums.sent, 10);
    assert_int_equal(sums.run, 10);
}

/* ---- system calls ----------------------------------------------------------------------------- */

/* Marks for port_syscalls.sh, which sees that there is no system call between them. */
static void begin_quiet(void) { prctl(PR_SET_NAME, "quiet-begins"); }
static void end_quiet(void) { prctl(PR_SET_NAME, "quiet-ends"); }

enum { QUIET_MESSAGES = 20000 };

static atomic_bool has_begun;

static void count_words(void *context, ta_port *port, uint32_t from, const uint64_t words[],
                        uint32_t count) {
    uint64_t *sum = context;
    (void)port, (void)from, (void)words;
    *sum += count;
}

static void *poll_quietly(void *argument) {
    ta_port *port = argument;
    uint64_t seen = 0;
    const ta_port_hooks hooks = {.context = &seen, .words = count_words};
    if (ta_port_attach(port, &hooks) != TA_OK) return NULL;
    while (seen == 0) ta_port_poll(port, 100); /* lanes are made, pages are there */
    begin_quiet();
    atomic_store(&has_begun, true);
    while (seen < QUIET_MESSAGES) ta_port_poll(port, 100);
    end_quiet();
    ta_port_detach(port);
    return port;
}

static void polling_and_sending_make_no_system_call(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, with_timing);
    assert_int_equal(ta_port_detach(world.ports[1]), TA_OK);
    world.ports[1] = NULL; /* the thread's */
    pthread_t thread;
    atomic_store(&has_begun, false);
    assert_int_equal(pthread_create(&thread, NULL, poll_quietly, ta_mesh_port(world.mesh, 1)), 0);
    assert_int_equal(send_urgent(world.ports[0], 0, 1), TA_OK);
    assert_int_equal(ta_port_send_word(world.ports[0], 1, 0), TA_OK);
    pump(&world);
    while (!atomic_load(&has_begun)) continue;
    begin_quiet();
    for (uint64_t i = 1; i < QUIET_MESSAGES;) {
        if (ta_port_send_word(world.ports[0], 1, i) == TA_OK)
            i++;
        else
            ta_port_poll(world.ports[0], 10);
    }
    for (uint64_t i = 0; i < 2000; i++) { /* among ports of this thread: all kinds, and rest */
        if (i % 50 == 0) {
            send(world.ports[0], 2, i);
            send_urgent(world.ports[2], 0, i);
            post(&world, 3, i);
            send(world.ports[3], 3, i);
        }
        for (uint32_t j = 0; j < PORTS; j++)
            if (j != 1) ta_port_poll(world.ports[j], 10);
        if (i % 500 == 499)
            for (int k = 0; k < 1000; k++) ta_port_poll(world.ports[0], 10);
    }
    ta_port_flush(world.ports[0]);
    end_quiet();
    void *result = NULL;
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_ptr_equal(result, ta_mesh_port(world.mesh, 1));
    assert_int_equal(end_world(&world).wakes, 0);
}

/* What is left in the lanes, in cells that were not published, and in inboxes. */
static void what_nobody_took_is_destroyed_with_the_mesh(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    ta_fn_once closure = goods_of(1, ta_port_allocator(world.ports[0]));
    assert_int_equal(ta_port_send(world.ports[0], 1, &closure), TA_OK);
    closure = goods_of(2, NULL);
    assert_int_equal(ta_port_send_urgent(world.ports[0], 1, &closure), TA_OK);
    closure = goods_of(3, NULL);
    assert_int_equal(ta_mesh_post(world.mesh, 1, &closure), TA_OK);
    assert_int_equal(ta_port_send_words(world.ports[0], 1, (const uint64_t[]){1, 2, 3}, 3), 3);
    ta_port_figures sums = end_world(&world);
    assert_int_equal(sums.sent, 6);
    assert_int_equal(sums.destroyed, 6);
    assert_int_equal(probes.destroyed, 3);
}

typedef struct pair_end {
    uint32_t from, to;
    ta_port_figures figures;
} pair_end;

typedef struct pair_ends {
    size_t count;
    pair_end pairs[16];
} pair_ends;

static void note_end(void *context, uint32_t from, uint32_t to, const ta_port_figures *figures) {
    pair_ends *ends = context;
    assert_true(ends->count < 16);
    ends->pairs[ends->count++] = (pair_end){from, to, *figures};
}

static pair_ends ends;

static void with_ends(ta_mesh_options *options) {
    options->ended = note_end;
    options->ended_context = &ends;
}

/* The only one of this pair. */
static const ta_port_figures *end_of(uint32_t from, uint32_t to) {
    const ta_port_figures *found = NULL;
    for (size_t i = 0; i < ends.count; i++) {
        if (ends.pairs[i].from != from || ends.pairs[i].to != to) continue;
        assert_null(found);
        found = &ends.pairs[i].figures;
    }
    assert_non_null(found);
    return found;
}

static void the_end_tells_the_figures_of_each_pair(void **state) {
    (void)state;
    mesh_world world = {0};
    ends = (pair_ends){0};
    make_world(&world, with_ends);
    ta_port *guest = new_guest(&world);
    assert_int_equal(send(world.ports[0], 1, 1), TA_OK);
    assert_int_equal(send_urgent(world.ports[0], 1, 2), TA_OK);
    assert_int_equal(send(world.ports[0], ta_port_index(guest), 3), TA_OK);
    pump(&world);
    dismiss(&world, guest);
    guest = new_guest(&world); /* on the same seat */
    assert_int_equal(send(world.ports[0], ta_port_index(guest), 4), TA_OK);
    assert_int_equal(post(&world, 1, 5), TA_OK);
    pump(&world);
    assert_int_equal(send(world.ports[0], 1, 6), TA_OK);
    assert_int_equal(ta_port_send_words(world.ports[0], 1, (const uint64_t[]){1, 2}, 2), 2);
    assert_int_equal(send(world.ports[1], 0, 7), TA_OK);
    for (uint64_t i = 0; i < 7; i++) assert_int_equal(post(&world, FAR, i), TA_OK);
    assert_int_equal(post(&world, FAR, 8), TA_E_FULL);
    dismiss(&world, guest);
    assert_int_equal(ends.count, 0);
    for (uint32_t i = 0; i < PORTS; i++) assert_int_equal(ta_port_detach(world.ports[i]), TA_OK);
    assert_int_equal(ta_mesh_destroy(world.mesh, NULL), TA_OK);

    assert_int_equal(ends.count, 5);
    assert_int_equal(end_of(0, 1)->sent, 5);
    assert_int_equal(end_of(0, 1)->run, 2);
    assert_int_equal(end_of(0, 1)->destroyed, 3);
    assert_int_equal(end_of(1, 0)->destroyed, 1);
    assert_int_equal(end_of(0, PORTS)->sent, 2);
    assert_int_equal(end_of(0, PORTS)->run, 2);
    assert_int_equal(end_of(TA_NO_PORT, 1)->run, 1);
    assert_int_equal(end_of(TA_NO_PORT, FAR)->sent, 7);
    assert_int_equal(end_of(TA_NO_PORT, FAR)->destroyed, 7);
    assert_int_equal(end_of(TA_NO_PORT, FAR)->refused, 1);
    ta_registry_destroy(world.registry);
    assert_balanced(&world.book);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_poll_keeps_to_its_budget),
        cmocka_unit_test(senders_take_turns),
        cmocka_unit_test(urgent_messages_overtake),
        cmocka_unit_test(an_urgent_message_may_be_the_first),
        cmocka_unit_test(full_is_an_answer),
        cmocka_unit_test(words_fill_a_lane_to_the_last_cell),
        cmocka_unit_test(who_waits_for_room_is_told),
        cmocka_unit_test(small_lanes_tell_of_room_as_soon),
        cmocka_unit_test(room_that_is_there_is_told_by_the_next_poll),
        cmocka_unit_test(resting_tells_of_room),
        cmocka_unit_test(urgent_senders_wait_for_room_as_well),
        cmocka_unit_test(queueing_times_are_those_of_all_messages),
        cmocka_unit_test(staged_is_what_the_receiver_does_not_see_yet),
        cmocka_unit_test(high_water_is_how_deep_a_lane_was),
        cmocka_unit_test(high_water_stays_where_it_was_highest),
        cmocka_unit_test(figures_are_of_a_port_or_a_pair),
        cmocka_unit_test(polling_and_sending_make_no_system_call),
        cmocka_unit_test(what_nobody_took_is_destroyed_with_the_mesh),
        cmocka_unit_test(the_end_tells_the_figures_of_each_pair),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
