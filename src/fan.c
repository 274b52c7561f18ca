/* SPDX-License-Identifier: MIT
 *
 * Fan-outs: a call to each target, and a count of those that are not over. One that finds no room
 * waits in the queue of its direction (call.h), and is made in a poll, when a call there is over or
 * the lane has room.
 */
#include "ta/fan.h"

#include "call.h"

#include <string.h>

/* One of the calls. */
typedef struct ta_fan_call {
    struct ta_fan_call *next; /* of those that wait, or that have failed */
    struct ta_fan *fan;
    uint32_t target;
    ta_status status; /* of one that has failed */
} ta_fan_call;

/* One block: this with its calls, and the context. It goes when nothing is left. */
typedef struct ta_fan {
    ta_chore chore; /* tells what failed in the beginning, or that there was nothing to do */
    ta_port *port;
    const ta_reducible *reducible; /* NULL: a broadcast, which has `done` */
    ta_continuation done;
    ta_continuable continuable; /* of each of the calls */
    ta_fn closure;              /* what clones are made of */
    void *context;
    size_t size, alignment; /* of the block */
    ta_fan_call *failed;
    uint32_t left;    /* calls that have not been reduced */
    ta_status status; /* the first failure */
    ta_fan_call calls[];
} ta_fan;

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

/* A call has run, or will not. With the last one the fan goes. */
static void end_call(ta_fan_call *call, ta_status status, void *result) {
    ta_fan *fan = call->fan;
    if (status != TA_OK && fan->status == TA_OK) fan->status = status;
    if (fan->reducible != NULL) fan->reducible->reduce(fan->context, call->target, status, result);
    if (--fan->left == 0) complete(fan);
}

/* The continuation of each of the calls. */
static void answer(void *context, ta_status status, void *result) {
    ta_fan_call *call;
    memcpy(&call, context, sizeof(ta_fan_call *));
    end_call(call, status, result);
}

/* ---- calls ------------------------------------------------------------------------------------ */

/* TA_E_FULL: it is to wait. */
static ta_status try_call(ta_fan_call *call) {
    const ta_fan *fan = call->fan;
    ta_link *link;
    ta_fn clone;
    /* A clone that finds no room would be made in vain. */
    ta_status status = ta_call_room(fan->port, call->target, fan->closure.closure.callable, &link);
    if (status == TA_OK) status = ta_fn_clone(&fan->closure, &clone, &fan->port->returning);
    if (status != TA_OK) return status;
    ta_continuation continuation = {.continuable = &fan->continuable};
    memcpy(continuation.storage, &call, sizeof(ta_fan_call *));
    ta_fn_once request = ta_fn_into_once(&clone);
    status = ta_call_by(link, &request, &continuation);
    ta_fn_once_destroy(&request); /* empty, unless what clones it has used up the room */
    return status;
}

/* ---- waiting ---------------------------------------------------------------------------------- */

/* The call waits behind those that do. TA_E_NOMEM: there is no queue. */
static ta_status wait_for_room(ta_fan_call *call) {
    ta_port *port = call->fan->port;
    ta_call_queue *waiting = ta_call_waiting(port, call->target);
    if (waiting == NULL) return TA_E_NOMEM;
    call->next = NULL;
    if (waiting->first != NULL) {
        waiting->last->next = call;
    } else {
        waiting->first = call;
        ta_call_want_room(port, call->target, false);
    }
    waiting->last = call;
    return TA_OK;
}

void ta_fan_go_on(ta_port *port, ta_chore *chore) {
    ta_call_queue *waiting = (ta_call_queue *)(void *)chore;
    waiting->is_due = false;
    while (waiting->first != NULL) {
        /* Stays the first meanwhile, so that others wait behind it. */
        ta_fan_call *call = waiting->first;
        ta_status status = try_call(call);
        if (status == TA_E_FULL) {
            ta_call_want_room(port, call->target, false);
            return;
        }
        waiting->first = call->next;
        if (status != TA_OK) end_call(call, status, NULL);
    }
}

/* ---- the beginning ---------------------------------------------------------------------------- */

/* The chore. */
static void tell_failed(ta_port *port, ta_chore *chore) {
    ta_fan *fan = (ta_fan *)(void *)chore;
    ta_fan_call *call = fan->failed;
    (void)port;
    if (fan->left == 0) complete(fan);
    while (call != NULL) {
        ta_fan_call *next = call->next; /* the last one takes the fan with it */
        end_call(call, call->status, NULL);
        call = next;
    }
}

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
    size = sizeof(ta_fan) + (size_t)count * sizeof(ta_fan_call);
    if (context != NULL) {
        offset = (size + context->alignment - 1) & ~(context->alignment - 1);
        if (__builtin_add_overflow(offset, context->size, &size)) return NULL;
    }
    ta_fan *fan = ta_allocate(port->allocator, size, alignment);
    if (fan == NULL) return NULL;
    *fan =
        (ta_fan){.chore = {NULL, tell_failed}, .port = port, .size = size, .alignment = alignment};
    *status = ta_fn_clone(closure, &fan->closure, port->allocator);
    if (*status != TA_OK) {
        ta_release(port->allocator, fan, size, alignment);
        return NULL;
    }
    fan->context = (char *)fan + offset;
    fan->continuable = (ta_continuable){.name = "ta_port_broadcast", .call = answer};
    fan->left = count;
    for (uint32_t i = 0; i < count; i++)
        fan->calls[i] = (ta_fan_call){.fan = fan, .target = targets == NULL ? i : targets[i]};
    return fan;
}

/* Nothing is reduced from within: what failed is told in the next poll, and so is that there are
 * no targets. */
static void begin(ta_fan *fan) {
    for (uint32_t i = 0; i < fan->left; i++) {
        ta_fan_call *call = &fan->calls[i];
        call->status = ta_call_is_waited(fan->port, call->target) ? TA_E_FULL : try_call(call);
        if (call->status == TA_E_FULL) call->status = wait_for_room(call);
        if (call->status == TA_OK) continue;
        call->next = fan->failed;
        fan->failed = call;
    }
    if (fan->failed != NULL || fan->left == 0) ta_port_add_chore(fan->port, &fan->chore);
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
