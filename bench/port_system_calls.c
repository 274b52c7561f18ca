/* SPDX-License-Identifier: MIT
 *
 * The system calls of two threads of which one sends, words and closures, and the other polls:
 * none, as long as both run. tests/port_syscalls.sh has more kinds of messages, and needs strace.
 *
 * The kernel counts: syscall user dispatch (Linux 5.11; prctl(2)) turns a thread's calls into
 * signals while a byte of its own says so. The handler counts and makes the call. That the counting
 * works is seen each time, by a call that is made on purpose.
 */
#include "ports.h"

#include "ta/detail/atomic.h"
#include "ta/port.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

enum { MESSAGES = 20000, BUDGET = 256 };

#if defined(PR_SET_SYSCALL_USER_DISPATCH) && defined(__x86_64__)

static _Thread_local char dispatch; /* the kernel's: of this thread */
static _Thread_local uint64_t calls;

/* The kernel and the handler see it, of which the compiler knows nothing. */
static void set_dispatch(char how) {
    BENCH_FENCE();
    dispatch = how;
    BENCH_FENCE();
}

static void count_call(int signal, siginfo_t *info, void *context) {
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    (void)signal;
    set_dispatch(SYSCALL_DISPATCH_FILTER_ALLOW);
    calls++;
    long result =
        syscall(info->si_syscall, registers[REG_RDI], registers[REG_RSI], registers[REG_RDX],
                registers[REG_R10], registers[REG_R8], registers[REG_R9]);
    registers[REG_RAX] = result; /* -1 in place of the error's number: nobody here looks */
    /* It stays allowed: the return from this handler is a call, too. What comes after it in the same
     * thread is not counted; more than none is too many. */
}

static bool begin_counting(void) {
    const struct sigaction action = {.sa_sigaction = count_call, .sa_flags = SA_SIGINFO};
    calls = 0;
    set_dispatch(SYSCALL_DISPATCH_FILTER_ALLOW);
    if (sigaction(SIGSYS, &action, NULL) != 0 ||
        prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0, 0, &dispatch) != 0)
        return false;
    set_dispatch(SYSCALL_DISPATCH_FILTER_BLOCK);
    return true;
}

/* What was counted. Below 0: a call that was made on purpose was not. */
static double end_counting(void) {
    set_dispatch(SYSCALL_DISPATCH_FILTER_ALLOW);
    uint64_t counted = calls;
    set_dispatch(SYSCALL_DISPATCH_FILTER_BLOCK);
    (void)syscall(SYS_getppid);
    set_dispatch(SYSCALL_DISPATCH_FILTER_ALLOW);
    (void)prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_OFF, 0, 0, 0);
    return calls == counted + 1 ? (double)counted : -1;
}

#else /* who compiles knows of none */
static bool begin_counting(void) { return false; }
static double end_counting(void) { return -1; }
#endif

/* ---- the two threads ------------------------------------------------------------------------- */

typedef struct quiet {
    const ta_registry *registry; /* for the receiver, who needs a processor of its own */
    ta_mesh *mesh;
    uint64_t received;    /* the receiver's */
    double counted;       /* of the receiver, once it has ended */
    uint32_t is_counting; /* C0: release -> C1: acquire */
} quiet;

TA_UNAWARE_TYPE(quiet_pointer, quiet *);
static void run(quiet **self) { (*self)->received++; }
TA_FN_ONCE_VOID(running, quiet_pointer, run);

static void take_words(void *context, ta_port *port, uint32_t from, const uint64_t words[],
                       uint32_t count) {
    quiet *self = context;
    (void)port, (void)from, (void)words;
    self->received += count;
}

static void *receive(void *argument) {
    quiet *self = argument;
    const ta_port_hooks hooks = {.context = self, .words = take_words};
    ta_port *port = ta_mesh_port(self->mesh, 1);
    uint32_t processors = ta_registry_processor_count(self->registry);
    self->counted = -1;
    if (processors > 1)
        (void)ta_registry_pin(self->registry, ta_registry_affinity(self->registry, processors - 2));
    bool is_there = ta_port_attach(port, &hooks) == TA_OK;
    while (is_there && self->received == 0) ta_port_poll(port, BUDGET); /* the lane is there */
    bool counts = begin_counting();
    ta_store_release_u32(&self->is_counting, 1); /* C0: pairs with C1 in send_all() */
    while (is_there && self->received <= MESSAGES) ta_port_poll(port, BUDGET);
    self->counted = counts ? end_counting() : (double)NAN;
    if (is_there) (void)ta_port_detach(port);
    return NULL;
}

static bool send_one(quiet *self, ta_port *port, uint64_t k) {
    ta_fn_once closure;
    if (k % 2 == 0) return ta_port_send_word(port, 1, k) == TA_OK;
    (void)running(&closure, self, NULL); /* in place: it cannot fail */
    bool is_sent = ta_port_send(port, 1, &closure) == TA_OK;
    if (!is_sent) ta_fn_once_destroy(&closure);
    return is_sent;
}

static double send_all(quiet *self) {
    ta_port *port = ta_mesh_port(self->mesh, 0);
    if (ta_port_attach(port, NULL) != TA_OK) return -1;
    while (!send_one(self, port, 0)) ta_port_flush(port);
    ta_port_flush(port);
    while (ta_load_acquire_u32(&self->is_counting) == 0) ta_cpu_pause(); /* C1 */
    bool counts = begin_counting();
    for (uint64_t k = 1; k <= MESSAGES;) {
        if (send_one(self, port, k))
            k++;
        else
            ta_port_flush(port);
    }
    ta_port_flush(port);
    double counted = counts ? end_counting() : (double)NAN;
    (void)ta_port_detach(port);
    return counted;
}

static bool create_mesh(quiet *self) {
    ta_affinity places[2];
    const uint32_t counts[] = {2};
    ta_mesh_options options = {.affinities = places, .affinity_count = 2};
    return ta_affinity_create_manual(counts, 1, places, 2, NULL) == TA_OK &&
           ta_mesh_create(&options, &self->mesh) == TA_OK;
}

static double count_calls(void *state) {
    quiet self = {.registry = *(const ta_registry **)state};
    pthread_t thread;
    double sent = -1;
    if (!create_mesh(&self)) return -1;
    if (pthread_create(&thread, NULL, receive, &self) == 0) {
        sent = send_all(&self);
        (void)pthread_join(thread, NULL);
    }
    (void)ta_mesh_destroy(self.mesh, NULL);
    return sent < 0 || self.counted < 0 ? -1 : sent + self.counted;
}

static void *create(const bench_world *world) {
    static const ta_registry *registry;
    registry = world->here;
    return &registry;
}
static void destroy(void *state) { (void)state; }

static const bench_contender entries[] = {
    {.name = "send_poll",
     .create = create,
     .figure = count_calls,
     .unit = "system_calls",
     .destroy = destroy},
};

const bench_group port_system_calls = {"system_calls", entries, BENCH_COUNT(entries)};
