/* SPDX-License-Identifier: MIT
 *
 * Commands about expiry.
 */
#include "cmd.h"

#include <stdio.h>

enum { NX = 1, XX = 2, GT = 4, LT = 8 };

static const char *const words[] = {"nx", "xx", "gt", "lt"};

static bool reply_unsupported(const kvd_call *call, kvd_slice option) {
    kvd_reply_error_format(call->reply, "ERR Unsupported option %.*s",
                           (int)(option.length < 512 ? option.length : 512), option.data);
    return false;
}

static bool read_conditions(const kvd_call *call, unsigned *conditions) {
    *conditions = 0;
    for (uint32_t i = 3; i < call->count; i++) {
        unsigned index = 0;
        while (index < 4 && !kvd_slice_is(call->args[i], words[index])) index++;
        if (index == 4) return reply_unsupported(call, call->args[i]);
        *conditions |= 1u << index;
    }
    if (*conditions & NX && *conditions & (XX | GT | LT)) {
        kvd_reply_error(call->reply, "ERR NX and XX, GT or LT options at the same time are not "
                                     "compatible");
        return false;
    }
    if (*conditions & GT && *conditions & LT) {
        kvd_reply_error(call->reply, "ERR GT and LT options at the same time are not compatible");
        return false;
    }
    return true;
}

/* Without an expiry lasts longest: KVD_NEVER is the largest number. */
static bool is_wanted(unsigned conditions, int64_t current, int64_t expiry) {
    if (conditions & NX && current != KVD_NEVER) return false;
    if (conditions & XX && current == KVD_NEVER) return false;
    if (conditions & GT && expiry <= current) return false;
    if (conditions & LT && expiry >= current && current != KVD_NEVER) return false;
    return true;
}

static void expire(const kvd_call *call, int64_t base, int64_t unit) {
    unsigned conditions;
    int64_t expiry;
    if (!read_conditions(call, &conditions)) return;
    if (!kvd_expiry_argument(call, call->args[2], base, unit, &expiry)) return;
    kvd_entry *entry = kvd_store_find(call->store, call->args[1], KVD_TOUCH);
    if (entry == NULL || !is_wanted(conditions, kvd_entry_expiry(entry), expiry)) {
        kvd_reply_integer(call->reply, 0);
        return;
    }
    if (expiry <= kvd_store_time(call->store))
        kvd_store_remove(call->store, entry);
    else
        kvd_store_set_expiry(call->store, entry, expiry);
    kvd_reply_integer(call->reply, 1);
}

void kvd_run_expire(const kvd_call *call) { expire(call, kvd_store_time(call->store), 1000); }
void kvd_run_pexpire(const kvd_call *call) { expire(call, kvd_store_time(call->store), 1); }
void kvd_run_expireat(const kvd_call *call) { expire(call, 0, 1000); }
void kvd_run_pexpireat(const kvd_call *call) { expire(call, 0, 1); }

void kvd_run_persist(const kvd_call *call) {
    kvd_entry *entry = kvd_store_find(call->store, call->args[1], KVD_TOUCH);
    bool had_expiry = entry != NULL && kvd_entry_expiry(entry) != KVD_NEVER;
    if (had_expiry) kvd_store_set_expiry(call->store, entry, KVD_NEVER);
    kvd_reply_integer(call->reply, had_expiry);
}

/* -2: no such key; -1: no expiry. Looking at it is no use of the key. */
static void tell(const kvd_call *call, int64_t base, int64_t unit) {
    kvd_entry *entry = kvd_store_find(call->store, call->args[1], KVD_COUNT);
    int64_t answer = -2;
    if (entry != NULL) {
        int64_t expiry = kvd_entry_expiry(entry);
        bool is_timed = expiry != KVD_NEVER;
        /* That stands for the latest point in time, too: see kvd_expiry_argument(). */
        if (expiry == KVD_NEVER - 1) expiry = INT64_MAX;
        answer = is_timed ? (expiry - base) / unit : -1;
        /* Seconds are rounded. */
        if (is_timed && unit > 1 && (expiry - base) % unit >= unit / 2) answer++;
    }
    kvd_reply_integer(call->reply, answer);
}

void kvd_run_ttl(const kvd_call *call) { tell(call, kvd_store_time(call->store), 1000); }
void kvd_run_pttl(const kvd_call *call) { tell(call, kvd_store_time(call->store), 1); }
void kvd_run_expiretime(const kvd_call *call) { tell(call, 0, 1000); }
void kvd_run_pexpiretime(const kvd_call *call) { tell(call, 0, 1); }
