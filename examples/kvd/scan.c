/* SPDX-License-Identifier: MIT
 *
 * Walking through the store: a cursor that survives changes, and a random entry.
 *
 * A cursor is the number of a table and a bucket of it. Buckets are taken in the order of their
 * reversed bits, as redis does (Pieter Noordhuis' cursor): a table that has grown in between has
 * split each bucket into those that differ in the new topmost bits alone, which come
 * one behind the other in this order; so what was visited and what was not stays apart. A table
 * that was dropped and begun anew with fewer buckets is visited again in part.
 */
#include "store_inside.h"

enum { BUCKETS_PER_ENTRY = 10 /* empty ones: a step ends after so many for each entry wanted */ };

static uint32_t reversed(uint32_t v) {
    v = (v >> 1 & 0x55555555u) | (v & 0x55555555u) << 1;
    v = (v >> 2 & 0x33333333u) | (v & 0x33333333u) << 2;
    v = (v >> 4 & 0x0f0f0f0fu) | (v & 0x0f0f0f0fu) << 4;
    return __builtin_bswap32(v);
}

/* The bucket behind `bucket` in the order of reversed bits; 0 behind the last one. */
static uint32_t next_bucket(uint32_t bucket, uint32_t buckets) {
    return reversed(reversed(bucket | ~(buckets - 1)) + 1);
}

static kvd_entry *handle_entry(const UT_hash_table *table, UT_hash_handle *handle) {
    return handle == NULL ? NULL : ELMT_FROM_HH(table, handle);
}

static size_t visit_bucket(const kvd_store *store, const UT_hash_table *table, uint32_t bucket,
                           kvd_visit *visit, void *context) {
    size_t visited = 0;
    UT_hash_handle *handle = table->buckets[bucket & (table->num_buckets - 1)].hh_head;
    for (; handle != NULL; handle = handle->hh_next) {
        const kvd_entry *entry = handle_entry(table, handle);
        visited++;
        if (!kvd_entry_is_expired(store, entry)) visit(context, entry);
    }
    return visited;
}

uint64_t kvd_store_scan(kvd_store *store, uint64_t cursor, size_t count, kvd_visit *visit,
                        void *context) {
    size_t most = SIZE_MAX / BUCKETS_PER_ENTRY;
    size_t buckets_left = BUCKETS_PER_ENTRY * (count < most ? count : most), visited = 0;
    uint32_t index = cursor % KVD_TABLES, bucket = (uint32_t)(cursor / KVD_TABLES);
    for (; index < KVD_TABLES; index++, bucket = 0) {
        if (store->tables[index] == NULL) continue;
        const UT_hash_table *table = store->tables[index]->hh.tbl;
        do {
            if (visited >= count || buckets_left-- == 0)
                return (uint64_t)bucket * KVD_TABLES + index;
            size_t found = visit_bucket(store, table, bucket, visit, context);
            visited += found;
            store->figures.work += 1 + found;
            bucket = next_bucket(bucket, table->num_buckets);
        } while (bucket != 0);
    }
    return 0;
}

/* ---- a random entry -------------------------------------------------------------------------- */

/* Somewhere in a chain. */
static kvd_entry *pick_of_bucket(const UT_hash_table *table, const UT_hash_bucket *bucket,
                                 uint32_t random) {
    UT_hash_handle *handle = bucket->hh_head;
    for (uint32_t steps = random % bucket->count; steps > 0; steps--) handle = handle->hh_next;
    return handle_entry(table, handle);
}

/* The first bucket with something in it, from a random one on, of the first table with something in
 * it, from a random one on. count > 0. */
static kvd_entry *pick(const kvd_store *store, uint64_t random) {
    uint32_t index = (uint32_t)(random % KVD_TABLES), at = (uint32_t)(random >> KVD_TABLES_LOG2);
    while (store->tables[index] == NULL) index = (index + 1) % KVD_TABLES;
    const UT_hash_table *table = store->tables[index]->hh.tbl;
    while (table->buckets[at & (table->num_buckets - 1)].count == 0) at++;
    return pick_of_bucket(table, &table->buckets[at & (table->num_buckets - 1)],
                          (uint32_t)(random >> 40));
}

kvd_entry *kvd_store_random(kvd_store *store, uint64_t random) {
    while (store->count > 0) {
        kvd_entry *entry = pick(store, random);
        if (!kvd_entry_is_expired(store, entry)) return entry;
        kvd_store_remove(store, entry);
        store->figures.expired++;
    }
    return NULL;
}
