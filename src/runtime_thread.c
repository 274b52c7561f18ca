/* SPDX-License-Identifier: MIT
 *
 * What a runtime's thread does: enter its place, take turns, sleep, leave.
 */
#include "runtime.h"

#include "error.h"
#include "os/event.h"
#include "port.h"

static __thread ta_runtime *running __attribute__((tls_model("initial-exec")));

ta_runtime *ta_runtime_running(void) { return running; }

/* ---- in and out ------------------------------------------------------------------------------- */

static ta_status start(ta_runtime_thread *self) {
    const ta_runtime_hooks *hooks = &self->runtime->hooks;
    ta_status status = ta_port_attach(self->port, &hooks->ports);
    if (status != TA_OK) return status;
    if (hooks->wait != NULL) status = ta_port_fd(self->port, &self->fd);
    if (status == TA_OK && hooks->start != NULL) {
        uint64_t texts = ta_error_count();
        status = hooks->start(hooks->context, self->port);
        if (status != TA_OK)
            status = ta_fail_(status, "hooks.start", "thread %u: %s", self->index,
                              ta_error_since(texts, status) ? ta_last_error()
                                                            : ta_status_message(status));
    }
    if (status != TA_OK) (void)ta_port_detach(self->port);
    return status;
}

ta_status ta_runtime_enter(ta_runtime_thread *self) {
    ta_runtime *runtime = self->runtime;
    ta_affinity affinity = ta_port_affinity(self->port);
    ta_status status = runtime->unpinned ? ta_registry_adopt(runtime->registry, affinity)
                                         : ta_registry_pin(runtime->registry, affinity);
    if (status != TA_OK) return status;
    running = runtime;
    status = start(self);
    if (status == TA_OK) return TA_OK;
    running = NULL;
    (void)ta_unpin();
    return status;
}

void ta_runtime_exit(ta_runtime_thread *self) {
    const ta_runtime_hooks *hooks = &self->runtime->hooks;
    ta_port_close(self->port); /* it is, unless another thread's start failed */
    if (hooks->stop != NULL) hooks->stop(hooks->context, self->port);
    /* Gives back what guests have sent in vain. */
    (void)ta_port_detach(self->port);
    running = NULL;
    (void)ta_unpin();
}

/* ---- turns ------------------------------------------------------------------------------------ */

bool ta_runtime_turn(ta_runtime_thread *self) {
    const ta_runtime *runtime = self->runtime;
    bool did = ta_port_poll(self->port, runtime->budget) != 0;
    /* P4: pairs with P3 in ta_runtime_wake(). After the port, which has answered the bell, and before
     * the hook, which sees to it. */
    if (ta_runtime_is_woken(self)) (void)ta_exchange_acquire_u64(&self->woken, 0);
    if (runtime->hooks.poll == NULL) return did;
    return runtime->hooks.poll(runtime->hooks.context, self->port) != 0 || did;
}

uint64_t ta_runtime_ask(ta_runtime_thread *self) {
    const ta_runtime *runtime = self->runtime;
    if (runtime->spin == UINT64_MAX) return 0;
    if (runtime->hooks.idle == NULL) return UINT64_MAX;
    return runtime->hooks.idle(runtime->hooks.context, self->port);
}

void ta_runtime_sleep(ta_runtime_thread *self, uint64_t longest) {
    const ta_runtime_hooks *hooks = &self->runtime->hooks;
    if (longest == 0 || ta_runtime_is_woken(self)) return;
    if (hooks->wait == NULL) {
        (void)ta_port_wait(self->port, longest > INT64_MAX ? -1 : (int64_t)longest);
    } else if (!ta_port_prepare_sleep(self->port)) {
        /* Who counts as quiet runs nothing: a poll within a poll does nothing, and the turn that
         * follows runs what it would have. */
        self->port->is_polling = self->is_quiet;
        hooks->wait(hooks->context, self->port, self->fd, longest);
        self->port->is_polling = false;
        ta_port_finish_sleep(self->port);
    }
}

/* Until somebody asks for a stop. A thread that slept and found nothing, because its idle hook gave
 * it a time, does not look on: it has looked. */
static void take_turns(ta_runtime_thread *self) {
    const ta_runtime *runtime = self->runtime;
    uint64_t idle_since = 0; /* 0: not idle */
    while (ta_runtime_phase_of(runtime) == TA_RUNTIME_RUNNING) {
        if (ta_runtime_turn(self)) {
            idle_since = 0;
            continue;
        }
        if (runtime->spin != UINT64_MAX) {
            uint64_t now = ta_os_clock();
            if (idle_since == 0) idle_since = now;
            if (now - idle_since >= runtime->spin) {
                if (ta_runtime_phase_of(runtime) == TA_RUNTIME_RUNNING)
                    ta_runtime_sleep(self, ta_runtime_ask(self));
                continue;
            }
        }
        ta_cpu_pause();
    }
}

void ta_runtime_run(ta_runtime_thread *self) {
    take_turns(self);
    ta_runtime_stop_thread(self);
}
