/* SPDX-License-Identifier: MIT
 *
 * Commands: the table, where a command has to run, and running it, whole or in parts.
 *
 *     const kvd_command *command = kvd_command_lookup(args, count, reply);
 *     if (command == NULL) ...                              // the reply says why
 *     ... NOAUTH, unless command->flags & KVD_NO_AUTH ...
 *     switch (kvd_command_target(command, args, count, own, shards, &shard, reply)) {
 *     case KVD_TARGET_REFUSED: // the reply says why
 *     case KVD_TARGET_HERE:    // the connection's or the server's: switch (command->id)
 *     case KVD_TARGET_ONE:     // kvd_command_run() at `shard`
 *     case KVD_TARGET_SPLIT:   // kvd_pack_for_each() shard, or kvd_pack_for_every() one;
 *     case KVD_TARGET_EVERY:   // kvd_command_part() there; add up; reply
 *     }
 *
 * What crosses to another shard is bytes: a packed command, and back come the bytes of a reply, or a
 * kvd_partial.
 */
#ifndef KVD_COMMAND_H
#define KVD_COMMAND_H

#include "reply.h"
#include "store.h"

/* ---- the table ------------------------------------------------------------------------------- */

#define KVD_COMMAND_LIST(X)                                                                        \
    X(append)                                                                                      \
    X(auth)                                                                                        \
    X(client)                                                                                      \
    X(command)                                                                                     \
    X(config)                                                                                      \
    X(dbsize)                                                                                      \
    X(decr)                                                                                        \
    X(decrby)                                                                                      \
    X(del)                                                                                         \
    X(echo)                                                                                        \
    X(exists)                                                                                      \
    X(expire)                                                                                      \
    X(expireat)                                                                                    \
    X(expiretime)                                                                                  \
    X(flushall)                                                                                    \
    X(flushdb)                                                                                     \
    X(get)                                                                                         \
    X(getdel)                                                                                      \
    X(getex)                                                                                       \
    X(getrange)                                                                                    \
    X(getset)                                                                                      \
    X(hello)                                                                                       \
    X(incr)                                                                                        \
    X(incrby)                                                                                      \
    X(info)                                                                                        \
    X(keys)                                                                                        \
    X(memory)                                                                                      \
    X(mget)                                                                                        \
    X(mset)                                                                                        \
    X(persist)                                                                                     \
    X(pexpire)                                                                                     \
    X(pexpireat)                                                                                   \
    X(pexpiretime)                                                                                 \
    X(ping)                                                                                        \
    X(psetex)                                                                                      \
    X(pttl)                                                                                        \
    X(quit)                                                                                        \
    X(randomkey)                                                                                   \
    X(scan)                                                                                        \
    X(select)                                                                                      \
    X(set)                                                                                         \
    X(setex)                                                                                       \
    X(setnx)                                                                                       \
    X(setrange)                                                                                    \
    X(shutdown)                                                                                    \
    X(strlen)                                                                                      \
    X(substr)                                                                                      \
    X(time)                                                                                        \
    X(touch)                                                                                       \
    X(ttl)                                                                                         \
    X(type)                                                                                        \
    X(unlink)

typedef enum kvd_command_id {
#define KVD_COMMAND_ENUM_(name) KVD_CMD_##name,
    KVD_COMMAND_LIST(KVD_COMMAND_ENUM_)
#undef KVD_COMMAND_ENUM_
        KVD_COMMANDS /* how many */
} kvd_command_id;

typedef enum kvd_route {
    KVD_HERE,   /* by the network half: run is NULL */
    KVD_LOCAL,  /* no key: at whichever shard is at hand */
    KVD_KEY,    /* where its one key lives */
    KVD_CURSOR, /* where its cursor points to */
    KVD_KEYS,   /* split by the shards of its keys, and merged */
    KVD_EVERY   /* all shards, and merged */
} kvd_route;

/* As redis names them, in its order. */
enum {
    KVD_WRITE = 1 << 0,
    KVD_READONLY = 1 << 1,
    KVD_DENYOOM = 1 << 2,
    KVD_ADMIN = 1 << 3,
    KVD_NOSCRIPT = 1 << 4,
    KVD_LOADING = 1 << 5,
    KVD_STALE = 1 << 6,
    KVD_FAST = 1 << 7,
    KVD_NO_AUTH = 1 << 8, /* allowed before authentication */
    KVD_ALLOW_BUSY = 1 << 9
};

typedef struct kvd_command kvd_command;
typedef struct kvd_shard kvd_shard;
typedef struct kvd_call kvd_call; /* cmd.h */
struct kvd_packed_reader;         /* cmd.h */
typedef struct kvd_partial kvd_partial;

struct kvd_command {
    const char *name; /* in lower case */
    kvd_command_id id;
    int arity; /* with the name; negative: at least so many */
    unsigned flags;
    int first, last, step; /* positions of keys; last -1: to the end; first 0: none */
    kvd_route route;
    /* Of commands that are split: is the whole well-formed? NULL: it always is. */
    bool (*check)(const kvd_slice *args, uint32_t count, kvd_bytes *reply);
    void (*run)(const kvd_call *call); /* NULL: KVD_HERE */
    /* NULL: is never split. */
    void (*part)(const kvd_call *call, struct kvd_packed_reader *items, kvd_partial *partial);
    const char *group, *since, *summary; /* for people: COMMAND DOCS */
};

/* All commands, KVD_COMMANDS of them, by id. */
extern const kvd_command kvd_command_table[KVD_COMMANDS];

/* By name in either case; NULL when there is none. */
const kvd_command *kvd_command_find(kvd_slice name);

/* The command of a request with the right number of arguments, or NULL and the error that redis
 * gives. count >= 1. */
const kvd_command *kvd_command_lookup(const kvd_slice *args, uint32_t count, kvd_bytes *reply);

/* Is it a request of this command, with the right number of arguments? Clients mostly repeat what
 * they did last. */
bool kvd_command_fits(const kvd_command *command, const kvd_slice *args, uint32_t count);

/* Is it an HTTP request, by its first word (POST, Host:)? Somebody's browser has been told to talk
 * to this port: close without an answer. */
bool kvd_command_is_http(kvd_slice name);

/* ---- shards ---------------------------------------------------------------------------------- */

/* What one thread owns. `store` is the caller's, made and destroyed. */
struct kvd_shard {
    kvd_store *store;
    uint32_t index, count;        /* this one, and how many there are */
    uint64_t random;              /* state of a generator: any seed */
    size_t value_max;             /* no value becomes longer; 0: KVD_BULK_MAX of resp.h */
    uint64_t calls[KVD_COMMANDS]; /* that ran here, whole or in part */
};

/* The clock of the commands that run from now on: milliseconds since the epoch. */
static inline void kvd_shard_set_time(kvd_shard *shard, int64_t now) {
    kvd_store_set_time(shard->store, now);
}

/* Where a key lives; below `shards`. Has nothing to do with the hash that the shard's table uses. */
uint32_t kvd_shard_of(kvd_slice key, uint32_t shards);

typedef enum kvd_target {
    KVD_TARGET_REFUSED, /* an error reply was written */
    KVD_TARGET_HERE,
    KVD_TARGET_ONE, /* whole, at *shard */
    KVD_TARGET_SPLIT,
    KVD_TARGET_EVERY
} kvd_target;

/* Where a command that lookup() gave has to run. `own` is the shard that is at hand. */
kvd_target kvd_command_target(const kvd_command *command, const kvd_slice *args, uint32_t count,
                              uint32_t own, uint32_t shards, uint32_t *shard, kvd_bytes *reply);

/* ---- whole ----------------------------------------------------------------------------------- */

/* Runs a command at the shard where it belongs, and appends its one reply. Not for KVD_HERE. */
void kvd_command_run(kvd_shard *shard, const kvd_command *command, const kvd_slice *args,
                     uint32_t count, unsigned protocol, kvd_bytes *reply);

/* A command as bytes without pointers, appended to `packed`; false when that has failed. */
bool kvd_pack(const kvd_command *command, const kvd_slice *args, uint32_t count, unsigned protocol,
              kvd_bytes *packed);

/* Runs what kvd_pack() made. `scratch` has room for kvd_packed_count() slices, and may be NULL if
 * that is no more than KVD_PACKED_FEW. */
enum { KVD_PACKED_FEW = 16 };
uint32_t kvd_packed_count(kvd_slice packed);
const kvd_command *kvd_packed_command(kvd_slice packed);
void kvd_packed_run(kvd_shard *shard, kvd_slice packed, kvd_slice *scratch, kvd_bytes *reply);

/* ---- in parts -------------------------------------------------------------------------------- */

/* What a part of a command gives, and the sum of several. Starts as kvd_partial_make(); relocates.
 * `number`: keys that were deleted, exist, or are there. `bytes`: values or keys, with the positions
 * that they answer. */
struct kvd_partial {
    int64_t number;
    const char *error; /* static text of an error reply, or NULL */
    kvd_bytes bytes;   /* when it has failed, the reply is an error */
};
TA_DERIVE(kvd_partial, kvd_partial, number, TA_SKIP(error), TA_AS(bytes, kvd_bytes));

/* Empty. The bytes of replies are bounded by `maximum`. */
kvd_partial kvd_partial_make(size_t maximum, const ta_allocator *allocator);
void kvd_partial_clear(kvd_partial *partial);

/* What every shard has to do for a command. False when `packed` has failed. */
bool kvd_pack_for_every(const kvd_command *command, const kvd_slice *args, uint32_t count,
                        kvd_bytes *packed);

/* What each shard has to do for a command: in packed[shard], empty before, only its own keys, each
 * with its position; still empty when it has none. False when one of them has failed. */
bool kvd_pack_for_each(const kvd_command *command, const kvd_slice *args, uint32_t count,
                       uint32_t shards, kvd_bytes packed[]);

/* Does it there. Adds to *partial. */
void kvd_command_part(kvd_shard *shard, kvd_slice packed, kvd_partial *partial);

/* Adds what another shard gave; `from` is empty afterwards. In any order. `random`: 64 random
 * bits. */
void kvd_partial_add(const kvd_command *command, kvd_partial *into, kvd_partial *from,
                     uint64_t random);

/* The reply of the whole command of `count` arguments. */
void kvd_partial_reply(const kvd_command *command, uint32_t count, unsigned protocol,
                       const kvd_partial *partial, kvd_bytes *reply);

/* ---- what the network half parses ------------------------------------------------------------ */

typedef struct kvd_hello {
    unsigned protocol; /* 0: not given, keep */
    bool has_auth, has_name;
    kvd_slice user, password, name;
} kvd_hello;

/* The arguments of HELLO; false: an error reply was written. */
bool kvd_hello_parse(const kvd_slice *args, uint32_t count, kvd_hello *out, kvd_bytes *reply);

/* May it be the name of a connection, or of its library? Otherwise the error of CLIENT SETNAME was
 * written. Names are kept for as long as the connection is there, and shown in lists: redis has no
 * bound for them but that of an argument. */
enum { KVD_NAME_MAX = 1024 };
bool kvd_client_name_check(kvd_slice name, kvd_bytes *reply);

/* The error of a container command (CLIENT, CONFIG, MEMORY) whose subcommand is unknown, or has the
 * wrong number of arguments. count >= 2. */
void kvd_reply_subcommand_unknown(const kvd_slice *args, kvd_bytes *reply);
void kvd_reply_subcommand_arity(const kvd_command *command, kvd_slice sub, kvd_bytes *reply);

/* ERR value is not an integer or out of range; ERR syntax error */
bool kvd_argument_integer(kvd_slice arg, int64_t *out, kvd_bytes *reply);
void kvd_reply_syntax_error(kvd_bytes *reply);

#endif
