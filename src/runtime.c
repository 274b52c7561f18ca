/* SPDX-License-Identifier: MIT
 *
 * Runtimes: made all or none, adopted into, joined.
 */
#include "runtime.h"

#include "error.h"
#include "port.h"

#include <stdio.h>
#include <string.h>

enum { BUDGET_DEFAULT = 256, SPIN_DEFAULT = 50000, GRACE_DEFAULT = 1000000000 };

/* ---- creation --------------------------------------------------------------------------------- */

/* The caller called ta_runtime_create(), whatever looks at its options. */
#define refuse(status, ...) ta_fail_((status), "ta_runtime_create", __VA_ARGS__)

static ta_status check_options(const ta_runtime_options *options) {
    const ta_runtime_hooks *hooks = &options->hooks;
    if (options->mesh.registry == NULL) return refuse(TA_E_INVALID, "no registry");
    if (hooks->poll != NULL && hooks->idle == NULL && hooks->wait == NULL &&
        options->spin != UINT64_MAX)
        return refuse(TA_E_INVALID,
                      "a poll hook, and nobody who says how long its thread may sleep: "
                      "hooks.idle, hooks.wait, or a spin of UINT64_MAX would do");
    for (size_t i = 0; i < sizeof options->reserved / sizeof *options->reserved; i++)
        if (options->reserved[i] != 0) return refuse(TA_E_INVALID, "reserved words must be 0");
    return TA_OK;
}

static size_t size_of(uint32_t count) {
    return sizeof(ta_runtime) + count * sizeof(ta_runtime_thread);
}

static void set_up(ta_runtime *runtime, const ta_runtime_options *options) {
    runtime->registry = options->mesh.registry;
    runtime->hooks = options->hooks;
    runtime->spin = options->spin == 0 ? SPIN_DEFAULT : options->spin;
    runtime->grace = options->grace == 0 ? GRACE_DEFAULT : options->grace;
    runtime->budget = options->budget == 0 ? BUDGET_DEFAULT : options->budget;
    runtime->unpinned = options->unpinned;
    runtime->adopted = options->adopted;
    snprintf(runtime->name, sizeof runtime->name, "%s",
             options->name == NULL ? "ta" : options->name);
    for (uint32_t i = 0; i < runtime->count; i++) {
        runtime->threads[i].runtime = runtime;
        runtime->threads[i].port = ta_mesh_port(runtime->mesh, i);
        runtime->threads[i].index = i;
        runtime->threads[i].fd = -1;
    }
}

/* All but the threads; NULL on failure. */
static ta_runtime *make(const ta_runtime_options *options, ta_status *status) {
    const ta_allocator *allocator = options->mesh.allocator;
    ta_mesh *mesh;
    *status = ta_mesh_create(&options->mesh, &mesh);
    if (*status != TA_OK) return NULL;
    if (allocator == NULL)
        allocator = ta_registry_allocator(options->mesh.registry, TA_AFFINITY_UNKNOWN);
    uint32_t count = ta_mesh_port_count(mesh);
    ta_runtime *runtime = NULL;
    if (options->adopted > count)
        *status = refuse(TA_E_RANGE, "%u adopted threads, where 0 to %u would do", options->adopted,
                         count);
    else if ((runtime = ta_allocate_zeroed(allocator, 1, size_of(count), _Alignof(ta_runtime))) ==
             NULL)
        *status = refuse(TA_E_NOMEM, "no memory for a runtime of %u threads", count);
    if (runtime == NULL) {
        (void)ta_mesh_destroy(mesh, NULL);
        return NULL;
    }
    runtime->allocator = *allocator;
    runtime->mesh = mesh;
    runtime->count = count;
    /* With default attributes neither needs anything that could be refused. */
    pthread_mutex_init(&runtime->mutex, NULL);
    pthread_cond_init(&runtime->changed, NULL);
    set_up(runtime, options);
    return runtime;
}

/* Frees what make() made; TA_E_BUSY, and nothing is done, as long as there are guests. */
static ta_status unmake(ta_runtime *runtime, ta_port_figures *report) {
    ta_status status = ta_mesh_destroy(runtime->mesh, report);
    if (status != TA_OK) return status;
    pthread_cond_destroy(&runtime->changed);
    pthread_mutex_destroy(&runtime->mutex);
    ta_allocator allocator = runtime->allocator;
    ta_release(&allocator, runtime, size_of(runtime->count), _Alignof(ta_runtime));
    return TA_OK;
}

/* ---- threads ---------------------------------------------------------------------------------- */

/* With the mutex held. The first failure is the one that is told. */
static void note_failure(ta_runtime *runtime, uint32_t index, ta_status status, const char *text) {
    if (runtime->failure != TA_OK) return;
    runtime->failure = status;
    snprintf(runtime->text, sizeof runtime->text, "thread %u: %s", index, text);
}

/* "name-3", in 15 bytes and a NUL, as much as Linux has for it. */
static void set_name(const ta_runtime_thread *self) {
    char number[12], name[16];
    int length = snprintf(number, sizeof number, "-%u", self->index);
    snprintf(name, sizeof name, "%.*s%s", (int)sizeof name - 1 - length, self->runtime->name,
             number);
    pthread_setname_np(pthread_self(), name);
}

/* Tells how the start went, and waits for the others'. True: all started. */
static bool await_others(ta_runtime_thread *self, ta_status status) {
    ta_runtime *runtime = self->runtime;
    pthread_mutex_lock(&runtime->mutex);
    if (status != TA_OK) note_failure(runtime, self->index, status, ta_last_error());
    runtime->pending--;
    pthread_cond_broadcast(&runtime->changed);
    while (ta_runtime_phase_of(runtime) == TA_RUNTIME_STARTING)
        pthread_cond_wait(&runtime->changed, &runtime->mutex);
    pthread_mutex_unlock(&runtime->mutex);
    return ta_runtime_phase_of(runtime) != TA_RUNTIME_FAILED;
}

void ta_runtime_leave(ta_runtime *runtime) {
    pthread_mutex_lock(&runtime->mutex);
    runtime->running--;
    pthread_cond_broadcast(&runtime->changed);
    pthread_mutex_unlock(&runtime->mutex);
}

static void *thread_main(void *argument) {
    ta_runtime_thread *self = argument;
    set_name(self);
    ta_status status = ta_runtime_enter(self);
    if (await_others(self, status)) ta_runtime_run(self);
    if (status == TA_OK) ta_runtime_exit(self);
    ta_runtime_leave(self->runtime);
    return NULL;
}

/* With the mutex held. */
static ta_status create_thread(ta_runtime_thread *self, const pthread_attr_t *attributes) {
    ta_runtime *runtime = self->runtime;
    int error = pthread_create(&self->thread, attributes, thread_main, self);
    if (error != 0) {
        note_failure(runtime, self->index, TA_E_SYSTEM, strerror(error));
        return TA_E_SYSTEM;
    }
    self->is_taken = true;
    runtime->pending++;
    runtime->members++;
    runtime->running++;
    return TA_OK;
}

/* Creates all threads, or as many as can be, and waits until each has told how its start went. */
static void start_all(ta_runtime *runtime, const pthread_attr_t *attributes) {
    pthread_mutex_lock(&runtime->mutex);
    for (uint32_t i = runtime->adopted; i < runtime->count; i++)
        if (create_thread(&runtime->threads[i], attributes) != TA_OK) break;
    while (runtime->pending != 0) pthread_cond_wait(&runtime->changed, &runtime->mutex);
    ta_runtime_advance(runtime, runtime->failure == TA_OK ? TA_RUNTIME_RUNNING : TA_RUNTIME_FAILED);
    bool has_begun = ta_runtime_begin_stop(runtime); /* a start hook has asked for it */
    pthread_mutex_unlock(&runtime->mutex);
    if (has_begun) ta_runtime_end_places(runtime);
}

/* Those who came to be adopted meanwhile, and are being told of the failure. */
static void await_adopters(ta_runtime *runtime) {
    pthread_mutex_lock(&runtime->mutex);
    while (runtime->running != 0) pthread_cond_wait(&runtime->changed, &runtime->mutex);
    pthread_mutex_unlock(&runtime->mutex);
}

static void join_all(ta_runtime *runtime) {
    for (uint32_t i = runtime->adopted; i < runtime->count; i++) {
        ta_runtime_thread *thread = &runtime->threads[i];
        if (!thread->is_taken || thread->is_joined) continue;
        pthread_join(thread->thread, NULL);
        thread->is_joined = true;
    }
}

/* TA_OK: they all run. Otherwise none does, and the runtime is gone. */
static ta_status start_or_undo(ta_runtime *runtime, const pthread_attr_t *attributes) {
    start_all(runtime, attributes);
    if (runtime->failure == TA_OK) return TA_OK;
    join_all(runtime);
    await_adopters(runtime);
    ta_status status = ta_fail_(runtime->failure, "ta_runtime_create", "%s", runtime->text);
    (void)unmake(runtime, NULL);
    return status;
}

/* ---- public ----------------------------------------------------------------------------------- */

ta_status ta_runtime_create(const ta_runtime_options *options, ta_runtime **out) {
    pthread_attr_t attributes;
    ta_runtime *runtime = NULL;
    if (out == NULL) return ta_fail(TA_E_INVALID, "NULL as the result");
    *out = NULL;
    if (options == NULL) return ta_fail(TA_E_INVALID, "NULL as the options");
    ta_status status = check_options(options);
    if (status != TA_OK) return status;
    if (pthread_attr_init(&attributes) != 0) return ta_fail(TA_E_NOMEM, "no memory for a thread");
    if (options->stack_size != 0 &&
        pthread_attr_setstacksize(&attributes, options->stack_size) != 0)
        status = ta_fail(TA_E_INVALID, "stacks of %zu bytes are too small", options->stack_size);
    else
        runtime = make(options, &status);
    if (runtime != NULL) status = start_or_undo(runtime, &attributes);
    pthread_attr_destroy(&attributes);
    if (status == TA_OK) *out = runtime;
    return status;
}

#define refuse_adoption(status, ...) ta_fail_((status), "ta_runtime_adopt", __VA_ARGS__)

/* With the mutex held: waits until all have started, and takes the place, or says why not. */
static ta_status wait_and_take(ta_runtime_thread *place) {
    ta_runtime *runtime = place->runtime;
    while (ta_runtime_phase_of(runtime) == TA_RUNTIME_STARTING)
        pthread_cond_wait(&runtime->changed, &runtime->mutex);
    if (ta_runtime_phase_of(runtime) == TA_RUNTIME_FAILED)
        return refuse_adoption(TA_E_CLOSED, "the runtime did not start");
    if (runtime->stop_asked) return refuse_adoption(TA_E_CLOSED, "the runtime was stopped");
    if (place->is_taken) return refuse_adoption(TA_E_BUSY, "somebody has place %u", place->index);
    place->is_taken = true;
    runtime->members++;
    return TA_OK;
}

/* Takes the place for the calling thread. It is counted while it waits, so that nobody frees the
 * runtime under it. */
static ta_status take_place(ta_runtime_thread *place) {
    ta_runtime *runtime = place->runtime;
    pthread_mutex_lock(&runtime->mutex);
    runtime->running++;
    ta_status status = wait_and_take(place);
    if (status != TA_OK) {
        runtime->running--;
        pthread_cond_broadcast(&runtime->changed);
    }
    pthread_mutex_unlock(&runtime->mutex);
    return status;
}

/* Gives it back, because the start failed: members go on without this one. */
static void give_place_back(ta_runtime_thread *place) {
    ta_runtime *runtime = place->runtime;
    pthread_mutex_lock(&runtime->mutex);
    bool is_over = runtime->stop_asked;
    place->is_taken = false;
    runtime->members--;
    ta_runtime_consider(runtime);
    pthread_mutex_unlock(&runtime->mutex);
    if (is_over) ta_runtime_abandon(place);
    ta_runtime_leave(runtime);
}

ta_status ta_runtime_adopt(ta_runtime *runtime, uint32_t index) {
    if (runtime == NULL) return ta_fail(TA_E_INVALID, "NULL as the runtime");
    if (index >= runtime->adopted)
        return ta_fail(TA_E_RANGE, "place %u, where %u are to be adopted", index, runtime->adopted);
    if (ta_runtime_running() != NULL)
        return ta_fail(TA_E_BUSY, "the calling thread is one of a runtime");
    ta_runtime_thread *place = &runtime->threads[index];
    ta_status status = take_place(place);
    if (status != TA_OK) return status;
    status = ta_runtime_enter(place);
    if (status != TA_OK) {
        give_place_back(place);
        return status;
    }
    ta_runtime_run(place);
    ta_runtime_exit(place);
    ta_runtime_leave(runtime);
    return TA_OK;
}

ta_status ta_runtime_join(ta_runtime *runtime, ta_port_figures *report) {
    if (report != NULL) *report = (ta_port_figures){0};
    if (runtime == NULL) return TA_OK;
    if (ta_runtime_running() == runtime)
        return ta_fail(TA_E_BUSY, "a thread of the runtime would wait for itself");
    pthread_mutex_lock(&runtime->mutex);
    while (!runtime->stop_asked || runtime->running != 0)
        pthread_cond_wait(&runtime->changed, &runtime->mutex);
    pthread_mutex_unlock(&runtime->mutex);
    join_all(runtime);
    return unmake(runtime, report);
}

ta_mesh *ta_runtime_mesh(const ta_runtime *runtime) {
    return runtime == NULL ? NULL : runtime->mesh;
}

ta_port *ta_runtime_port(const ta_runtime *runtime, uint32_t index) {
    return runtime == NULL || index >= runtime->count ? NULL : runtime->threads[index].port;
}

bool ta_runtime_is_stopping(const ta_runtime *runtime) {
    return runtime != NULL && ta_runtime_phase_of(runtime) >= TA_RUNTIME_QUIESCING;
}

ta_status ta_runtime_wake(ta_runtime *runtime, uint32_t index) {
    if (runtime == NULL) return ta_fail(TA_E_INVALID, "NULL as the runtime");
    if (index >= runtime->count)
        return ta_fail(TA_E_RANGE, "thread %u of %u", index, runtime->count);
    ta_runtime_thread *thread = &runtime->threads[index];
    /* P3: pairs with P4 in ta_runtime_turn(). */
    (void)ta_exchange_release_u64(&thread->woken, 1);
    ta_port_ring(thread->port, ta_bell_of_inbox(runtime->mesh), NULL);
    return TA_OK;
}
