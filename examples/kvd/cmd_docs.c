/* SPDX-License-Identifier: MIT
 *
 * COMMAND: what the table says about commands, for clients and for people. Enough for redis-cli's
 * help and for clients that look for keys: without arguments, key specifications and tips.
 */
#include "cmd.h"

#include <string.h>

static const char *const flag_names[] = {"write",   "readonly", "denyoom", "admin",   "noscript",
                                         "loading", "stale",    "fast",    "no_auth", "allow_busy"};
enum { FLAG_NAMES = sizeof flag_names / sizeof *flag_names };

static void reply_flags(const kvd_call *call, unsigned flags) {
    kvd_reply_set(call->reply, call->protocol, (size_t)__builtin_popcount(flags));
    for (unsigned i = 0; i < FLAG_NAMES; i++)
        if (flags >> i & 1) kvd_reply_simple(call->reply, flag_names[i]);
}

/* Categories of access control follow from flags and group, as redis has it. */
static void reply_categories(const kvd_call *call, const kvd_command *command) {
    const char *names[8];
    size_t count = 0;
    unsigned flags = command->flags;
    if (strcmp(command->group, "generic") == 0) names[count++] = "@keyspace";
    if (flags & KVD_READONLY && !(flags & KVD_ADMIN)) names[count++] = "@read";
    if (flags & KVD_WRITE) names[count++] = "@write";
    if (strcmp(command->group, "string") == 0) names[count++] = "@string";
    if (flags & KVD_ADMIN) names[count++] = "@admin";
    names[count++] = flags & KVD_FAST ? "@fast" : "@slow";
    if (flags & KVD_ADMIN) names[count++] = "@dangerous";
    if (strcmp(command->group, "connection") == 0) names[count++] = "@connection";
    kvd_reply_set(call->reply, call->protocol, count);
    for (size_t i = 0; i < count; i++) kvd_reply_simple(call->reply, names[i]);
}

static void reply_info(const kvd_call *call, const kvd_command *command) {
    kvd_reply_array(call->reply, 10);
    kvd_reply_text(call->reply, command->name);
    kvd_reply_integer(call->reply, command->arity);
    reply_flags(call, command->flags);
    kvd_reply_integer(call->reply, command->first);
    kvd_reply_integer(call->reply, command->last);
    kvd_reply_integer(call->reply, command->step);
    reply_categories(call, command);
    kvd_reply_set(call->reply, call->protocol, 0); /* tips */
    kvd_reply_set(call->reply, call->protocol, 0); /* key specifications */
    kvd_reply_set(call->reply, call->protocol, 0); /* subcommands */
}

static void reply_docs(const kvd_call *call, const kvd_command *command) {
    kvd_reply_text(call->reply, command->name);
    kvd_reply_map(call->reply, call->protocol, 3);
    kvd_reply_text(call->reply, "summary");
    kvd_reply_text(call->reply, command->summary);
    kvd_reply_text(call->reply, "since");
    kvd_reply_text(call->reply, command->since);
    kvd_reply_text(call->reply, "group");
    kvd_reply_text(call->reply, command->group);
}

static void reply_all_infos(const kvd_call *call) {
    kvd_reply_array(call->reply, KVD_COMMANDS);
    for (size_t i = 0; i < KVD_COMMANDS; i++) reply_info(call, &kvd_command_table[i]);
}

static void reply_infos(const kvd_call *call) {
    kvd_reply_array(call->reply, call->count - 2);
    for (uint32_t i = 2; i < call->count; i++) {
        const kvd_command *command = kvd_command_find(call->args[i]);
        if (command == NULL)
            kvd_reply_null(call->reply, call->protocol);
        else
            reply_info(call, command);
    }
}

static void reply_all_docs(const kvd_call *call) {
    kvd_reply_map(call->reply, call->protocol, KVD_COMMANDS);
    for (size_t i = 0; i < KVD_COMMANDS; i++) reply_docs(call, &kvd_command_table[i]);
}

/* Names that are no commands are left out. */
static void reply_some_docs(const kvd_call *call) {
    size_t known = 0;
    for (uint32_t i = 2; i < call->count; i++) known += kvd_command_find(call->args[i]) != NULL;
    kvd_reply_map(call->reply, call->protocol, known);
    for (uint32_t i = 2; i < call->count; i++) {
        const kvd_command *command = kvd_command_find(call->args[i]);
        if (command != NULL) reply_docs(call, command);
    }
}

static void reply_names(const kvd_call *call) {
    kvd_reply_set(call->reply, call->protocol, KVD_COMMANDS);
    for (size_t i = 0; i < KVD_COMMANDS; i++)
        kvd_reply_text(call->reply, kvd_command_table[i].name);
}

void kvd_run_command(const kvd_call *call) {
    kvd_slice sub = call->count == 1 ? KVD_SLICE("info") : call->args[1];
    bool is_alone = call->count <= 2;
    if (kvd_slice_is(sub, "info"))
        (is_alone ? reply_all_infos : reply_infos)(call);
    else if (kvd_slice_is(sub, "docs"))
        (is_alone ? reply_all_docs : reply_some_docs)(call);
    else if (!kvd_slice_is(sub, "count") && !kvd_slice_is(sub, "list"))
        kvd_reply_subcommand_unknown(call->args, call->reply);
    else if (!is_alone)
        kvd_reply_subcommand_arity(call->command, sub, call->reply);
    else if (kvd_slice_is(sub, "count"))
        kvd_reply_integer(call->reply, KVD_COMMANDS);
    else
        reply_names(call);
}
