/* SPDX-License-Identifier: MIT
 *
 * Ports under 2 to 16 threads, more than there are processors, in rounds. In each of them threads
 * send each other closures (in place, owning memory, boxed), urgent ones and words, at random,
 * flush now and then, sleep on a descriptor or a futex, and wait for room; two threads without a
 * port post; guests come, send, are sent to, and go; in every second round one port closes in the
 * middle. Then all that was sent must have arrived, or come back from who closed. At the end a
 * token goes round, from sleeper to sleeper, who have nothing else to wake them: a wake that is
 * lost is a hang.
 *
 * What must hold: each message once, in order per pair and lane, whole, from whom it says; sums
 * equal; nothing leaks.
 */
#include "port_oracle.h"

#include <poll.h>
#include <sched.h>

enum {
    ROUNDS = 80,
    STEPS = 3000, /* of a thread in a round */
    STAYS = 8,    /* of a guest's thread in a round */
    POSTS = 1500,
    LAPS = 60 /* of the token */
};

/* ---- a port's thread -------------------------------------------------------------------------- */

/* Until something comes; or, in the middle of a round, not for long. */
static void sleep_a_while(worker *self, bool is_long) {
    if (below(self, 2) == 0) {
        ta_port_wait(self->port, is_long ? -1 : 50000);
        return;
    }
    struct pollfd entry = {.events = POLLIN};
    if (ta_port_fd(self->port, &entry.fd) != TA_OK) fail_with(self, "no descriptor");
    if (ta_port_prepare_sleep(self->port)) return;
    poll(&entry, 1, is_long ? -1 : 1);
    ta_port_finish_sleep(self->port);
}

static uint32_t someone(worker *self) {
    round_state *shared = self->shared;
    if (below(self, 6) == 0) {
        uint32_t guest = atomic_load(&shared->guests[below(self, GUESTS)]);
        if (guest != 0) return guest;
    }
    return below(self, shared->ports);
}

static void step(worker *self) {
    uint32_t what = below(self, 100);
    if (what < 55)
        send_something(self, someone(self));
    else if (what < 85)
        ta_port_poll(self->port, 1 + below(self, 100));
    else if (what < 92)
        ta_port_flush(self->port);
    else if (what < 97)
        sched_yield();
    else
        sleep_a_while(self, false);
}

static void close_port(worker *self) {
    ta_port_close(self->port);
    ta_status status;
    while ((status = ta_port_drain(self->port)) == TA_E_BUSY) sched_yield();
    if (status != TA_OK) fail_with(self, "draining");
}

/* All that was sent to whoever did not close has arrived, and is counted. Everybody is at rest. */
static void settle(worker *self) {
    round_state *shared = self->shared;
    pthread_barrier_wait(&shared->barrier); /* all have flushed */
    while (ta_port_poll(self->port, 1000) != 0) continue;
    ta_port_wait(self->port, 0);
    pthread_barrier_wait(&shared->barrier); /* all have received, and told of room */
    while (ta_port_poll(self->port, 1000) != 0) continue;
    pthread_barrier_wait(&shared->barrier);
}

typedef struct token {
    uint32_t left;
} token;
TA_UNAWARE_TYPE(token, token);
static void pass_on(token *self);
TA_FN_ONCE_VOID(tokens, token, pass_on);

static void stop(token *self) {
    (void)self;
    current->stops = true;
}
TA_FN_ONCE_VOID(stops, token, stop);

static void pass_on(token *self) {
    round_state *shared = current->shared;
    ta_fn_once closure;
    if (self->left == 0) {
        for (uint32_t i = 0; i < shared->ports; i++)
            if (i != shared->closing && (stops(&closure, *self, NULL) != TA_OK ||
                                         ta_port_send(current->port, i, &closure) != TA_OK))
                fail_with(current, "stopping");
        return;
    }
    uint32_t to = (current->id + 1) % shared->ports;
    if (to == shared->closing) to = (to + 1) % shared->ports;
    if (tokens(&closure, (token){self->left - 1}, NULL) != TA_OK ||
        ta_port_send(current->port, to, &closure) != TA_OK)
        fail_with(current, "passing on");
}

static void pass_tokens(worker *self) {
    if (self->id == (self->shared->closing == 0 ? 1 : 0)) {
        ta_fn_once closure;
        if (tokens(&closure, (token){LAPS * self->shared->ports}, NULL) != TA_OK ||
            ta_port_send(self->port, self->id, &closure) != TA_OK)
            fail_with(self, "beginning");
    }
    while (!self->stops) {
        ta_port_poll(self->port, 10);
        if (!self->stops) sleep_a_while(self, true);
    }
}

static void *run_port(void *argument) {
    worker *self = argument;
    round_state *shared = self->shared;
    const ta_port_hooks hooks = hooks_of(self);
    const bool closes = self->id == shared->closing;
    uint32_t close_at = closes ? STEPS / 4 + below(self, STEPS / 2) : STEPS;
    current = self;
    self->port = ta_mesh_port(shared->mesh, self->id);
    if (ta_registry_adopt(shared->registry, ta_port_affinity(self->port)) != TA_OK ||
        ta_port_attach(self->port, &hooks) != TA_OK)
        fail_with(self, "attaching");
    pthread_barrier_wait(&shared->barrier);
    for (uint32_t i = 0; i < close_at; i++) step(self);
    if (closes) close_port(self);
    ta_port_flush(self->port);
    atomic_fetch_add(&shared->done, 1);
    while (atomic_load(&shared->done) < atomic_load(&shared->sending)) {
        ta_port_poll(self->port, 100);
        sleep_a_while(self, false);
    }
    settle(self);
    if (!closes) pass_tokens(self);
    pthread_barrier_wait(&shared->barrier);
    if (!closes) close_port(self);
    if (ta_port_detach(self->port) != TA_OK) fail_with(self, "detaching");
    ta_unpin();
    return NULL;
}

/* ---- guests, and threads without a port ------------------------------------------------------- */

static void *run_guest(void *argument) {
    worker *self = argument;
    round_state *shared = self->shared;
    const ta_port_hooks hooks = hooks_of(self);
    current = self;
    for (int stay = 0; stay < STAYS && self->error == NULL; stay++) {
        if (ta_mesh_attach_guest(shared->mesh, &hooks, &self->port) != TA_OK) {
            fail_with(self, "a guest is not let in");
            break;
        }
        atomic_store(&shared->guests[self->id - PORTS], ta_port_index(self->port));
        forget(self);
        uint32_t steps = below(self, 2 * STEPS / STAYS);
        for (uint32_t i = 0; i < steps; i++) step(self);
        atomic_store(&shared->guests[self->id - PORTS], 0);
        close_port(self);
        if (ta_port_detach(self->port) != TA_OK) fail_with(self, "a guest is not let go");
    }
    atomic_fetch_add(&shared->done, 1);
    return NULL;
}

static void *run_poster(void *argument) {
    worker *self = argument;
    round_state *shared = self->shared;
    const uint32_t me = UINT32_MAX - 1 - (self->id - PORTS - GUESTS);
    for (uint32_t i = 0; i < POSTS; i++) {
        uint32_t to = below(self, shared->ports);
        account *receiver = account_of(self, to);
        ta_fn_once closure;
        const ta_allocator *memory = ta_registry_allocator(shared->registry, TA_AFFINITY_UNKNOWN);
        if (!make_closure(self, (letter){me, POSTED, receiver->sent[POSTED], to}, memory,
                          &closure)) {
            fail_with(self, "no memory");
            break;
        }
        ta_status status = ta_mesh_post(shared->mesh, to, &closure);
        if (status == TA_OK)
            receiver->sent[POSTED]++;
        else if (status != TA_E_FULL && status != TA_E_CLOSED)
            fail_with(self, "a status that is none");
        ta_fn_once_destroy(&closure);
        if (status == TA_E_FULL || below(self, 8) == 0) sched_yield();
    }
    atomic_fetch_add(&shared->done, 1);
    return NULL;
}

/* ---- rounds ----------------------------------------------------------------------------------- */

static void make_round(round_state *shared, worker *dice, ledger *book) {
    uint32_t counts[4] = {0};
    ta_allocator allocator = ledger_allocator(book);
    shared->ports = 2 + below(dice, PORTS - 1);
    shared->closing =
        shared->number % 2 != 0 && shared->ports > 2 ? below(dice, shared->ports) : shared->ports;
    for (uint32_t i = 0; i < shared->ports; i++) counts[i % 4]++;
    const ta_registry_options machine = {.machine = TA_MACHINE_COUNTS,
                                         .processors = TA_PROCESSORS_ALL,
                                         .counts = counts,
                                         .counts_length = shared->ports < 4 ? shared->ports : 4,
                                         .allocator = &allocator};
    assert_int_equal(ta_registry_create(&machine, &shared->registry), TA_OK);
    const ta_mesh_options options = {.registry = shared->registry,
                                     .guests = GUESTS,
                                     .lane_cells = 8u << below(dice, 5),
                                     .calls = below(dice, 5),
                                     .inbox_cells = 8u << below(dice, 3),
                                     .timing = below(dice, 2) == 0};
    shared->timing = options.timing;
    assert_int_equal(ta_mesh_create(&options, &shared->mesh), TA_OK);
    atomic_store(&shared->done, 0);
    atomic_store(&shared->sending, shared->ports + GUESTS + POSTERS);
    for (uint32_t i = 0; i < GUESTS; i++) atomic_store(&shared->guests[i], 0);
    assert_int_equal(pthread_barrier_init(&shared->barrier, NULL, shared->ports), 0);
    for (uint32_t i = 0; i < SEATS; i++) {
        workers[i] = (worker){.shared = shared, .id = i, .random = next_random(dice) | 1};
        forget(&workers[i]);
    }
}

static bool takes_part(const round_state *shared, uint32_t id) {
    return id < shared->ports || id >= PORTS;
}

/* Between ports, and from posters: what was sent was seen; from who closed, it came back, or, where
 * the sender was to be told and went to sleep for good, was destroyed. */
static void check_pair(const round_state *shared, uint32_t from, uint32_t to) {
    const account *sent = &workers[from].accounts[to];
    const peer *seen = workers[to].peers[from];
    if (sent->index != to) return; /* nothing was sent */
    for (uint32_t way = 0; way < WAYS; way++) {
        if (way != POSTED && from >= PORTS) continue;
        uint32_t arrived = seen[way].index == TA_NO_PORT ? 0 : seen[way].seen;
        if (to == shared->closing && way == POSTED)
            assert_true(arrived <= sent->sent[way]);
        else
            assert_int_equal(arrived + sent->returned[way], sent->sent[way]);
        if (to != shared->closing) assert_int_equal(sent->returned[way], 0);
    }
    if (from < PORTS && sent->waits_for_room) fail_msg("%u waits for room at %u", from, to);
}

static void end_round(round_state *shared, ledger *book) {
    ta_port_figures sums;
    for (uint32_t i = 0; i < SEATS; i++)
        if (takes_part(shared, i) && workers[i].error != NULL)
            fail_msg("round %u, thread %u: %s", shared->number, i, workers[i].error);
    for (uint32_t to = 0; to < shared->ports; to++)
        for (uint32_t from = 0; from < SEATS; from++)
            if (from < shared->ports || from >= PORTS + GUESTS) check_pair(shared, from, to);
    assert_int_equal(ta_mesh_destroy(shared->mesh, &sums), TA_OK);
    assert_int_equal(sums.sent, sums.run + sums.failed + sums.returned + sums.destroyed);
    assert_int_equal(sums.failed, 0);
    ta_registry_destroy(shared->registry);
    assert_balanced(book);
    pthread_barrier_destroy(&shared->barrier);
    uint64_t queued = 0;
    for (size_t i = 0; i < TA_PORT_QUEUEING_BUCKETS; i++) queued += sums.queueing[i];
    assert_int_equal(queued, shared->timing ? sums.run : 0);
    print_message("round %u: %u ports, %lu sent, %lu returned, %lu destroyed, %lu full, %lu bells, "
                  "%lu wakes, %lu sleeps\n",
                  shared->number, shared->ports, (unsigned long)sums.sent,
                  (unsigned long)sums.returned, (unsigned long)sums.destroyed,
                  (unsigned long)sums.refused, (unsigned long)sums.bells, (unsigned long)sums.wakes,
                  (unsigned long)sums.sleeps);
}

static void run_round(uint32_t number, worker *dice) {
    static round_state shared;
    static ledger book;
    pthread_t threads[SEATS];
    book = (ledger){0};
    shared.number = number;
    make_round(&shared, dice, &book);
    for (uint32_t i = 0; i < SEATS; i++) {
        void *(*body)(void *) = i < PORTS ? run_port : i < PORTS + GUESTS ? run_guest : run_poster;
        if (takes_part(&shared, i))
            assert_int_equal(pthread_create(&threads[i], NULL, body, &workers[i]), 0);
    }
    for (uint32_t i = 0; i < SEATS; i++)
        if (takes_part(&shared, i)) assert_int_equal(pthread_join(threads[i], NULL), 0);
    end_round(&shared, &book);
}

static uint64_t seed(void) {
    const char *text = getenv("TA_SEED");
    uint64_t value = text == NULL ? UINT64_C(0x6a09e667f3bcc909) : strtoull(text, NULL, 0);
    print_message("TA_SEED=0x%llx\n", (unsigned long long)value);
    return value | 1; /* a xorshift never leaves 0 */
}

static void every_message_arrives_once_and_in_order(void **state) {
    (void)state;
    worker dice = {.random = seed()};
    for (uint32_t i = 0; i < ROUNDS; i++) run_round(i, &dice);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_arrives_once_and_in_order),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
