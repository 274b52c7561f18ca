/* SPDX-License-Identifier: MIT
 *
 * Fan-outs: a call to each target, and a count of those that are not over. A target without room is
 * held back; while there are such, the fan is among the port's held chores, which are tried again
 * when a lane has room, or a call is over.
 */
#include "ta/fan.h"

#include "port.h"

#include <string.h>

/* One block: this, the targets, the context. It goes when nothing is left. */
typedef struct ta_fan {
    ta_chore chore;
    ta_port *port;
    const ta_reducible *reducible; /* NULL: a broadcast, which has `done` */
    ta_continuation done;
    ta_continuable continuable; /* of each of the calls */
    ta_fn closure;              /* what clones are made of */
    void *context;
    size_t size, alignment; /* of the block */
    uint32_t unsent;        /* the first of `targets`: those that have not been called */
    uint32_t left;          /* all that have not been reduced */
    ta_status status;       /* the first failure */
    uint32_t targets[];
} ta_fan;

/* The context of each of the calls. */
typedef struct member {
    ta_fan *fan;
    uint32_t target;
} member;

/* ---- the end ---------------------------------------------------------------------------------- */

static void release(ta_fan *fan) {
    const ta_allocator *allocator = fan->port->allocator;
    ta_fn_destroy(&fan->closure);
    ta_release(allocator, fan, fan->size, fan->alignment);
}

static void complete(ta_fan *fan) {
    const ta_continuable *done = fan->done.continuable;
    if (fan->reducible != NULL) {
        fan->reducible->done(fan->context, fan->status);
        ta_destroy(fan->reducible->context, fan->context);
    } else if (done != NULL) {
        const ta_type *context = done->context;
        done->call(fan->done.storage, fan->status, NULL);
        ta_destroy(context, fan->done.storage);
    }
    release(fan);
}

/* One target has run, or will not. */
static void reduce(ta_fan *fan, uint32_t target, ta_status status, void *result) {
    if (status != TA_OK && fan->status == TA_OK) fan->status = status;
    if (fan->reducible != NULL) fan->reducible->reduce(fan->context, target, status, result);
    fan->left--;
}

/* The continuation of each of the calls. The last one's fan is not held: all have been called. */
static void answer(void *context, ta_status status, void *result) {
    member one;
    memcpy(&one, context, sizeof one);
    reduce(one.fan, one.target, status, result);
    if (one.fan->left == 0) complete(one.fan);
}

/* ---- calls ------------------------------------------------------------------------------------ */

/* Calls one target. `*clone` is made where it is empty, and kept where the call is refused. */
static ta_status call_target(ta_fan *fan, uint32_t target, ta_fn *clone) {
    if (ta_fn_is_empty(clone)) {
        ta_status status = ta_fn_clone(&fan->closure, clone, &fan->port->returning);
        if (status != TA_OK) {
            clone->closure.callable = NULL;
            return status;
        }
    }
    const member one = {fan, target};
    ta_continuation continuation = {.continuable = &fan->continuable};
    memcpy(continuation.storage, &one, sizeof one);
    ta_fn_once request = ta_fn_into_once(clone);
    ta_status status = ta_port_call(fan->port, target, &request, &continuation, NULL, NULL);
    clone->closure = request.closure; /* empty, or what was refused */
    return status;
}

/* Calls the targets that have not been called, as far as there is room. Those that cannot be called
 * are over, unless that is to wait: then they stay. Returns whether some did. */
static bool call_targets(ta_fan *fan, bool may_reduce) {
    ta_fn clone = {{NULL, {0}}};
    uint32_t kept = 0;
    bool has_failed = false;
    for (uint32_t i = 0; i < fan->unsent; i++) {
        const uint32_t target = fan->targets[i];
        ta_status status = call_target(fan, target, &clone);
        if (status == TA_OK) continue;
        if (status == TA_E_FULL) {
            ta_call_want_room(fan->port, target, false);
            fan->targets[kept++] = target;
        } else if (may_reduce) {
            reduce(fan, target, status, NULL);
        } else {
            fan->targets[kept++] = target;
            has_failed = true;
        }
    }
    fan->unsent = kept;
    ta_fn_destroy(&clone);
    return has_failed;
}

static void hold(ta_fan *fan) {
    fan->chore.next = fan->port->held;
    fan->port->held = &fan->chore;
}

/* The chore. */
static void go_on(ta_port *port, ta_chore *chore) {
    ta_fan *fan = (ta_fan *)(void *)chore;
    (void)port;
    (void)call_targets(fan, true);
    if (fan->left == 0)
        complete(fan);
    else if (fan->unsent != 0)
        hold(fan);
}

/* ---- the beginning ---------------------------------------------------------------------------- */

/* What forbids a fan-out. `count`: of targets, in the end. */
static ta_status check(const ta_port *port, const uint32_t targets[], uint32_t *count,
                       const ta_fn *closure) {
    if (port == NULL || ta_fn_is_empty(closure) || (targets == NULL && *count != 0))
        return TA_E_INVALID;
    TA_CHECK_OWNER(port);
    if (ta_port_is_closed(port)) return TA_E_CLOSED;
    if (targets == NULL) *count = port->mesh->port_count;
    for (uint32_t i = 0; targets != NULL && i < *count; i++)
        if (TA_SEAT(targets[i]) >= port->mesh->seat_count) return TA_E_RANGE;
    return TA_OK;
}

/* A fan with its targets, its clone of the closure, and room for a context; NULL and *status. */
static ta_fan *create(ta_port *port, const uint32_t targets[], uint32_t count, const ta_fn *closure,
                      const ta_type *context, ta_status *status) {
    size_t alignment = _Alignof(ta_fan), size, offset = 0;
    *status = TA_E_NOMEM;
    if (context != NULL && context->alignment > alignment) alignment = context->alignment;
    size = sizeof(ta_fan) + (size_t)count * sizeof(uint32_t);
    if (context != NULL) {
        offset = (size + context->alignment - 1) & ~(context->alignment - 1);
        if (__builtin_add_overflow(offset, context->size, &size)) return NULL;
    }
    ta_fan *fan = ta_allocate(port->allocator, size, alignment);
    if (fan == NULL) return NULL;
    *fan = (ta_fan){.chore = {NULL, go_on}, .port = port, .size = size, .alignment = alignment};
    *status = ta_fn_clone(closure, &fan->closure, port->allocator);
    if (*status != TA_OK) {
        ta_release(port->allocator, fan, size, alignment);
        return NULL;
    }
    fan->context = (char *)fan + offset;
    fan->continuable = (ta_continuable){.name = "ta_port_broadcast", .call = answer};
    fan->unsent = fan->left = count;
    for (uint32_t i = 0; i < count; i++) fan->targets[i] = targets == NULL ? i : targets[i];
    return fan;
}

/* What cannot be done here and now comes with the next poll: nothing is reduced from within. */
static void begin(ta_fan *fan) {
    bool has_failed = call_targets(fan, false);
    if (has_failed || fan->left == 0)
        ta_port_add_chore(fan->port, &fan->chore);
    else if (fan->unsent != 0)
        hold(fan);
}

ta_status ta_port_broadcast(ta_port *port, const uint32_t targets[], uint32_t count,
                            const ta_fn *closure, ta_continuation *done) {
    ta_status status = check(port, targets, &count, closure);
    if (status != TA_OK) return status;
    if (done != NULL && done->continuable != NULL && done->continuable->result != NULL)
        return TA_E_INVALID;
    ta_fan *fan = create(port, targets, count, closure, NULL, &status);
    if (fan == NULL) return status;
    if (done != NULL) {
        fan->done = *done;
        done->continuable = NULL;
    }
    begin(fan);
    return TA_OK;
}

ta_status ta_port_map_reduce(ta_port *port, const uint32_t targets[], uint32_t count,
                             const ta_fn *map, const ta_reducible *reducible, void *context) {
    ta_status status = check(port, targets, &count, map);
    if (status != TA_OK) return status;
    if (reducible == NULL || (reducible->context != NULL && context == NULL) ||
        !ta_closure_returns(&map->closure, reducible->result))
        return TA_E_INVALID;
    ta_fan *fan = create(port, targets, count, map, reducible->context, &status);
    if (fan == NULL) return status;
    fan->reducible = reducible;
    fan->continuable.name = reducible->name;
    fan->continuable.result = reducible->result;
    if (reducible->context != NULL) memcpy(fan->context, context, reducible->context->size);
    begin(fan);
    return TA_OK;
}
