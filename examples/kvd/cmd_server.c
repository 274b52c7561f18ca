/* SPDX-License-Identifier: MIT
 *
 * Commands without keys, and the arguments of those that the network half runs.
 */
#include "cmd.h"

#include <time.h>

void kvd_run_ping(const kvd_call *call) {
    if (call->count > 2)
        kvd_reply_error(call->reply, "ERR wrong number of arguments for 'ping' command");
    else if (call->count == 2)
        kvd_reply_bulk(call->reply, call->args[1]);
    else
        kvd_reply_simple(call->reply, "PONG");
}

void kvd_run_echo(const kvd_call *call) { kvd_reply_bulk(call->reply, call->args[1]); }

void kvd_run_select(const kvd_call *call) {
    int64_t index;
    if (!kvd_argument_integer(call->args[1], &index, call->reply)) return;
    if (index != (int32_t)index)
        kvd_reply_error(call->reply,
                        "ERR value is out of range, value must between -2147483648 and "
                        "2147483647");
    else if (index == 0)
        kvd_reply_ok(call->reply);
    else
        kvd_reply_error(call->reply, "ERR DB index is out of range");
}

void kvd_run_time(const kvd_call *call) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    kvd_reply_array(call->reply, 2);
    kvd_reply_bulk_integer(call->reply, now.tv_sec);
    kvd_reply_bulk_integer(call->reply, now.tv_nsec / 1000);
}

/* ---- HELLO, CLIENT SETNAME ------------------------------------------------------------------- */

bool kvd_client_name_check(kvd_slice name, kvd_bytes *reply) {
    if (name.length > KVD_NAME_MAX) {
        kvd_reply_error_format(reply, "ERR Client names cannot be longer than %d bytes.",
                               KVD_NAME_MAX);
        return false;
    }
    for (size_t i = 0; i < name.length; i++) {
        if (name.data[i] >= '!' && name.data[i] <= '~') continue;
        kvd_reply_error(reply, "ERR Client names cannot contain spaces, newlines or special "
                               "characters.");
        return false;
    }
    return true;
}

/* HELLO [protocol [AUTH user password] [SETNAME name]] */
bool kvd_hello_parse(const kvd_slice *args, uint32_t count, kvd_hello *out, kvd_bytes *reply) {
    int64_t protocol;
    *out = (kvd_hello){.protocol = 0};
    if (count == 1) return true;
    if (!kvd_slice_integer(args[1], &protocol)) {
        kvd_reply_error(reply, "ERR Protocol version is not an integer or out of range");
        return false;
    }
    if (protocol < 2 || protocol > 3) {
        kvd_reply_error(reply, "NOPROTO unsupported protocol version");
        return false;
    }
    out->protocol = (unsigned)protocol;
    for (uint32_t i = 2; i < count;) {
        uint32_t left = count - i - 1;
        if (left >= 2 && kvd_slice_is(args[i], "auth")) {
            out->has_auth = true;
            out->user = args[i + 1];
            out->password = args[i + 2];
            i += 3;
        } else if (left >= 1 && kvd_slice_is(args[i], "setname")) {
            out->has_name = true;
            out->name = args[i + 1];
            if (!kvd_client_name_check(out->name, reply)) return false;
            i += 2;
        } else {
            kvd_reply_error_format(reply, "ERR Syntax error in HELLO option '%.*s'",
                                   (int)(args[i].length < 512 ? args[i].length : 512),
                                   args[i].data);
            return false;
        }
    }
    return true;
}
