/* SPDX-License-Identifier: MIT
 *
 * The store: entries, and the tables that find them.
 */
#include "store_inside.h"

#include <string.h>

enum { WORK_BYTES = 256 /* that count as one entry */ };

/* ---- memory ---------------------------------------------------------------------------------- */

void *kvd_store_allocate(kvd_store *store, size_t size) {
    void *memory = ta_allocate(store->allocator, size, _Alignof(max_align_t));
    if (memory != NULL) store->used += size;
    return memory;
}

void kvd_store_release(kvd_store *store, void *memory, size_t size) {
    store->used -= size;
    ta_release(store->allocator, memory, size, _Alignof(max_align_t));
}

static size_t block_size(size_t key_length, size_t capacity) {
    return offsetof(kvd_entry, bytes) + key_length + capacity;
}

static size_t entry_block_size(const kvd_entry *entry) {
    return block_size(entry->hh.keylen, entry->capacity);
}

static void release_entry(kvd_store *store, kvd_entry *entry) {
    kvd_store_release(store, entry, entry_block_size(entry));
}

/* ---- the store ------------------------------------------------------------------------------- */

kvd_store *kvd_store_create(const kvd_store_options *options) {
    const ta_allocator *allocator = options->allocator;
    if (allocator == NULL) allocator = ta_allocator_default();
    kvd_store *store = ta_allocate_zeroed(allocator, 1, sizeof *store, _Alignof(kvd_store));
    if (store == NULL) return NULL;
    TAILQ_INIT(&store->used_order);
    store->used = sizeof *store;
    store->limit = options->memory_max == 0 ? SIZE_MAX : options->memory_max;
    store->seed = options->seed;
    store->allocator = allocator;
    return store;
}

void kvd_store_destroy(kvd_store *store) {
    if (store == NULL) return;
    kvd_store_clear(store);
    ta_release(store->allocator, store, sizeof *store, _Alignof(kvd_store));
}

void kvd_store_set_time(kvd_store *store, int64_t now) { store->now = now; }
int64_t kvd_store_time(const kvd_store *store) { return store->now; }
size_t kvd_store_count(const kvd_store *store) { return store->count; }
size_t kvd_store_timed(const kvd_store *store) { return store->timed; }
size_t kvd_store_used(const kvd_store *store) { return store->used; }
size_t kvd_store_limit(const kvd_store *store) {
    return store->limit == SIZE_MAX ? 0 : store->limit;
}
const kvd_store_figures *kvd_store_figures_of(const kvd_store *store) { return &store->figures; }

/* ---- entries --------------------------------------------------------------------------------- */

static char *value_of(const kvd_entry *entry) { return (char *)entry->bytes + entry->hh.keylen; }

kvd_slice kvd_entry_key(const kvd_entry *entry) {
    return (kvd_slice){entry->bytes, entry->hh.keylen};
}
kvd_slice kvd_entry_value(const kvd_entry *entry) {
    return (kvd_slice){value_of(entry), entry->value_length};
}
char *kvd_entry_data(kvd_entry *entry) { return value_of(entry); }
int64_t kvd_entry_expiry(const kvd_entry *entry) { return entry->expiry; }
size_t kvd_entry_size(const kvd_entry *entry) { return entry_block_size(entry) + KVD_SHARE; }

/* ---- the tables ------------------------------------------------------------------------------ */

/* Which table and, there, which bucket: bits of one hash that do not overlap. */
typedef struct place {
    uint8_t table;
    uint32_t hash;
} place;

static place place_of(const kvd_store *store, kvd_slice key) {
    uint64_t hash = ta_hash_bytes(key.data, key.length, store->seed);
    return (place){(uint8_t)(hash >> (64 - KVD_TABLES_LOG2)), (uint32_t)hash};
}

static kvd_entry *look_up(const kvd_store *store, kvd_slice key, place where) {
    kvd_entry *found;
    HASH_FIND_BYHASHVALUE(hh, store->tables[where.table], key.data, key.length, where.hash, found);
    return found;
}

/* False without memory for a larger table. */
static bool table_add(kvd_store *store, kvd_entry *entry, size_t key_length, place where) {
    entry->table = where.table;
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, store->tables[where.table], entry->bytes, key_length,
                                where.hash, entry);
    return entry->hh.tbl != NULL;
}

static void table_remove(kvd_store *store, kvd_entry *entry) {
    HASH_DELETE(hh, store->tables[entry->table], entry);
}

/* ---- adding and removing --------------------------------------------------------------------- */

static void set_expiry(kvd_store *store, kvd_entry *entry, int64_t expiry) {
    if (entry->expiry == expiry) return;
    if (entry->expiry != KVD_NEVER) kvd_wheel_remove(store, entry);
    entry->expiry = expiry;
    if (expiry != KVD_NEVER) kvd_wheel_add(store, entry);
}

void kvd_store_set_expiry(kvd_store *store, kvd_entry *entry, int64_t expiry) {
    set_expiry(store, entry, expiry);
}

void kvd_store_remove(kvd_store *store, kvd_entry *entry) {
    set_expiry(store, entry, KVD_NEVER);
    kvd_order_remove(store, entry);
    table_remove(store, entry);
    store->count--;
    release_entry(store, entry);
}

/* Whoever looks up an entry that has expired removes it. */
static kvd_entry *find_live(kvd_store *store, kvd_slice key, place where) {
    kvd_entry *entry = look_up(store, key, where);
    if (entry == NULL || !kvd_entry_is_expired(store, entry)) return entry;
    kvd_store_remove(store, entry);
    store->figures.expired++;
    return NULL;
}

kvd_entry *kvd_store_find(kvd_store *store, kvd_slice key, unsigned how) {
    kvd_entry *entry = find_live(store, key, place_of(store, key));
    if (how & KVD_COUNT) {
        store->figures.hits += entry != NULL;
        store->figures.misses += entry == NULL;
    }
    if (entry != NULL && (how & KVD_TOUCH)) kvd_order_touch(store, entry);
    return entry;
}

/* A new entry with room for a value, in the table and in the order of use, without expiry. `old`
 * (may be NULL) is the one that it will take the place of. */
static kvd_entry *make_entry(kvd_store *store, kvd_slice key, place where, size_t capacity,
                             const kvd_entry *old) {
    if (key.length > UINT32_MAX || capacity > UINT32_MAX) return NULL;
    size_t size = block_size(key.length, capacity);
    size_t freed = old == NULL ? 0 : entry_block_size(old);
    if (size > freed && !kvd_evict_for(store, size - freed, old)) return NULL;
    kvd_entry *entry = kvd_store_allocate(store, size);
    if (entry == NULL) return NULL;
    memset(entry, 0, offsetof(kvd_entry, bytes));
    entry->hh.keylen = (unsigned)key.length;
    entry->expiry = KVD_NEVER;
    entry->capacity = (uint32_t)capacity;
    if (key.length > 0) memcpy(entry->bytes, key.data, key.length);
    if (!table_add(store, entry, key.length, where)) {
        release_entry(store, entry);
        return NULL;
    }
    kvd_order_add(store, entry);
    store->count++;
    return entry;
}

/* When the table has grown, the limit may be passed. */
static kvd_entry *keep_limit(kvd_store *store, kvd_entry *entry) {
    (void)kvd_evict_for(store, 0, entry);
    return entry;
}

/* Does a value of that length stay in the block, neither too large for it nor wasting it? */
static bool fits(const kvd_entry *entry, size_t length) {
    return length <= entry->capacity && entry->capacity - length <= length + 64;
}

kvd_entry *kvd_store_put(kvd_store *store, kvd_slice key, kvd_slice value, int64_t expiry) {
    place where = place_of(store, key);
    kvd_entry *old = find_live(store, key, where), *entry = old;
    if (old == NULL || !fits(old, value.length)) {
        entry = make_entry(store, key, where, value.length, old);
        if (entry == NULL) return NULL;
        if (old != NULL) kvd_store_remove(store, old);
    } else {
        kvd_order_touch(store, entry);
    }
    entry->value_length = (uint32_t)value.length;
    if (value.length > 0) memcpy(value_of(entry), value.data, value.length);
    set_expiry(store, entry, expiry);
    return keep_limit(store, entry);
}

/* A larger block for a value that grows, with spare room for it to grow again, if there is
 * so much. */
static kvd_entry *enlarge(kvd_store *store, kvd_entry *old, size_t length) {
    kvd_slice key = kvd_entry_key(old);
    place where = {old->table, old->hh.hashv};
    kvd_entry *entry = make_entry(store, key, where, length + length / 4, old);
    if (entry == NULL) entry = make_entry(store, key, where, length, old);
    if (entry == NULL) return NULL;
    memcpy(value_of(entry), value_of(old), old->value_length);
    store->figures.work += old->value_length / WORK_BYTES;
    entry->value_length = old->value_length;
    set_expiry(store, entry, old->expiry);
    kvd_store_remove(store, old);
    return keep_limit(store, entry);
}

kvd_entry *kvd_store_resize(kvd_store *store, kvd_entry *entry, size_t length) {
    if (length > entry->capacity) entry = enlarge(store, entry, length);
    if (entry == NULL) return NULL;
    if (length > entry->value_length) {
        size_t more = length - entry->value_length;
        memset(value_of(entry) + entry->value_length, 0, more);
        store->figures.work += more / WORK_BYTES;
    }
    entry->value_length = (uint32_t)length;
    return entry;
}

void kvd_store_clear(kvd_store *store) {
    for (size_t i = 0; i < KVD_TABLES; i++) HASH_CLEAR(hh, store->tables[i]);
    kvd_entry *entry = TAILQ_FIRST(&store->used_order), *next;
    for (; entry != NULL; entry = next) {
        next = TAILQ_NEXT(entry, used);
        release_entry(store, entry);
    }
    TAILQ_INIT(&store->used_order);
    memset(store->wheel, 0, sizeof store->wheel);
    LIST_INIT(&store->due_now);
    store->is_taken = false;
    store->figures.work += store->count;
    store->count = store->timed = 0;
}
