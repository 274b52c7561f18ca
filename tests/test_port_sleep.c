/* SPDX-License-Identifier: MIT
 *
 * Sleeping and waking, on the descriptor and in ta_port_wait().
 */
#include "port_checks.h"

#include "os/event.h"
#include "port.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <unistd.h>

static bool is_readable(ta_port *port) {
    struct pollfd entry = {.events = POLLIN};
    assert_int_equal(ta_port_fd(port, &entry.fd), TA_OK);
    assert_true(poll(&entry, 1, 0) >= 0);
    return (entry.revents & POLLIN) != 0;
}

static void close_to_sleep(ta_port *port) {
    assert_false(ta_port_prepare_sleep(port));
    assert_false(is_readable(port));
}

/* ---- one thread ------------------------------------------------------------------------------- */

typedef void give(mesh_world *world);
static void give_closure(mesh_world *world) {
    assert_int_equal(send(world->ports[0], 1, 1), TA_OK);
    ta_port_flush(world->ports[0]);
}
static void give_urgent(mesh_world *world) {
    assert_int_equal(send_urgent(world->ports[0], 1, 1), TA_OK);
    ta_port_flush(world->ports[0]);
}
static void give_word(mesh_world *world) {
    assert_int_equal(ta_port_send_word(world->ports[0], 1, 1), TA_OK);
    ta_port_poll(world->ports[0], 1);
}
static void give_post(mesh_world *world) { assert_int_equal(post(world, 1, 1), TA_OK); }
static give *const gives[] = {give_closure, give_urgent, give_word, give_post};
enum { GIVES = 4 };

static void whatever_arrives_wakes_a_sleeper(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    ta_port *port = world.ports[1];
    for (int i = 0; i < 3 * GIVES; i++) {
        close_to_sleep(port);
        gives[i % GIVES](&world);
        assert_true(is_readable(port));
        ta_port_finish_sleep(port);
        assert_false(is_readable(port));
        assert_true(ta_port_prepare_sleep(port)); /* there is something to do */
        assert_int_equal(ta_port_poll(port, 9), 1);
    }
    ta_port_figures figures;
    ta_port_read_figures(port, &figures);
    assert_int_equal(figures.sleeps, 3 * GIVES);
    ta_port_figures sums = end_world(&world);
    assert_int_equal(sums.wakes, 3 * (GIVES - 1)); /* those of posts are nobody's */
}

static void who_has_something_to_do_does_not_sleep(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    for (int i = 0; i < 3 * GIVES; i++) {
        gives[i % GIVES](&world);
        assert_true(ta_port_prepare_sleep(world.ports[1]));
        assert_true(ta_port_wait(world.ports[1], -1));
        assert_false(is_readable(world.ports[1]));
        assert_int_equal(ta_port_poll(world.ports[1], 9), 1);
    }
    /* To itself, and staged: it is flushed. */
    assert_int_equal(ta_port_send_word(world.ports[1], 1, 1), TA_OK);
    assert_true(ta_port_prepare_sleep(world.ports[1]));
    pump(&world);
    assert_int_equal(end_world(&world).wakes, 0);
}

static void who_polls_is_not_signalled(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    assert_false(is_readable(world.ports[1]));
    for (int i = 0; i < 10 * GIVES; i++) {
        gives[i % GIVES](&world);
        assert_false(is_readable(world.ports[1]));
        if (i % 5 == 0) {
            ta_port_poll(world.ports[1], UINT32_MAX);
            let_rest(world.ports[1]);
        }
    }
    pump(&world);
    assert_int_equal(end_world(&world).wakes, 0);
}

static void the_first_of_several_wakes(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    close_to_sleep(world.ports[1]);
    for (uint32_t i = 0; i < PORTS; i++)
        if (i != 1) assert_int_equal(send(world.ports[i], 1, i), TA_OK);
    for (uint32_t i = 0; i < PORTS; i++)
        if (i != 1) ta_port_flush(world.ports[i]);
    ta_port_finish_sleep(world.ports[1]);
    assert_int_equal(ta_port_poll(world.ports[1], 9), 3);
    ta_port_figures sums = end_world(&world);
    assert_int_equal(sums.bells, 3);
    assert_int_equal(sums.wakes, 1);
}

static void sleeps_may_end_for_other_reasons(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    for (int i = 0; i < 3; i++) {
        close_to_sleep(world.ports[1]);
        ta_port_finish_sleep(world.ports[1]);
        give_closure(&world);
        assert_false(is_readable(world.ports[1])); /* awake */
        assert_int_equal(ta_port_poll(world.ports[1], 9), 1);
        assert_false(ta_port_wait(world.ports[1], 0));
        assert_false(ta_port_wait(world.ports[1], 1000));
    }
    ta_port_finish_sleep(world.ports[1]); /* without need */
    assert_int_equal(end_world(&world).wakes, 0);
}

/* A bell was rung in time, its signal comes when the sleep is over. It may wake the next sleep for
 * nothing, but no further one. */
static void a_late_signal_wakes_once(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    ta_port *port = world.ports[1];
    close_to_sleep(port);
    assert_int_equal(ta_bells_ring(&port->bells, ta_bell_of_inbox(world.mesh)), TA_BELLS_ASLEEP_FD);
    ta_port_finish_sleep(port);
    pump(&world);
    assert_false(ta_port_prepare_sleep(port));
    ta_os_event_signal(port->fd);
    assert_true(is_readable(port));
    ta_port_finish_sleep(port);
    pump(&world);
    close_to_sleep(port);
    give_closure(&world);
    assert_true(is_readable(port));
    ta_port_finish_sleep(port);
    pump(&world);
    close_to_sleep(port);
    ta_port_finish_sleep(port);
    end_world(&world);
}

/* A loop that looks at the descriptor while it is awake does not spin on it. */
static void a_late_signal_is_taken_by_a_poll(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    ta_port *port = world.ports[1];
    for (int i = 0; i < 3; i++) {
        close_to_sleep(port);
        assert_int_equal(ta_bells_ring(&port->bells, ta_bell_of_inbox(world.mesh)),
                         TA_BELLS_ASLEEP_FD);
        ta_port_finish_sleep(port);
        ta_port_poll(port, 256);
        ta_os_event_signal(port->fd);
        assert_true(is_readable(port));
        ta_port_poll(port, 256);
        assert_false(is_readable(port));
        pump(&world);
    }
    end_world(&world);
}

/* Whoever polls before the end of its sleep was told of, is awake: no signal is left behind for the
 * sleeps to come. */
static void a_poll_that_finds_something_ends_the_sleep(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    ta_port *port = world.ports[1];
    for (int i = 0; i < 3; i++) {
        close_to_sleep(port);
        ta_port_poll(port, 9);
        give_closure(&world); /* after a poll in vain it still sleeps */
        assert_true(is_readable(port));
        assert_int_equal(ta_port_poll(port, 9), 1);
        assert_false(is_readable(port));
        give_closure(&world); /* it looks at that lane by now */
        assert_false(is_readable(port));
        assert_int_equal(ta_port_poll(port, 9), 1);
        ta_port_finish_sleep(port);
        pump(&world);
        close_to_sleep(port);
        ta_port_finish_sleep(port);
    }
    assert_int_equal(end_world(&world).wakes, 3);
}

/* The last look before a sleep: who rings before it keeps the receiver awake, who rings after it
 * wakes it, once. */
static void nobody_falls_asleep_beside_a_bell(void **state) {
    (void)state;
    uint64_t bits[2] = {0};
    ta_bells bells = {.words = 2, .bits = bits};
    static const uint32_t ways[] = {TA_BELLS_ASLEEP_FD, TA_BELLS_ASLEEP_FUTEX};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ta_bells_ring(&bells, 65), 0);
        assert_false(ta_bells_sleep(&bells, ways[i]));
        assert_int_equal(ta_bells_ring(&bells, 3), 0);
        ta_bells_answer(&bells);
        assert_int_equal(ta_bells_take(&bells, 0), 1u << 3);
        assert_int_equal(ta_bells_take(&bells, 1), 1u << 1);
        assert_true(ta_bells_sleep(&bells, ways[i]));
        assert_int_equal(ta_bells_ring(&bells, 1), ways[i]);
        assert_int_equal(ta_bells_ring(&bells, 1), 0);
        assert_true(ta_bells_wake(&bells));
        ta_bells_answer(&bells);
        assert_int_equal(ta_bells_take(&bells, 0), 1u << 1);
        assert_true(ta_bells_sleep(&bells, ways[i]));
        assert_false(ta_bells_wake(&bells));
    }
}

static void room_wakes_a_sleeper(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    uint64_t sent = 0;
    while (send(world.ports[0], 1, sent) == TA_OK) sent++;
    assert_int_equal(ta_port_want_room(world.ports[0], 1), TA_OK);
    close_to_sleep(world.ports[0]);
    ta_port_poll(world.ports[1], UINT32_MAX);
    assert_true(is_readable(world.ports[0]));
    ta_port_finish_sleep(world.ports[0]);
    world.read = world.count;
    ta_port_poll(world.ports[0], 9);
    assert_next(ROOM_AGAIN, 0, 1, 0);
    end_world(&world);
}

static void going_to_sleep_flushes(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    assert_int_equal(ta_port_send_word(world.ports[0], 1, 1), TA_OK);
    close_to_sleep(world.ports[0]);
    assert_int_equal(ta_port_poll(world.ports[1], 9), 1);
    ta_port_finish_sleep(world.ports[0]);
    assert_int_equal(ta_port_send_word(world.ports[0], 1, 2), TA_OK);
    assert_false(ta_port_wait(world.ports[0], 0));
    assert_int_equal(ta_port_poll(world.ports[1], 9), 1);
    end_world(&world);
}

static void a_port_keeps_its_descriptor(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    int first = -1, second = -2;
    assert_int_equal(ta_port_fd(world.ports[0], &first), TA_OK);
    assert_int_equal(ta_port_detach(world.ports[0]), TA_OK);
    assert_int_equal(ta_port_attach(world.ports[0], NULL), TA_OK);
    assert_int_equal(ta_port_fd(world.ports[0], &second), TA_OK);
    assert_int_equal(first, second);
    assert_true(first >= 0);
    end_world(&world);
    char byte;
    assert_int_equal(read(first, &byte, 1), -1); /* closed with the mesh */
}

/* ---- threads ---------------------------------------------------------------------------------- */

enum { MESSAGES = 3000 };

typedef struct pair {
    ta_mesh *mesh;
    uint32_t events; /* of epoll; 0: ta_port_wait() */
    uint64_t seen;   /* the receiver's */
    const char *error;
} pair;

static void see(pair *shared, uint64_t value) {
    if (value != shared->seen) shared->error = "out of order";
    shared->seen++;
}

typedef struct item {
    pair *shared;
    uint64_t value;
} item;
TA_UNAWARE_TYPE(item, item);
static void run_item(item *self) { see(self->shared, self->value); }
TA_FN_ONCE_VOID(items, item, run_item);

static void see_words(void *context, ta_port *port, uint32_t from, const uint64_t words[],
                      uint32_t count) {
    (void)port, (void)from;
    for (uint32_t i = 0; i < count; i++) see(context, words[i]);
}

static void sleep_once(pair *shared, ta_port *port, int epoll) {
    if (shared->events == 0) {
        ta_port_wait(port, shared->seen % 3 == 0 ? 20000 : -1);
    } else if (!ta_port_prepare_sleep(port)) {
        struct epoll_event event;
        if (epoll_wait(epoll, &event, 1, shared->seen % 3 == 0 ? 1 : -1) < 0)
            shared->error = "epoll_wait";
        ta_port_finish_sleep(port);
    }
}

/* Sleeps whenever there is nothing to do. */
static void *sleeper(void *argument) {
    pair *shared = argument;
    ta_port *port = ta_mesh_port(shared->mesh, 1);
    const ta_port_hooks hooks = {.context = shared, .words = see_words};
    int fd = -1, epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = shared->events};
    if (ta_port_attach(port, &hooks) != TA_OK || ta_port_fd(port, &fd) != TA_OK ||
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        shared->error = "setting up";
    while (shared->seen < MESSAGES && shared->error == NULL) {
        ta_port_poll(port, 8);
        if (shared->seen < MESSAGES) sleep_once(shared, port, epoll);
    }
    close(epoll);
    ta_port_detach(port);
    return NULL;
}

static void wake_in_threads(uint32_t events) {
    mesh_world world = {0};
    make_world(&world, NULL);
    assert_int_equal(ta_port_detach(world.ports[1]), TA_OK);
    pair shared = {.mesh = world.mesh, .events = events};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, sleeper, &shared), 0);
    uint64_t random = 88172645463325252u;
    for (uint64_t i = 0; i < MESSAGES;) {
        random ^= random << 13, random ^= random >> 7, random ^= random << 17;
        ta_fn_once closure;
        assert_int_equal(items(&closure, (item){&shared, i}, NULL), TA_OK);
        if ((random & 1) != 0 && ta_port_send(world.ports[0], 1, &closure) == TA_OK) i++;
        if ((random & 1) == 0 && ta_port_send_word(world.ports[0], 1, i) == TA_OK) i++;
        if ((random >> 20) % 4 == 0 || i == MESSAGES) ta_port_flush(world.ports[0]);
        for (uint64_t turns = random >> 40 & 3; turns > 0; turns--) sched_yield();
        ta_port_poll(world.ports[0], 1);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_null(shared.error);
    assert_int_equal(shared.seen, MESSAGES);
    world.ports[1] = NULL;
    ta_port_figures sums = end_world(&world);
    assert_int_equal(sums.run, MESSAGES);
    print_message("%lu sleeps, %lu wakes\n", (unsigned long)sums.sleeps, (unsigned long)sums.wakes);
}

static void threads_sleep_on_a_level(void **state) {
    (void)state;
    wake_in_threads(EPOLLIN);
}

static void threads_sleep_on_an_edge(void **state) {
    (void)state;
    wake_in_threads(EPOLLIN | EPOLLET);
}

static void threads_wait(void **state) {
    (void)state;
    wake_in_threads(0);
}

/* ---- signals ---------------------------------------------------------------------------------- */

static void do_nothing(int number) { (void)number; }

static atomic_bool waits, has_waited;

static void *wait_without_end(void *argument) {
    pair *shared = argument;
    ta_port *port = ta_mesh_port(shared->mesh, 1);
    if (ta_port_attach(port, NULL) != TA_OK) shared->error = "attaching";
    atomic_store(&waits, true);
    bool is_something = ta_port_wait(port, -1);
    atomic_store(&has_waited, true);
    if (!is_something || ta_port_poll(port, 9) != 1) shared->error = "woke for nothing";
    ta_port_detach(port);
    return NULL;
}

static void signals_do_not_end_a_wait_without_end(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    assert_int_equal(ta_port_detach(world.ports[1]), TA_OK);
    pair shared = {.mesh = world.mesh};
    struct sigaction action = {.sa_handler = do_nothing}, before;
    assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
    pthread_t thread;
    atomic_store(&waits, false);
    atomic_store(&has_waited, false);
    assert_int_equal(pthread_create(&thread, NULL, wait_without_end, &shared), 0);
    while (!atomic_load(&waits)) sched_yield();
    for (int i = 0; i < 2000 && !atomic_load(&has_waited); i++) {
        assert_int_equal(pthread_kill(thread, SIGUSR1), 0);
        sched_yield();
    }
    ta_fn_once closure;
    assert_int_equal(items(&closure, (item){&shared, 0}, NULL), TA_OK);
    assert_int_equal(ta_mesh_post(world.mesh, 1, &closure), TA_OK);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(sigaction(SIGUSR1, &before, NULL), 0);
    assert_null(shared.error);
    world.ports[1] = NULL;
    end_world(&world);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_arrives_wakes_a_sleeper),
        cmocka_unit_test(who_has_something_to_do_does_not_sleep),
        cmocka_unit_test(who_polls_is_not_signalled),
        cmocka_unit_test(the_first_of_several_wakes),
        cmocka_unit_test(sleeps_may_end_for_other_reasons),
        cmocka_unit_test(a_late_signal_wakes_once),
        cmocka_unit_test(a_late_signal_is_taken_by_a_poll),
        cmocka_unit_test(a_poll_that_finds_something_ends_the_sleep),
        cmocka_unit_test(nobody_falls_asleep_beside_a_bell),
        cmocka_unit_test(room_wakes_a_sleeper),
        cmocka_unit_test(going_to_sleep_flushes),
        cmocka_unit_test(a_port_keeps_its_descriptor),
        cmocka_unit_test(threads_sleep_on_a_level),
        cmocka_unit_test(threads_sleep_on_an_edge),
        cmocka_unit_test(threads_wait),
        cmocka_unit_test(signals_do_not_end_a_wait_without_end),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
