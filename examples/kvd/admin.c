/* SPDX-License-Identifier: MIT
 *
 * Commands of the server: CONFIG GET, SHUTDOWN; and which function runs what.
 */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "cross.h"
#include "here.h"
#include "server.h"

/* ---- CONFIG ---------------------------------------------------------------------------------- */

typedef struct setting {
    const char *name;
    char value[INET6_ADDRSTRLEN];
} setting;

enum { SETTINGS = 11 };

static void list_settings(const kvd_options *options, uint16_t port, setting out[SETTINGS]) {
    static const char *const fixed[][2] = {{"appendonly", "no"},
                                           {"databases", "1"},
                                           {"maxmemory-policy", "allkeys-lru"},
                                           {"save", ""}};
    size_t count = 0;
    for (; count < sizeof fixed / sizeof fixed[0]; count++) {
        out[count].name = fixed[count][0];
        snprintf(out[count].value, sizeof out[count].value, "%s", fixed[count][1]);
    }
    const struct {
        const char *name;
        unsigned long long value;
    } numbers[] = {{"maxclients", options->clients_max},
                   {"maxmemory", options->memory_max},
                   {"port", port},
                   {"proto-max-bulk-len", options->bulk_max},
                   {"tcp-keepalive", options->keepalive},
                   {"timeout", options->timeout}};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++, count++) {
        out[count].name = numbers[i].name;
        snprintf(out[count].value, sizeof out[count].value, "%llu", numbers[i].value);
    }
    out[count].name = "bind";
    snprintf(out[count].value, sizeof out[count].value, "%s", options->bind);
}

/* How the name of a setting is given back that was asked for: as it was written, by the first that
 * names it, or its own name, where a pattern finds it. False: nobody asked. */
static bool is_asked_for(const char *name, const kvd_slice *args, uint32_t count, kvd_slice *as) {
    kvd_slice own = {name, __builtin_strlen(name)};
    for (uint32_t i = 2; i < count; i++) {
        bool is_name = kvd_slice_is(args[i], name);
        *as = is_name ? args[i] : own;
        if (is_name || kvd_slice_matches_any_case(args[i], own)) return true;
    }
    return false;
}

void kvd_run_config(kvd_core *core, kvd_conn *conn, const kvd_command *command, kvd_bytes *reply) {
    const kvd_slice *args = conn->parser.args;
    uint32_t count = conn->parser.count;
    setting all[SETTINGS];
    kvd_slice as;
    size_t found = 0;
    if (!kvd_slice_is(args[1], "get")) {
        kvd_reply_subcommand_unknown(args, reply);
        return;
    }
    if (count < 3) {
        kvd_reply_subcommand_arity(command, args[1], reply);
        return;
    }
    list_settings(&core->server->options, core->server->options.port, all);
    for (size_t i = 0; i < SETTINGS; i++) found += is_asked_for(all[i].name, args, count, &as);
    kvd_reply_map(reply, conn->protocol, found);
    for (size_t i = 0; i < SETTINGS; i++) {
        if (!is_asked_for(all[i].name, args, count, &as)) continue;
        kvd_reply_bulk(reply, as);
        kvd_reply_text(reply, all[i].value);
    }
}

/* ---- SHUTDOWN -------------------------------------------------------------------------------- */

enum { NOSAVE = 1, SAVE = 2, NOW = 4, FORCE = 8, ABORT = 16, UNKNOWN = 32 };

static unsigned shutdown_words(const kvd_slice *args, uint32_t count) {
    static const char *const words[] = {"nosave", "save", "now", "force", "abort"};
    unsigned found = 0;
    for (uint32_t i = 1; i < count; i++) {
        unsigned index = 0;
        while (index < 5 && !kvd_slice_is(args[i], words[index])) index++;
        found |= 1u << index;
    }
    return found;
}

/* The same end as a signal's. There is nothing to save, and no reply: the connection ends. */
void kvd_run_shutdown(kvd_conn *conn, kvd_bytes *reply) {
    unsigned words = shutdown_words(conn->parser.args, conn->parser.count);
    if ((words & UNKNOWN) != 0 || (words & (NOSAVE | SAVE)) == (NOSAVE | SAVE) ||
        ((words & ABORT) != 0 && words != ABORT)) {
        kvd_reply_syntax_error(reply);
        return;
    }
    if (words == ABORT) { /* it has begun to end when others can see that it does */
        kvd_reply_error(reply, "ERR No shutdown in progress.");
        return;
    }
    kill(getpid(), SIGTERM);
    conn->is_closing = true;
}

/* ---- all of them ----------------------------------------------------------------------------- */

kvd_verdict kvd_run_here(kvd_core *core, kvd_conn *conn, const kvd_command *command) {
    if (command->id == KVD_CMD_client) return kvd_run_client(core, conn, command);
    kvd_reply_place place = kvd_conn_begin_reply(conn);
    switch (command->id) {
    case KVD_CMD_auth:
        kvd_run_auth(core, conn, place.bytes);
        break;
    case KVD_CMD_hello:
        kvd_run_hello(core, conn, place.bytes);
        break;
    case KVD_CMD_config:
        kvd_run_config(core, conn, command, place.bytes);
        break;
    case KVD_CMD_info:
        kvd_run_info(core, conn, place.bytes);
        break;
    case KVD_CMD_shutdown:
        kvd_run_shutdown(conn, place.bytes);
        break;
    case KVD_CMD_quit:
        kvd_reply_ok(place.bytes);
        conn->is_closing = true;
        break;
    default:
        kvd_reply_error(place.bytes, "ERR the command is not implemented");
        break;
    }
    kvd_conn_end_reply(conn, place);
    return KVD_RAN;
}
