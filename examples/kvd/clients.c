/* SPDX-License-Identifier: MIT
 *
 * A core's part of CLIENT LIST and CLIENT KILL.
 */
#include <stdio.h>
#include <string.h>

#include "cross.h"
#include "here.h"

static const char *text_of(const char *text) { return text == NULL ? "" : text; }

static void append_text(kvd_bytes *out, const char *before, const char *text) {
    kvd_bytes_append(out, before, strlen(before));
    kvd_bytes_append(out, text, strlen(text));
}

void kvd_client_describe(const kvd_core *core, const kvd_conn *conn, kvd_bytes *out) {
    char line[256];
    int length =
        snprintf(line, sizeof line, "id=%llu addr=%s fd=%d name=", (unsigned long long)conn->id,
                 conn->address, conn->socket.fd);
    kvd_bytes_append(out, line, (size_t)length);
    append_text(out, "", text_of(conn->name));
    length = snprintf(line, sizeof line,
                      " age=%lld idle=%lld flags=N db=0 sub=0 psub=0 multi=-1 qbuf=%zu obl=%zu "
                      "core=%u cmd=",
                      (long long)(core->now - conn->since) / 1000,
                      (long long)(core->now - conn->active) / 1000, kvd_bytes_length(&conn->input),
                      kvd_conn_unsent(conn), core->index);
    kvd_bytes_append(out, line, (size_t)length);
    append_text(out, "", conn->last_command == NULL ? "NULL" : conn->last_command->name);
    append_text(out, " user=", "default");
    append_text(out, " lib-name=", text_of(conn->library));
    append_text(out, " lib-ver=", text_of(conn->library_version));
    length = snprintf(line, sizeof line, " resp=%u\n", conn->protocol);
    kvd_bytes_append(out, line, (size_t)length);
}

static bool is_named(kvd_slice ids, uint64_t id) {
    const char *at = ids.data;
    size_t left = ids.length / sizeof id;
    while (left > 0) { /* they are sorted; not aligned */
        uint64_t middle;
        memcpy(&middle, at + left / 2 * sizeof id, sizeof middle);
        if (middle == id) return true;
        if (middle < id) {
            at += (left / 2 + 1) * sizeof id;
            left -= left / 2 + 1;
        } else {
            left /= 2;
        }
    }
    return false;
}

void kvd_clients_list(kvd_core *core, kvd_slice ids, kvd_partial *partial) {
    for (uint32_t i = 0; i < core->capacity; i++) {
        const kvd_conn *conn = core->slots[i].conn;
        if (conn != NULL && (ids.length == 0 || is_named(ids, conn->id)))
            kvd_client_describe(core, conn, &partial->bytes);
    }
}

/* Who kills itself is told so. */
void kvd_clients_kill(kvd_core *core, kvd_slice ids, uint32_t own_slot, kvd_partial *partial) {
    for (uint32_t i = 0; i < core->capacity; i++) {
        kvd_conn *conn = core->slots[i].conn;
        if (conn == NULL || !is_named(ids, conn->id)) continue;
        if (i == own_slot)
            conn->is_closing = true;
        else
            conn->is_broken = true;
        kvd_core_dirty(core, conn);
        partial->number = 1;
    }
}
