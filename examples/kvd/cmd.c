/* SPDX-License-Identifier: MIT
 *
 * Arguments and answers that several commands share.
 */
#include "cmd.h"

#include <string.h>

/* Redis says so when it has reached its limit. A store has, when it cannot take what is
 * written to it; an allocator that gives nothing is the same to a client. */
const char kvd_out_of_memory[] = "OOM command not allowed when used memory > 'maxmemory'.";

void kvd_reply_out_of_memory(kvd_bytes *reply) { kvd_reply_error(reply, kvd_out_of_memory); }

void kvd_reply_syntax_error(kvd_bytes *reply) { kvd_reply_error(reply, "ERR syntax error"); }

bool kvd_argument_integer(kvd_slice arg, int64_t *out, kvd_bytes *reply) {
    if (kvd_slice_integer(arg, out)) return true;
    kvd_reply_error(reply, "ERR value is not an integer or out of range");
    return false;
}

bool kvd_cursor_argument(kvd_slice arg, uint64_t *out) {
    uint64_t value = 0;
    size_t at = 0, end = strnlen(arg.data, arg.length);
    bool has_sign = end > 0 && (*arg.data == '-' || *arg.data == '+');
    if (has_sign && ++at == end) return false;
    for (; at < end; at++) {
        uint64_t digit = (uint64_t)(arg.data[at] - '0');
        if (arg.data[at] < '0' || arg.data[at] > '9') return false;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return false;
    }
    *out = has_sign && *arg.data == '-' ? 0 - value : value;
    return true;
}

void kvd_reply_entry(const kvd_call *call, const kvd_entry *entry) {
    if (entry == NULL)
        kvd_reply_null(call->reply, call->protocol);
    else
        kvd_reply_bulk(call->reply, kvd_entry_value(entry));
}

bool kvd_call_put(const kvd_call *call, kvd_slice key, kvd_slice value, int64_t expiry) {
    if (kvd_store_put(call->store, key, value, expiry) != NULL) return true;
    kvd_reply_out_of_memory(call->reply);
    return false;
}

void kvd_reply_expiry_error(const kvd_call *call) {
    kvd_reply_error_format(call->reply, "ERR invalid expire time in '%s' command",
                           call->command->name);
}

bool kvd_expiry_argument(const kvd_call *call, kvd_slice arg, int64_t base, int64_t unit,
                         int64_t *out) {
    int64_t number;
    if (!kvd_argument_integer(arg, &number, call->reply)) return false;
    if (__builtin_mul_overflow(number, unit, &number) ||
        __builtin_add_overflow(number, base, out)) {
        kvd_reply_expiry_error(call);
        return false;
    }
    if (*out == KVD_NEVER) --*out; /* as late as can be */
    return true;
}

uint64_t kvd_shard_random(kvd_shard *shard) {
    shard->random += UINT64_C(0x9e3779b97f4a7c15); /* SplitMix64 */
    uint64_t z = shard->random;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}
