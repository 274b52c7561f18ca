/* SPDX-License-Identifier: MIT
 *
 * The model of explicit storage: putting values in, reading them pinned, and when they end.
 */
#include "per_affinity_storage.h"

storage_model storages[STORAGES];
part parts[PARTS];

static struct {
    ta_pin real;
    storage_model *storage; /* NULL: not held */
    uint64_t id;
    unsigned since;
} pins[PINS];

static unsigned storage_count, now;
static uint64_t part_count;
static uint64_t ended[PARTS];
static size_t ended_count;

/* ---- values ---------------------------------------------------------------------------------- */

static piece make_piece(void) {
    piece made = {++part_count, ta_string_make("piece", NULL)};
    CHECK(part_count < PARTS);
    parts[made.id] = (part){.at = LOOSE};
    return made;
}

ta_status relocate_piece(piece *value, const ta_move *move) {
    (void)move;
    CHECK(value == NULL); /* storage relocates no values */
    return TA_OK;
}

ta_status clone_piece(const piece *value, piece *out, const ta_allocator *allocator) {
    CHECK(parts[value->id].at == PLACED && w.frame != NULL);
    w.frame->failure = TA_OK; /* no memory for a record, perhaps, and another one was found */
    if (w.fail_probe != 0 && --w.fail_probe == 0) return event_fail(TA_E_SYSTEM);
    *out = (piece){0, ta_string_make(value->text, allocator)};
    if (out->text == NULL) return event_fail(TA_E_NOMEM);
    return TA_OK;
}

void destroy_piece(piece *value) {
    part *p = &parts[value->id];
    if (value->id != 0) { /* else a clone */
        CHECK(value->id <= part_count && p->at != ENDED);
        if (p->at == LOOSE)
            p->at = ENDED;
        else
            ended[ended_count++] = value->id;
        CHECK(ended_count < PARTS);
    }
    ta_destroy(&ta_string_type, &value->text);
}

void part_check(uint64_t id, piece *value) {
    part *p = &parts[id];
    CHECK(value != NULL && value->id == id && p->at != ENDED && p->at != LOOSE);
    CHECK((uintptr_t)value % TA_CACHE_LINE == 0 && strcmp(value->text, "piece") == 0);
    if (p->address == NULL) p->address = value;
    CHECK(p->address == value);
}

/* ---- ends ------------------------------------------------------------------------------------ */

static bool is_pinned(const storage_model *s) {
    for (size_t i = 0; i < PINS; i++)
        if (pins[i].storage == s) return true;
    return false;
}

/* A pin is held that may have found it. */
static bool is_seen(const part *p) {
    for (size_t i = 0; i < PINS; i++)
        if (pins[i].storage == p->owner && pins[i].since < p->replaced) return true;
    return false;
}

static void end_part(storage_model *s, uint64_t id) {
    part *p = &parts[id];
    CHECK(p->owner == s && (p->at == WAITING || p->at == KEPT));
    CHECK(p->references == 0 && !is_seen(p));
    p->at = ENDED;
}

/* First what waited, then the slots' values in their order, and nothing is left. */
static void tear_down(storage_model *s) {
    size_t next = 0;
    s->gone = true;
    while (next < ended_count && parts[ended[next]].at != PLACED) end_part(s, ended[next++]);
    for (uint32_t i = 0; i < s->places.slot_count; i++) {
        if (s->slots[i] == 0) continue;
        CHECK(next < ended_count && ended[next] == s->slots[i]);
        CHECK(parts[s->slots[i]].references == 0);
        parts[s->slots[i]].at = ENDED;
        next++;
    }
    CHECK(next == ended_count);
    for (uint64_t id = 1; id <= part_count; id++)
        CHECK(parts[id].owner != s || parts[id].at == ENDED);
}

void storage_ended(storage_model *s, uint64_t may) {
    if (!s->owned && s->references == 0) {
        tear_down(s);
    } else {
        for (size_t i = 0; i < ended_count; i++) {
            CHECK(may == 0 || ended[i] == may);
            end_part(s, ended[i]);
        }
    }
    ended_count = 0;
}

void storage_ended_nothing(void) { CHECK(ended_count == 0); }

/* No pin was held: nothing keeps the value but references. */
static void must_be_reclaimed(part *p) {
    if (p->at != WAITING) return;
    CHECK(p->references > 0);
    p->at = KEPT;
}

/* ---- storage --------------------------------------------------------------------------------- */

void storage_open(void) {
    memset(storages, 0, sizeof storages);
    memset(parts, 0, (part_count + 1) * sizeof *parts);
    memset(pins, 0, sizeof pins);
    storage_count = now = 0;
    part_count = 0;
    stored_open();
}

storage_model *storage_choose(void) {
    unsigned first = choose(STORAGES);
    for (unsigned i = 0; i < storage_count; i++) {
        storage_model *s = &storages[(first + i) % storage_count];
        if (!s->gone) return s;
    }
    return NULL;
}

ta_status storage_predict(const storage_model *s, ta_affinity affinity, uint32_t *slot) {
    ta_status status = array_predict(&s->places, affinity, slot);
    return status == TA_OK && s->slots[*slot] == 0 ? TA_E_EMPTY : status;
}

ta_status storage_status(const frame *f, ta_status expected, bool is_done) {
    if (f->failure == TA_OK || (f->failure == TA_E_NOMEM && is_done && !f->has_failed))
        return expected;
    return f->failure;
}

void storage_create(void) {
    frame f;
    pieces made = {(void *)&f};
    if (storage_count == STORAGES) return;
    storage_model *s = &storages[storage_count];
    *s = (storage_model){.owned = true};
    ta_per_affinity_options options = array_choose_options(&s->places);
    if (choose(8) != 0) options.source = TA_AFFINITY_UNKNOWN;
    frame_open(&f, NULL, NULL, 0);
    ta_status status = pieces_create(&made, &options);
    w.frame = f.outer;
    CHECK(status == (ta_affinity_is_unknown(options.source) ? f.failure : TA_E_INVALID));
    CHECK((status == TA_OK) == (made.storage != NULL));
    s->real = made.storage;
    if (status == TA_OK) storage_count++;
}

static void destroy(storage_model *s) {
    pieces real = {s->real};
    if (!s->owned) return;
    s->owned = false;
    if (s->references == 0) storage_unpin_all(s);
    pieces_destroy(&real);
    CHECK(real.storage == NULL);
    if (s->references == 0)
        storage_ended(s, 0);
    else
        storage_ended_nothing();
}

void storage_destroy(void) {
    storage_model *s = storage_choose();
    if (s != NULL) destroy(s);
}

/* All references first or last. */
void storage_close(void) {
    bool owners_first = choose(2) == 0;
    for (unsigned i = 0; i < storage_count; i++) storage_unpin_all(&storages[i]);
    if (!owners_first) stored_drop_all();
    for (unsigned i = 0; i < storage_count; i++) destroy(&storages[i]);
    stored_drop_all();
    for (unsigned i = 0; i < storage_count; i++) CHECK(storages[i].gone);
    for (uint64_t id = 1; id <= part_count; id++) CHECK(parts[id].at == ENDED);
}

/* ---- putting values in ----------------------------------------------------------------------- */

/* The slot has another value, or none, and the one from before may have ended. */
static void exchange(storage_model *s, uint32_t slot, uint64_t id, ta_stored *previous) {
    uint64_t old = s->slots[slot];
    s->slots[slot] = id;
    if (old == 0) {
        if (previous != NULL) CHECK(previous->storage == NULL && previous->value == NULL);
        storage_ended(s, 0);
        return;
    }
    part *p = &parts[old];
    p->at = WAITING;
    p->replaced = ++now;
    if (previous != NULL) {
        CHECK(previous->storage == s->real);
        p->references++;
        s->references++;
    }
    storage_ended(s, 0);
    if (!is_pinned(s)) must_be_reclaimed(p);
    if (previous != NULL) {
        part_check(old, previous->value);
        stored_keep(s, old, *previous);
    }
}

void storage_replace(void) {
    frame f;
    uint32_t slot;
    pieces_stored previous;
    storage_model *s = storage_choose();
    if (s == NULL || part_count + 1 == PARTS) return;
    ta_affinity affinity = choose_affinity(&s->places);
    bool asks = choose(2) == 0;
    ta_status expected = array_predict(&s->places, affinity, &slot);
    piece value = make_piece();
    memset(&previous, 0xa5, sizeof previous);
    frame_open(&f, NULL, NULL, 0);
    ta_status status = pieces_replace((pieces){s->real}, affinity, value, asks ? &previous : NULL);
    w.frame = f.outer;
    CHECK(f.allocations <= 2); /* the value and a record */
    CHECK(status == storage_status(&f, expected, status == TA_OK));
    if (status == TA_OK) {
        parts[value.id] = (part){.at = PLACED, .owner = s, .slot = slot};
        exchange(s, slot, value.id, asks ? &previous.untyped : NULL);
        return;
    }
    storage_ended_nothing();
    if (asks) CHECK(previous.untyped.storage == NULL && previous.untyped.value == NULL);
    destroy_piece(&value);
}

void storage_remove(void) {
    frame f;
    uint32_t slot;
    pieces_stored previous;
    storage_model *s = storage_choose();
    if (s == NULL) return;
    ta_affinity affinity = choose_affinity(&s->places);
    bool asks = choose(2) == 0;
    ta_status expected = array_predict(&s->places, affinity, &slot);
    frame_open(&f, NULL, NULL, 0);
    ta_status status = pieces_remove((pieces){s->real}, affinity, asks ? &previous : NULL);
    w.frame = f.outer;
    CHECK(status == storage_status(&f, expected, status == TA_OK));
    if (status == TA_OK)
        exchange(s, slot, 0, asks ? &previous.untyped : NULL);
    else
        storage_ended_nothing();
}

void storage_reclaim(void) {
    uint64_t least = 0, most = 0;
    storage_model *s = storage_choose();
    if (s == NULL) return;
    for (uint64_t id = 1; id <= part_count; id++) {
        if (parts[id].owner != s || parts[id].at != WAITING) continue;
        most++;
        least += is_seen(&parts[id]);
    }
    uint64_t left = pieces_reclaim((pieces){s->real});
    storage_ended(s, 0);
    CHECK(left >= least && left <= most);
    if (is_pinned(s)) return;
    CHECK(left == 0);
    for (uint64_t id = 1; id <= part_count; id++)
        if (parts[id].owner == s) must_be_reclaimed(&parts[id]);
}

/* ---- reading --------------------------------------------------------------------------------- */

void storage_pin(void) {
    frame f;
    uint32_t slot;
    size_t i = 0;
    pieces_pin pin;
    storage_model *s = storage_choose();
    while (i < PINS && pins[i].storage != NULL) i++;
    if (s == NULL || i == PINS) return;
    unsigned way = choose(3);
    ta_affinity affinity = way == 0 ? w.here : choose_affinity(&s->places);
    ta_status expected = storage_predict(s, affinity, &slot), status;
    frame_open(&f, NULL, NULL, 0);
    if (way == 2) {
        status = pieces_pin_make((pieces){s->real}, affinity, &pin);
    } else {
        pin = way == 0 ? pieces_pin_here((pieces){s->real})
                       : pieces_pin_at((pieces){s->real}, affinity);
        status = storage_status(&f, expected, pin.untyped.value != NULL); /* not said */
    }
    w.frame = f.outer;
    storage_ended_nothing();
    CHECK(status == storage_status(&f, expected, status == TA_OK));
    CHECK((status == TA_OK) == (pieces_pin_get(&pin) != NULL));
    if (status != TA_OK) return;
    part_check(s->slots[slot], pieces_pin_get(&pin));
    pins[i].real = pin.untyped;
    pins[i].storage = s;
    pins[i].id = s->slots[slot];
    pins[i].since = ++now;
}

static void unpin(size_t which) {
    ta_pin_drop(&pins[which].real);
    CHECK(ta_pin_get(&pins[which].real) == NULL);
    pins[which].storage = NULL;
    storage_ended_nothing();
}

void storage_unpin(void) { unpin(choose(PINS)); }

void storage_unpin_all(const storage_model *s) {
    for (size_t i = 0; i < PINS; i++)
        if (pins[i].storage == s) unpin(i);
}

void storage_get_clone(void) {
    frame f;
    uint32_t slot;
    piece clone;
    storage_model *s = storage_choose();
    if (s == NULL) return;
    ta_affinity affinity = choose_affinity(&s->places);
    ta_status expected = storage_predict(s, affinity, &slot);
    frame_open(&f, NULL, NULL, 0);
    ta_status status = pieces_get_clone((pieces){s->real}, affinity, &clone, &pool);
    w.frame = f.outer;
    storage_ended_nothing();
    CHECK(status == storage_status(&f, expected, status == TA_OK));
    if (status == TA_OK) destroy_piece(&clone);
}

typedef struct sight {
    const storage_model *storage;
    uint32_t next, left;
} sight;

static bool see(piece *value, uint32_t slot, void *context) {
    sight *v = context;
    while (v->next < slot) CHECK(v->storage->slots[v->next++] == 0);
    part_check(v->storage->slots[slot], value);
    v->next = slot + 1;
    return --v->left > 0;
}

static uint32_t count_ready(const storage_model *s) {
    uint32_t ready = 0;
    for (uint32_t i = 0; i < s->places.slot_count; i++) ready += s->slots[i] != 0;
    return ready;
}

void storage_look(void) {
    frame f;
    uint32_t slot;
    storage_model *s = storage_choose();
    if (s == NULL) return;
    ta_affinity affinity = choose_affinity(&s->places);
    uint32_t most = 1 + choose(MOST_SLOTS + 1), ready = count_ready(s);
    sight v = {s, 0, most};
    ta_status status = array_predict(&s->places, affinity, &slot);
    CHECK(pieces_index_of((pieces){s->real}, affinity) == (status == TA_OK ? slot : TA_NO_SLOT));
    frame_open(&f, NULL, NULL, 0);
    bool all = pieces_each((pieces){s->real}, see, &v);
    w.frame = f.outer;
    storage_ended_nothing();
    CHECK(all == (ready < most) || (!all && f.failure == TA_E_NOMEM));
    if (all || f.failure == TA_OK) CHECK(most - v.left == (ready < most ? ready : most));
}

void storage_check(void) {
    storage_ended_nothing();
    for (unsigned i = 0; i < storage_count; i++) {
        const storage_model *s = &storages[i];
        if (s->gone) continue;
        CHECK(pieces_ready_count((pieces){s->real}) == count_ready(s));
        CHECK(pieces_slot_count((pieces){s->real}) == s->places.slot_count);
        CHECK(pieces_stored_count((pieces){s->real}) == s->references);
    }
    for (size_t i = 0; i < PINS; i++)
        if (pins[i].storage != NULL) part_check(pins[i].id, ta_pin_get(&pins[i].real));
    stored_check();
}
