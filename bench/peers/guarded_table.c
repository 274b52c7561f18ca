/* SPDX-License-Identifier: MIT
 *
 * The peer of guarded_table.h.
 */
#include "guarded_table.h"

#include <pthread.h>
#include <stdlib.h>

typedef struct entry {
    uint64_t *value;     /* under the lock */
    peer_shared *shared; /* under the mutex */
} entry;

struct peer_guarded {
    _Alignas(TA_CACHE_LINE) pthread_rwlock_t lock;
    _Alignas(TA_CACHE_LINE) pthread_mutex_t mutex;
    uint32_t count;
    entry entries[];
};

static uint64_t *new_value(uint64_t value) {
    uint64_t *made = malloc(sizeof *made);
    if (made != NULL) *made = value;
    return made;
}

void peer_guarded_destroy(peer_guarded *table) {
    for (uint32_t i = 0; i < table->count; i++) {
        free(table->entries[i].value);
        if (table->entries[i].shared != NULL) peer_shared_drop(table->entries[i].shared);
    }
    pthread_mutex_destroy(&table->mutex);
    pthread_rwlock_destroy(&table->lock);
    free(table);
}

peer_guarded *peer_guarded_create(uint32_t count, uint64_t (*value_of)(uint32_t index)) {
    size_t line = TA_CACHE_LINE;
    size_t size = sizeof(peer_guarded) + count * sizeof(entry);
    peer_guarded *table = aligned_alloc(line, (size + line - 1) / line * line);
    if (table == NULL) return NULL;
    table->count = count;
    pthread_rwlock_init(&table->lock, NULL);
    pthread_mutex_init(&table->mutex, NULL);
    bool whole = true;
    for (uint32_t i = 0; i < count; i++) {
        table->entries[i] = (entry){new_value(value_of(i)), peer_shared_create(value_of(i))};
        whole = whole && table->entries[i].value != NULL && table->entries[i].shared != NULL;
    }
    if (whole) return table;
    peer_guarded_destroy(table);
    return NULL;
}

const uint64_t *peer_guarded_read_begin(peer_guarded *table, uint32_t index) {
    pthread_rwlock_rdlock(&table->lock);
    return table->entries[index].value;
}

void peer_guarded_read_end(peer_guarded *table) { pthread_rwlock_unlock(&table->lock); }

bool peer_guarded_replace(peer_guarded *table, uint32_t index, uint64_t value) {
    uint64_t *made = new_value(value);
    if (made == NULL) return false;
    pthread_rwlock_wrlock(&table->lock);
    uint64_t *before = table->entries[index].value;
    table->entries[index].value = made;
    pthread_rwlock_unlock(&table->lock);
    free(before);
    return true;
}

peer_shared *peer_guarded_share(peer_guarded *table, uint32_t index) {
    pthread_mutex_lock(&table->mutex);
    peer_shared *shared = peer_shared_clone(table->entries[index].shared);
    pthread_mutex_unlock(&table->mutex);
    return shared;
}
