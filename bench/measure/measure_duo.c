/* SPDX-License-Identifier: MIT
 *
 * Two pinned threads that run the parts of a measurement.
 */
#include "measure_duo.h"

#include "futex.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The longest that a part may take. Parts take a millisecond at most; one that takes this long is
 * on a processor that others keep busy. */
#define PART_LIMIT_NS INT64_C(500000000)
/* How long an idle helper spins before it sleeps: 20 to 100 us. */
#define IDLE_SPINS 2048

static int64_t read_clock(clockid_t clock) {
    struct timespec time;

    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int64_t duo_now(void) { return read_clock(CLOCK_MONOTONIC); }

void duo_give_up(measure_duo *duo) {
    atomic_store_explicit(&duo->gave_up, true, memory_order_relaxed);
}

bool duo_may_wait(measure_duo *duo) {
    if (atomic_load_explicit(&duo->gave_up, memory_order_relaxed)) return false;
    if (duo_now() < duo->deadline_ns && !atomic_load_explicit(duo->stop, memory_order_relaxed))
        return true;
    duo_give_up(duo);
    return false;
}

bool duo_meet(measure_duo *duo, duo_side side) {
    duo_word *mine = &duo->at[side], *other = &duo->at[side == DUO_FROM ? DUO_TO : DUO_FROM];
    unsigned count = atomic_load_explicit(&mine->value, memory_order_relaxed) + 1, tries = 0;

    /* M0: pairs with M1 of the other side */
    atomic_store_explicit(&mine->value, count, memory_order_release);
    /* M1: pairs with M0 of the other side, which may be one meeting ahead */
    while (atomic_load_explicit(&other->value, memory_order_acquire) < count)
        if (!duo_wait(duo, &tries)) return false;
    return true;
}

/* ---- a part on one side ---------------------------------------------------------------------- */

static int64_t involuntary_switches(void) {
    struct rusage usage;

    return getrusage(RUSAGE_THREAD, &usage) == 0 ? usage.ru_nivcsw : 0;
}

static void run_side(measure_duo *duo, duo_side side) {
    duo_usage *usage = &duo->side[side].since_taken;
    int64_t switches = involuntary_switches();
    int64_t cpu = read_clock(CLOCK_THREAD_CPUTIME_ID), wall = duo_now();

    duo->part(duo, side, duo->job);
    usage->wall_ns += duo_now() - wall;
    usage->cpu_ns += read_clock(CLOCK_THREAD_CPUTIME_ID) - cpu;
    usage->involuntary += involuntary_switches() - switches;
}

duo_usage duo_take_usage(measure_duo *duo, duo_side side) {
    duo_usage taken = duo->side[side].since_taken;

    memset(&duo->side[side].since_taken, 0, sizeof taken);
    return taken;
}

/* ---- the helper ------------------------------------------------------------------------------ */

/* Waits for another order than the one with this number; returns its number. */
static unsigned next_order(measure_duo *duo, unsigned done, unsigned spins) {
    unsigned order;

    /* O1: pairs with O0 in give_order() */
    while ((order = atomic_load_explicit(&duo->order.value, memory_order_acquire)) == done) {
        if (spins == 0) {
            futex_wait(&duo->order.value, done, NULL);
        } else {
            spins--;
            ta_cpu_pause();
        }
    }
    return order;
}

static void *helper_main(void *argument) {
    measure_duo *duo = argument;
    unsigned spins = 0;
    char path[64];

    snprintf(path, sizeof path, "/proc/self/task/%ld/stat", (long)syscall(SYS_gettid));
    duo->helper_stat = open(path, O_RDONLY | O_CLOEXEC);
    for (unsigned done = 0;;) {
        done = next_order(duo, done, spins);
        if (duo->part == NULL) return NULL;
        run_side(duo, DUO_TO);
        spins = duo->same_processor ? 0 : IDLE_SPINS; /* after E0 it is the other side's to write */
        /* E0: pairs with E1 in duo_run() */
        atomic_store_explicit(&duo->finished.value, done, memory_order_release);
        futex_wake(&duo->finished.value);
    }
}

static unsigned give_order(measure_duo *duo, duo_part *part, void *job) {
    unsigned order = atomic_load_explicit(&duo->order.value, memory_order_relaxed) + 1;

    duo->part = part;
    duo->job = job;
    duo->deadline_ns = duo_now() + PART_LIMIT_NS;
    for (int side = 0; side < 2; side++)
        atomic_store_explicit(&duo->at[side].value, 0, memory_order_relaxed);
    atomic_store_explicit(&duo->gave_up, false, memory_order_relaxed);
    /* O0: pairs with O1 in next_order() */
    atomic_store_explicit(&duo->order.value, order, memory_order_release);
    futex_wake(&duo->order.value); /* whether or not it sleeps: this is not measured */
    return order;
}

bool duo_run(measure_duo *duo, duo_part *part, void *job) {
    unsigned order = give_order(duo, part, job), done;

    run_side(duo, DUO_FROM);
    /* E1: pairs with E0 in helper_main() */
    for (unsigned tries = 0;
         (done = atomic_load_explicit(&duo->finished.value, memory_order_acquire)) != order;
         tries++) {
        if (duo->same_processor || tries > 1024)
            futex_wait(&duo->finished.value, done, NULL); /* its loops end: duo_wait() */
        else
            ta_cpu_pause();
    }
    return !atomic_load_explicit(&duo->gave_up, memory_order_relaxed);
}

/* ---- making, placing, ending ----------------------------------------------------------------- */

/* Signals are the caller's: the helper blocks all, so that none ends its system calls. */
static int start_helper(measure_duo *duo) {
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&duo->helper, NULL, helper_main, duo);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

static void part_nothing(measure_duo *duo, duo_side side, void *job) {
    (void)duo, (void)side, (void)job;
}

ta_status duo_create(const ta_registry *registry, atomic_bool *stop, measure_duo **out) {
    measure_duo *duo = ta_allocate_zeroed(NULL, 1, sizeof *duo, _Alignof(struct measure_duo));

    *out = NULL;
    if (duo == NULL) return TA_E_NOMEM;
    duo->registry = registry;
    duo->stop = stop;
    duo->helper_stat = -1;
    if (start_helper(duo) != 0) {
        ta_release(NULL, duo, sizeof *duo, _Alignof(struct measure_duo));
        return TA_E_SYSTEM;
    }
    duo_run(duo, part_nothing, NULL); /* helper_stat is there after it */
    *out = duo;
    return TA_OK;
}

void duo_destroy(measure_duo *duo) {
    if (duo == NULL) return;
    give_order(duo, NULL, NULL);
    pthread_join(duo->helper, NULL);
    if (duo->helper_stat >= 0) close(duo->helper_stat);
    ta_release(NULL, duo, sizeof *duo, _Alignof(struct measure_duo));
}

static void part_pin(measure_duo *duo, duo_side side, void *job) {
    (void)job;
    duo->side[side].pinned = ta_registry_pin(duo->registry, duo->place[side]);
}

ta_status duo_place(measure_duo *duo, ta_affinity from, ta_affinity to) {
    duo->place[DUO_FROM] = from;
    duo->place[DUO_TO] = to;
    /* While they are not pinned, neither may count on the other one's running at the same time. */
    duo->same_processor = true;
    duo_run(duo, part_pin, NULL);
    duo->same_processor = ta_affinity_equal(from, to);
    ta_status first = duo->side[DUO_FROM].pinned;
    return first != TA_OK ? first : duo->side[DUO_TO].pinned;
}

bool duo_helper_sleeps(const measure_duo *duo) {
    char text[512];
    ssize_t length = pread(duo->helper_stat, text, sizeof text - 1, 0);

    if (length <= 0) return false;
    text[length] = 0;
    const char *name_end = strrchr(text, ')'); /* the name may hold anything, also ") S" */
    return name_end != NULL && strncmp(name_end, ") S", 3) == 0;
}
