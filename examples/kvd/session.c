/* SPDX-License-Identifier: MIT
 *
 * Commands of the connection: HELLO, AUTH, QUIT, CLIENT.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cross.h"
#include "here.h"
#include "server.h"

/* ---- who is it ------------------------------------------------------------------------------- */

/* In the same time whatever the difference; that the length shows is a pity, but no more. */
static bool is_password(const kvd_core *core, kvd_slice user, kvd_slice password) {
    const char *right = core->server->options.password;
    size_t length = right == NULL ? 0 : strlen(right);
    unsigned different = password.length != length;
    for (size_t i = 0; i < length && i < password.length; i++)
        different |= (unsigned char)(right[i] ^ password.data[i]);
    return kvd_slice_equal(user, KVD_SLICE("default")) && (different == 0 || right == NULL);
}

static bool authenticate(const kvd_core *core, kvd_conn *conn, kvd_slice user, kvd_slice password,
                         kvd_bytes *reply) {
    if (!is_password(core, user, password)) {
        kvd_reply_error(reply, "WRONGPASS invalid username-password pair or user is disabled.");
        return false;
    }
    conn->is_authenticated = true;
    conn->parser.is_stranger = false;
    return true;
}

void kvd_run_auth(kvd_core *core, kvd_conn *conn, kvd_bytes *reply) {
    const kvd_slice *args = conn->parser.args;
    uint32_t count = conn->parser.count;
    if (count > 3) {
        kvd_reply_syntax_error(reply);
    } else if (count == 2 && core->server->options.password == NULL) {
        kvd_reply_error(reply, "ERR AUTH <password> called without any password configured for the "
                               "default user. Are you sure your configuration is correct?");
    } else {
        kvd_slice user = count == 3 ? args[1] : KVD_SLICE("default");
        if (authenticate(core, conn, user, args[count - 1], reply)) kvd_reply_ok(reply);
    }
}

/* False: no memory. Empty: none. */
static bool set_text(char **text, kvd_slice value) {
    char *copy = NULL;
    if (value.length > 0) {
        copy = ta_string_make_length(value.data, value.length, NULL);
        if (copy == NULL) return false;
    }
    ta_destroy(&ta_string_type, text);
    *text = copy;
    return true;
}

static void reply_hello(const kvd_conn *conn, kvd_bytes *reply) {
    kvd_reply_map(reply, conn->protocol, 7);
    kvd_reply_text(reply, "server");
    kvd_reply_text(reply, "redis");
    kvd_reply_text(reply, "version");
    kvd_reply_text(reply, KVD_REDIS_VERSION);
    kvd_reply_text(reply, "proto");
    kvd_reply_integer(reply, conn->protocol);
    kvd_reply_text(reply, "id");
    kvd_reply_integer(reply, (int64_t)conn->id);
    kvd_reply_text(reply, "mode");
    kvd_reply_text(reply, "standalone");
    kvd_reply_text(reply, "role");
    kvd_reply_text(reply, "master");
    kvd_reply_text(reply, "modules");
    kvd_reply_array(reply, 0);
}

void kvd_run_hello(kvd_core *core, kvd_conn *conn, kvd_bytes *reply) {
    kvd_hello hello;
    if (!kvd_hello_parse(conn->parser.args, conn->parser.count, &hello, reply)) return;
    if (hello.has_auth && !authenticate(core, conn, hello.user, hello.password, reply)) return;
    if (!conn->is_authenticated) {
        kvd_reply_error(reply,
                        "NOAUTH HELLO must be called with the client already authenticated, "
                        "otherwise the HELLO <proto> AUTH <user> <pass> option can be used to "
                        "authenticate the client and select the RESP protocol version at the same "
                        "time");
        return;
    }
    if (hello.has_name && !set_text(&conn->name, hello.name)) {
        kvd_reply_error(reply, "ERR out of memory");
        return;
    }
    if (hello.protocol != 0) conn->protocol = hello.protocol;
    reply_hello(conn, reply);
}

/* ---- CLIENT ---------------------------------------------------------------------------------- */

static void reply_ok_if(bool is_done, kvd_bytes *reply) {
    if (is_done)
        kvd_reply_ok(reply);
    else
        kvd_reply_error(reply, "ERR out of memory");
}

static void client_name(kvd_conn *conn, kvd_bytes *reply) {
    if (conn->name == NULL)
        kvd_reply_null(reply, conn->protocol);
    else
        kvd_reply_text(reply, conn->name);
}

static void client_set_info(kvd_conn *conn, kvd_bytes *reply) {
    const kvd_slice *args = conn->parser.args;
    bool is_name = kvd_slice_is(args[2], "lib-name");
    if (!is_name && !kvd_slice_is(args[2], "lib-ver"))
        kvd_reply_error_format(reply, "ERR Unrecognized option '%.*s'",
                               args[2].length < 64 ? (int)args[2].length : 64, args[2].data);
    else if (kvd_client_name_check(args[3], reply))
        reply_ok_if(set_text(is_name ? &conn->library : &conn->library_version, args[3]), reply);
}

static void client_info(kvd_core *core, kvd_conn *conn, kvd_bytes *reply) {
    enum { OTHERS = 1024 }; /* what a line has besides name, library, and its version */
    kvd_bytes line = kvd_bytes_make(3 * KVD_NAME_MAX + OTHERS, NULL);
    kvd_client_describe(core, conn, &line);
    if (line.failed)
        kvd_reply_error(reply, "ERR out of memory");
    else
        kvd_reply_verbatim(reply, conn->protocol, kvd_bytes_slice(&line));
    kvd_bytes_clear(&line);
}

/* What needs no other core; false: it is something else. */
static bool run_client_alone(kvd_core *core, kvd_conn *conn, kvd_bytes *reply) {
    const kvd_slice *args = conn->parser.args, sub = args[1];
    uint32_t count = conn->parser.count;
    if (count == 2 && kvd_slice_is(sub, "id")) {
        kvd_reply_integer(reply, (int64_t)conn->id);
    } else if (count == 2 && kvd_slice_is(sub, "getname")) {
        client_name(conn, reply);
    } else if (count == 2 && kvd_slice_is(sub, "info")) {
        client_info(core, conn, reply);
    } else if (count == 3 && kvd_slice_is(sub, "setname")) {
        if (kvd_client_name_check(args[2], reply))
            reply_ok_if(set_text(&conn->name, args[2]), reply);
    } else if (count == 4 && kvd_slice_is(sub, "setinfo")) {
        client_set_info(conn, reply);
    } else if (count == 3 && (kvd_slice_is(sub, "no-evict") || kvd_slice_is(sub, "no-touch"))) {
        if (kvd_slice_is(args[2], "on") || kvd_slice_is(args[2], "off"))
            kvd_reply_ok(reply);
        else
            kvd_reply_syntax_error(reply);
    } else {
        return false;
    }
    return true;
}

static void client_error(kvd_conn *conn, const kvd_command *command, kvd_bytes *reply) {
    static const char *const known[] = {"id",      "getname",  "info",     "setname", "list",
                                        "setinfo", "no-evict", "no-touch", "kill",    "migrate"};
    const kvd_slice *args = conn->parser.args;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (kvd_slice_is(args[1], known[i])) {
            kvd_reply_subcommand_arity(command, args[1], reply);
            return;
        }
    kvd_reply_subcommand_unknown(args, reply);
}

static int by_value(const void *a, const void *b) {
    int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;
    return (one > other) - (one < other);
}

/* CLIENT LIST [TYPE type | ID id...]. `ids`: the connections that are asked for, in order; none: all.
 * False: an error reply was written. */
static bool read_list(const kvd_slice *args, uint32_t count, kvd_bytes *ids, kvd_bytes *reply) {
    static const char *const others[] = {"master", "slave", "replica", "pubsub"};
    int64_t id = 0; /* which nobody has */
    if (count == 2) return true;
    if (count == 4 && kvd_slice_is(args[2], "type")) {
        if (kvd_slice_is(args[3], "normal")) return true;
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
            if (kvd_slice_is(args[3], others[i])) return kvd_bytes_append(ids, &id, sizeof id);
        kvd_reply_error_format(reply, "ERR Unknown client type '%.*s'",
                               args[3].length < 64 ? (int)args[3].length : 64, args[3].data);
        return false;
    }
    if (count == 3 || !kvd_slice_is(args[2], "id")) {
        kvd_reply_syntax_error(reply);
        return false;
    }
    for (uint32_t i = 3; i < count; i++) {
        if (!kvd_slice_integer(args[i], &id)) {
            kvd_reply_error(reply, "ERR Invalid client ID");
            return false;
        }
        kvd_bytes_append(ids, &id, sizeof id);
    }
    if (!ids->failed) qsort(kvd_bytes_data(ids), count - 3, sizeof id, by_value);
    return true;
}

/* CLIENT KILL ID id. */
static bool read_kill(const kvd_slice *args, uint32_t count, kvd_bytes *ids, kvd_bytes *reply) {
    int64_t id;
    if (count != 4 || !kvd_slice_is(args[2], "id")) {
        kvd_reply_syntax_error(reply);
        return false;
    }
    if (!kvd_slice_integer(args[3], &id) || id <= 0) {
        kvd_reply_error(reply, "ERR client-id should be greater than 0");
        return false;
    }
    return kvd_bytes_append(ids, &id, sizeof id);
}

/* What all cores do; nothing is pending. */
static void run_client_everywhere(kvd_core *core, kvd_conn *conn, const kvd_command *command,
                                  bool kills) {
    const kvd_slice *args = conn->parser.args;
    uint32_t count = conn->parser.count;
    kvd_bytes ids = kvd_bytes_make(KVD_ARGS_MAX * sizeof(int64_t), NULL);
    kvd_reply_place place = kvd_conn_begin_reply(conn);
    bool is_right = (kills ? read_kill : read_list)(args, count, &ids, place.bytes);
    if (ids.failed) kvd_reply_error(place.bytes, "ERR out of memory");
    if (is_right && !ids.failed)
        kvd_fan(core, conn, command, kills ? KVD_FAN_CLIENT_KILL : KVD_FAN_CLIENT_LIST,
                kvd_bytes_slice(&ids));
    else
        kvd_conn_end_reply(conn, place);
    kvd_bytes_clear(&ids);
}

kvd_verdict kvd_run_client(kvd_core *core, kvd_conn *conn, const kvd_command *command) {
    const kvd_slice *args = conn->parser.args;
    uint32_t count = conn->parser.count;
    int64_t number = 0;
    kvd_reply_place place = kvd_conn_begin_reply(conn);
    if (!run_client_alone(core, conn, place.bytes)) {
        bool kills = count > 3 && kvd_slice_is(args[1], "kill");
        bool migrates = count == 3 && kvd_slice_is(args[1], "migrate");
        bool lists = kvd_slice_is(args[1], "list");
        if ((lists || kills || migrates) && kvd_conn_pending(conn) > 0) return KVD_WAITS;
        if (lists || kills) {
            run_client_everywhere(core, conn, command, kills);
            return KVD_RAN;
        }
        if (!migrates)
            client_error(conn, command, place.bytes);
        else if (kvd_argument_integer(args[2], &number, place.bytes))
            return kvd_migrate(core, conn, number);
    }
    kvd_conn_end_reply(conn, place);
    return KVD_RAN;
}
