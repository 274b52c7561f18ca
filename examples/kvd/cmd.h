/* SPDX-License-Identifier: MIT
 *
 * What the files cmd_*.c share: a call, its arguments, and the handlers that the table names.
 */
#ifndef KVD_CMD_H
#define KVD_CMD_H

#include "command.h"

/* A command that runs, at its shard. */
struct kvd_call {
    kvd_shard *shard;
    kvd_store *store; /* the shard's */
    const kvd_command *command;
    const kvd_slice *args; /* of a part: none, see kvd_packed_reader */
    uint32_t count;
    unsigned protocol;
    kvd_bytes *reply; /* of a part: NULL */
};

/* Items of a packed command, one after the other. */
typedef struct kvd_packed_reader {
    const char *next, *end;
} kvd_packed_reader;

/* Of a part: the arguments behind the name that are this shard's, with their positions. */
bool kvd_packed_next(kvd_packed_reader *reader, uint32_t *position, kvd_slice *item);

/* Appends one: how MGET's parts answer. */
void kvd_packed_append(kvd_bytes *packed, uint32_t position, kvd_slice item);

/* ---- answers that several commands give ------------------------------------------------------ */

void kvd_reply_out_of_memory(kvd_bytes *reply);
extern const char kvd_out_of_memory[];

/* The value of an entry, or null for NULL. */
void kvd_reply_entry(const kvd_call *call, const kvd_entry *entry);

/* Stores and says whether it could; otherwise the error is in the reply. */
bool kvd_call_put(const kvd_call *call, kvd_slice key, kvd_slice value, int64_t expiry);

/* An expiry as an argument. `base`: what it is relative to, in milliseconds, 0 for points in time;
 * `unit`: milliseconds of one. False: the error is in the reply. */
bool kvd_expiry_argument(const kvd_call *call, kvd_slice arg, int64_t base, int64_t unit,
                         int64_t *out);
void kvd_reply_expiry_error(const kvd_call *call);

/* The cursor of SCAN, as strtoul() reads it: up to a NUL, with a sign, -1 is the largest, empty is
 * 0. */
bool kvd_cursor_argument(kvd_slice arg, uint64_t *out);

/* The next 64 bits of the shard's generator. */
uint64_t kvd_shard_random(kvd_shard *shard);

/* ---- handlers, by file ----------------------------------------------------------------------- */

typedef void kvd_run(const kvd_call *call);
typedef void kvd_part(const kvd_call *call, kvd_packed_reader *items, kvd_partial *partial);

/* cmd_string.c */
kvd_run kvd_run_append, kvd_run_get, kvd_run_getdel, kvd_run_getrange, kvd_run_getset;
kvd_run kvd_run_setrange, kvd_run_strlen;
/* cmd_set.c */
kvd_run kvd_run_getex, kvd_run_psetex, kvd_run_set, kvd_run_setex, kvd_run_setnx;
/* cmd_number.c */
kvd_run kvd_run_decr, kvd_run_decrby, kvd_run_incr, kvd_run_incrby;
/* cmd_expire.c */
kvd_run kvd_run_expire, kvd_run_expireat, kvd_run_expiretime, kvd_run_persist, kvd_run_pexpire;
kvd_run kvd_run_pexpireat, kvd_run_pexpiretime, kvd_run_pttl, kvd_run_ttl;
/* cmd_multi.c */
kvd_run kvd_run_del, kvd_run_exists, kvd_run_mget, kvd_run_mset;
kvd_part kvd_part_del, kvd_part_exists, kvd_part_mget, kvd_part_mset;
/* cmd_keyspace.c */
kvd_run kvd_run_dbsize, kvd_run_flushall, kvd_run_keys, kvd_run_memory, kvd_run_randomkey;
kvd_run kvd_run_scan, kvd_run_type;
kvd_part kvd_part_dbsize, kvd_part_flushall, kvd_part_keys, kvd_part_randomkey;
/* cmd_server.c */
kvd_run kvd_run_echo, kvd_run_ping, kvd_run_select, kvd_run_time;
/* cmd_docs.c */
kvd_run kvd_run_command;

bool kvd_check_flushall(const kvd_slice *args, uint32_t count, kvd_bytes *reply);
bool kvd_check_mset(const kvd_slice *args, uint32_t count, kvd_bytes *reply);

#endif
