/* SPDX-License-Identifier: MIT
 *
 * ta/fan.h - one closure at many ports, and one completion.
 *
 *     static long count(const struct range *range);                          // runs at each target
 *     static void add(struct sum *sum, uint32_t from, ta_status status, long *counted);    // here
 *     static void tell(struct sum *sum, ta_status status);                   // here, once
 *     TA_MAP_REDUCE(count_all, range, ta_long, count, sum, add, tell);
 *
 *     ta_status status = count_all(port, NULL, 0, range, sum);               // at all ports
 *
 * Each target gets a clone, by a call of its own (ta/call.h). A target that has no room at the
 * moment gets its clone later, from the caller's ta_port_poll(), so a fan-out goes to more targets
 * than there is room for. Fan-outs that wait for the same target do so in the order in which they
 * began, and keep nobody from other targets; what is sent or called after them by other means may
 * overtake them. While one waits it costs nothing: it is looked at when a call to that target is
 * over, or the lane there has room, and cloned when there is room for the clone. What fails at once
 * for another reason is told in the next poll. The caller may be a target, and a target may be named
 * twice.
 *
 * `targets` (copied) are indices of ports; NULL, with a count of 0: all ports of the mesh, and no
 * guests. Without any target the completion comes with the next poll. It always comes once,
 * also when the port closes, or the mesh is destroyed.
 *
 * Thread rules are those of ta/port.h. Memory: one block for each fan-out, made at its beginning
 * (24 bytes for each target, beside the context), and what clones and calls take.
 */
#ifndef TA_FAN_H
#define TA_FAN_H

#include "ta/call.h"

TA_BEGIN_DECLS

/* Runs clones of `closure` at the targets; results are destroyed. `done` (NULL: none; it takes no
 * result) is called here when all have run, or will not, with TA_OK or the first failure: what a
 * continuation of ta_port_call() would see, or a failure of that, or of a clone. On success *done
 * is empty. Otherwise it is untouched, and nothing is sent:
 *   TA_E_INVALID        NULL, or an empty closure; NULL for the targets with a count; a `done` that
 *                       takes a result;
 *   TA_E_RANGE          a target that no port can have;
 *   TA_E_CLOSED         this port is closed;
 *   TA_E_NOT_CLONEABLE  and what else ta_fn_clone() says;
 *   TA_E_NOMEM. */
TA_API ta_status ta_port_broadcast(ta_port *port, const uint32_t targets[], uint32_t count,
                                   const ta_fn *closure, ta_continuation *done);

/* What happens with the results of a fan-out: one constant per TA_MAP_REDUCE, made by it. */
typedef struct ta_reducible {
    const char *name;
    const ta_type *context; /* NULL: none */
    const ta_type *result;
    /* What it leaves of the result is destroyed. `result` is NULL unless `status` is TA_OK. */
    void (*reduce)(void *context, uint32_t from, ta_status status, void *result);
    /* What it leaves of the context is destroyed. */
    void (*done)(void *context, ta_status status);
} ta_reducible;

/* Runs clones of `map` at the targets, calls `reduce` here for each one that has run, or will not,
 * as it comes, and then `done`. Takes the context on success (a value of reducible->context).
 * Statuses as above; TA_E_INVALID also when the result is another one than that of the closure. */
TA_API ta_status ta_port_map_reduce(ta_port *port, const uint32_t targets[], uint32_t count,
                                    const ta_fn *map, const ta_reducible *reducible, void *context);

TA_END_DECLS

/* TA_MAP_REDUCE(NAME, CAPTURED, RESULT, map, CONTEXT, reduce, done); CAPTURED, RESULT and CONTEXT
 * are descriptors, the functions
 *     RESULT_value map(const CAPTURED_value *captured);                               there
 *     void reduce(CONTEXT_value *context, uint32_t from, ta_status status,
 *                 RESULT_value *result);                                              here
 *     void done(CONTEXT_value *context, ta_status status);                            here
 * and what is made is
 *     ta_status NAME(ta_port *port, const uint32_t targets[], uint32_t count,
 *                    CAPTURED_value captured, CONTEXT_value context);
 * which takes `captured` and `context`, except when it fails. Contexts of any size. Functions of
 * other types do not compile. At file scope. */
#define TA_MAP_REDUCE(NAME, CAPTURED, RESULT, MAP, CONTEXT, REDUCE, DONE)                          \
    TA_FN(NAME##_map_, CAPTURED, RESULT, MAP);                                                     \
    TA_ANSWER_CHECK_(NAME##_reduce_, REDUCE, CONTEXT##_value *, uint32_t, ta_status,               \
                     RESULT##_value *);                                                            \
    TA_ANSWER_CHECK_(NAME##_done_, DONE, CONTEXT##_value *, ta_status);                            \
    TA_GENERATED void NAME##_reduce_body_(void *context, uint32_t from, ta_status status,          \
                                          void *result) {                                          \
        REDUCE((CONTEXT##_value *)context, from, status, (RESULT##_value *)result);                \
    }                                                                                              \
    TA_GENERATED void NAME##_done_body_(void *context, ta_status status) {                         \
        DONE((CONTEXT##_value *)context, status);                                                  \
    }                                                                                              \
    static const ta_reducible NAME##_reducible_ = {#NAME, &CONTEXT##_type, &RESULT##_type,         \
                                                   NAME##_reduce_body_, NAME##_done_body_};        \
    TA_GENERATED ta_status NAME(ta_port *port, const uint32_t targets[], uint32_t count,           \
                                CAPTURED##_value captured, CONTEXT##_value context) {              \
        ta_fn map;                                                                                 \
        ta_status status = NAME##_map_(&map, captured, ta_port_returning_allocator(port));         \
        if (status != TA_OK) return status;                                                        \
        status = ta_port_map_reduce(port, targets, count, &map, &NAME##_reducible_, &context);     \
        if (status != TA_OK)                                                                       \
            ta_closure_unbox(&map.closure); /* what it captured is the caller's */                 \
        else                                                                                       \
            ta_fn_destroy(&map);                                                                   \
        return status;                                                                             \
    }                                                                                              \
    TA_SWALLOW_SEMICOLON_

#endif
