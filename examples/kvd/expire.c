/* SPDX-License-Identifier: MIT
 *
 * Expiry: a hashed timing wheel (Varghese and Lauck, scheme 6). A slot is a list of the entries
 * whose expiry falls into its ticks, in this turn of the wheel or a later one. So what expires is
 * found without looking at what does not, but for entries of later turns once in a turn.
 *
 * Slots before `tick` are done. The list of the slot at hand is moved to due_now, and goes from
 * there, entry by entry: away, or back to a slot, which may be the same one. So a pass that stops
 * for its budget goes on where it stopped. The slot of the current time is looked at in
 * each pass, as its entries become due one after the other.
 */
#include "store_inside.h"

static int64_t tick_of(int64_t time) { return time >> KVD_TICK_LOG2; }

static struct kvd_entry_list *slot_of(kvd_store *store, int64_t tick) {
    return &store->wheel[(uint64_t)tick % KVD_WHEEL_SLOTS];
}

/* What is due already goes to the slot that is looked at next. */
static void link_entry(kvd_store *store, kvd_entry *entry) {
    int64_t tick = tick_of(entry->expiry);
    LIST_INSERT_HEAD(slot_of(store, tick > store->tick ? tick : store->tick), entry, due);
}

void kvd_wheel_add(kvd_store *store, kvd_entry *entry) {
    link_entry(store, entry);
    store->timed++;
}

void kvd_wheel_remove(kvd_store *store, kvd_entry *entry) {
    LIST_REMOVE(entry, due);
    store->timed--;
}

static void take_slot(kvd_store *store) {
    struct kvd_entry_list *slot = slot_of(store, store->tick);
    LIST_FIRST(&store->due_now) = LIST_FIRST(slot);
    if (!LIST_EMPTY(slot)) LIST_FIRST(slot)->due.le_prev = &LIST_FIRST(&store->due_now);
    LIST_INIT(slot);
    store->is_taken = true;
}

/* Looks at the entries of due_now; false when the budget ends before. */
static bool look_through(kvd_store *store, size_t *budget, size_t *removed) {
    kvd_entry *entry;
    while ((entry = LIST_FIRST(&store->due_now)) != NULL) {
        if (*budget == 0) return false;
        --*budget;
        if (kvd_entry_is_expired(store, entry)) {
            kvd_store_remove(store, entry);
            store->figures.expired++;
            ++*removed;
        } else {
            LIST_REMOVE(entry, due);
            link_entry(store, entry);
        }
    }
    return true;
}

/* The tick to begin with: no more than one turn back, and never in the future. */
static void settle_tick(kvd_store *store, int64_t now_tick) {
    int64_t tick = store->tick, oldest = now_tick - KVD_WHEEL_SLOTS + 1;
    if (tick < oldest) tick = oldest;
    if (tick > now_tick || store->timed == 0) tick = now_tick;
    if (tick != store->tick) store->is_taken = false;
    store->tick = tick;
}

size_t kvd_store_expire(kvd_store *store, int64_t now, size_t budget, bool *more) {
    size_t removed = 0;
    int64_t now_tick = tick_of(now);
    bool is_through;
    store->now = now;
    settle_tick(store, now_tick);
    while ((is_through = look_through(store, &budget, &removed))) {
        if (store->is_taken) {
            store->is_taken = false;
            if (store->tick == now_tick) break;
            store->tick++;
        }
        take_slot(store);
    }
    if (more != NULL) *more = !is_through;
    return removed;
}
