/* SPDX-License-Identifier: MIT
 *
 * How the threads of a runtime stop together.
 *
 * Nothing under way. A member that found nothing to do, whose drain hook has nothing left, and
 * which has all its lanes rest, counts itself as quiet; before it takes another turn, it counts
 * itself out again, and in between nothing runs in it, whatever hooks.wait does. Both take the
 * mutex. So whoever finds, with the mutex held, that all members are quiet, finds them standing
 * still: no message runs and none is sent by them until the mutex is free. What they counted
 * before, is visible. If then each link to a member has as many messages ended as were sent, and no
 * member's bell is rung, no message is under way, and none will be, unless somebody from outside
 * sends. If not, some member has something to do, wakes for it, and is quiet again later: the last
 * one to become quiet after the last message has run finds it all ended.
 *
 * The end. QUIESCING ends by that or by its deadline, which any member that takes a turn or wakes
 * sees. CLOSING and SETTLING take each member one turn. A send that saw a port open, has committed
 * before its thread arrives in SETTLING; so in DRAINING no member sends to a member any more, save
 * replies, one per request. So lanes run empty, and the rest is what DRAINING waits for: replies
 * from members, which come, and from guests, for whom there is the deadline. Whose time was up
 * before a member's reply came, has it by FINISHING, since all members have replied by then: it
 * runs what is there, arrives, and stands still. So in ENDING, with the stop hooks, nothing runs
 * any more.
 */
#include "runtime.h"

#include "inbox.h"
#include "os/event.h"
#include "port.h"

/* Nanoseconds. */
#define NAP 1000000

/* ---- with the mutex held ---------------------------------------------------------------------- */

static void ring(ta_runtime *runtime, uint32_t index) {
    ta_port_ring(runtime->threads[index].port, ta_bell_of_inbox(runtime->mesh), NULL);
}

static void set_deadline(ta_runtime *runtime) {
    uint64_t now = ta_os_clock();
    runtime->deadline = runtime->grace > UINT64_MAX - now ? UINT64_MAX : now + runtime->grace;
}

void ta_runtime_advance(ta_runtime *runtime, ta_runtime_phase phase) {
    runtime->arrived = 0;
    runtime->quiet = 0;
    if (phase == TA_RUNTIME_QUIESCING || phase == TA_RUNTIME_DRAINING) set_deadline(runtime);
    /* P1: pairs with P2 in ta_runtime_phase_of(). */
    ta_store_release_u32(&runtime->phase, (uint32_t)phase);
    pthread_cond_broadcast(&runtime->changed);
    for (uint32_t i = 0; i < runtime->count; i++)
        if (runtime->threads[i].is_taken) ring(runtime, i);
}

/* Have all messages of a link ended? */
static bool link_is_done(const ta_link *link) {
    if (link == NULL) return true;
    /* Relaxed: members stand still, and the mutex has made what they counted visible. */
    return ta_load_relaxed_u64(&link->out.sent) == ta_load_relaxed_u64(&link->in.run) +
                                                       ta_load_relaxed_u64(&link->in.failed) +
                                                       ta_load_relaxed_u64(&link->out.returned);
}

static bool port_is_done(const ta_port *port) {
    const ta_mesh *mesh = port->mesh;
    const ta_inbox *inbox = port->inbox;
    if (ta_bells_are_rung(&port->bells)) return false;
    /* Relaxed, as above. */
    if (ta_load_relaxed_u64(&inbox->sent) !=
        ta_load_relaxed_u64(&inbox->run) + ta_load_relaxed_u64(&inbox->failed))
        return false;
    for (uint32_t from = 0; from < mesh->seat_count; from++)
        if (!link_is_done(ta_link_between(mesh, from, port->seat, false)) ||
            !link_is_done(ta_link_between(mesh, from, port->seat, true)))
            return false;
    return true;
}

static bool nothing_is_under_way(const ta_runtime *runtime) {
    for (uint32_t i = 0; i < runtime->count; i++) {
        const ta_runtime_thread *thread = &runtime->threads[i];
        if (thread->is_taken && (ta_runtime_is_woken(thread) || !port_is_done(thread->port)))
            return false;
    }
    return true;
}

void ta_runtime_consider(ta_runtime *runtime) {
    ta_runtime_phase phase = ta_runtime_phase_of(runtime);
    if (phase == TA_RUNTIME_QUIESCING) {
        if (runtime->quiet == runtime->members && nothing_is_under_way(runtime))
            ta_runtime_advance(runtime, TA_RUNTIME_CLOSING);
    } else if (phase > TA_RUNTIME_QUIESCING && phase < TA_RUNTIME_ENDING) {
        if (runtime->arrived == runtime->members)
            ta_runtime_advance(runtime, (ta_runtime_phase)(phase + 1));
    }
}

bool ta_runtime_begin_stop(ta_runtime *runtime) {
    if (!runtime->stop_asked || ta_runtime_phase_of(runtime) != TA_RUNTIME_RUNNING) return false;
    ta_runtime_advance(runtime, TA_RUNTIME_QUIESCING);
    runtime->running++;
    return true;
}

/* ---- places without a thread ------------------------------------------------------------------ */

void ta_runtime_abandon(ta_runtime_thread *place) {
    /* Who detaches a closed port gives back what is in it, so somebody has to have it for a moment. If
     * there is an owner, by hand, it sees to all else. */
    bool is_owner = !ta_port_is_closed(place->port) && ta_port_attach(place->port, NULL) == TA_OK;
    ta_port_close(place->port);
    if (is_owner) (void)ta_port_detach(place->port);
}

void ta_runtime_end_places(ta_runtime *runtime) {
    /* Who gives a place back after the stop has begun, abandons it, too: one of the two finds it
     * closed, or the other one there. */
    for (uint32_t i = 0; i < runtime->adopted; i++) {
        pthread_mutex_lock(&runtime->mutex);
        bool is_taken = runtime->threads[i].is_taken;
        pthread_mutex_unlock(&runtime->mutex);
        if (!is_taken) ta_runtime_abandon(&runtime->threads[i]);
    }
    ta_runtime_leave(runtime);
}

void ta_runtime_stop(ta_runtime *runtime) {
    if (runtime == NULL) return;
    pthread_mutex_lock(&runtime->mutex);
    runtime->stop_asked = true;
    bool has_begun = ta_runtime_begin_stop(runtime);
    pthread_mutex_unlock(&runtime->mutex);
    if (has_begun) ta_runtime_end_places(runtime);
}

/* ---- a member's way --------------------------------------------------------------------------- */

/* What is left until the deadline of this phase, which does not change as long as the phase lasts;
 * 0: it has passed. */
static uint64_t time_left(const ta_runtime *runtime, uint64_t deadline) {
    if (runtime->grace == UINT64_MAX) return UINT64_MAX;
    uint64_t now = ta_os_clock();
    return now < deadline ? deadline - now : 0;
}

static uint64_t read_deadline(ta_runtime *runtime) {
    pthread_mutex_lock(&runtime->mutex);
    uint64_t deadline = runtime->deadline;
    pthread_mutex_unlock(&runtime->mutex);
    return deadline;
}

/* For how long this thread may sleep: `left` at most. Who must not sleep while the runtime runs, does
 * now, a little at a time: members that stand still together are what quiescing waits for. */
static uint64_t ask(ta_runtime_thread *self, uint64_t left) {
    uint64_t longest = ta_runtime_ask(self);
    if (longest == 0) longest = NAP;
    return longest < left ? longest : left;
}

/* Counts itself in or out as quiet, unless the phase is over. */
static void change_quiet(ta_runtime_thread *self, bool is_quiet) {
    ta_runtime *runtime = self->runtime;
    self->is_quiet = is_quiet;
    pthread_mutex_lock(&runtime->mutex);
    if (ta_runtime_phase_of(runtime) == TA_RUNTIME_QUIESCING) {
        runtime->quiet += is_quiet ? 1 : UINT32_MAX;
        ta_runtime_consider(runtime);
    }
    pthread_mutex_unlock(&runtime->mutex);
}

static void give_up_quiescing(ta_runtime *runtime) {
    pthread_mutex_lock(&runtime->mutex);
    if (ta_runtime_phase_of(runtime) == TA_RUNTIME_QUIESCING)
        ta_runtime_advance(runtime, TA_RUNTIME_CLOSING);
    pthread_mutex_unlock(&runtime->mutex);
}

/* Has the daemon's own work come to its end in this thread? */
static bool ask_drained(ta_runtime_thread *self) {
    const ta_runtime_hooks *hooks = &self->runtime->hooks;
    return hooks->drain == NULL || hooks->drain(hooks->context, self->port);
}

static void quiesce(ta_runtime_thread *self) {
    ta_runtime *runtime = self->runtime;
    uint64_t deadline = read_deadline(runtime);
    while (ta_runtime_phase_of(runtime) == TA_RUNTIME_QUIESCING) {
        bool did = ta_runtime_turn(self);
        bool is_drained = ask_drained(self);
        uint64_t left = time_left(runtime, deadline);
        if (left == 0) {
            give_up_quiescing(runtime);
        } else if (!did && !is_drained) {
            ta_runtime_sleep(self, ask(self, left));
        } else if (!did) {
            uint64_t longest = ask(self, left);
            if (!ta_port_rest(self->port)) continue; /* which also tells who waits for room */
            change_quiet(self, true);
            if (ta_runtime_phase_of(runtime) == TA_RUNTIME_QUIESCING)
                ta_runtime_sleep(self, longest);
            change_quiet(self, false);
        }
    }
}

/* With the mutex held: this thread has done what the phase asks for. */
static void arrive(ta_runtime *runtime) {
    runtime->arrived++;
    ta_runtime_consider(runtime);
}

/* Arrives, and goes on taking turns until all have. */
static void arrive_and_go_on(ta_runtime_thread *self, ta_runtime_phase next) {
    ta_runtime *runtime = self->runtime;
    pthread_mutex_lock(&runtime->mutex);
    arrive(runtime);
    pthread_mutex_unlock(&runtime->mutex);
    while (ta_runtime_phase_of(runtime) < next)
        if (!ta_runtime_turn(self) && ta_runtime_phase_of(runtime) < next)
            ta_runtime_sleep(self, ask(self, UINT64_MAX));
}

/* Arrives, and does nothing until all have. */
static void arrive_and_stand_still(ta_runtime *runtime, ta_runtime_phase next) {
    pthread_mutex_lock(&runtime->mutex);
    arrive(runtime);
    while (ta_runtime_phase_of(runtime) < next)
        pthread_cond_wait(&runtime->changed, &runtime->mutex);
    pthread_mutex_unlock(&runtime->mutex);
}

/* Until nothing is on its way to this port. Lanes run empty; a call that is still under way then is
 * waited for until the deadline. */
static void drain(ta_runtime_thread *self) {
    ta_runtime *runtime = self->runtime;
    uint64_t deadline = read_deadline(runtime);
    for (;;) {
        bool did = ta_runtime_turn(self);
        if (ta_port_drain(self->port) == TA_OK) return;
        if (!ta_port_rest(self->port)) continue;
        uint64_t left = time_left(runtime, deadline);
        if (left == 0) return;
        if (!did) ta_runtime_sleep(self, ask(self, left));
    }
}

/* What is there by now, runs; calls that nobody has answered end, before there is a stop hook that
 * takes down what their continuations use. */
static void finish(ta_port *port) {
    while (ta_port_drain(port) != TA_OK) {
        if (!ta_port_rest(port)) continue;
        ta_port_give_up(port);
        return;
    }
}

void ta_runtime_stop_thread(ta_runtime_thread *self) {
    quiesce(self);
    ta_port_close(self->port);
    arrive_and_go_on(self, TA_RUNTIME_SETTLING);
    ta_port_flush(self->port);
    arrive_and_go_on(self, TA_RUNTIME_DRAINING);
    drain(self);
    arrive_and_go_on(self, TA_RUNTIME_FINISHING);
    finish(self->port);
    arrive_and_stand_still(self->runtime, TA_RUNTIME_ENDING);
}
