/* SPDX-License-Identifier: MIT
 *
 * Runtimes that are stopped in the middle of work, at random: tokens hop from thread to thread
 * through lanes that are too small, with memory that relocates, while threads from outside post and
 * send, call and wake; then somebody stops it. Each token must end once: arrived, refused, handed back
 * or destroyed; from one thread to another in order; and where nobody is cut short, all must arrive.
 * Each call must end once, also one to a place where nobody is; and no wake is lost.
 */
#include "runtime_checks.h"

#include "ta/call.h"
#include "ta/derive.h"

#include <poll.h>
#include <stdlib.h>
#include <time.h>

enum { THREADS_MAX = 12, UNTAKEN_MAX = 2, PLACES_MAX = THREADS_MAX + UNTAKEN_MAX };
enum { BACKLOG_MAX = 4096, OUTSIDERS = 2, TOKENS = 40 };

/* ---- tokens ------------------------------------------------------------------------------------- */

typedef struct world world;
typedef struct worker worker;

/* What travels. It ends when it is destroyed with `has_ended` unset, or sets that itself. */
typedef struct traveller {
    world *all; /* NULL: there is none */
    uint32_t left;
    uint32_t from;   /* TA_NO_PORT: from outside */
    uint64_t number; /* of those from there to here */
} traveller;

static void lose(traveller *self);
TA_TYPE(traveller, traveller, NULL, NULL, lose);

typedef struct token {
    traveller traveller;
    char *text;
} token;
TA_DERIVE(token, token, TA_AS(traveller, traveller), TA_AS(text, ta_string));

/* A thread's own; the context of nothing, found by its index. */
struct worker {
    world *all;
    token backlog[BACKLOG_MAX];
    uint32_t waiting;
    uint64_t sent[PLACES_MAX], received[PLACES_MAX], random;
    atomic_uint work; /* for its poll hook */
    const char *error;
};

struct world {
    atomic_uint born, arrived, refused, lost, returned, stopped;
    atomic_uint called, answered, closed;
    uint32_t untaken, threads, hops; /* the first places have no thread */
    bool waits_for_room;             /* else the poll hook tries again and again */
    bool polls_in_poll, polls_in_wait;
    bool is_endless, is_strict;
    ta_runtime *runtime;
    worker *workers;
    ta_allocator allocator;
    pthread_barrier_t begin, done;
    uint64_t random;
};

static uint64_t next_random(uint64_t *random) {
    uint64_t x = *random;
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    return *random = x;
}

static uint32_t below(uint64_t *random, uint32_t limit) {
    return (uint32_t)((next_random(random) >> 20) % limit);
}

/* The place of some thread. */
static uint32_t somebody(const world *all, uint64_t *random) {
    return all->untaken + below(random, all->threads);
}

static void check(worker *mine, bool holds, const char *error) {
    if (!holds && mine->error == NULL) mine->error = error;
}

static void lose(traveller *self) {
    if (self->all != NULL) atomic_fetch_add(&self->all->lost, 1);
}

static void end(token *ended, atomic_uint *how) {
    atomic_fetch_add(how, 1);
    ended->traveller.all = NULL;
    ta_destroy(&token_type, ended);
}

static token make_token(world *all, uint32_t left) {
    token made = {.traveller = {all, left, TA_NO_PORT, 0},
                  .text = ta_string_make("what a token carries", &all->allocator)};
    if (made.text == NULL) abort();
    return made;
}

static void hop(token *self);
TA_FN_ONCE_VOID(hopping, token, hop);

/* ---- threads of the runtime --------------------------------------------------------------------- */

/* Sends a token anywhere. What finds no room waits for its turn. */
static bool try_send(worker *mine, ta_port *port, token *sent) {
    world *all = mine->all;
    uint32_t to = somebody(all, &mine->random);
    ta_fn_once fn;
    sent->traveller.from = ta_port_index(port);
    sent->traveller.number = mine->sent[to] + 1;
    if (hopping(&fn, *sent, NULL) != TA_OK) abort();
    ta_status status = ta_port_send(port, to, &fn);
    if (status == TA_OK) {
        mine->sent[to]++;
        return true;
    }
    memcpy(sent, ta_closure_captured(&fn.closure), sizeof *sent); /* and the closure is forgotten */
    if (status == TA_E_CLOSED) {
        end(sent, &all->refused);
        return true;
    }
    check(mine, status == TA_E_FULL, "a send fails with another status");
    if (all->waits_for_room)
        check(mine, ta_port_want_room(port, to) == TA_OK, "nobody tells when there is room");
    return false;
}

static void send_on(worker *mine, ta_port *port, token *sent) {
    if (try_send(mine, port, sent)) return;
    check(mine, mine->waiting < BACKLOG_MAX, "more tokens than were born");
    mine->backlog[mine->waiting++] = *sent;
}

static uint32_t send_backlog(worker *mine, ta_port *port) {
    uint32_t before = mine->waiting;
    while (mine->waiting > 0) {
        token last = mine->backlog[mine->waiting - 1];
        if (!try_send(mine, port, &last)) {
            mine->backlog[mine->waiting - 1] = last;
            break;
        }
        mine->waiting--;
    }
    return before - mine->waiting;
}

static void hop(token *self) {
    world *all = self->traveller.all;
    ta_port *port = ta_port_running();
    worker *mine = &all->workers[ta_port_index(port)];
    traveller *mark = &self->traveller;
    check(mine, mine->all == all, "the wrong thread runs it");
    check(mine, strcmp(self->text, "what a token carries") == 0, "a token's memory is not its own");
    check(mine, atomic_load(&all->stopped) == 0, "a message runs after a stop hook");
    if (mark->from != TA_NO_PORT) {
        check(mine, mark->number == mine->received[mark->from] + 1, "out of order");
        mine->received[mark->from] = mark->number;
    }
    if (below(&mine->random, 16) == 0) sched_yield();
    token taken = *self;
    *self = (token){0};
    if (taken.traveller.left == 0 && !all->is_endless) {
        end(&taken, &all->arrived);
        return;
    }
    taken.traveller.left--;
    send_on(mine, port, &taken);
}

static uint32_t on_poll(void *context, ta_port *port) {
    world *all = context;
    worker *mine = &all->workers[ta_port_index(port)];
    uint32_t did = atomic_exchange(&mine->work, 0);
    if (!all->waits_for_room && mine->waiting != 0)
        did += send_backlog(mine, port) + 1; /* there is something to do until all are gone */
    if (all->polls_in_poll) {
        if (below(&mine->random, 4) == 0) sched_yield(); /* somebody may bring work meanwhile */
        ta_port_poll(port, 8);
    }
    return did;
}

static void on_wait(void *context, ta_port *port, int fd, uint64_t timeout) {
    world *all = context;
    struct timespec time = {.tv_sec = (time_t)(timeout / 1000000000),
                            .tv_nsec = (long)(timeout % 1000000000)};
    struct pollfd entry = {.fd = fd, .events = POLLIN};
    ppoll(&entry, 1, timeout == UINT64_MAX ? NULL : &time, NULL);
    if (all->polls_in_wait) ta_port_poll(port, 8);
}

static uint64_t on_idle(void *context, ta_port *port) {
    (void)context;
    (void)port;
    return UINT64_MAX;
}

static void on_room(void *context, ta_port *port, uint32_t to) {
    world *all = context;
    (void)to;
    send_backlog(&all->workers[ta_port_index(port)], port);
}

static void on_stop(void *context, ta_port *port) {
    world *all = context;
    worker *mine = &all->workers[ta_port_index(port)];
    atomic_fetch_add(&all->stopped, 1);
    while (mine->waiting > 0) end(&mine->backlog[--mine->waiting], &all->refused);
}

/* ---- threads from outside ----------------------------------------------------------------------- */

typedef struct outsider {
    world *all;
    uint64_t random;
    bool is_guest;
    pthread_t thread;
} outsider;

static void on_returned(void *context, ta_port *port, uint32_t to, ta_fn_once *closure) {
    world *all = context;
    (void)port;
    (void)to;
    token *captured = ta_closure_captured(&closure->closure);
    captured->traveller.all = NULL;
    atomic_fetch_add(&all->returned, 1);
}

typedef world *world_pointer;
TA_UNAWARE_TYPE(world_pointer, world *);

static void answer(world_pointer *all) {
    worker *mine = &(*all)->workers[ta_port_index(ta_port_running())];
    check(mine, atomic_load(&(*all)->stopped) == 0, "a request runs after a stop hook");
}
static void hear(world_pointer *all, ta_status status) {
    if (status == TA_OK) atomic_fetch_add(&(*all)->answered, 1);
    if (status == TA_E_CLOSED) atomic_fetch_add(&(*all)->closed, 1);
}
TA_CALL_VOID(call_somebody, world_pointer, answer, world_pointer, hear);

/* Calls any place, also one that nobody took. */
static void call_anybody(world *all, ta_port *guest, uint64_t *random) {
    uint32_t to = below(random, all->untaken + all->threads);
    if (call_somebody(guest, to, all, all, NULL, NULL) == TA_OK) atomic_fetch_add(&all->called, 1);
}

/* Has somebody's poll hook called, and waits for that where no stop can come between. */
static void wake_somebody(world *all, uint64_t *random) {
    uint32_t to = somebody(all, random);
    atomic_store(&all->workers[to].work, 1);
    if (ta_runtime_wake(all->runtime, to) != TA_OK) abort();
    while (all->is_strict && atomic_load(&all->workers[to].work) != 0) sched_yield();
}

/* Brings one token in. False: nobody takes any more. */
static bool bring(world *all, ta_port *guest, uint32_t to, uint32_t left) {
    ta_fn_once fn;
    ta_status status;
    if (hopping(&fn, make_token(all, left), NULL) != TA_OK) abort();
    atomic_fetch_add(&all->born, 1);
    for (;;) {
        status = guest == NULL ? ta_mesh_post(ta_runtime_mesh(all->runtime), to, &fn)
                               : ta_port_send(guest, to, &fn);
        if (status != TA_E_FULL) break;
        ta_port_flush(guest);
        sched_yield();
    }
    if (guest != NULL) ta_port_poll(guest, 16);
    if (status == TA_OK) return true;
    token *captured = ta_closure_captured(&fn.closure);
    captured->traveller.all = NULL;
    atomic_fetch_add(&all->refused, 1);
    ta_fn_once_destroy(&fn);
    return false;
}

static void *bring_in(void *argument) {
    outsider *self = argument;
    world *all = self->all;
    const ta_port_hooks hooks = {.context = all, .returned = on_returned};
    ta_port *guest = NULL;
    if (self->is_guest &&
        ta_mesh_attach_guest(ta_runtime_mesh(all->runtime), &hooks, &guest) != TA_OK)
        abort();
    pthread_barrier_wait(&all->begin);
    for (int i = 0; i < TOKENS; i++) {
        if (guest != NULL) call_anybody(all, guest, &self->random);
        wake_somebody(all, &self->random);
        uint32_t to = somebody(all, &self->random);
        if (!bring(all, guest, to, below(&self->random, all->hops))) break;
    }
    ta_port_flush(guest);
    pthread_barrier_wait(&all->done);
    if (guest != NULL) {
        ta_port_close(guest);
        while (ta_port_drain(guest) != TA_OK) sched_yield();
        if (ta_port_detach(guest) != TA_OK) abort();
    }
    return NULL;
}

/* ---- rounds ------------------------------------------------------------------------------------- */

typedef struct plan {
    bool is_strict;  /* outsiders end first, and there is no end of grace: all arrive */
    bool is_endless; /* nothing ends but by being refused */
    bool from_within;
} plan;

static void ask_for_stop(token *self) {
    self->traveller.all = NULL;
    ta_runtime_stop(ta_runtime_running());
}
TA_FN_ONCE_VOID(asking_for_stop, token, ask_for_stop);

static void stop(world *all, bool from_within) {
    if (from_within) {
        ta_fn_once fn;
        token made = make_token(all, 0);
        if (asking_for_stop(&fn, made, NULL) != TA_OK) abort();
        while (ta_mesh_post(ta_runtime_mesh(all->runtime), all->untaken, &fn) == TA_E_FULL)
            sched_yield();
    } else {
        ta_runtime_stop(all->runtime);
    }
}

static void check_books(world *all, const plan *how, const ta_port_figures *report) {
    assert_counted(report);
    for (uint32_t i = 0; i < all->untaken + all->threads; i++) {
        if (all->workers[i].error != NULL) fail_msg("%s", all->workers[i].error);
        for (uint32_t j = 0; j < all->untaken + all->threads; j++) /* what was sent within, ran */
            assert_int_equal(all->workers[i].sent[j], all->workers[j].received[i]);
    }
    unsigned born = atomic_load(&all->born), arrived = atomic_load(&all->arrived);
    assert_int_equal(born, arrived + atomic_load(&all->refused) + atomic_load(&all->lost) +
                               atomic_load(&all->returned));
    unsigned closed = atomic_load(&all->closed);
    assert_int_equal(atomic_load(&all->called), atomic_load(&all->answered) + closed);
    /* What comes to an end unheard came from outside. */
    assert_int_equal(atomic_load(&all->returned) + closed, report->returned);
    assert_int_equal(atomic_load(&all->lost), report->destroyed);
    if (how->is_strict) {
        assert_int_equal(arrived, how->is_endless ? 0 : born);
        assert_int_equal(report->destroyed + atomic_load(&all->returned), 0);
        if (all->untaken == 0) assert_int_equal(closed, 0);
    }
}

static ta_runtime_options options_of(world *all, const ta_registry *registry, const plan *how) {
    ta_runtime_options options = unpinned_options(registry);
    options.mesh.lane_cells = 8;
    options.mesh.inbox_cells = 16;
    options.mesh.guests = OUTSIDERS;
    options.adopted = all->untaken;
    options.spin = below(&all->random, 2) ? 1 : 20000;
    options.budget = 1 + below(&all->random, 64);
    options.grace = how->is_endless || !how->is_strict ? 1 : UINT64_MAX;
    options.hooks = (ta_runtime_hooks){.context = all,
                                       .poll = on_poll,
                                       .idle = on_idle,
                                       .stop = on_stop,
                                       .ports = {.context = all, .room = on_room}};
    if (below(&all->random, 2)) options.hooks.wait = on_wait;
    return options;
}

static void play(plan how, uint64_t *random) {
    ledger memory = {0};
    world all = {.untaken = below(random, UNTAKEN_MAX + 1),
                 .threads = 1 + below(random, THREADS_MAX),
                 .hops = 100,
                 .waits_for_room = below(random, 2),
                 .polls_in_poll = below(random, 2),
                 .polls_in_wait = below(random, 2),
                 .is_endless = how.is_endless,
                 .is_strict = how.is_strict,
                 .allocator = ledger_allocator(&memory),
                 .random = next_random(random)};
    const uint32_t places = all.untaken + all.threads;
    ta_registry *registry = invented(places + 1, &all.allocator);
    all.workers = calloc(places, sizeof *all.workers);
    assert_non_null(all.workers);
    for (uint32_t i = 0; i < places; i++) {
        all.workers[i].all = &all;
        all.workers[i].random = next_random(random);
    }
    assert_int_equal(pthread_barrier_init(&all.begin, NULL, OUTSIDERS + 1), 0);
    assert_int_equal(pthread_barrier_init(&all.done, NULL, OUTSIDERS + 1), 0);
    ta_runtime_options options = options_of(&all, registry, &how);
    options.mesh.affinities = ta_registry_affinities(registry);
    options.mesh.affinity_count = places;
    all.runtime = start(&options);

    outsider outsiders[OUTSIDERS];
    for (int i = 0; i < OUTSIDERS; i++) {
        /* Inboxes come last in a poll, and do not come where lanes never run empty. */
        bool is_guest = i == 0 || how.is_endless;
        outsiders[i] = (outsider){.all = &all, .random = next_random(random), .is_guest = is_guest};
        assert_int_equal(pthread_create(&outsiders[i].thread, NULL, bring_in, &outsiders[i]), 0);
    }
    pthread_barrier_wait(&all.begin);
    if (!how.is_strict) {
        for (uint32_t i = below(random, 200); i > 0; i--) sched_yield();
        stop(&all, how.from_within);
    }
    pthread_barrier_wait(&all.done);
    if (how.is_strict) stop(&all, how.from_within);
    for (int i = 0; i < OUTSIDERS; i++) pthread_join(outsiders[i].thread, NULL);
    ta_port_figures report;
    assert_int_equal(ta_runtime_join(all.runtime, &report), TA_OK);
    check_books(&all, &how, &report);
    pthread_barrier_destroy(&all.begin);
    pthread_barrier_destroy(&all.done);
    free(all.workers);
    ta_registry_destroy(registry);
    assert_balanced(&memory);
}

static void play_rounds(plan how, int rounds) {
    const char *text = getenv("TA_SEED");
    uint64_t random = text == NULL ? UINT64_C(0x2f6a1c0b9d8e7355) : strtoull(text, NULL, 0);
    print_message("TA_SEED=0x%llx\n", (unsigned long long)random);
    for (int i = 0; i < rounds; i++) {
        how.from_within = i % 2 == 1 && !how.is_endless;
        play(how, &random);
    }
}

/* ---- cases -------------------------------------------------------------------------------------- */

static void a_stop_with_time_lets_all_arrive(void **state) {
    (void)state;
    play_rounds((plan){.is_strict = true}, 20);
}

static void a_stop_without_time_loses_nothing(void **state) {
    (void)state;
    play_rounds((plan){0}, 40);
}

static void what_would_go_on_for_ever_ends(void **state) {
    (void)state;
    play_rounds((plan){.is_strict = true, .is_endless = true}, 20);
    play_rounds((plan){.is_endless = true}, 20);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stop_with_time_lets_all_arrive),
        cmocka_unit_test(a_stop_without_time_loses_nothing),
        cmocka_unit_test(what_would_go_on_for_ever_ends),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
