/* SPDX-License-Identifier: MIT
 *
 * The keyspace of one shard: binary keys and values, expiry, and eviction of the least recently
 * used under a memory limit.
 *
 * Thread rules: one thread at a time. All memory comes from the allocator of its options, and
 * is counted. Times are milliseconds since the epoch, and come from the caller.
 */
#ifndef KVD_STORE_H
#define KVD_STORE_H

#include "bytes.h"

typedef struct kvd_store kvd_store;
typedef struct kvd_entry kvd_entry;

#define KVD_NEVER INT64_MAX /* the expiry of an entry that has none */

typedef struct kvd_store_options {
    size_t memory_max;             /* bytes; 0: no limit */
    uint64_t seed;                 /* of the keys' hashes; what a client must not know */
    const ta_allocator *allocator; /* NULL: the default one. Outlives the store. */
} kvd_store_options;

/* What happened since the store was made. */
typedef struct kvd_store_figures {
    uint64_t hits, misses; /* of look-ups with KVD_COUNT */
    uint64_t expired, evicted;
    /* What single calls have cost beyond a look-up: entries and buckets that were walked through or
     * thrown away, bytes that were moved or zeroed at 256 to one. */
    uint64_t work;
} kvd_store_figures;

/* NULL without memory. */
kvd_store *kvd_store_create(const kvd_store_options *options);
void kvd_store_destroy(kvd_store *store);

/* The store's clock; entries whose expiry is not after it are not there. Going back is allowed. */
void kvd_store_set_time(kvd_store *store, int64_t now);
int64_t kvd_store_time(const kvd_store *store);

size_t kvd_store_count(const kvd_store *store); /* expired and not removed yet: counted */
size_t kvd_store_timed(const kvd_store *store); /* of these, with an expiry */
size_t kvd_store_used(const kvd_store *store);  /* bytes, all that the store has allocated */
size_t kvd_store_limit(const kvd_store *store);
const kvd_store_figures *kvd_store_figures_of(const kvd_store *store);

/* ---- entries; pointers are good until the next call that may add, change or remove ----------- */

/* What a look-up does besides. */
enum {
    KVD_PEEK = 0,
    KVD_TOUCH = 1, /* makes the entry the most recently used */
    KVD_COUNT = 2  /* counts a hit or a miss */
};

/* The entry of `key`, or NULL. Removes it when it has expired. */
kvd_entry *kvd_store_find(kvd_store *store, kvd_slice key, unsigned how);

kvd_slice kvd_entry_key(const kvd_entry *entry);
kvd_slice kvd_entry_value(const kvd_entry *entry);
char *kvd_entry_data(kvd_entry *entry);           /* the value, to write into */
int64_t kvd_entry_expiry(const kvd_entry *entry); /* KVD_NEVER: none */
size_t kvd_entry_size(const kvd_entry *entry);    /* bytes, with its share of the tables */

/* Key and value, whatever was there before; `expiry` as it is said here. NULL when there is no room
 * under the limit even after evicting others, or no memory: the store is as it was then, but for
 * what was evicted. `key` and `value` must not lie in the store. */
kvd_entry *kvd_store_put(kvd_store *store, kvd_slice key, kvd_slice value, int64_t expiry);

/* The same entry with a value of `length` bytes: the first ones are kept, new ones are 0. It
 * may have moved. NULL as above; the entry is as it was then. */
kvd_entry *kvd_store_resize(kvd_store *store, kvd_entry *entry, size_t length);

void kvd_store_set_expiry(kvd_store *store, kvd_entry *entry, int64_t expiry);
void kvd_store_remove(kvd_store *store, kvd_entry *entry);
void kvd_store_clear(kvd_store *store);

/* Evicts until `needed` more bytes fit under the limit. False when they do not fit even alone. */
bool kvd_store_make_room(kvd_store *store, size_t needed);

/* ---- all of them ----------------------------------------------------------------------------- */

/* Visits some entries, at least `count` while there are so many, and returns where to go on; begin
 * with 0, and 0 is the end. An entry that is there from the begin to the end is visited at
 * least once, whatever is added and removed between the calls; one may be visited twice. Expired
 * ones are not shown. `visit` must not change the store. Cursors stay below 2^56. */
typedef void kvd_visit(void *context, const kvd_entry *entry);
uint64_t kvd_store_scan(kvd_store *store, uint64_t cursor, size_t count, kvd_visit *visit,
                        void *context);

/* Some entry that has not expired; NULL when there is none. Not exactly uniform. `random`: 64
 * random bits. */
kvd_entry *kvd_store_random(kvd_store *store, uint64_t random);

/* Removes entries that have expired at `now`, which becomes the store's time. Looks at no more than
 * `budget` entries; says how many it removed. *more (may be NULL): it stopped for the budget. */
size_t kvd_store_expire(kvd_store *store, int64_t now, size_t budget, bool *more);

#endif
