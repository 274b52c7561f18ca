/* SPDX-License-Identifier: MIT
 *
 * Waking a thread that sleeps: how long until it runs, and what the wake costs its sender.
 *
 * The receiver must really sleep, or the sender's call finds nobody to wake: `from` looks at the
 * state of the helper in /proc, and then lets some time pass, since a thread says that it sleeps
 * shortly before it leaves its processor.
 *
 * No wait needs a time limit here: `from` never leaves the receiver without having rung, also when
 * it gives up.
 */
#include "measure.h"

#include "futex.h"
#include "stats.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>

#define WAKES 3
#define SETTLE_NS 50000

typedef struct wake_job {
    duo_word bell;    /* `from` counts its wakes; a futex */
    duo_word going;   /* `to` counts the times that it goes to sleep */
    duo_word woken;   /* `to` counts the times that it has woken; a futex */
    duo_word refused; /* `to` or `from` met a system call that failed */
    measure_wake_by by;
    int event;        /* the eventfd */
    int64_t woken_ns; /* written by `to` before `woken` */
    double wake_ns[WAKES], sender_ns[WAKES];
} wake_job;

/* ---- the receiver ---------------------------------------------------------------------------- */

/* Sleeps until the bell rang `count` times. */
static void sleep_on_futex(wake_job *job, unsigned count) {
    /* B1: pairs with B0 in ring() */
    while (atomic_load_explicit(&job->bell.value, memory_order_acquire) == count - 1)
        futex_wait(&job->bell.value, count - 1, NULL);
}

static void sleep_on_eventfd(wake_job *job) {
    struct pollfd wanted = {.fd = job->event, .events = POLLIN};

    while (poll(&wanted, 1, -1) < 0)
        if (errno != EINTR) {
            duo_set(&job->refused, 1);
            return;
        }
}

static void receive_wakes(measure_duo *duo, wake_job *job) {
    for (unsigned count = 1; count <= WAKES; count++) {
        duo_set(&job->going, count);
        if (job->by == MEASURE_WAKE_FUTEX)
            sleep_on_futex(job, count);
        else
            sleep_on_eventfd(job);
        int64_t now = duo_now();
        /* The kernel orders this after ring(); B1 says so in the language too. */
        unsigned tries = 0;
        while (atomic_load_explicit(&job->bell.value, memory_order_acquire) != count)
            if (!duo_wait(duo, &tries)) return;
        eventfd_t events;
        if (job->by == MEASURE_WAKE_EVENTFD && eventfd_read(job->event, &events) != 0)
            duo_set(&job->refused, 1);
        job->woken_ns = now;
        duo_set(&job->woken, count);
        if (duo->same_processor) futex_wake(&job->woken.value);
        if (!duo_may_wait(duo)) return;
    }
}

/* ---- the sender ------------------------------------------------------------------------------ */

static void ring(wake_job *job, unsigned count) {
    /* B0: pairs with B1 in sleep_on_futex() and receive_wakes() */
    atomic_store_explicit(&job->bell.value, count, memory_order_release);
    if (job->by == MEASURE_WAKE_FUTEX)
        futex_wake(&job->bell.value);
    else if (eventfd_write(job->event, 1) != 0)
        duo_set(&job->refused, 1);
}

/* One turn of a wait for the helper's going to sleep: on the helper's own processor by sleeping,
 * since it must run to get there. */
static bool let_pass(measure_duo *duo, unsigned *tries) {
    if (!duo->same_processor) return duo_wait(duo, tries);
    nanosleep(&(struct timespec){.tv_nsec = SETTLE_NS}, NULL);
    return duo_may_wait(duo);
}

static bool await_sleep(measure_duo *duo, wake_job *job, unsigned count) {
    unsigned tries = 0;

    while (atomic_load_explicit(&job->going.value, memory_order_acquire) != count)
        if (!let_pass(duo, &tries)) return false;
    while (!duo_helper_sleeps(duo))
        if (!let_pass(duo, &tries)) return false;
    for (int64_t until = duo_now() + SETTLE_NS; duo_now() < until;) ta_cpu_pause();
    return true;
}

static bool await_woken(measure_duo *duo, wake_job *job, unsigned count) {
    if (!duo->same_processor) return duo_await(duo, &job->woken, count);
    const struct timespec limit = {.tv_nsec = 10000000};
    while (atomic_load_explicit(&job->woken.value, memory_order_acquire) != count) {
        futex_wait(&job->woken.value, count - 1, &limit);
        if (!duo_may_wait(duo)) return false;
    }
    return true;
}

static void send_wakes(measure_duo *duo, wake_job *job) {
    for (unsigned count = 1; count <= WAKES; count++) {
        if (!await_sleep(duo, job, count)) {
            duo_give_up(duo);
            ring(job, count);
            return;
        }
        int64_t start = duo_now();
        ring(job, count);
        job->sender_ns[count - 1] = (double)(duo_now() - start);
        if (!await_woken(duo, job, count)) return; /* it rang: the receiver will leave */
        job->wake_ns[count - 1] = (double)(job->woken_ns - start);
    }
}

static void wake_part(measure_duo *duo, duo_side side, void *argument) {
    if (side == DUO_FROM)
        send_wakes(duo, argument);
    else
        receive_wakes(duo, argument);
}

measure_outcome measure_wake(measure_duo *duo, measure_wake_by by, double *wake_ns,
                             double *sender_ns) {
    wake_job job = {.by = by, .event = -1};

    if (duo->helper_stat < 0) return MEASURE_BLIND;
    if (by == MEASURE_WAKE_EVENTFD) {
        job.event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (job.event < 0) return MEASURE_SYSTEM;
    }
    bool done = duo_run(duo, wake_part, &job);
    if (job.event >= 0) close(job.event);
    if (atomic_load_explicit(&job.refused.value, memory_order_relaxed) != 0) return MEASURE_SYSTEM;
    if (!done) return MEASURE_GAVE_UP;
    *wake_ns = stats_median(job.wake_ns, WAKES);
    *sender_ns = stats_median(job.sender_ns, WAKES);
    return MEASURE_OK;
}
