/* SPDX-License-Identifier: MIT
 *
 * Debug builds: a thread that uses a port of another thread's ends the program. Each misuse is a
 * child process's.
 */
#include "port_checks.h"

#include "ta/fan.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef NDEBUG
enum { IS_CHECKED = 0 };
#else
enum { IS_CHECKED = 1 };
#endif

/* ---- what the wrong thread does ---------------------------------------------------------------- */

typedef struct number {
    long value;
} number;
TA_UNAWARE_TYPE(number, number);
static void do_nothing(number *what) { (void)what; }
TA_FN_ONCE_VOID(nothing, number, do_nothing);
static void do_nothing_often(const number *what) { (void)what; }
TA_FN_VOID(nothing_often, number, do_nothing_often);

static void use_send(ta_port *port) {
    ta_fn_once closure;
    assert_int_equal(nothing(&closure, (number){1}, NULL), TA_OK);
    (void)ta_port_send(port, 1, &closure);
}
static void use_urgent(ta_port *port) {
    ta_fn_once closure;
    assert_int_equal(nothing(&closure, (number){1}, NULL), TA_OK);
    (void)ta_port_send_urgent(port, 1, &closure);
}
static void use_word(ta_port *port) { (void)ta_port_send_word(port, 1, 1); }
static void use_words(ta_port *port) {
    (void)ta_port_send_words(port, 1, (const uint64_t[]){1, 2}, 2);
}
static void use_flush(ta_port *port) { ta_port_flush(port); }
static void use_want_room(ta_port *port) { (void)ta_port_want_room(port, 1); }
static void use_poll(ta_port *port) { (void)ta_port_poll(port, 1); }
static void use_prepare(ta_port *port) { (void)ta_port_prepare_sleep(port); }
static void use_finish(ta_port *port) { ta_port_finish_sleep(port); }
static void use_wait(ta_port *port) { (void)ta_port_wait(port, 0); }
static void use_drain(ta_port *port) {
    ta_port_close(port);
    (void)ta_port_drain(port);
}
static void use_detach(ta_port *port) { (void)ta_port_detach(port); }
static void use_call(ta_port *port) {
    ta_fn_once closure;
    assert_int_equal(nothing(&closure, (number){1}, NULL), TA_OK);
    (void)ta_port_call(port, 1, &closure, NULL, NULL, NULL);
}
static void use_cancel(ta_port *port) { (void)ta_call_cancel(port, 1); }
static void use_broadcast(ta_port *port) {
    ta_fn closure;
    assert_int_equal(nothing_often(&closure, (number){1}, NULL), TA_OK);
    (void)ta_port_broadcast(port, NULL, 0, &closure, NULL);
}
/* Those that are any thread's. */
static void use_freely(ta_port *port) {
    ta_port_figures figures;
    ta_fn_once closure;
    assert_int_equal(ta_port_index(port), 0);
    assert_false(ta_affinity_is_unknown(ta_port_affinity(port)));
    ta_port_read_figures(port, &figures);
    ta_mesh *mesh = ta_port_mesh(port);
    const ta_allocator *memory = ta_port_returning_allocator(port);
    ta_release(memory, ta_allocate(memory, 8, 8), 8, 8);
    assert_int_equal(nothing(&closure, (number){1}, NULL), TA_OK);
    assert_int_equal(ta_mesh_post(mesh, 0, &closure), TA_OK);
}

/* ---- in a child ------------------------------------------------------------------------------- */

typedef struct misuse {
    void (*use)(ta_port *port);
    ta_port *port;
} misuse;

static void *run_misuse(void *argument) {
    const misuse *what = argument;
    what->use(what->port);
    return NULL;
}

/* How a child ended in which another thread than the owner did that to port 0. */
static int status_of(mesh_world *world, void (*use)(ta_port *port)) {
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        misuse what = {use, world->ports[0]};
        pthread_t thread;
        signal(SIGABRT, SIG_DFL);
        if (freopen("/dev/null", "w", stderr) == NULL) _exit(2);
        if (pthread_create(&thread, NULL, run_misuse, &what) != 0) _exit(2);
        pthread_join(thread, NULL);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void another_threads_port_is_not_used(void **state) {
    (void)state;
    static void (*const uses[])(ta_port *) = {use_send,   use_urgent,    use_word,     use_words,
                                              use_flush,  use_want_room, use_poll,     use_prepare,
                                              use_finish, use_wait,      use_drain,    use_detach,
                                              use_call,   use_cancel,    use_broadcast};
    mesh_world world = {0};
    if (!IS_CHECKED) skip();
    make_world(&world, NULL);
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++) {
        int status = status_of(&world, uses[i]);
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT)
            fail_msg("misuse %u was let pass: status %d", (unsigned)i, status);
    }
    end_world(&world);
}

static void what_is_any_threads_is(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    assert_int_equal(status_of(&world, use_freely), 0);
    end_world(&world);
}

/* A port that one thread detached is another one's. */
static void *use_for_a_while(void *argument) {
    ta_port *port = argument;
    if (ta_port_attach(port, NULL) != TA_OK) return "could not attach";
    use_send(port);
    ta_port_poll(port, 1);
    return ta_port_detach(port) == TA_OK ? NULL : "could not detach";
}

static void ports_change_hands(void **state) {
    (void)state;
    mesh_world world = {0};
    make_world(&world, NULL);
    pthread_t thread;
    void *error = NULL;
    assert_int_equal(ta_port_detach(world.ports[0]), TA_OK);
    assert_int_equal(pthread_create(&thread, NULL, use_for_a_while, world.ports[0]), 0);
    assert_int_equal(pthread_join(thread, &error), 0);
    assert_null(error);
    assert_int_equal(ta_port_attach(world.ports[0], NULL), TA_OK);
    use_send(world.ports[0]);
    pump(&world);
    assert_int_equal(end_world(&world).run, 2);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_threads_port_is_not_used),
        cmocka_unit_test(what_is_any_threads_is),
        cmocka_unit_test(ports_change_hands),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
