/* SPDX-License-Identifier: MIT
 *
 * SET and its relatives: a value with options and an expiry.
 */
#include "cmd.h"

#include <strings.h>

enum {
    NX = 1 << 0,
    XX = 1 << 1,
    GET = 1 << 2,
    KEEPTTL = 1 << 3,
    PERSIST = 1 << 4,
    EX = 1 << 5,
    PX = 1 << 6,
    EXAT = 1 << 7,
    PXAT = 1 << 8,
    TIMES = EX | PX | EXAT | PXAT
};

typedef struct option {
    const char *word;
    unsigned flag;
    unsigned excludes; /* cannot stand with these. One that stands twice counts as it stands last */
} option;

static const option set_options[] = {
    {"nx", NX, XX},
    {"xx", XX, NX},
    {"get", GET, 0},
    {"keepttl", KEEPTTL, TIMES},
    {"ex", EX, KEEPTTL | (TIMES & ~EX)},
    {"px", PX, KEEPTTL | (TIMES & ~PX)},
    {"exat", EXAT, KEEPTTL | (TIMES & ~EXAT)},
    {"pxat", PXAT, KEEPTTL | (TIMES & ~PXAT)},
    {NULL, 0, 0},
};

static const option getex_options[] = {
    {"persist", PERSIST, TIMES},
    {"ex", EX, PERSIST | (TIMES & ~EX)},
    {"px", PX, PERSIST | (TIMES & ~PX)},
    {"exat", EXAT, PERSIST | (TIMES & ~EXAT)},
    {"pxat", PXAT, PERSIST | (TIMES & ~PXAT)},
    {NULL, 0, 0},
};

/* What a request said behind its key and value. */
typedef struct wish {
    unsigned flags;
    kvd_slice time; /* of one of TIMES */
} wish;

static const option *find_option(const option *options, kvd_slice word) {
    for (; options->word != NULL; options++)
        if (kvd_slice_is(word, options->word)) return options;
    return NULL;
}

static bool read_options(const kvd_call *call, uint32_t from, const option *options, wish *out) {
    *out = (wish){0, {NULL, 0}};
    for (uint32_t i = from; i < call->count; i++) {
        const option *found = find_option(options, call->args[i]);
        bool needs_time = found != NULL && (found->flag & TIMES);
        if (found == NULL || (out->flags & found->excludes) ||
            (needs_time && i + 1 == call->count)) {
            kvd_reply_syntax_error(call->reply);
            return false;
        }
        out->flags |= found->flag;
        if (needs_time) out->time = call->args[++i];
    }
    return true;
}

/* The expiry that a flag of TIMES and its argument mean; must be positive before `base` is
 * added. */
static bool read_time(const kvd_call *call, unsigned flags, kvd_slice time, int64_t *expiry) {
    int64_t number, unit = flags & (EX | EXAT) ? 1000 : 1;
    int64_t base = flags & (EX | PX) ? kvd_store_time(call->store) : 0;
    if (!kvd_argument_integer(time, &number, call->reply)) return false;
    if (number <= 0) {
        kvd_reply_expiry_error(call);
        return false;
    }
    return kvd_expiry_argument(call, time, base, unit, expiry);
}

/* ---- SET ------------------------------------------------------------------------------------- */

/* Stores as the wish says, and replies, unless GET already has. */
static void set(const kvd_call *call, const wish *w, int64_t expiry) {
    kvd_entry *entry = kvd_store_find(call->store, call->args[1], KVD_PEEK);
    if ((w->flags & NX && entry != NULL) || (w->flags & XX && entry == NULL)) {
        if (!(w->flags & GET)) kvd_reply_null(call->reply, call->protocol);
        return;
    }
    if (w->flags & KEEPTTL && entry != NULL) expiry = kvd_entry_expiry(entry);
    if (kvd_call_put(call, call->args[1], call->args[2], expiry) && !(w->flags & GET))
        kvd_reply_ok(call->reply);
}

/* The old value is copied before it is overwritten, and sent only if that could be done. */
static void set_and_get(const kvd_call *call, const wish *w, int64_t expiry) {
    kvd_bytes old = kvd_bytes_make(call->reply->maximum, call->reply->allocator);
    kvd_bytes failure = kvd_bytes_make(call->reply->maximum, call->reply->allocator);
    kvd_call reading = *call, writing = *call;
    reading.reply = &old;
    writing.reply = &failure;
    kvd_reply_entry(&reading, kvd_store_find(call->store, call->args[1], KVD_TOUCH | KVD_COUNT));
    if (old.failed)
        kvd_reply_out_of_memory(&failure);
    else
        set(&writing, w, expiry);
    const kvd_bytes *answer = kvd_bytes_length(&failure) > 0 ? &failure : &old;
    kvd_bytes_append(call->reply, kvd_bytes_data(answer), kvd_bytes_length(answer));
    if (failure.failed) call->reply->failed = true;
    kvd_bytes_clear(&old);
    kvd_bytes_clear(&failure);
}

void kvd_run_set(const kvd_call *call) {
    wish w;
    int64_t expiry = KVD_NEVER;
    if (!read_options(call, 3, set_options, &w)) return;
    if (w.flags & TIMES && !read_time(call, w.flags, w.time, &expiry)) return;
    if (w.flags & GET)
        set_and_get(call, &w, expiry);
    else
        set(call, &w, expiry);
}

void kvd_run_setnx(const kvd_call *call) {
    if (kvd_store_find(call->store, call->args[1], KVD_PEEK) != NULL)
        kvd_reply_integer(call->reply, 0);
    else if (kvd_call_put(call, call->args[1], call->args[2], KVD_NEVER))
        kvd_reply_integer(call->reply, 1);
}

static void set_with_time(const kvd_call *call, unsigned flag) {
    int64_t expiry;
    if (!read_time(call, flag, call->args[2], &expiry)) return;
    if (kvd_call_put(call, call->args[1], call->args[3], expiry)) kvd_reply_ok(call->reply);
}

void kvd_run_setex(const kvd_call *call) { set_with_time(call, EX); }
void kvd_run_psetex(const kvd_call *call) { set_with_time(call, PX); }

/* ---- GETEX ----------------------------------------------------------------------------------- */

void kvd_run_getex(const kvd_call *call) {
    wish w;
    int64_t expiry = KVD_NEVER;
    if (!read_options(call, 2, getex_options, &w)) return;
    kvd_entry *entry = kvd_store_find(call->store, call->args[1], KVD_TOUCH | KVD_COUNT);
    if (entry == NULL) {
        kvd_reply_null(call->reply, call->protocol);
        return;
    }
    if (w.flags & TIMES && !read_time(call, w.flags, w.time, &expiry)) return;
    kvd_reply_entry(call, entry);
    if (!(w.flags & (TIMES | PERSIST))) return;
    if (expiry <= kvd_store_time(call->store))
        kvd_store_remove(call->store, entry);
    else
        kvd_store_set_expiry(call->store, entry, expiry);
}
