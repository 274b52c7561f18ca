/* SPDX-License-Identifier: MIT
 *
 * The store's memory limit: entries in the order of their last use, and the end of the order gives
 * way. The order is exact, at a cost of two pointers for each entry; who reads an entry
 * writes to its neighbours, but only the caller's thread ever looks at them.
 */
#include "store_inside.h"

void kvd_order_add(kvd_store *store, kvd_entry *entry) {
    TAILQ_INSERT_HEAD(&store->used_order, entry, used);
}

void kvd_order_touch(kvd_store *store, kvd_entry *entry) {
    if (entry == TAILQ_FIRST(&store->used_order)) return;
    TAILQ_REMOVE(&store->used_order, entry, used);
    TAILQ_INSERT_HEAD(&store->used_order, entry, used);
}

void kvd_order_remove(kvd_store *store, kvd_entry *entry) {
    TAILQ_REMOVE(&store->used_order, entry, used);
}

/* The least recently used entry that may go. */
static kvd_entry *next_victim(const kvd_store *store, const kvd_entry *keep) {
    kvd_entry *last = TAILQ_LAST(&store->used_order, kvd_entry_order);
    return last != keep || last == NULL ? last : TAILQ_PREV(last, kvd_entry_order, used);
}

/* Memory that can never be freed by evicting: for what cannot fit, nothing is evicted in vain. */
static bool can_fit(const kvd_store *store, size_t needed, const kvd_entry *keep) {
    size_t fixed = sizeof *store + (keep == NULL ? 0 : kvd_entry_size(keep));
    return fixed <= store->limit && needed <= store->limit - fixed;
}

bool kvd_evict_for(kvd_store *store, size_t needed, const kvd_entry *keep) {
    if (store->used <= store->limit && needed <= store->limit - store->used) return true;
    if (!can_fit(store, needed, keep)) return false;
    while (store->used > store->limit || needed > store->limit - store->used) {
        kvd_entry *victim = next_victim(store, keep);
        if (victim == NULL) return false;
        bool had_expired = kvd_entry_is_expired(store, victim);
        kvd_store_remove(store, victim);
        store->figures.expired += had_expired;
        store->figures.evicted += !had_expired;
    }
    return true;
}

bool kvd_store_make_room(kvd_store *store, size_t needed) {
    return kvd_evict_for(store, needed, NULL);
}
