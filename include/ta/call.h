/* SPDX-License-Identifier: MIT
 *
 * ta/call.h - requests between ports: a closure runs there, and its result comes back here.
 *
 *     static struct row look_up(struct key *key);                  // runs at port `to`
 *     static void answer(struct client **client, ta_status status, struct row *row);   // runs here
 *     TA_CALL(look_up_row, key, row, look_up, client_pointer, answer);
 *
 *     ta_status status = look_up_row(port, to, key, client, NULL, NULL);
 *
 * The request is relocated to the receiver, its result back to the caller. Then the caller's
 * ta_port_poll() runs the continuation, once, whatever becomes of the request: with TA_OK and the
 * result, or with the status that says why there is none. Until then it stays at home, with what it
 * captured.
 *
 * Room for the reply is kept free from the moment a call is accepted, so a reply is never refused,
 * and ports that call each other as fast as they can come to an end.
 *
 * Thread rules and order are those of ta/port.h. A call that is not answered keeps its place until
 * the other port answers or the mesh goes.
 */
#ifndef TA_CALL_H
#define TA_CALL_H

#include "ta/port.h"

TA_BEGIN_DECLS

/* Names a call of a port, while it is under way. 0: none. */
typedef uint64_t ta_call_id;

/* All zero: no deadline, in order, not to be cancelled. `reserved` must be 0. */
typedef struct ta_call_options {
    uint64_t deadline;   /* nanoseconds of CLOCK_MONOTONIC; below 2^63; 0: none. A request that has
                            not begun to run by then does not run: TA_E_EXPIRED */
    bool is_urgent;      /* ahead of what is waiting, as ta_port_send_urgent() */
    bool is_cancellable; /* ta_call_cancel() can keep it from running. Costs the receiver a look
                            into the sender's memory */
    uint64_t reserved[2];
} ta_call_options;

/* What happens with a result: one constant per TA_CONTINUATION, made by it. */
typedef struct ta_continuable {
    const char *name;
    const ta_type *context; /* NULL: none */
    const ta_type *result;  /* NULL: none is wanted; the request may make one all the same */
    /* `result`: NULL unless `status` is TA_OK, or there is none. What the function leaves of it is
     * destroyed, and of the context, too. */
    void (*call)(void *context, ta_status status, void *result);
    uint32_t takes_result; /* not 0: the function has moved the result out, all of it */
} ta_continuable;

/* What is left of a call at home. `context` stands in `storage`. */
typedef struct ta_continuation {
    const ta_continuable *continuable; /* NULL: nothing is to be done with the result */
    ta_closure_word storage[7];
} ta_continuation;

/* Calls: `request` runs at port `to`; `continuation` (NULL: none) here. On success both are empty,
 * and *id (may be NULL) names the call; otherwise they are untouched, and the statuses are those of
 * ta_port_send(), with
 *   TA_E_FULL     also when options.calls of the mesh are under way there;
 *   TA_E_CLOSED   also when this port is closed;
 *   TA_E_NOMEM    the first call to that port, and no memory for what it takes;
 *   TA_E_INVALID  also when the continuation takes another result than the request makes (as
 *                 ta_closure_results_alike() says), or `reserved` is not 0, or the deadline too
 *                 late.
 * The statuses that a continuation sees:
 *   TA_OK, with the result;
 *   TA_E_EXPIRED, TA_E_CANCELLED, TA_E_CLOSED  the request did not run, nor will it (TA_E_CLOSED:
 *                 or nobody knows, the mesh was destroyed);
 *   TA_E_NOMEM    no room for a result of more than 40 bytes, or of an alignment above 8: it did
 *                 not run;
 *   else          what relocating the request said: it did not run; or relocating the result: it
 *                 ran.
 * The continuation may call again: its own place is free by then. Wait-free, save for the first
 * call to a port. */
TA_API ta_status ta_port_call(ta_port *port, uint32_t to, ta_fn_once *request,
                              ta_continuation *continuation, const ta_call_options *options,
                              ta_call_id *id);

/* Keeps a request from running. TA_OK: it did not run and will not; its continuation is called with
 * TA_E_CANCELLED when the other port has seen to it. TA_E_BUSY: it has begun, or is done, or is not
 * cancellable; nothing is changed. TA_E_INVALID: no call under way has that id. (An id is given
 * again after 2^27 calls to the same port, at the earliest.) Wait-free. */
TA_API ta_status ta_call_cancel(ta_port *port, ta_call_id id);

/* How many calls of this port are under way: accepted, and their continuations not yet called.
 * Wait-free. */
TA_API uint64_t ta_port_calls_under_way(const ta_port *port);

/* Calls, and polls the port until the reply is there, sleeping in between when it takes long: for
 * threads that have nothing else to do. The request is taken whatever happens. The status is the
 * one that a continuation would see, or that of ta_port_call(), but for TA_E_FULL: then it waits,
 * too. With TA_OK *result, uninitialised before, is the caller's (NULL, and with any other status:
 * there is none; the request's is destroyed). TA_E_BUSY: from within a poll. A port that never
 * answers is waited for without end. Blocking. */
TA_API ta_status ta_port_call_wait(ta_port *port, uint32_t to, ta_fn_once *request,
                                   const ta_call_options *options, void *result);

TA_END_DECLS

/* TA_CONTINUATION(NAME, CONTEXT, RESULT, answer); CONTEXT and RESULT are descriptors, the function
 *     void answer(CONTEXT_value *context, ta_status status, RESULT_value *result);
 * may move things out of both. What is made is
 *     ta_continuation NAME(CONTEXT_value context);
 * which takes `context`, and cannot fail. Contexts are of at most 56 bytes and alignment 8: have a
 * pointer to more. At file scope. */
#define TA_CONTINUATION(NAME, CONTEXT, RESULT, ANSWER)                                             \
    TA_ANSWER_CHECK_(NAME, ANSWER, CONTEXT##_value *, ta_status, RESULT##_value *);                \
    TA_GENERATED void NAME##_body_(void *context, ta_status status, void *result) {                \
        ANSWER((CONTEXT##_value *)context, status, (RESULT##_value *)result);                      \
    }                                                                                              \
    TA_CONTINUATION_MAKE_(NAME, CONTEXT, &RESULT##_type)

/* The same without a result: for requests that make none, or one that is not wanted, and for what
 * completes a broadcast (ta/fan.h):
 *     void answer(CONTEXT_value *context, ta_status status); */
#define TA_CONTINUATION_VOID(NAME, CONTEXT, ANSWER)                                                \
    TA_ANSWER_CHECK_(NAME, ANSWER, CONTEXT##_value *, ta_status);                                  \
    TA_GENERATED void NAME##_body_(void *context, ta_status status, void *result) {                \
        (void)result;                                                                              \
        ANSWER((CONTEXT##_value *)context, status);                                                \
    }                                                                                              \
    TA_CONTINUATION_MAKE_(NAME, CONTEXT, NULL)

/* TA_CALL(NAME, CAPTURED, RESULT, function, CONTEXT, answer); CAPTURED, RESULT and CONTEXT are
 * descriptors, the functions
 *     RESULT_value function(CAPTURED_value *captured);                                there
 *     void answer(CONTEXT_value *context, ta_status status, RESULT_value *result);    here
 * of which the first may move things out of what it gets, as that of a TA_FN_ONCE, and so may the
 * second. What is made is
 *     ta_status NAME(ta_port *port, uint32_t to, CAPTURED_value captured, CONTEXT_value context,
 *                    const ta_call_options *options, ta_call_id *id);
 * which takes `captured` and `context`, except when it fails: the status is that of ta_port_call(),
 * or TA_E_NOMEM for a large `captured`. Functions of other types do not compile. At file scope. */
#define TA_CALL(NAME, CAPTURED, RESULT, FUNCTION, CONTEXT, ANSWER)                                 \
    TA_FN_ONCE(NAME##_request_, CAPTURED, RESULT, FUNCTION);                                       \
    TA_CONTINUATION(NAME##_continuation_, CONTEXT, RESULT, ANSWER);                                \
    TA_CALL_MAKE_(NAME, CAPTURED, CONTEXT)

/* The same for a `void function(CAPTURED_value *)` and a `void answer(CONTEXT_value *,
 * ta_status)`. */
#define TA_CALL_VOID(NAME, CAPTURED, FUNCTION, CONTEXT, ANSWER)                                    \
    TA_FN_ONCE_VOID(NAME##_request_, CAPTURED, FUNCTION);                                          \
    TA_CONTINUATION_VOID(NAME##_continuation_, CONTEXT, ANSWER);                                   \
    TA_CALL_MAKE_(NAME, CAPTURED, CONTEXT)

/* TA_CALL_WAIT(NAME, CAPTURED, RESULT, function); with ta_port_call_wait():
 *     ta_status NAME(ta_port *port, uint32_t to, CAPTURED_value captured,
 *                    const ta_call_options *options, RESULT_value *result);
 * which takes `captured` whatever happens. Blocking. */
#define TA_CALL_WAIT(NAME, CAPTURED, RESULT, FUNCTION)                                             \
    TA_FN_ONCE(NAME##_request_, CAPTURED, RESULT, FUNCTION);                                       \
    TA_GENERATED ta_status NAME(ta_port *port, uint32_t to, CAPTURED##_value captured,             \
                                const ta_call_options *options, RESULT##_value *result) {          \
        ta_fn_once request;                                                                        \
        ta_status status = NAME##_request_(&request, captured, ta_port_returning_allocator(port)); \
        if (status == TA_OK) return ta_port_call_wait(port, to, &request, options, result);        \
        ta_destroy(&CAPTURED##_type, &captured);                                                   \
        return status;                                                                             \
    }                                                                                              \
    TA_SWALLOW_SEMICOLON_

/* ---- how they are made ----------------------------------------------------------------------- */

/* Refuses a function of another type than `void ANSWER(parameters)`. */
#ifdef __cplusplus
#define TA_ANSWER_CHECK_(NAME, ANSWER, ...)                                                        \
    static void (*const NAME##_function_)(__VA_ARGS__) __attribute__((unused)) = ANSWER
#define TA_CONTEXT_CHECK_(NAME, T)                                                                 \
    static_assert(!TA_CLOSURE_BOXES_(T), #NAME ": a context is of at most 56 bytes and alignment " \
                                               "8")
#else
#define TA_ANSWER_CHECK_(NAME, ANSWER, ...)                                                        \
    _Static_assert(__builtin_types_compatible_p(__typeof__(&(ANSWER)), void (*)(__VA_ARGS__)),     \
                   #NAME ": the function " #ANSWER " must be: void (" #__VA_ARGS__ ")")
#define TA_CONTEXT_CHECK_(NAME, T)                                                                 \
    _Static_assert(!TA_CLOSURE_BOXES_(T),                                                          \
                   #NAME ": a context is of at most 56 bytes and alignment 8")
#endif

#define TA_CONTINUATION_MAKE_(NAME, CONTEXT, RESULT)                                               \
    TA_CONTEXT_CHECK_(NAME, CONTEXT##_value);                                                      \
    static const ta_continuable NAME##_continuable_ = {#NAME, &CONTEXT##_type, RESULT,             \
                                                       NAME##_body_, 0};                           \
    TA_GENERATED void NAME##_make_(ta_continuation *continuation, CONTEXT##_value context) {       \
        continuation->continuable = &NAME##_continuable_;                                          \
        TA_CLOSURE_UNUSED_WORDS_(*continuation);                                                   \
        __builtin_memcpy(continuation->storage, &context, sizeof context);                         \
    }                                                                                              \
    TA_GENERATED ta_continuation NAME(CONTEXT##_value context) {                                   \
        ta_continuation continuation;                                                              \
        NAME##_make_(&continuation, context);                                                      \
        return continuation;                                                                       \
    }                                                                                              \
    TA_SWALLOW_SEMICOLON_

/* A box that was made for `captured` is given back when the call fails: the bits of what is in it
 * are still the caller's. */
#define TA_CALL_MAKE_(NAME, CAPTURED, CONTEXT)                                                     \
    TA_GENERATED ta_status NAME(ta_port *port, uint32_t to, CAPTURED##_value captured,             \
                                CONTEXT##_value context, const ta_call_options *options,           \
                                ta_call_id *id) {                                                  \
        ta_fn_once request;                                                                        \
        ta_continuation continuation; /* in place: a copy of what was just written waits for it */ \
        NAME##_continuation__make_(&continuation, context);                                        \
        ta_status status = NAME##_request_(&request, captured, ta_port_returning_allocator(port)); \
        if (status != TA_OK) return status;                                                        \
        status = ta_port_call(port, to, &request, &continuation, options, id);                     \
        if (status != TA_OK) ta_closure_unbox(&request.closure);                                   \
        return status;                                                                             \
    }                                                                                              \
    TA_SWALLOW_SEMICOLON_

#endif
