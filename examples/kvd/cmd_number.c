/* SPDX-License-Identifier: MIT
 *
 * Commands that count: the value is a decimal integer of 64 bits.
 */
#include "cmd.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Keeps the expiry. */
static void store_number(const kvd_call *call, kvd_entry *entry, int64_t number) {
    char text[24];
    size_t length = (size_t)snprintf(text, sizeof text, "%" PRId64, number);
    int64_t expiry = entry == NULL ? KVD_NEVER : kvd_entry_expiry(entry);
    if (kvd_call_put(call, call->args[1], (kvd_slice){text, length}, expiry))
        kvd_reply_integer(call->reply, number);
}

static void add(const kvd_call *call, int64_t step) {
    kvd_entry *entry = kvd_store_find(call->store, call->args[1], KVD_TOUCH);
    int64_t number = 0;
    if (entry != NULL && !kvd_argument_integer(kvd_entry_value(entry), &number, call->reply))
        return;
    if (__builtin_add_overflow(number, step, &number)) {
        kvd_reply_error(call->reply, "ERR increment or decrement would overflow");
        return;
    }
    store_number(call, entry, number);
}

void kvd_run_incr(const kvd_call *call) { add(call, 1); }
void kvd_run_decr(const kvd_call *call) { add(call, -1); }

void kvd_run_incrby(const kvd_call *call) {
    int64_t step;
    if (kvd_argument_integer(call->args[2], &step, call->reply)) add(call, step);
}

void kvd_run_decrby(const kvd_call *call) {
    int64_t step;
    if (!kvd_argument_integer(call->args[2], &step, call->reply)) return;
    if (step == INT64_MIN)
        kvd_reply_error(call->reply, "ERR decrement would overflow");
    else
        add(call, -step);
}
