/* SPDX-License-Identifier: MIT
 *
 * Calls that are waited for, by threads that have nothing else to do.
 */
#include "port.h"

#include <string.h>

/* How often a waiting caller looks in vain before it sleeps: some ten microseconds. */
#define WAIT_SPINS 4096u

/* A caller that waits, on its stack until the continuation was called. */
typedef struct waiter {
    size_t size; /* of the result */
    void *result;
    ta_status status;
    bool is_done;
} waiter;

/* What its continuation has of it. */
typedef struct waited {
    waiter *by;
} waited;

static void end_wait(void *context, ta_status status, void *result) {
    waited call;
    memcpy(&call, context, sizeof call);
    waiter *waits = call.by;
    if (result != NULL) memcpy(waits->result, result, waits->size);
    waits->status = status;
    waits->is_done = true;
}

/* As ta_port_call(), but that it waits for room. */
static ta_status call_when_room(ta_port *port, uint32_t to, ta_fn_once *request,
                                ta_continuation *continuation, const ta_call_options *options) {
    for (;;) {
        ta_status status = ta_port_call(port, to, request, continuation, options, NULL);
        if (status != TA_E_FULL) return status;
        ta_call_want_room(port, to, options != NULL && options->is_urgent);
        (void)ta_port_wait(port, -1);
        (void)ta_port_poll(port, UINT32_MAX);
    }
}

ta_status ta_port_call_wait(ta_port *port, uint32_t to, ta_fn_once *request,
                            const ta_call_options *options, void *result) {
    if (port == NULL || ta_fn_once_is_empty(request)) {
        ta_fn_once_destroy(request);
        return TA_E_INVALID;
    }
    const ta_type *type = request->closure.callable->result;
    waiter waits = {.size = type == NULL ? 0 : type->size, .result = result};
    const waited call = {&waits};
    const ta_continuable continuable = {"ta_port_call_wait", NULL, result == NULL ? NULL : type,
                                        end_wait, 1};
    ta_continuation continuation = {.continuable = &continuable};
    memcpy(continuation.storage, &call, sizeof call);
    ta_status status =
        port->is_polling ? TA_E_BUSY : call_when_room(port, to, request, &continuation, options);
    if (status != TA_OK) {
        ta_fn_once_destroy(request);
        return status;
    }
    for (uint32_t spins = 0; !waits.is_done;) {
        if (ta_port_poll(port, UINT32_MAX) != 0)
            spins = 0;
        else if (++spins % WAIT_SPINS != 0)
            ta_cpu_pause();
        else
            (void)ta_port_wait(port, -1);
    }
    return waits.status;
}
