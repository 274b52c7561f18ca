/* SPDX-License-Identifier: MIT
 *
 * The peer of rwlock_table.h.
 */
#include "rwlock_table.h"

#include <pthread.h>
#include <stdlib.h>

struct peer_table {
    _Alignas(TA_CACHE_LINE) pthread_rwlock_t lock;
    ta_affinity any;
    uint64_t (*make)(uint32_t processor);
    uint64_t *values[]; /* under the lock */
};

peer_table *peer_table_create(ta_affinity any, uint64_t (*make)(uint32_t processor)) {
    uint32_t count = ta_affinity_processor_count(any);
    size_t size = sizeof(peer_table) + count * sizeof(uint64_t *);
    size_t line = TA_CACHE_LINE;
    peer_table *table = aligned_alloc(line, (size + line - 1) / line * line);
    if (table == NULL) return NULL;
    if (pthread_rwlock_init(&table->lock, NULL) != 0) {
        free(table);
        return NULL;
    }
    table->any = any;
    table->make = make;
    for (uint32_t i = 0; i < count; i++) table->values[i] = NULL;
    return table;
}

void peer_table_destroy(peer_table *table) {
    for (uint32_t i = 0; i < ta_affinity_processor_count(table->any); i++) free(table->values[i]);
    pthread_rwlock_destroy(&table->lock);
    free(table);
}

static ta_status find(const peer_table *table, const ta_move *move, uint32_t *out) {
    ta_status status = ta_move_status(move);
    if (status != TA_OK) return status;
    if (!ta_affinity_same_shape(move->destination, table->any)) return TA_E_FOREIGN_AFFINITY;
    *out = ta_affinity_processor(move->destination);
    return *out < ta_affinity_processor_count(table->any) ? TA_OK : TA_E_RANGE;
}

/* Under the write lock. */
static uint64_t *value_of(peer_table *table, uint32_t processor) {
    uint64_t *value = table->values[processor];
    if (__builtin_expect(value == NULL, 0)) {
        value = aligned_alloc(TA_CACHE_LINE, TA_CACHE_LINE);
        if (value == NULL) return NULL;
        *value = table->make(processor);
        table->values[processor] = value;
    }
    return value;
}

ta_status peer_relocate_by_write_lock(peer_handle *handle, const ta_move *move) {
    peer_table *table = handle->table;
    uint32_t processor;
    ta_status status = find(table, move, &processor);
    if (status != TA_OK) return status;
    pthread_rwlock_wrlock(&table->lock);
    uint64_t *value = value_of(table, processor);
    pthread_rwlock_unlock(&table->lock);
    if (value == NULL) return TA_E_NOMEM;
    handle->value = value;
    return TA_OK;
}

ta_status peer_relocate_by_read_lock(peer_handle *handle, const ta_move *move) {
    peer_table *table = handle->table;
    uint32_t processor;
    ta_status status = find(table, move, &processor);
    if (status != TA_OK) return status;
    pthread_rwlock_rdlock(&table->lock);
    uint64_t *value = table->values[processor];
    pthread_rwlock_unlock(&table->lock);
    if (value == NULL) return peer_relocate_by_write_lock(handle, move);
    handle->value = value;
    return TA_OK;
}

ta_status peer_relocate_without_lock(peer_handle *handle, const ta_move *move) {
    peer_table *table = handle->table;
    uint32_t processor;
    ta_status status = find(table, move, &processor);
    if (status != TA_OK) return status;
    handle->value = value_of(table, processor);
    return handle->value == NULL ? TA_E_NOMEM : TA_OK;
}
