/* SPDX-License-Identifier: MIT
 *
 * ta/port.h - messages between affinities: one port per affinity, closures and words between them.
 *
 *     ta_mesh_options options = {.registry = registry};
 *     ta_status status = ta_mesh_create(&options, &mesh);
 *     ...
 *     ta_port *port = ta_mesh_port(mesh, 3);      // in the thread of processor 3
 *     status = ta_port_attach(port, NULL);
 *     for (;;) {
 *         ta_port_poll(port, 256);                // runs what arrived; sends what was staged
 *         ...
 *         if (close_door(&fn, door, NULL) == TA_OK) status = ta_port_send(port, 7, &fn);
 *     }
 *
 * A mesh is the ports of a set of affinities. What a port sends to another one travels through a
 * lane of their own, made when the first message goes that way: one sender, one receiver, no lock.
 * It arrives in the order in which it was sent, is relocated from the sender's affinity to the
 * receiver's, and runs in the receiver's ta_port_poll(). Nothing is promised about the order of
 * different senders, nor of urgent messages and others.
 *
 * Threads. A port belongs to the thread that attached it: all functions that take a `ta_port *` are
 * that thread's, except where it says "any thread". Threads without an affinity attach a *guest*, a
 * port of the same kind whose affinity is unknown, or hand a closure in with ta_mesh_post(). A debug
 * build of the library (without NDEBUG) ends the program, by assert(), when a thread uses a port that
 * another one has attached.
 *
 * Stage and flush. A closure is visible to a receiver that polls as soon as it is sent. Words are
 * gathered, seven to a cache line, and visible when a line is full. A receiver that rests or sleeps
 * learns of either by a flush: ta_port_flush(), or the end of the sender's own ta_port_poll(). Who
 * sends and neither polls nor flushes afterwards may be waited for in vain.
 *
 * Full is an answer: TA_E_FULL, and the message is still the caller's. See ta_port_want_room().
 *
 * Blocking: ta_port_wait() alone, and what the closures do. Allocation: the first message to a port;
 * of calls (ta/call.h) the first to a port, and results that are too large for a cell; each fan-out
 * (ta/fan.h); values that relocation takes to another region; and in a poll a place for a result of
 * more than 256 bytes that nobody wants. Nothing else.
 */
#ifndef TA_PORT_H
#define TA_PORT_H

#include "ta/closure.h"
#include "ta/registry.h"

TA_BEGIN_DECLS

typedef struct ta_mesh ta_mesh;
typedef struct ta_port ta_port;
struct ta_port_figures; /* below */

/* ---- meshes ---------------------------------------------------------------------------------- */

/* All zero is not enough: it takes a registry, or affinities. 0 for a number means its default;
 * `reserved` must be 0 (TA_E_INVALID). */
typedef struct ta_mesh_options {
    const ta_registry *registry;   /* the machine, and memory near each place; outlives the mesh.
                                      NULL: memory comes from `allocator` */
    const ta_affinity *affinities; /* who gets a port, in this order; copied. NULL: all of the
                                      registry's */
    uint32_t affinity_count;       /* of `affinities`; 1 to TA_AFFINITY_MAX */
    uint32_t guests;               /* how many guests at once at most; 0: none, up to 4,096 */
    uint32_t lane_cells;           /* capacity of a lane in cache lines: a power of two, 8 to 2^20;
                                      default 256 */
    uint32_t calls;                /* calls that a port may have under way at each other port: 1 to
                                      half of the cells; default half of them. So much room is
                                      kept free for replies */
    uint32_t inbox_cells;          /* capacity of a port's inbox (ta_mesh_post()): a power of two,
                                      4 to 2^20; default 64. They stand ready from the beginning */
    bool timing;                   /* measure how long messages queue; costs two looks at the clock
                                      per message, and memory: 16 bytes more for each cell of a
                                      lane, 8 of an inbox, 320 for each of both */
    const ta_allocator *allocator; /* NULL: the registry's, else the default one; outlives the mesh,
                                      and what it relocated where there is no registry */
    /* Told, from within ta_mesh_destroy(), the last figures of each pair that was ever used, as
     * ta_mesh_read_figures() has them, and those of posts, which have TA_NO_PORT as `from`. Seats of
     * guests are counted on from the last port; what several guests had on one, one after the other,
     * is told as one. May only read the mesh's figures. NULL: nobody asks. */
    void (*ended)(void *context, uint32_t from, uint32_t to, const struct ta_port_figures *figures);
    void *ended_context;
    uint64_t reserved[4];
} ta_mesh_options;

/* Makes the ports. The caller owns *out; on failure it is NULL, and ta_last_error() tells more:
 *   TA_E_INVALID           neither registry nor affinities; a capacity that is no power of two;
 *                          NULL for `out`; `reserved` not 0;
 *   TA_E_UNKNOWN_AFFINITY, TA_E_FOREIGN_AFFINITY  an affinity that is unknown, or of another machine
 *                          than the registry or the first one;
 *   TA_E_RANGE             a number out of range;
 *   TA_E_NOMEM.
 * Memory: for n ports and guests n * n pointers, 3 * n * n / 8 bytes, and for each about 1 KiB and
 * its inbox, 64 bytes a cell. */
TA_API ta_status ta_mesh_create(const ta_mesh_options *options, ta_mesh **out);

/* Frees the mesh. All ports must be detached (else TA_E_BUSY, and nothing is done), and no thread
 * may be in a call or make one. What was sent and neither run nor given back is destroyed by the
 * calling thread, and counted as destroyed; continuations of calls that are still under way are
 * called with TA_E_CLOSED. Then options.ended is told each pair's figures, and `report` (may be NULL)
 * gets the sum of all: sent = run + failed + returned + destroyed. NULL is allowed. */
TA_API ta_status ta_mesh_destroy(ta_mesh *mesh, struct ta_port_figures *report);

/* How many ports there are, guests not included. Any thread. Wait-free. */
TA_API uint32_t ta_mesh_port_count(const ta_mesh *mesh);

/* The port with an index, in the order of options.affinities; NULL beyond the last. Any thread.
 * Wait-free. */
TA_API ta_port *ta_mesh_port(ta_mesh *mesh, uint32_t index);

/* The index of an affinity's port, the first one where it has several; TA_NO_PORT where it has
 * none. Any thread. O(1) where affinities are all of a machine in order, O(ports) otherwise. */
#define TA_NO_PORT UINT32_MAX
TA_API uint32_t ta_mesh_find(const ta_mesh *mesh, ta_affinity affinity);

/* ---- ports ----------------------------------------------------------------------------------- */

/* What a port's owner wants to be told, from within its ta_port_poll() (`returned`: also from
 * flush). All may be NULL. They may send, call and flush; they may not poll, wait or detach. */
typedef struct ta_port_hooks {
    void *context;
    /* Words arrived, 1 to 7 of them, in order. NULL: words are dropped, and counted as failed. */
    void (*words)(void *context, ta_port *port, uint32_t from, const uint64_t words[],
                  uint32_t count);
    /* A closure could not be relocated, and has not run: take it, or leave it to be destroyed. */
    void (*failed)(void *context, ta_port *port, uint32_t from, ta_status status,
                   ta_fn_once *closure);
    /* A closure, or words, come back from a port that closed without having run them. Take the
     * closure, or leave it to be destroyed. */
    void (*returned)(void *context, ta_port *port, uint32_t to, ta_fn_once *closure);
    void (*returned_words)(void *context, ta_port *port, uint32_t to, const uint64_t words[],
                           uint32_t count);
    /* There is room again: ta_port_want_room(). */
    void (*room)(void *context, ta_port *port, uint32_t to);
    /* A message has run for `stall_after` nanoseconds, or longer: the name of its closure, of the
     * request where it is a call or a reply; "words". 0: nobody asks. Else two looks at the clock per
     * message. */
    void (*stalled)(void *context, ta_port *port, uint32_t from, const char *name,
                    uint64_t nanoseconds);
    uint64_t stall_after;
} ta_port_hooks;

/* Makes the calling thread the port's owner. `hooks` (NULL: none) is copied. TA_E_BUSY: it has an
 * owner; TA_E_CLOSED: it was closed; TA_E_INVALID. */
TA_API ta_status ta_port_attach(ta_port *port, const ta_port_hooks *hooks);

/* Attaches a guest, a port for a thread without an affinity. It sends, calls and is sent to like
 * any other; what it sends comes from an unknown source, and what it gets is not relocated. *out is
 * the caller's until it is detached. TA_E_TOO_MANY: options.guests are there; TA_E_CLOSED,
 * TA_E_INVALID. */
TA_API ta_status ta_mesh_attach_guest(ta_mesh *mesh, const ta_port_hooks *hooks, ta_port **out);

/* Ends the ownership; another thread may attach the port then, by an edge of the caller's own or by
 * the success of that. Flushes. A guest must have been closed and drained, and is gone then;
 * TA_E_BUSY otherwise, or from within a poll.
 * Nobody attaches a closed port again. One that is not drained gives back what is in its lanes to
 * those who sent it (hooks.returned; calls end with TA_E_CLOSED); its own calls end here, with
 * TA_E_CLOSED, whatever becomes of their requests; posts are destroyed with the mesh. So attach,
 * close and detach, by any thread, is how a place that nobody will ever have is given up. */
TA_API ta_status ta_port_detach(ta_port *port);

/* The context that its hooks are given; ta_port_set_context() puts another in its place, so that
 * each thread has its own where one set of hooks serves all (ta/runtime.h). A closure finds what
 * belongs to the thread that runs it by ta_port_context(ta_port_running()). NULL where nobody set
 * one, and once the port is detached. The owner, also from within a poll. Wait-free. */
TA_API void *ta_port_context(const ta_port *port);
TA_API void ta_port_set_context(ta_port *port, void *context);

/* Its index, by which others name it (that of a guest is not below ta_mesh_port_count()); its
 * affinity; its mesh; the allocator of its place. Any thread. Wait-free. */
TA_API uint32_t ta_port_index(const ta_port *port);
TA_API ta_affinity ta_port_affinity(const ta_port *port);
TA_API ta_mesh *ta_port_mesh(const ta_port *port);
TA_API const ta_allocator *ta_port_allocator(const ta_port *port);

/* The same memory, for what a message brings along and leaves there: what closures captured that is
 * too large for them, above all. A block of it that another port of the mesh releases, from within
 * its poll, goes back to this port's thread, many at once, and is freed by that thread's polls; so
 * threads do not meet in the allocator. Blocks must not outlive the mesh. The calls of ta/call.h and
 * ta/fan.h take their boxes from here. Any thread may allocate and release; lock-free, beyond what
 * the allocator of the place is. */
TA_API __attribute__((const)) const ta_allocator *ta_port_returning_allocator(const ta_port *port);

/* The port whose ta_port_poll() the calling thread is in, for closures that want to send on: NULL
 * outside. Any thread. Wait-free. */
TA_API ta_port *ta_port_running(void);

/* ---- sending --------------------------------------------------------------------------------- */

/* Sends a closure, to be run by port `to`, which may be the sender itself. Its result, if it has
 * one, is destroyed. On success *closure is empty; otherwise it is untouched:
 *   TA_E_FULL    no room, now; this is no failure, and leaves no text. The receiver has been told
 *                of what it has;
 *   TA_E_CLOSED  the port was closed, or is a guest that went;
 *   TA_E_RANGE   there is no such port;
 *   TA_E_INVALID NULL, or an empty closure;
 *   TA_E_NOMEM   the first message to that port, and no memory for a lane.
 * Wait-free, save for the first message to a port. Order: what the sender did before happens before
 * the closure runs. Words that were sent before it are before it. */
TA_API ta_status ta_port_send(ta_port *port, uint32_t to, ta_fn_once *closure);

/* The same ahead of what is waiting: urgent messages have a lane of their own, which is looked at
 * first. In order among themselves. */
TA_API ta_status ta_port_send_urgent(ta_port *port, uint32_t to, ta_fn_once *closure);

/* Sends words to the receiver's `words` hook; they mean what the two agree upon. Staged: see above.
 * The first returns a status as ta_port_send(); the second how many words it took, from the first
 * one on: fewer when the lane is full, closed, or cannot be made. */
TA_API ta_status ta_port_send_word(ta_port *port, uint32_t to, uint64_t word);
TA_API size_t ta_port_send_words(ta_port *port, uint32_t to, const uint64_t words[], size_t count);

/* Makes what was staged visible, and wakes receivers that rest or sleep. O(lanes used since the
 * last flush); a system call for each receiver that sleeps, and for no other. */
TA_API void ta_port_flush(ta_port *port);

/* After TA_E_FULL: has hooks.room called, once, when about half of the lane to `to` is free again, or
 * all is gone that was in it when the receiver saw the wish, whatever has come since; or, where it
 * was full of calls, when one of these is over. Who waits for both lanes may be told
 * of either. TA_E_RANGE as above; TA_E_INVALID without such a hook, or where nothing was ever
 * sent. */
TA_API ta_status ta_port_want_room(ta_port *port, uint32_t to);
/* The same after an urgent message was refused. */
TA_API ta_status ta_port_want_room_urgent(ta_port *port, uint32_t to);

/* Any thread, attached or not: hands a closure in at port `to`, from an unknown source. All senders
 * of a port share its inbox, which is fuller and slower than a guest's lanes. Visible at once,
 * without a flush. Statuses as of ta_port_send(). Not lock-free: a thread that is stopped inside
 * delays the others' messages. A post to a guest that goes at the same moment may reach the next
 * guest on its seat. */
TA_API ta_status ta_mesh_post(ta_mesh *mesh, uint32_t to, ta_fn_once *closure);

/* ---- receiving ------------------------------------------------------------------------------- */

/* Runs up to `budget` messages (words: up to 6 more), flushes, and returns how many it ran. Urgent
 * ones first, then a share for each sender, in turns, then the inbox; of each of the latter two up
 * to a quarter of the budget is run whatever the others send, from a budget of 4 on. No more than
 * 256 for each sender that is looked at, and 256 of the inbox, so it ends even if what runs sends
 * itself again. Cost:
 * that of the messages, and a look at each sender that sent lately; senders that rest cost nothing.
 * No system call, except to wake others. From within itself it does nothing. */
TA_API uint32_t ta_port_poll(ta_port *port, uint32_t budget);

/* ---- sleeping -------------------------------------------------------------------------------- */

/* The descriptor that becomes readable when something arrives at a port that sleeps: for epoll, poll
 * or io_uring, level or edge. The port's own: do not read, write or close it. A signal that comes when
 * the port is awake again, is taken by its next poll; so a loop may look at the descriptor while it is
 * awake, too, but what it finds there says nothing. The first call makes it; TA_E_SYSTEM when the
 * system has none to give. */
TA_API ta_status ta_port_fd(ta_port *port, int *out);

/* Before waiting on the descriptor. True: there is something to do, poll instead; or there is no
 * descriptor, which ta_port_fd() tells. False: from now on whatever arrives makes the descriptor
 * readable; wait, then call ta_port_finish_sleep(), whatever ended the wait. A poll in between that
 * finds something ends the sleep: prepare anew before waiting again. Flushes. A port that does not
 * sleep costs its senders no system call. */
TA_API bool ta_port_prepare_sleep(ta_port *port);
TA_API void ta_port_finish_sleep(ta_port *port);

/* For threads without a loop: sleeps until there is something to do, or for `timeout` nanoseconds;
 * below 0: without end. Returns whether there is something; may return true for no reason, and
 * false before the time is over (a signal). Flushes. Blocking. */
TA_API bool ta_port_wait(ta_port *port, int64_t timeout);

/* ---- closing --------------------------------------------------------------------------------- */

/* Refuses from here on: new sends to the port are answered TA_E_CLOSED, and so are its own calls.
 * (Words that join others, which are staged already, are taken, and go their way.) What is on its way
 * still arrives. Closed ports do not open again. */
TA_API void ta_port_close(ta_port *port);

/* To be called, with polling, until it is TA_OK: nothing is on its way to the port any more, and its
 * own calls have ended. TA_E_BUSY until then; TA_E_INVALID when the port is not closed. What a
 * sender slips in meanwhile comes back to that sender (hooks.returned), or is destroyed with the
 * mesh. Polls. */
TA_API ta_status ta_port_drain(ta_port *port);

/* ---- figures --------------------------------------------------------------------------------- */

/* How many messages waited for less than 2^(i+1) nanoseconds, and not less than 2^i, from being
 * sent to being run; the last one: and longer. All 0 without options.timing. */
#define TA_PORT_QUEUEING_BUCKETS 40

/* Counted since the beginning, modulo 2^64, but for `staged` and `high_water`. Messages are closures,
 * calls and replies; and words, one by one. */
typedef struct ta_port_figures {
    uint64_t sent;      /* accepted from this port; or, from a lane, to the other one */
    uint64_t staged;    /* of those, words that wait to be flushed: as many as there are now */
    uint64_t run;       /* run here, or given to hooks.words */
    uint64_t failed;    /* could not be relocated, or found no hook */
    uint64_t returned;  /* came back here from a port that closed */
    uint64_t destroyed; /* with the mesh; or a reply to a port that was left undrained */
    uint64_t refused;   /* TA_E_FULL, which are not in `sent` */
    uint64_t flushes;   /* with something to do */
    uint64_t bells;     /* receivers that rested, and were told */
    uint64_t wakes;     /* of those, who slept: one system call each */
    uint64_t sleeps;    /* prepared, and not called off */
    uint64_t polls;
    uint64_t idle_polls; /* that found nothing */
    uint64_t high_water; /* the most cells of one lane that were in use when its receiver looked, of
                            options.lane_cells: a closure, call or reply each, a large call two,
                            words up to seven in one */
    uint64_t kept;       /* blocks that stayed where they were, for want of memory here */
    uint64_t queueing[TA_PORT_QUEUEING_BUCKETS];
} ta_port_figures;

/* Any thread: exact when the owner does nothing, recent otherwise (each number by itself).
 * Wait-free. */
TA_API void ta_port_read_figures(const ta_port *port, ta_port_figures *out);

/* The same of one direction of a pair: what `from` sent to `to`, and what became of it there; with
 * TA_NO_PORT as `from`, what was posted to `to`. `flushes`, `sleeps`, `polls` and `idle_polls` are a
 * port's own, and 0 here; of posts also `bells`, `wakes`, `returned` and `high_water`, which nobody
 * counts. False, and all 0, where nothing was ever sent. Any thread. Wait-free. */
TA_API bool ta_mesh_read_figures(const ta_mesh *mesh, uint32_t from, uint32_t to,
                                 ta_port_figures *out);

TA_END_DECLS

#endif
