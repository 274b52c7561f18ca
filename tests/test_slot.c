/* SPDX-License-Identifier: MIT
 *
 * One slot and a few: every operation in every state, who waits and who is woken, cycles. Where
 * threads meet by chance rather than by arrangement: stress_slot.c.
 */
#include "harness.h"

#include "slot.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

static int values[4];

/* Waits until somebody who found the slot building has marked it, which it does before it parks. */
static void await_waiter(const ta_slot *slot) {
    while ((ta_load_relaxed_u64(&slot->word) & TA_SLOT_WAITED) == 0) sched_yield();
}

/* ---- one thread ------------------------------------------------------------------------------- */

static void an_empty_slot_has_no_value(void **state) {
    (void)state;
    ta_slot slot = {0};
    assert_null(ta_slot_peek(&slot));
    assert_null(ta_slot_take(&slot));
}

static void a_published_value_is_found(void **state) {
    (void)state;
    ta_slot slot = {0};
    ta_slot_thread self = {0}, other = {0};
    ta_slot_waits waits = TA_SLOT_WAITS_INIT;
    void *ready = NULL;
    assert_int_equal(ta_slot_claim(&slot, &waits, &self, &ready), TA_SLOT_CLAIMED);
    assert_null(ta_slot_peek(&slot));
    ta_slot_publish(&slot, &self, &values[1]);
    assert_ptr_equal(ta_slot_peek(&slot), &values[1]);
    assert_null(ready);
    assert_int_equal(ta_slot_claim(&slot, &waits, &self, &ready), TA_SLOT_READY);
    assert_ptr_equal(ready, &values[1]);
    ready = NULL;
    assert_int_equal(ta_slot_try_claim(&slot, &other, &ready), TA_SLOT_READY);
    assert_ptr_equal(ready, &values[1]);
}

static void an_abandoned_slot_can_be_claimed_again(void **state) {
    (void)state;
    ta_slot slot = {0};
    ta_slot_thread self = {0}, other = {0};
    ta_slot_waits waits = TA_SLOT_WAITS_INIT;
    void *ready = NULL;
    assert_int_equal(ta_slot_claim(&slot, &waits, &self, &ready), TA_SLOT_CLAIMED);
    ta_slot_abandon(&slot, &self);
    assert_null(ta_slot_peek(&slot));
    assert_int_equal(ta_slot_claim(&slot, &waits, &other, &ready), TA_SLOT_CLAIMED);
    ta_slot_abandon(&slot, &other);
    assert_int_equal(ta_slot_claim(&slot, &waits, &self, &ready), TA_SLOT_CLAIMED);
    ta_slot_publish(&slot, &self, &values[2]);
    assert_ptr_equal(ta_slot_peek(&slot), &values[2]);
}

static void a_constructor_that_asks_for_its_own_slot_is_told(void **state) {
    (void)state;
    ta_slot slot = {0};
    ta_slot_thread self = {0};
    ta_slot_waits waits = TA_SLOT_WAITS_INIT;
    void *ready = &values[3];
    assert_int_equal(ta_slot_claim(&slot, &waits, &self, &ready), TA_SLOT_CLAIMED);
    assert_int_equal(ta_slot_claim(&slot, &waits, &self, &ready), TA_SLOT_REENTERED);
    assert_int_equal(ta_slot_try_claim(&slot, &self, &ready), TA_SLOT_REENTERED);
    assert_ptr_equal(ready, &values[3]);
    assert_null(ta_slot_peek(&slot));
    /* The construction goes on as if it had not asked. */
    ta_slot_publish(&slot, &self, &values[0]);
    assert_ptr_equal(ta_slot_peek(&slot), &values[0]);
    assert_int_equal(self.building, 0);
}

static void a_constructor_may_build_other_slots(void **state) {
    (void)state;
    ta_slot slots[2] = {{0}, {0}};
    ta_slot_thread self = {0};
    ta_slot_waits waits = TA_SLOT_WAITS_INIT;
    void *ready = NULL;
    assert_int_equal(ta_slot_claim(&slots[0], &waits, &self, &ready), TA_SLOT_CLAIMED);
    assert_int_equal(ta_slot_claim(&slots[1], &waits, &self, &ready), TA_SLOT_CLAIMED);
    assert_int_equal(self.building, 2);
    assert_int_equal(ta_slot_claim(&slots[0], &waits, &self, &ready), TA_SLOT_REENTERED);
    ta_slot_publish(&slots[1], &self, &values[1]);
    ta_slot_publish(&slots[0], &self, &values[0]);
    assert_ptr_equal(ta_slot_peek(&slots[0]), &values[0]);
    assert_ptr_equal(ta_slot_peek(&slots[1]), &values[1]);
    assert_int_equal(self.building, 0);
}

static void a_try_does_not_wait_and_leaves_no_trace(void **state) {
    (void)state;
    ta_slot slot = {0}, before;
    ta_slot_thread self = {0}, other = {0};
    void *ready = &values[3];
    assert_int_equal(ta_slot_try_claim(&slot, &self, &ready), TA_SLOT_CLAIMED);
    before = slot;
    assert_int_equal(ta_slot_try_claim(&slot, &other, &ready), TA_SLOT_BUSY);
    assert_ptr_equal(ready, &values[3]);
    assert_int_equal(slot.word, before.word);
    assert_int_equal(slot.event, before.event);
    assert_int_equal(other.building, 0);
    ta_slot_abandon(&slot, &self);
    assert_int_equal(ta_slot_try_claim(&slot, &other, &ready), TA_SLOT_CLAIMED);
    ta_slot_abandon(&slot, &other);
}

/* The event is counted before the wake, so an unchanged event means no system call. */
static void nobody_is_woken_where_nobody_waits(void **state) {
    (void)state;
    ta_slot slot = {0};
    ta_slot_thread self = {0};
    void *ready = NULL;
    assert_int_equal(ta_slot_try_claim(&slot, &self, &ready), TA_SLOT_CLAIMED);
    ta_slot_abandon(&slot, &self);
    assert_int_equal(slot.event, 0);
    assert_int_equal(ta_slot_try_claim(&slot, &self, &ready), TA_SLOT_CLAIMED);
    ta_slot_publish(&slot, &self, &values[0]);
    assert_int_equal(slot.event, 0);
}

/* P3: on a page that cannot be written, a write would end the test. */
static void a_hit_writes_nothing(void **state) {
    (void)state;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    ta_slot *slots = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(slots != MAP_FAILED);
    ta_slot_thread self = {0}, other = {0};
    ta_slot_waits waits = TA_SLOT_WAITS_INIT;
    void *ready = NULL;
    assert_int_equal(ta_slot_try_claim(&slots[0], &self, &ready), TA_SLOT_CLAIMED);
    ta_slot_publish(&slots[0], &self, &values[0]);
    assert_int_equal(ta_slot_try_claim(&slots[2], &self, &ready), TA_SLOT_CLAIMED);
    assert_int_equal(mprotect(slots, page, PROT_READ), 0);
    assert_ptr_equal(ta_slot_peek(&slots[0]), &values[0]);
    assert_int_equal(ta_slot_claim(&slots[0], &waits, &other, &ready), TA_SLOT_READY);
    assert_null(ta_slot_peek(&slots[1]));
    assert_null(ta_slot_peek(&slots[2]));
    assert_int_equal(ta_slot_try_claim(&slots[2], &other, &ready), TA_SLOT_BUSY);
    assert_int_equal(ta_slot_claim(&slots[2], &waits, &self, &ready), TA_SLOT_REENTERED);
    munmap(slots, page);
}

static void teardown_takes_the_value_once(void **state) {
    (void)state;
    ta_slot slot = {0};
    ta_slot_thread self = {0};
    void *ready = NULL;
    assert_int_equal(ta_slot_try_claim(&slot, &self, &ready), TA_SLOT_CLAIMED);
    ta_slot_publish(&slot, &self, &values[1]);
    assert_ptr_equal(ta_slot_take(&slot), &values[1]);
    assert_null(ta_slot_take(&slot));
    assert_null(ta_slot_peek(&slot));
    assert_int_equal(ta_slot_try_claim(&slot, &self, &ready), TA_SLOT_CLAIMED);
    ta_slot_abandon(&slot, &self);
}

/* ---- parking ---------------------------------------------------------------------------------- */

static void parking_compares_and_leaves_errno_alone(void **state) {
    (void)state;
    uint32_t word = 7;
    errno = ERANGE;
    ta_os_park(&word, 8); /* EAGAIN; would hang if it did not compare */
    assert_int_equal(errno, ERANGE);
    ta_os_wake_all(&word);
    assert_int_equal(errno, ERANGE);
    ta_os_wake_all(NULL); /* even refused */
    ta_os_park(NULL, 8);
    assert_int_equal(errno, ERANGE);
}

static void *identity_of_thread(void *unused) {
    (void)unused;
    return ta_slot_self();
}

static void every_thread_is_somebody(void **state) {
    (void)state;
    ta_slot_thread *self = ta_slot_self();
    assert_non_null(self);
    assert_ptr_equal(ta_slot_self(), self);
    assert_int_equal((uintptr_t)self & 7, 0);
    pthread_t thread;
    void *other = NULL;
    assert_int_equal(pthread_create(&thread, NULL, identity_of_thread, NULL), 0);
    assert_int_equal(pthread_join(thread, &other), 0);
    assert_non_null(other);
    assert_ptr_not_equal(other, self);
}

/* A thread that asks for a slot; `fails` of its constructions do. Written by the thread, read after
 * its join. */
struct asker {
    ta_slot *slot;
    ta_slot_waits *waits;
    int *constructions; /* plain: constructions are ordered */
    int *value;         /* what its constructor makes; NULL: it fails */
    ta_slot_outcome outcome;
    void *ready;
    pthread_t thread;
};

static void *ask(void *argument) {
    struct asker *asker = argument;
    ta_slot_thread *self = ta_slot_self();
    asker->outcome = ta_slot_claim(asker->slot, asker->waits, self, &asker->ready);
    if (asker->outcome != TA_SLOT_CLAIMED) return NULL;
    ++*asker->constructions;
    if (asker->value == NULL) {
        ta_slot_abandon(asker->slot, self);
    } else {
        *asker->value = 42;
        ta_slot_publish(asker->slot, self, asker->value);
    }
    return NULL;
}

#define ASKERS 4

/* Builds the slot, sets the askers on it, ends the construction when one waits at least. */
static void build_while_they_ask(struct asker *askers, ta_slot *slot, int *value) {
    void *ready = NULL;
    ta_slot_waits waits = TA_SLOT_WAITS_INIT;
    ta_slot_thread *self = ta_slot_self();
    int constructions = 1;
    assert_int_equal(ta_slot_claim(slot, &waits, self, &ready), TA_SLOT_CLAIMED);
    for (int i = 0; i < ASKERS; i++) {
        askers[i].slot = slot;
        askers[i].waits = &waits;
        askers[i].constructions = &constructions;
        assert_int_equal(pthread_create(&askers[i].thread, NULL, ask, &askers[i]), 0);
    }
    await_waiter(slot);
    if (value == NULL) {
        ta_slot_abandon(slot, self);
    } else {
        *value = 42;
        ta_slot_publish(slot, self, value);
    }
    int claimed = 1;
    for (int i = 0; i < ASKERS; i++) {
        assert_int_equal(pthread_join(askers[i].thread, NULL), 0);
        claimed += askers[i].outcome == TA_SLOT_CLAIMED;
    }
    assert_int_equal(constructions, claimed);
    assert_int_not_equal(slot->event, 0);
}

static void those_who_wait_get_the_value(void **state) {
    (void)state;
    struct asker askers[ASKERS] = {{0}};
    ta_slot slot = {0};
    static int value;
    build_while_they_ask(askers, &slot, &value);
    for (int i = 0; i < ASKERS; i++) {
        assert_int_equal(askers[i].outcome, TA_SLOT_READY);
        assert_ptr_equal(askers[i].ready, &value);
    }
}

static void after_a_failure_each_waiter_tries_for_itself(void **state) {
    (void)state;
    struct asker askers[ASKERS] = {{0}};
    ta_slot slot = {0};
    build_while_they_ask(askers, &slot, NULL);
    for (int i = 0; i < ASKERS; i++) assert_int_equal(askers[i].outcome, TA_SLOT_CLAIMED);
    assert_null(ta_slot_peek(&slot));
}

static void after_a_failure_one_success_serves_the_rest(void **state) {
    (void)state;
    struct asker askers[ASKERS] = {{0}};
    ta_slot slot = {0};
    int made[ASKERS] = {0}, claimed = 0;
    for (int i = 0; i < ASKERS; i++) askers[i].value = &made[i];
    build_while_they_ask(askers, &slot, NULL);
    int *value = ta_slot_peek(&slot);
    assert_non_null(value);
    for (int i = 0; i < ASKERS; i++) {
        bool its = askers[i].outcome == TA_SLOT_CLAIMED;
        claimed += its;
        assert_int_equal(made[i], its ? 42 : 0);
        assert_ptr_equal(its ? askers[i].value : askers[i].ready, value);
    }
    assert_int_equal(claimed, 1);
}

static void nothing(int signal) { (void)signal; }

/* Signals, and wakes that mean nothing, while the slot is being built. */
static void a_wake_for_no_reason_is_no_answer(void **state) {
    (void)state;
    struct sigaction action = {.sa_handler = nothing}, before; /* no SA_RESTART */
    assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
    ta_slot slot = {0};
    ta_slot_waits waits = TA_SLOT_WAITS_INIT;
    int constructions = 0, value = 0;
    void *ready = NULL;
    struct asker asker = {.slot = &slot, .waits = &waits, .constructions = &constructions};
    assert_int_equal(ta_slot_claim(&slot, &waits, ta_slot_self(), &ready), TA_SLOT_CLAIMED);
    assert_int_equal(pthread_create(&asker.thread, NULL, ask, &asker), 0);
    await_waiter(&slot);
    for (int i = 0; i < 200; i++) {
        if (i % 2 == 0)
            pthread_kill(asker.thread, SIGUSR1);
        else
            ta_os_wake_all(&slot.event);
        sched_yield();
    }
    value = 42;
    ta_slot_publish(&slot, ta_slot_self(), &value);
    assert_int_equal(pthread_join(asker.thread, NULL), 0);
    assert_int_equal(asker.outcome, TA_SLOT_READY);
    assert_ptr_equal(asker.ready, &value);
    assert_int_equal(constructions, 0);
    assert_int_equal(sigaction(SIGUSR1, &before, NULL), 0);
}

/* ---- cycles ----------------------------------------------------------------------------------- */

#define RING 3

/* Thread i builds slot i and asks for the next one inside, when all have claimed theirs. */
struct ring {
    ta_slot slots[RING];
    ta_slot_waits waits;
    pthread_barrier_t all_claimed;
    unsigned size;
    bool open; /* the last one asks for nothing */
};

struct member {
    struct ring *ring;
    unsigned index;
    ta_slot_outcome claimed, outcome;
    pthread_t thread;
};

static void *build_and_ask(void *argument) {
    struct member *member = argument;
    struct ring *ring = member->ring;
    ta_slot_thread *self = ta_slot_self();
    ta_slot *own = &ring->slots[member->index];
    ta_slot *next = &ring->slots[(member->index + 1) % ring->size];
    void *ready = NULL;
    member->claimed = ta_slot_claim(own, &ring->waits, self, &ready);
    pthread_barrier_wait(&ring->all_claimed);
    if (ring->open && member->index == ring->size - 1) {
        await_waiter(own);
        member->outcome = TA_SLOT_READY;
    } else {
        member->outcome = ta_slot_claim(next, &ring->waits, self, &ready);
        if (member->outcome == TA_SLOT_CLAIMED) ta_slot_abandon(next, self);
    }
    if (member->outcome == TA_SLOT_READY)
        ta_slot_publish(own, self, &values[member->index]);
    else
        ta_slot_abandon(own, self);
    return NULL;
}

static void run_ring(struct member *members, unsigned size, bool open) {
    struct ring ring = {.size = size, .open = open, .waits = TA_SLOT_WAITS_INIT};
    assert_int_equal(pthread_barrier_init(&ring.all_claimed, NULL, size), 0);
    for (unsigned i = 0; i < size; i++) {
        members[i].ring = &ring;
        members[i].index = i;
        assert_int_equal(pthread_create(&members[i].thread, NULL, build_and_ask, &members[i]), 0);
    }
    for (unsigned i = 0; i < size; i++) {
        assert_int_equal(pthread_join(members[i].thread, NULL), 0);
        assert_int_equal(members[i].claimed, TA_SLOT_CLAIMED);
    }
    pthread_barrier_destroy(&ring.all_claimed);
    assert_null(ring.waits.first);
}

/* One is refused. It fails, so who waited for it claims its slot, and fails in its turn. */
static void expect_one_refusal(unsigned size) {
    struct member members[RING] = {{0}};
    run_ring(members, size, false);
    unsigned refused = 0;
    for (unsigned i = 0; i < size; i++) {
        refused += members[i].outcome == TA_SLOT_DEADLOCK;
        assert_true(members[i].outcome == TA_SLOT_DEADLOCK ||
                    members[i].outcome == TA_SLOT_CLAIMED);
    }
    assert_int_equal(refused, 1);
}

static void two_that_wait_for_each_other_are_told(void **state) {
    (void)state;
    expect_one_refusal(2);
}

static void three_that_wait_in_a_ring_are_told(void **state) {
    (void)state;
    expect_one_refusal(3);
}

static void a_chain_of_waits_is_no_cycle(void **state) {
    (void)state;
    struct member members[RING] = {{0}};
    run_ring(members, RING, true);
    for (unsigned i = 0; i < RING; i++) assert_int_equal(members[i].outcome, TA_SLOT_READY);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_slot_has_no_value),
        cmocka_unit_test(a_published_value_is_found),
        cmocka_unit_test(an_abandoned_slot_can_be_claimed_again),
        cmocka_unit_test(a_constructor_that_asks_for_its_own_slot_is_told),
        cmocka_unit_test(a_constructor_may_build_other_slots),
        cmocka_unit_test(a_try_does_not_wait_and_leaves_no_trace),
        cmocka_unit_test(nobody_is_woken_where_nobody_waits),
        cmocka_unit_test(a_hit_writes_nothing),
        cmocka_unit_test(teardown_takes_the_value_once),
        cmocka_unit_test(parking_compares_and_leaves_errno_alone),
        cmocka_unit_test(every_thread_is_somebody),
        cmocka_unit_test(those_who_wait_get_the_value),
        cmocka_unit_test(after_a_failure_each_waiter_tries_for_itself),
        cmocka_unit_test(after_a_failure_one_success_serves_the_rest),
        cmocka_unit_test(a_wake_for_no_reason_is_no_answer),
        cmocka_unit_test(two_that_wait_for_each_other_are_told),
        cmocka_unit_test(three_that_wait_in_a_ring_are_told),
        cmocka_unit_test(a_chain_of_waits_is_no_cycle),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
