/* SPDX-License-Identifier: MIT
 *
 * Calls between two threads: floods both ways with an oracle, cancelling that races with running,
 * and guests that wait, for receivers that sleep.
 */
#include "call_checks.h"

#include "ta/detail/atomic.h"
#include "ta/fan.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

/* A processor may have both threads. */
static void poll_or_yield(ta_port *port) {
    if (ta_port_poll(port, 64) == 0) (void)sched_yield();
}

static uint64_t seed(void) {
    const char *text = getenv("TA_SEED");
    uint64_t value = text == NULL ? UINT64_C(0x9b1a4e0f6d2c8357) : strtoull(text, NULL, 0);
    print_message("TA_SEED=0x%llx\n", (unsigned long long)value);
    return value | 1; /* a xorshift never leaves 0 */
}
static uint64_t next_random(uint64_t *random) {
    uint64_t x = *random;
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    return *random = x;
}

/* ---- floods ----------------------------------------------------------------------------------- */

/* What travels: numbers, and what follows from them. `text` is NULL in most. */
typedef struct parcel {
    uint64_t number, kind; /* of the sender's calls */
    char *text;
    uint64_t check[8]; /* more than a cell */
} parcel;
TA_DERIVE(parcel, parcel, number, kind, TA_AS(text, ta_string), TA_ARRAY(check));

typedef struct end {
    world *here;
    uint32_t from, to;
    uint64_t calls; /* to be made */
    uint64_t sent, answered, cancelled, random;
    uint64_t received, not_run; /* by the other's requests */
    ta_call_id last;
    atomic_uint *finished;
} end;
static __thread end *mine;

/* The context: which end, and which call. */
typedef struct ticket {
    end *owner;
    uint64_t number;
    bool cancelled;
} ticket;
typedef ticket *ticket_pointer;
TA_UNAWARE_TYPE(ticket_pointer, ticket_pointer);

static uint64_t mix(uint64_t number) { return (number + 1) * UINT64_C(0x9e3779b97f4a7c15); }

/* Requests arrive in order, save for those that were cancelled. */
static void note_arrival(uint64_t number) {
    assert_true(number >= mine->received);
    mine->not_run += number - mine->received;
    mine->received = number + 1;
}
static uint64_t answer_small(uint64_t *number) {
    note_arrival(*number);
    return mix(*number);
}
static parcel answer_large(parcel *in) {
    note_arrival(in->number);
    for (unsigned i = 0; i < 8; i++) assert_int_equal(in->check[i], mix(in->number + i));
    if (in->text != NULL)
        assert_ptr_equal(ta_block_allocator(in->text), ta_port_allocator(ta_port_running()));
    parcel out = *in;
    out.number = mix(in->number);
    in->text = NULL;
    return out;
}
static void end_ticket(ticket *one, ta_status status) {
    assert_ptr_equal(one->owner, mine);
    assert_int_equal(status, one->cancelled ? TA_E_CANCELLED : TA_OK);
    mine->answered++;
    free(one);
}
static void note_small(ticket_pointer *one, ta_status status, uint64_t *result) {
    if (result != NULL) assert_int_equal(*result, mix((*one)->number));
    end_ticket(*one, status);
}
static void note_large(ticket_pointer *one, ta_status status, parcel *result) {
    if (result != NULL) {
        assert_int_equal(result->number, mix((*one)->number));
        for (unsigned i = 0; i < 8; i++)
            assert_int_equal(result->check[i], mix((*one)->number + i));
        if (result->text != NULL)
            assert_ptr_equal(ta_block_allocator(result->text),
                             ta_port_allocator(ta_port_running()));
    }
    end_ticket(*one, status);
}
TA_CALL(call_small, ta_uint64, ta_uint64, answer_small, ticket_pointer, note_small);
TA_CALL(call_large, parcel, parcel, answer_large, ticket_pointer, note_large);

static bool make_call(end *self) {
    ta_port *port = self->here->ports[self->from];
    uint64_t random = next_random(&self->random) >> 20;
    const ta_call_options options = {.is_cancellable = random % 4 == 0};
    ta_call_id id;
    ta_status status;
    ticket *one = calloc(1, sizeof *one);
    assert_non_null(one);
    one->owner = self;
    one->number = self->sent;
    if (random % 3 != 0) {
        status = call_small(port, self->to, self->sent, one, &options, &id);
    } else {
        parcel in = {.number = self->sent};
        for (unsigned i = 0; i < 8; i++) in.check[i] = mix(self->sent + i);
        if (random % 9 == 0) in.text = ta_string_make("text", ta_port_allocator(port));
        status = call_large(port, self->to, in, one, &options, &id);
        if (status != TA_OK) ta_destroy(&parcel_type, &in);
    }
    if (status != TA_OK) {
        assert_int_equal(status, TA_E_FULL);
        free(one);
        return false;
    }
    self->sent++;
    if (options.is_cancellable && random % 8 == 0) {
        if (random % 16 == 0) ta_port_flush(port);
        one->cancelled = ta_call_cancel(port, id) == TA_OK;
        if (one->cancelled) self->cancelled++;
    }
    return true;
}

static void *flood(void *context) {
    end *self = context;
    ta_port *port = self->here->ports[self->from];
    mine = self;
    assert_int_equal(ta_port_attach(port, NULL), TA_OK);
    while (self->answered < self->calls) {
        while (self->sent < self->calls && make_call(self)) {
        }
        if (next_random(&self->random) % 64 == 0) (void)ta_port_wait(port, 100000);
        poll_or_yield(port);
    }
    atomic_fetch_add(self->finished, 1);
    while (atomic_load(self->finished) < 2) poll_or_yield(port);
    ta_port_close(port);
    while (ta_port_drain(port) != TA_OK) (void)sched_yield();
    assert_int_equal(ta_port_detach(port), TA_OK);
    return NULL;
}

static void detach_for_threads(world *here) {
    for (uint32_t i = 0; i < PORTS; i++) assert_int_equal(ta_port_detach(here->ports[i]), TA_OK);
}
static void attached_no_more(world *here) {
    for (uint32_t i = 0; i < PORTS; i++) here->ports[i] = NULL;
}

static void two_threads_flood_each_other(void **state) {
    enum { EACH = 100000 };
    world here = {0};
    atomic_uint finished = 0;
    pthread_t other;
    (void)state;
    make_world(&here, NULL);
    detach_for_threads(&here);
    uint64_t random = seed();
    end ends[2] = {{.here = &here, .from = 0, .to = FAR, .calls = EACH, .random = random},
                   {.here = &here, .from = FAR, .to = 0, .calls = EACH, .random = mix(random) | 1}};
    ends[0].finished = ends[1].finished = &finished;
    assert_int_equal(pthread_create(&other, NULL, flood, &ends[1]), 0);
    (void)flood(&ends[0]);
    assert_int_equal(pthread_join(other, NULL), 0);
    for (unsigned i = 0; i < 2; i++) {
        const end *self = &ends[i], *them = &ends[1 - i];
        assert_int_equal(self->answered, EACH);
        /* Those that did not run are those that were cancelled: each once, and no other. */
        assert_int_equal(self->cancelled, them->not_run + (EACH - them->received));
    }
    print_message("%llu and %llu of %u cancelled\n", (unsigned long long)ends[0].cancelled,
                  (unsigned long long)ends[1].cancelled, EACH);
    attached_no_more(&here);
    ta_port_figures sums = end_world(&here);
    assert_int_equal(sums.sent, 4 * EACH);
    assert_int_equal(sums.failed, ends[0].cancelled + ends[1].cancelled);
}

/* ---- guests that wait ------------------------------------------------------------------------- */

TA_CALL_WAIT(wait_add, sum, ta_long, add);
TA_CALL_WAIT(wait_greet, ta_string, ta_string, greet);

typedef struct waiting {
    world *here;
    unsigned rounds;
} waiting;

static void *wait_often(void *context) {
    waiting *self = context;
    ta_port *guest;
    assert_int_equal(ta_mesh_attach_guest(self->here->mesh, NULL, &guest), TA_OK);
    for (unsigned i = 0; i < self->rounds; i++) {
        long result = 0;
        char *text = NULL;
        assert_int_equal(wait_add(guest, FAR, (sum){i, 1}, NULL, &result), TA_OK);
        assert_int_equal(result, i + 1);
        char *name = ta_string_make("guest", ta_port_allocator(guest));
        assert_int_equal(wait_greet(guest, FAR, name, NULL, &text), TA_OK);
        assert_string_equal(text, "hello guest");
        ta_destroy(&ta_string_type, &text);
    }
    ta_port_close(guest);
    while (ta_port_drain(guest) != TA_OK) (void)sched_yield();
    assert_int_equal(ta_port_detach(guest), TA_OK);
    return NULL;
}

static void guests_wait_for_a_receiver_that_sleeps(void **state) {
    world here = {0};
    pthread_t threads[GUESTS];
    (void)state;
    make_world(&here, NULL);
    waiting self = {&here, 3000};
    runs = 0;
    for (unsigned i = 0; i < GUESTS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, wait_often, &self), 0);
    while (runs < 2 * GUESTS * self.rounds) {
        (void)ta_port_wait(here.ports[FAR], -1);
        while (ta_port_poll(here.ports[FAR], 64) != 0) {
        }
    }
    for (unsigned i = 0; i < GUESTS; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    end_world(&here);
}

/* ---- fan-outs --------------------------------------------------------------------------------- */

static long count_here(const sum *what) { return what->a + ta_port_index(ta_port_running()); }
static void add_up(record_pointer *out, uint32_t from, ta_status status, long *result) {
    assert_int_equal(status, TA_OK);
    assert_int_equal(*result, 10 + from);
    (*out)->value += *result;
}
static void all_added(record_pointer *out, ta_status status) {
    (*out)->count++;
    (*out)->status = status;
}
TA_MAP_REDUCE(count_all, sum, ta_long, count_here, record_pointer, add_up, all_added);

typedef struct pumping {
    world *here;
    atomic_uint *stop;
} pumping;
/* The other region's ports, that sleep when there is nothing. */
static void *pump_far(void *context) {
    pumping *self = context;
    ta_port **ports = self->here->ports;
    for (uint32_t i = FAR; i < PORTS; i++) assert_int_equal(ta_port_attach(ports[i], NULL), TA_OK);
    while (atomic_load(self->stop) == 0)
        for (uint32_t i = FAR; i < PORTS; i++) poll_or_yield(ports[i]);
    for (uint32_t i = FAR; i < PORTS; i++) assert_int_equal(ta_port_detach(ports[i]), TA_OK);
    return NULL;
}

static void fans_reach_other_threads(void **state) {
    enum { ROUNDS = 20000 };
    world here = {0};
    record out = {0};
    atomic_uint stop = 0;
    pthread_t other;
    (void)state;
    make_world(&here, NULL);
    pumping self = {&here, &stop};
    for (uint32_t i = FAR; i < PORTS; i++) assert_int_equal(ta_port_detach(here.ports[i]), TA_OK);
    assert_int_equal(pthread_create(&other, NULL, pump_far, &self), 0);
    for (unsigned begun = 0; out.count < ROUNDS;) {
        if (begun < ROUNDS) {
            assert_int_equal(count_all(here.ports[0], NULL, 0, (sum){10, 0}, &out), TA_OK);
            begun++;
        }
        while (begun - out.count > 16 || (begun == ROUNDS && out.count < ROUNDS)) {
            poll_or_yield(here.ports[0]);
            poll_or_yield(here.ports[1]);
        }
    }
    atomic_store(&stop, 1);
    assert_int_equal(pthread_join(other, NULL), 0);
    assert_int_equal(out.value, (long)ROUNDS * (4 * 10 + 0 + 1 + 2 + 3));
    for (uint32_t i = FAR; i < PORTS; i++)
        assert_int_equal(ta_port_attach(here.ports[i], NULL), TA_OK);
    end_world(&here);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_threads_flood_each_other),
        cmocka_unit_test(guests_wait_for_a_receiver_that_sleeps),
        cmocka_unit_test(fans_reach_other_threads),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
