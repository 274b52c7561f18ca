/* SPDX-License-Identifier: MIT
 *
 * What is behind a runtime: its threads, and the phase that all of them are in.
 *
 * The mutex guards everything that more than one thread writes. The phase is also read without it,
 * each turn:
 *   P1 who advances the phase stores it, with the mutex held, release -> P2 a thread loads it,
 *      acquire: what all threads did before they arrived, each of which took the mutex to arrive,
 *      is done.
 * Who advances it then rings all ports, so that sleepers look again. A thread that has taken a turn
 * looks at the phase once more before it sleeps: its turn may have answered that bell.
 *
 * Who wakes a thread, for its poll hook, sets its flag before the bell. The bell alone would not do: a
 * poll answers it, and that may be one of the hook's own, after it has looked at its work.
 *   P3 who wakes sets `woken`, release -> P4 the thread takes it before its poll hook, acquire: what
 *      the waker did before is there for the hook. P3 exchanges, as several may wake at once, and the
 *      one that P4 takes stands for all.
 * The thread looks at the flag before each sleep, after its last poll. If that, or an earlier one, has
 * answered the bell, it sees the flag, too (B2, B3 in bell.h), or its own taking of it, which a poll
 * hook follows. If none has, the bell keeps it from falling asleep, or wakes it (B5).
 */
#ifndef TA_SRC_RUNTIME_H
#define TA_SRC_RUNTIME_H

#include "ta/detail/atomic.h"
#include "ta/runtime.h"

#include <pthread.h>

/* In this order, and never back. */
typedef enum ta_runtime_phase {
    TA_RUNTIME_STARTING, /* threads wait for the others' start */
    TA_RUNTIME_RUNNING,
    TA_RUNTIME_QUIESCING, /* until nothing is under way */
    TA_RUNTIME_CLOSING,   /* until all ports are closed */
    TA_RUNTIME_SETTLING,  /* until all that was sent before is flushed */
    TA_RUNTIME_DRAINING,  /* until all ports are drained */
    TA_RUNTIME_FINISHING, /* until the last message has run, in any of them */
    TA_RUNTIME_ENDING,    /* each by itself */
    TA_RUNTIME_FAILED     /* after STARTING */
} ta_runtime_phase;

/* A place, and the thread that has it. */
typedef struct ta_runtime_thread {
    _Alignas(TA_CACHE_LINE) ta_runtime *runtime;
    ta_port *port;
    uint32_t index;
    int fd;         /* with hooks.wait; the thread's own */
    bool is_quiet;  /* counts as quiet; the thread's own */
    uint64_t woken; /* somebody has work for its poll hook: P3, P4 */
    /* Guarded by the mutex. */
    bool is_taken;  /* somebody is in it */
    bool is_joined; /* or was adopted */
    pthread_t thread;
} ta_runtime_thread;

enum { TA_RUNTIME_TEXT = 256 };

struct ta_runtime {
    /* Immutable after creation. */
    ta_allocator allocator;
    const ta_registry *registry;
    ta_mesh *mesh;
    ta_runtime_hooks hooks;
    uint64_t spin, grace;
    uint32_t budget, adopted, count; /* count: of threads */
    bool unpinned;
    char name[16];

    _Alignas(TA_CACHE_LINE) uint32_t phase; /* P1, P2 */
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* for those who start or finish, and for who joins */
    /* Guarded by the mutex. */
    uint32_t pending; /* have not told yet how their start went */
    uint32_t members; /* take part in the phases */
    uint32_t running; /* have not left yet, or wait for a place */
    uint32_t quiet;   /* members that found nothing to do, and do nothing: QUIESCING */
    uint32_t arrived; /* members that have done what the phase asks for */
    bool stop_asked;
    uint64_t deadline;          /* of QUIESCING, of DRAINING */
    ta_status failure;          /* the first one of STARTING */
    char text[TA_RUNTIME_TEXT]; /* its text */
    ta_runtime_thread threads[];
};

/* Is a thread's poll hook to be called before it sleeps? Relaxed: that the thread sees the flag is the
 * bell's doing, and it acts on it by P4. Others ask with the mutex held, while the thread is quiet. */
static inline bool ta_runtime_is_woken(const ta_runtime_thread *thread) {
    return ta_load_relaxed_u64(&thread->woken) != 0;
}

static inline ta_runtime_phase ta_runtime_phase_of(const ta_runtime *runtime) {
    /* P2: pairs with P1 in ta_runtime_advance(). */
    return (ta_runtime_phase)ta_load_acquire_u32(&runtime->phase);
}

/* ---- runtime.c -------------------------------------------------------------------------------- */

/* The last thing that a thread does which counts as running. */
void ta_runtime_leave(ta_runtime *runtime);

/* ---- runtime_stop.c --------------------------------------------------------------------------- */

/* With the mutex held: goes on to a phase, and has everybody look. */
void ta_runtime_advance(ta_runtime *runtime, ta_runtime_phase phase);
/* With the mutex held: goes on to the next phase if its time has come. After any change of quiet,
 * arrived or members. */
void ta_runtime_consider(ta_runtime *runtime);
/* With the mutex held: from RUNNING to QUIESCING, if somebody has asked for it. True: so it is, and
 * the caller counts as running until it has called ta_runtime_end_places(), without the mutex. */
bool ta_runtime_begin_stop(ta_runtime *runtime);
/* Abandons all places that nobody took. */
void ta_runtime_end_places(ta_runtime *runtime);
/* Nobody will come to this place any more: what waits there, or comes later, goes back to who sent it;
 * calls end. Without the mutex, since continuations may run. */
void ta_runtime_abandon(ta_runtime_thread *place);
/* A thread's way from QUIESCING to ENDING. */
void ta_runtime_stop_thread(ta_runtime_thread *self);

/* ---- runtime_thread.c ------------------------------------------------------------------------- */

/* Puts the calling thread into its place, with hooks.start; on failure it is out of it again. */
ta_status ta_runtime_enter(ta_runtime_thread *self);
/* Takes turns until the runtime stops, then stops. */
void ta_runtime_run(ta_runtime_thread *self);
/* hooks.stop, and out of the place. */
void ta_runtime_exit(ta_runtime_thread *self);
/* One turn; false: it found nothing to do. */
bool ta_runtime_turn(ta_runtime_thread *self);
/* For how many nanoseconds the thread may sleep: what hooks.idle says. */
uint64_t ta_runtime_ask(ta_runtime_thread *self);
/* Sleeps for so long at most, until something arrives, or somebody wakes it; UINT64_MAX: without
 * end. */
void ta_runtime_sleep(ta_runtime_thread *self, uint64_t longest);

#endif
