/* SPDX-License-Identifier: MIT
 *
 * ta/runtime.h - one pinned thread per affinity, each of which polls its port.
 *
 *     ta_runtime_options options = {.mesh.registry = registry, .name = "shard", .hooks.start = open};
 *     ta_status status = ta_runtime_create(&options, &runtime);   // all of them run, or none does
 *     status = ta_mesh_post(ta_runtime_mesh(runtime), 3, &closure);
 *     ...
 *     ta_runtime_stop(runtime);                       // any thread, also from within a closure
 *     status = ta_runtime_join(runtime, &figures);    // sent = run + failed + returned + destroyed
 *
 * A thread's turn is ta_port_poll(), and then the daemon's own poll hook. A thread whose turns found
 * nothing for a while sleeps until a message arrives. There are no threads besides those, no signal
 * handlers, and nothing is printed; threads inherit the signal mask of who creates them.
 *
 * Stopping. ta_runtime_stop() asks; the threads do the rest, together, in six steps, each of which
 * begins when all of them have ended the one before:
 *   1. they go on as before, until no message is under way to any of them, no poll hook finds
 *      anything to do, and all drain hooks agree: chains of closures come to their end, and so does
 *      what the daemon has promised its own clients. For at most options.grace
 *   2. each closes its port: from here on sends are answered TA_E_CLOSED
 *   3. each flushes: what was accepted before is in its receiver's sight now
 *   4. each drains its port: what was accepted runs, calls are answered; for at most options.grace,
 *      which only a call to somebody who does not answer can use up (a guest)
 *   5. each runs what has come by now, ends those of its calls that nobody has answered
 *      (TA_E_CLOSED), and takes no turns any more
 *   6. each calls hooks.stop, detaches its port, and ends
 * So what one thread sent to another runs, whatever the grace. A closure that sends itself again for
 * ever is refused in step 2, and the stop ends; one that never returns keeps it from ending. What
 * guests send and others post in the middle of it is refused, runs, comes back, or is destroyed with
 * the mesh: ta_runtime_join() counts.
 */
#ifndef TA_RUNTIME_H
#define TA_RUNTIME_H

#include "ta/port.h"

TA_BEGIN_DECLS

typedef struct ta_runtime ta_runtime;

/* What the daemon does in each thread. All may be NULL; all get `context` and the thread's port. They
 * may send, call and flush; `poll` may also poll, and so may `wait` when it has waited; none may wait
 * on the port or detach it. */
typedef struct ta_runtime_hooks {
    void *context;
    /* First: pinned, named, attached, and before any message runs in any of the threads that
     * ta_runtime_create() starts. Another status than TA_OK keeps the runtime from starting. May not
     * wait for other threads of the runtime. */
    ta_status (*start)(void *context, ta_port *port);
    /* The daemon's own work, each turn. Returns how much it did; 0: nothing, the thread may sleep. */
    uint32_t (*poll)(void *context, ta_port *port);
    /* Before each sleep. Returns for how many nanoseconds at most; 0: it does not sleep, UINT64_MAX:
     * until it is woken. NULL: the latter. */
    uint64_t (*idle)(void *context, ta_port *port);
    /* Sleeps in place of ta_port_wait(), until `fd` (that of ta_port_fd()) is readable or something
     * of the daemon's own is, for `timeout` nanoseconds at most (UINT64_MAX: without end):
     * epoll_wait() and its like. What became ready is better done in `poll`, which follows. (While a
     * thread waits for the others in step 1 of a stop, a poll in here does nothing.) */
    void (*wait)(void *context, ta_port *port, int fd, uint64_t timeout);
    /* In each turn of step 1 of a stop, after `poll`: the first one tells that there is a stop. Has
     * all that is the daemon's own come to its end here (its listener is closed, its clients have
     * their replies)? It may be undone by what other threads send meanwhile, so it is asked again as
     * long as the step lasts. Who says no sleeps as ever, when a turn finds nothing: what makes it
     * a yes is a message, or wakes the thread, or `idle` knows when. NULL: yes. */
    bool (*drain)(void *context, ta_port *port);
    /* Last, in each thread whose start succeeded: no message runs any more, in any of them. The port
     * is closed, but not yet detached. */
    void (*stop)(void *context, ta_port *port);
    /* Those of each port, also stall reports. Their context is one for all, unless `start` gives each
     * port its own: ta_port_set_context(). */
    ta_port_hooks ports;
} ta_runtime_hooks;

/* All zero is not enough: it takes mesh.registry. 0 for a number means its default; `reserved` must
 * be 0 (TA_E_INVALID). */
typedef struct ta_runtime_options {
    ta_mesh_options mesh; /* who gets a port, gets a thread; memory, too. `registry` is needed */
    ta_runtime_hooks hooks;
    const char *name;  /* threads are called "name-3", with as much of the name as fits into 15
                            bytes; default "ta". Copied */
    uint64_t spin;     /* for how many nanoseconds a thread goes on looking after the last time that
                            it found something, before it sleeps; default 50,000; UINT64_MAX: it never
                            sleeps */
    uint64_t grace;    /* nanoseconds that a stop waits as above; default 1,000,000,000; UINT64_MAX:
                            without end */
    uint32_t budget;   /* messages of one turn; default 256 */
    uint32_t adopted;  /* so many of the affinities, the first ones, are left to
                            ta_runtime_adopt() */
    size_t stack_size; /* of each thread, in bytes; 0: the system's default */
    bool unpinned;     /* threads have an affinity, but are not pinned: for more of them than
                            processors, and for described machines */
    uint64_t reserved[4];
} ta_runtime_options;

/* ---- from start to end ----------------------------------------------------------------------- */

/* Starts all threads: when it returns TA_OK, each of them is pinned, has its name, and has succeeded
 * in hooks.start. Otherwise none runs any more; hooks.stop has been called in those whose start had
 * succeeded, *out is NULL, and ta_last_error() tells more. The status is that of the first failure:
 *   TA_E_INVALID   no registry; a poll hook without idle or wait, in threads that sleep: nobody would
 *                  know when to look again; a stack that is too small; NULL for `out`; `reserved` not
 *                  0;
 *   TA_E_RANGE     more adopted threads than there are affinities;
 *   TA_E_SYSTEM    the system has no thread or descriptor to give, or refuses the processor;
 *   TA_E_DESCRIBED the registry describes another machine, and not `unpinned`;
 *   TA_E_NOMEM; those of ta_mesh_create(), of ta_registry_pin(), and whatever hooks.start said, with
 *                  the text that it left (ta_set_last_error()), if any.
 * What the start hooks sent before a failure is destroyed. Guests that attached by then, with what a
 * start hook gave away, keep the mesh from being freed, then and for good. The caller owns *out.
 * Blocking. */
TA_API ta_status ta_runtime_create(const ta_runtime_options *options, ta_runtime **out);

/* The calling thread becomes that of affinity `index`, one of options.adopted, until the runtime
 * stops: it is pinned, attached, started, takes part like all others, and is unpinned
 * (ta_unpin()) when it returns. Its name stays. Who comes before ta_runtime_create() has returned,
 * with the runtime that a start hook gave away, waits until all have started. TA_OK: it was stopped.
 * Otherwise it never took part, and the place is free for another attempt:
 *   TA_E_RANGE   not one of options.adopted;
 *   TA_E_BUSY    somebody has that place, or the calling thread is one of a runtime already;
 *   TA_E_CLOSED  the runtime was stopped, or did not start;
 *   those of starting, as above; TA_E_INVALID (NULL).
 * What is sent to a place that nobody took waits for who does. If the runtime stops before, it goes
 * back to its sender, and calls end with TA_E_CLOSED; what was posted is destroyed by
 * ta_runtime_join(). Blocking. */
TA_API ta_status ta_runtime_adopt(ta_runtime *runtime, uint32_t index);

/* Asks all threads to stop, and returns. Any thread, also from within closures and hooks (not from
 * a signal handler), any number of times, but not after ta_runtime_join() has returned. NULL is
 * allowed. Takes a lock that is held for short times only; a system call for each thread that
 * sleeps. */
TA_API void ta_runtime_stop(ta_runtime *runtime);

/* Waits until the runtime is stopped and all threads have ended, adopted ones have left, then
 * destroys the mesh and frees everything. It does not stop anything itself. `report` (may be NULL)
 * is that of ta_mesh_destroy(), which calls options.mesh.ended, too. One thread, once. Whoever else
 * uses the mesh or the runtime, as by ta_mesh_post(), ta_runtime_wake() and ta_runtime_stop(), must
 * have ended that before, by an edge of the caller's own. TA_E_BUSY: it is a thread of this runtime
 * that asks; or guests are there still, or ports attached by hand, and nothing is freed yet. These
 * are to be closed, drained and detached by their threads, which a stopped runtime does not hold
 * up: their calls to it end, with TA_E_CLOSED if nobody answered. After that it is to be called
 * again. NULL is allowed. Blocking. */
TA_API ta_status ta_runtime_join(ta_runtime *runtime, ta_port_figures *report);

/* ---- looking at it ---------------------------------------------------------------------------- */

/* The mesh, which belongs to the runtime; and ta_mesh_port() of it. Any thread. Wait-free. */
TA_API ta_mesh *ta_runtime_mesh(const ta_runtime *runtime);
TA_API ta_port *ta_runtime_port(const ta_runtime *runtime, uint32_t index);

/* The runtime that the calling thread is one of; NULL: of none. Any thread. Wait-free. */
TA_API ta_runtime *ta_runtime_running(void);

/* Has somebody asked for a stop? Then a daemon takes in no new work. Any thread. Wait-free. */
TA_API bool ta_runtime_is_stopping(const ta_runtime *runtime);

/* Has a thread take a turn, if it sleeps: for poll hooks with a source of work that is no port. What
 * the caller did before, happens before that turn's poll hook. TA_E_RANGE, TA_E_INVALID (NULL). Any
 * thread. Wait-free; a system call if the thread sleeps, and no other. */
TA_API ta_status ta_runtime_wake(ta_runtime *runtime, uint32_t index);

TA_END_DECLS

#endif
