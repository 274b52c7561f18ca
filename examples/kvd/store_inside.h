/* SPDX-License-Identifier: MIT
 *
 * The inside of the store, for the files that it consists of.
 *
 * An entry is one block: header, key, value, spare room. It is in one of many hash tables, in the
 * list of use, and, if it has an expiry, in a list of the wheel.
 *
 * The tables are uthash's, which says by macros of the including file where memory comes from, and
 * whose growth can be refused. It doubles a table in one go, so a shard has TABLES of them, by the
 * topmost bits of the hash: what one growth moves is a share of 1/TABLES. It never shrinks a table,
 * but drops an empty one. Its buckets are a power of two, chosen by the lowest bits of the hash; so
 * an entry of bucket b is, after growing, in b or b + half: what the cursor of scan.c goes by.
 *
 * Others that were looked at: ck_ht takes keys of up to 64 KiB only. ck_hs, and ta_map on it, leave
 * tombstones, so a cache that evicts for each insertion rebuilds the whole table again and
 * again. tsearch() has no way to go on where a cursor stands.
 */
#ifndef KVD_STORE_INSIDE_H
#define KVD_STORE_INSIDE_H

#include "store.h"

#include <sys/queue.h>

#define HASH_NONFATAL_OOM 1
#define uthash_malloc(size) kvd_store_allocate(store, size)
#define uthash_free(memory, size) kvd_store_release(store, memory, size)
#define uthash_nonfatal_oom(entry) ((entry)->hh.tbl = NULL)
#include <uthash.h>
#undef HASH_INITIAL_NUM_BUCKETS
#undef HASH_INITIAL_NUM_BUCKETS_LOG2
#define HASH_INITIAL_NUM_BUCKETS 8U
#define HASH_INITIAL_NUM_BUCKETS_LOG2 3U

enum {
    KVD_TABLES_LOG2 = 8,
    KVD_TABLES = 1 << KVD_TABLES_LOG2,
    KVD_TICK_LOG2 = 8,                 /* milliseconds of a slot of the wheel */
    KVD_WHEEL_SLOTS = 4096,            /* a turn of the wheel takes 17 minutes */
    KVD_SHARE = sizeof(UT_hash_bucket) /* of the tables; about one bucket for each entry */
};

struct kvd_entry {
    UT_hash_handle hh;           /* key, keylen and hashv are here */
    TAILQ_ENTRY(kvd_entry) used; /* store->used_order */
    LIST_ENTRY(kvd_entry) due; /* a slot of the wheel, or store->due_now; if expiry is not NEVER */
    int64_t expiry;
    uint32_t value_length, capacity; /* capacity: bytes for the value */
    uint8_t table;
    char bytes[]; /* key, value */
};

TAILQ_HEAD(kvd_entry_order, kvd_entry);
LIST_HEAD(kvd_entry_list, kvd_entry);

struct kvd_store {
    kvd_entry *tables[KVD_TABLES];     /* uthash's heads */
    struct kvd_entry_order used_order; /* the most recently used first */
    struct kvd_entry_list wheel[KVD_WHEEL_SLOTS];
    struct kvd_entry_list due_now; /* to be looked at */
    bool is_taken;                 /* due_now was the slot of `tick` */
    int64_t tick;                  /* slots before this one are done */
    int64_t now;
    size_t count, timed;
    size_t used; /* bytes: this struct, the entries, the tables */
    size_t limit;
    uint64_t seed;
    const ta_allocator *allocator;
    kvd_store_figures figures;
};

/* From the store's allocator, and counted. The limit is not looked at. */
void *kvd_store_allocate(kvd_store *store, size_t size);
void kvd_store_release(kvd_store *store, void *memory, size_t size);

static inline bool kvd_entry_is_expired(const kvd_store *store, const kvd_entry *entry) {
    return entry->expiry <= store->now;
}

/* evict.c: the list of use, and the limit. `keep` (may be NULL) is not evicted. */
void kvd_order_add(kvd_store *store, kvd_entry *entry);
void kvd_order_touch(kvd_store *store, kvd_entry *entry);
void kvd_order_remove(kvd_store *store, kvd_entry *entry);
bool kvd_evict_for(kvd_store *store, size_t needed, const kvd_entry *keep);

/* expire.c: the wheel. For entries with an expiry; add sets nothing but the links. */
void kvd_wheel_add(kvd_store *store, kvd_entry *entry);
void kvd_wheel_remove(kvd_store *store, kvd_entry *entry);

#endif
