/* SPDX-License-Identifier: MIT
 *
 * The table of commands, and how a request finds its command, its shard and its handler.
 */
#include "cmd.h"

#include <stdio.h>
#include <string.h>

#define WRITE KVD_WRITE
#define READ KVD_READONLY
#define OOM KVD_DENYOOM
#define FAST KVD_FAST
#define ADMIN (KVD_ADMIN | KVD_NOSCRIPT)
#define ALWAYS (KVD_LOADING | KVD_STALE)
#define SESSION (KVD_NOSCRIPT | KVD_LOADING | KVD_STALE | KVD_FAST | KVD_NO_AUTH | KVD_ALLOW_BUSY)

/* name, arity, flags, positions of keys, then route with run, part and check */
#define COMMAND(name, arity, flags, first, last, step, ...)                                        \
    [KVD_CMD_##name] = {#name, KVD_CMD_##name, arity, flags, first, last, step, __VA_ARGS__}
#define ON_KEY(run) KVD_KEY, NULL, kvd_run_##run, NULL
#define ON_KEYS(run) KVD_KEYS, NULL, kvd_run_##run, kvd_part_##run
#define ON_EVERY(run) KVD_EVERY, NULL, kvd_run_##run, kvd_part_##run
#define ANYWHERE(run) KVD_LOCAL, NULL, kvd_run_##run, NULL
#define BY_NETWORK KVD_HERE, NULL, NULL, NULL

const kvd_command kvd_command_table[KVD_COMMANDS] = {
    COMMAND(append, 3, WRITE | OOM | FAST, 1, 1, 1, ON_KEY(append), "string", "2.0.0",
            "Append a value to a key"),
    COMMAND(auth, -2, SESSION, 0, 0, 0, BY_NETWORK, "connection", "1.0.0",
            "Authenticate to the server"),
    COMMAND(client, -2, 0, 0, 0, 0, BY_NETWORK, "connection", "2.4.0",
            "A container for client connection commands"),
    COMMAND(command, -1, ALWAYS, 0, 0, 0, ANYWHERE(command), "server", "2.8.13",
            "Get array of Redis command details"),
    COMMAND(config, -2, 0, 0, 0, 0, BY_NETWORK, "server", "2.0.0",
            "A container for server configuration commands"),
    COMMAND(dbsize, 1, READ | FAST, 0, 0, 0, ON_EVERY(dbsize), "server", "1.0.0",
            "Return the number of keys in the selected database"),
    COMMAND(decr, 2, WRITE | OOM | FAST, 1, 1, 1, ON_KEY(decr), "string", "1.0.0",
            "Decrement the integer value of a key by one"),
    COMMAND(decrby, 3, WRITE | OOM | FAST, 1, 1, 1, ON_KEY(decrby), "string", "1.0.0",
            "Decrement the integer value of a key by the given number"),
    COMMAND(del, -2, WRITE, 1, -1, 1, ON_KEYS(del), "generic", "1.0.0", "Delete a key"),
    COMMAND(echo, 2, ALWAYS | FAST, 0, 0, 0, ANYWHERE(echo), "connection", "1.0.0",
            "Echo the given string"),
    COMMAND(exists, -2, READ | FAST, 1, -1, 1, ON_KEYS(exists), "generic", "1.0.0",
            "Determine if a key exists"),
    COMMAND(expire, -3, WRITE | FAST, 1, 1, 1, ON_KEY(expire), "generic", "1.0.0",
            "Set a key's time to live in seconds"),
    COMMAND(expireat, -3, WRITE | FAST, 1, 1, 1, ON_KEY(expireat), "generic", "1.2.0",
            "Set the expiration for a key as a UNIX timestamp"),
    COMMAND(expiretime, 2, READ | FAST, 1, 1, 1, ON_KEY(expiretime), "generic", "7.0.0",
            "Get the expiration Unix timestamp for a key"),
    COMMAND(flushall, -1, WRITE, 0, 0, 0, KVD_EVERY, kvd_check_flushall, kvd_run_flushall,
            kvd_part_flushall, "server", "1.0.0", "Remove all keys from all databases"),
    COMMAND(flushdb, -1, WRITE, 0, 0, 0, KVD_EVERY, kvd_check_flushall, kvd_run_flushall,
            kvd_part_flushall, "server", "1.0.0", "Remove all keys from the current database"),
    COMMAND(get, 2, READ | FAST, 1, 1, 1, ON_KEY(get), "string", "1.0.0", "Get the value of a key"),
    COMMAND(getdel, 2, WRITE | FAST, 1, 1, 1, ON_KEY(getdel), "string", "6.2.0",
            "Get the value of a key and delete the key"),
    COMMAND(getex, -2, WRITE | FAST, 1, 1, 1, ON_KEY(getex), "string", "6.2.0",
            "Get the value of a key and optionally set its expiration"),
    COMMAND(getrange, 4, READ, 1, 1, 1, ON_KEY(getrange), "string", "2.4.0",
            "Get a substring of the string stored at a key"),
    COMMAND(getset, 3, WRITE | OOM | FAST, 1, 1, 1, ON_KEY(getset), "string", "1.0.0",
            "Set the string value of a key and return its old value"),
    COMMAND(hello, -1, SESSION, 0, 0, 0, BY_NETWORK, "connection", "6.0.0", "Handshake with Redis"),
    COMMAND(incr, 2, WRITE | OOM | FAST, 1, 1, 1, ON_KEY(incr), "string", "1.0.0",
            "Increment the integer value of a key by one"),
    COMMAND(incrby, 3, WRITE | OOM | FAST, 1, 1, 1, ON_KEY(incrby), "string", "1.0.0",
            "Increment the integer value of a key by the given amount"),
    COMMAND(info, -1, ALWAYS, 0, 0, 0, BY_NETWORK, "server", "1.0.0",
            "Get information and statistics about the server"),
    COMMAND(keys, 2, READ, 0, 0, 0, ON_EVERY(keys), "generic", "1.0.0",
            "Find all keys matching the given pattern"),
    COMMAND(memory, -2, READ, 2, 2, 1, ON_KEY(memory), "server", "4.0.0",
            "A container for memory diagnostics commands"),
    COMMAND(mget, -2, READ | FAST, 1, -1, 1, ON_KEYS(mget), "string", "1.0.0",
            "Get the values of all the given keys"),
    COMMAND(mset, -3, WRITE | OOM, 1, -1, 2, KVD_KEYS, kvd_check_mset, kvd_run_mset, kvd_part_mset,
            "string", "1.0.1", "Set multiple keys to multiple values"),
    COMMAND(persist, 2, WRITE | FAST, 1, 1, 1, ON_KEY(persist), "generic", "2.2.0",
            "Remove the expiration from a key"),
    COMMAND(pexpire, -3, WRITE | FAST, 1, 1, 1, ON_KEY(pexpire), "generic", "2.6.0",
            "Set a key's time to live in milliseconds"),
    COMMAND(pexpireat, -3, WRITE | FAST, 1, 1, 1, ON_KEY(pexpireat), "generic", "2.6.0",
            "Set the expiration for a key as a UNIX timestamp specified in milliseconds"),
    COMMAND(pexpiretime, 2, READ | FAST, 1, 1, 1, ON_KEY(pexpiretime), "generic", "7.0.0",
            "Get the expiration Unix timestamp for a key in milliseconds"),
    COMMAND(ping, -1, FAST, 0, 0, 0, ANYWHERE(ping), "connection", "1.0.0", "Ping the server"),
    COMMAND(psetex, 4, WRITE | OOM, 1, 1, 1, ON_KEY(psetex), "string", "2.6.0",
            "Set the value and expiration in milliseconds of a key"),
    COMMAND(pttl, 2, READ | FAST, 1, 1, 1, ON_KEY(pttl), "generic", "2.6.0",
            "Get the time to live for a key in milliseconds"),
    COMMAND(quit, -1, SESSION, 0, 0, 0, BY_NETWORK, "connection", "1.0.0", "Close the connection"),
    COMMAND(randomkey, 1, READ, 0, 0, 0, ON_EVERY(randomkey), "generic", "1.0.0",
            "Return a random key from the keyspace"),
    COMMAND(scan, -2, READ, 0, 0, 0, KVD_CURSOR, NULL, kvd_run_scan, NULL, "generic", "2.8.0",
            "Incrementally iterate the keys space"),
    COMMAND(select, 2, ALWAYS | FAST, 0, 0, 0, ANYWHERE(select), "connection", "1.0.0",
            "Change the selected database for the current connection"),
    COMMAND(set, -3, WRITE | OOM, 1, 1, 1, ON_KEY(set), "string", "1.0.0",
            "Set the string value of a key"),
    COMMAND(setex, 4, WRITE | OOM, 1, 1, 1, ON_KEY(setex), "string", "2.0.0",
            "Set the value and expiration of a key"),
    COMMAND(setnx, 3, WRITE | OOM | FAST, 1, 1, 1, ON_KEY(setnx), "string", "1.0.0",
            "Set the value of a key, only if the key does not exist"),
    COMMAND(setrange, 4, WRITE | OOM, 1, 1, 1, ON_KEY(setrange), "string", "2.2.0",
            "Overwrite part of a string at key starting at the specified offset"),
    COMMAND(shutdown, -1, ADMIN | ALWAYS | KVD_ALLOW_BUSY, 0, 0, 0, BY_NETWORK, "server", "1.0.0",
            "Synchronously save the dataset to disk and then shut down the server"),
    COMMAND(strlen, 2, READ | FAST, 1, 1, 1, ON_KEY(strlen), "string", "2.2.0",
            "Get the length of the value stored in a key"),
    COMMAND(substr, 4, READ, 1, 1, 1, ON_KEY(getrange), "string", "1.0.0",
            "Get a substring of the string stored at a key"),
    COMMAND(time, 1, ALWAYS | FAST, 0, 0, 0, ANYWHERE(time), "server", "2.6.0",
            "Return the current server time"),
    COMMAND(touch, -2, READ | FAST, 1, -1, 1, ON_KEYS(exists), "generic", "3.2.1",
            "Alters the last access time of a key(s). Returns the number of existing keys "
            "specified."),
    COMMAND(ttl, 2, READ | FAST, 1, 1, 1, ON_KEY(ttl), "generic", "1.0.0",
            "Get the time to live for a key in seconds"),
    COMMAND(type, 2, READ | FAST, 1, 1, 1, ON_KEY(type), "generic", "1.0.0",
            "Determine the type stored at key"),
    COMMAND(unlink, -2, WRITE | FAST, 1, -1, 1, ON_KEYS(del), "generic", "4.0.0",
            "Delete a key asynchronously in another thread. Otherwise it is just as DEL, but non "
            "blocking."),
};

/* ---- finding a command ----------------------------------------------------------------------- */

/* As strcmp does it, with the name in either case and of known length. */
static int compare_name(kvd_slice name, const char *with) {
    for (size_t i = 0; i < name.length; i++) {
        int c = (unsigned char)name.data[i];
        if (c >= 'A' && c <= 'Z') c += 'a' - 'A';
        if (c != (unsigned char)with[i] || with[i] == 0) return c < (unsigned char)with[i] ? -1 : 1;
    }
    return with[name.length] == 0 ? 0 : -1;
}

const kvd_command *kvd_command_find(kvd_slice name) {
    size_t low = 0, high = KVD_COMMANDS;
    while (low < high) { /* the table is in alphabetical order */
        size_t middle = (low + high) / 2;
        int order = compare_name(name, kvd_command_table[middle].name);
        if (order == 0) return &kvd_command_table[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* What is shown of a client's bytes: no more than `most`, and none behind a NUL. */
static int shown(kvd_slice bytes, size_t most) {
    return (int)strnlen(bytes.data, bytes.length < most ? bytes.length : most);
}

static void reply_unknown(const kvd_slice *args, uint32_t count, kvd_bytes *reply) {
    enum { SHOWN = 128 };
    char rest[2 * SHOWN] = "";
    size_t used = 0;
    for (uint32_t i = 1; i < count && used < SHOWN; i++)
        used += (size_t)snprintf(rest + used, sizeof rest - used, "'%.*s' ",
                                 shown(args[i], SHOWN - used), args[i].data);
    kvd_reply_error_format(reply, "ERR unknown command '%.*s', with args beginning with: %s",
                           shown(args[0], SHOWN), args[0].data, rest);
}

static bool has_arity(const kvd_command *command, uint32_t count) {
    int64_t arity = command->arity;
    return arity < 0 ? (int64_t)count >= -arity : (int64_t)count == arity;
}

bool kvd_command_fits(const kvd_command *command, const kvd_slice *args, uint32_t count) {
    return kvd_slice_is(args[0], command->name) && has_arity(command, count);
}

const kvd_command *kvd_command_lookup(const kvd_slice *args, uint32_t count, kvd_bytes *reply) {
    const kvd_command *command = kvd_command_find(args[0]);
    if (command == NULL) {
        reply_unknown(args, count, reply);
        return NULL;
    }
    if (has_arity(command, count)) return command;
    kvd_reply_error_format(reply, "ERR wrong number of arguments for '%s' command", command->name);
    return NULL;
}

bool kvd_command_is_http(kvd_slice name) {
    return kvd_slice_is(name, "post") || kvd_slice_is(name, "host:");
}

void kvd_reply_subcommand_unknown(const kvd_slice *args, kvd_bytes *reply) {
    const kvd_command *container = kvd_command_find(args[0]);
    char upper[32] = "";
    for (size_t i = 0; container != NULL && container->name[i] != 0 && i < sizeof upper - 1; i++)
        upper[i] = (char)(container->name[i] - ('a' - 'A'));
    kvd_reply_error_format(reply, "ERR unknown subcommand '%.*s'. Try %s HELP.",
                           shown(args[1], 128), args[1].data, upper);
}

void kvd_reply_subcommand_arity(const kvd_command *command, kvd_slice sub, kvd_bytes *reply) {
    char lower[32] = "";
    for (size_t i = 0; i < sub.length && i < sizeof lower - 1; i++) {
        char c = sub.data[i];
        lower[i] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
    }
    kvd_reply_error_format(reply, "ERR wrong number of arguments for '%s|%s' command",
                           command->name, lower);
}

/* ---- shards ---------------------------------------------------------------------------------- */

/* Any constant: it must be the same at all threads, and another one than the stores' seeds, which
 * are random. */
#define SHARD_SEED UINT64_C(0x6b76645f73686172)

uint32_t kvd_shard_of(kvd_slice key, uint32_t shards) {
    if (shards == 1) return 0;
    __extension__ typedef unsigned __int128 wide;
    uint64_t hash = ta_hash_bytes(key.data, key.length, SHARD_SEED);
    return (uint32_t)((wide)hash * shards >> 64);
}

static uint32_t last_key(const kvd_command *command, uint32_t count) {
    return command->last < 0 ? count - 1 : (uint32_t)command->last;
}

/* Do all keys live in one shard? */
static bool have_one_shard(const kvd_command *command, const kvd_slice *args, uint32_t count,
                           uint32_t shards, uint32_t *shard) {
    uint32_t first = (uint32_t)command->first, step = (uint32_t)command->step;
    *shard = kvd_shard_of(args[first], shards);
    for (uint32_t i = first + step; i <= last_key(command, count); i += step)
        if (kvd_shard_of(args[i], shards) != *shard) return false;
    return true;
}

/* A cursor that is wrong is told so anywhere. */
static uint32_t cursor_shard(kvd_slice cursor, uint32_t shards) {
    uint64_t value = 0;
    return kvd_cursor_argument(cursor, &value) ? (uint32_t)(value % shards) : 0;
}

kvd_target kvd_command_target(const kvd_command *command, const kvd_slice *args, uint32_t count,
                              uint32_t own, uint32_t shards, uint32_t *shard, kvd_bytes *reply) {
    *shard = own;
    if (command->check != NULL && !command->check(args, count, reply)) return KVD_TARGET_REFUSED;
    switch (command->route) {
    case KVD_HERE:
        return KVD_TARGET_HERE;
    case KVD_LOCAL:
        return KVD_TARGET_ONE;
    case KVD_KEY:
        /* MEMORY without a key: its handler has something to say, anywhere. */
        if ((uint32_t)command->first < count) *shard = kvd_shard_of(args[command->first], shards);
        return KVD_TARGET_ONE;
    case KVD_CURSOR:
        *shard = cursor_shard(args[1], shards);
        return KVD_TARGET_ONE;
    case KVD_KEYS:
        return have_one_shard(command, args, count, shards, shard) ? KVD_TARGET_ONE
                                                                   : KVD_TARGET_SPLIT;
    case KVD_EVERY:
        return shards == 1 ? KVD_TARGET_ONE : KVD_TARGET_EVERY;
    }
    return KVD_TARGET_REFUSED;
}

/* ---- running --------------------------------------------------------------------------------- */

void kvd_command_run(kvd_shard *shard, const kvd_command *command, const kvd_slice *args,
                     uint32_t count, unsigned protocol, kvd_bytes *reply) {
    kvd_call call = {shard, shard->store, command, args, count, protocol, reply};
    shard->calls[command->id]++;
    command->run(&call);
}
