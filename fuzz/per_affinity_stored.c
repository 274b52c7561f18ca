/* SPDX-License-Identifier: MIT
 *
 * The model of references to the values of explicit storage: alone, and captured by closures.
 */
#include "per_affinity_storage.h"

typedef struct carrier {
    uint32_t before;
    pieces_stored reference;
} carrier;
TA_DERIVE(carrier, carrier, before, TA_AS(reference, pieces_stored));

static uint64_t find_piece(const carrier *captured) {
    return (uint64_t)(uintptr_t)pieces_stored_get(&captured->reference);
}
TA_FN(carrier_fn, carrier, ta_uint64, find_piece);

enum { REFERENCES = 8 };

typedef struct reference {
    storage_model *storage; /* NULL: none */
    uint64_t id;            /* 0: unplaced */
    bool is_captured;
    ta_stored alone;
    ta_fn closure;
} reference;

static reference references[REFERENCES];

void stored_open(void) { memset(references, 0, sizeof references); }

static reference *find_free(void) {
    for (size_t i = 0; i < REFERENCES; i++)
        if (references[i].storage == NULL) return &references[i];
    return NULL;
}

static ta_stored *real_of(reference *r) {
    carrier *captured;
    if (!r->is_captured) return &r->alone;
    captured = ta_closure_captured(&r->closure.closure);
    return &captured->reference.untyped;
}

void stored_check(void) {
    for (size_t i = 0; i < REFERENCES; i++) {
        reference *r = &references[i];
        if (r->storage == NULL) continue;
        const ta_stored *real = real_of(r);
        CHECK(real->storage == r->storage->real);
        CHECK(ta_stored_slot(real) == (r->id == 0 ? TA_NO_SLOT : parts[r->id].slot));
        if (r->id == 0)
            CHECK(ta_stored_get(real) == NULL);
        else
            part_check(r->id, ta_stored_get(real));
    }
}

/* ---- making and dropping --------------------------------------------------------------------- */

static void count(storage_model *s, uint64_t id) {
    s->references++;
    if (id != 0) parts[id].references++;
}

/* The last reference of a value that nothing else keeps ends it. */
static void drop(reference *r) {
    storage_model *s = r->storage;
    part *p = &parts[r->id];
    uint64_t id = r->id;
    if (!s->owned && s->references == 1) storage_unpin_all(s);
    s->references--;
    if (id != 0) p->references--;
    if (r->is_captured)
        ta_fn_destroy(&r->closure);
    else if (id % 2 == 0)
        ta_destroy(&ta_stored_type, &r->alone);
    else
        ta_stored_drop(&r->alone);
    *r = (reference){.storage = NULL};
    if (id == 0 && (s->owned || s->references > 0))
        storage_ended_nothing();
    else
        storage_ended(s, id);
    CHECK(id == 0 || p->at != KEPT || p->references > 0);
}

void stored_keep(storage_model *s, uint64_t id, ta_stored real) {
    reference one = {.storage = s, .id = id, .alone = real}, *r = find_free();
    if (r == NULL)
        drop(&one);
    else
        *r = one;
}

void stored_make(void) {
    frame f;
    uint32_t slot;
    ta_stored made;
    storage_model *s = storage_choose();
    if (s == NULL || find_free() == NULL) return;
    ta_affinity affinity = choose_affinity(&s->places);
    bool unplaced = ta_affinity_is_unknown(affinity);
    ta_status expected = unplaced ? TA_OK : storage_predict(s, affinity, &slot);
    frame_open(&f, NULL, NULL, 0);
    ta_status status = ta_stored_make(s->real, affinity, &made);
    w.frame = f.outer;
    storage_ended_nothing();
    CHECK(status == storage_status(&f, expected, status == TA_OK));
    if (status != TA_OK) {
        CHECK(made.storage == NULL && made.value == NULL);
        return;
    }
    uint64_t id = unplaced ? 0 : s->slots[slot];
    count(s, id);
    stored_keep(s, id, made);
}

void stored_drop(void) {
    reference *r = &references[choose(REFERENCES)];
    if (r->storage != NULL) drop(r);
}

void stored_drop_all(void) {
    for (size_t i = 0; i < REFERENCES; i++)
        if (references[i].storage != NULL) drop(&references[i]);
}

void stored_clone(void) {
    const reference *r = &references[choose(REFERENCES)];
    reference *out = find_free();
    if (r->storage == NULL || out == NULL) return;
    *out = (reference){.storage = r->storage, .id = r->id, .is_captured = r->is_captured};
    if (r->is_captured)
        CHECK(ta_fn_clone(&r->closure, &out->closure, NULL) == TA_OK);
    else if (choose(2) == 0)
        CHECK(ta_clone(&ta_stored_type, &r->alone, &out->alone, NULL) == TA_OK);
    else
        out->alone = ta_stored_clone(&r->alone);
    count(r->storage, r->id);
    storage_ended_nothing();
}

void stored_convert(void) {
    reference *r = &references[choose(REFERENCES)];
    uint64_t found = 1;
    if (r->storage == NULL) return;
    if (!r->is_captured) {
        carrier captured = {.before = 7, .reference.untyped = ta_stored_take(&r->alone)};
        CHECK(r->alone.storage == NULL && r->alone.value == NULL);
        CHECK(carrier_fn(&r->closure, captured, NULL) == TA_OK);
        r->is_captured = true;
        return;
    }
    const void *expected = ta_stored_get(real_of(r));
    CHECK(ta_fn_call(&r->closure, &found) && found == (uint64_t)(uintptr_t)expected);
    r->alone = ta_stored_take(real_of(r));
    r->is_captured = false;
    ta_fn_destroy(&r->closure);
    storage_ended_nothing();
}

/* ---- relocating ------------------------------------------------------------------------------ */

static ta_move choose_move(const storage_model *s) {
    ta_affinity source = choose_affinity(NULL), destination = choose_affinity(&s->places);
    if (choose(4) == 0) source = destination;
    return ta_move_between(source, destination, NULL);
}

/* What must come of it; *id is the value that the reference has then. */
static ta_status predict(const reference *r, const ta_move *move, bool is_direct, uint64_t *id) {
    uint32_t slot;
    ta_status status = move_predict(move);
    *id = r->id;
    if (status != TA_OK) return status;
    if (!is_direct && ta_affinity_equal(move->source, move->destination)) return TA_OK;
    status = array_predict(&r->storage->places, move->destination, &slot);
    if (status != TA_OK || (r->id != 0 && parts[r->id].slot == slot)) return status;
    if (r->storage->slots[slot] == 0) return TA_E_EMPTY;
    *id = r->storage->slots[slot];
    return TA_OK;
}

void stored_relocate(void) {
    frame f;
    uint64_t id;
    ta_status status;
    reference *r = &references[choose(REFERENCES)];
    if (r->storage == NULL) return;
    ta_move move = choose_move(r->storage);
    bool is_direct = !r->is_captured && choose(2) == 0;
    ta_stored before = *real_of(r);
    ta_status expected = predict(r, &move, is_direct, &id);
    frame_open(&f, NULL, NULL, 0);
    if (is_direct)
        status = ta_stored_relocate(&r->alone, &move);
    else if (r->is_captured)
        status = ta_fn_relocate(&r->closure, &move);
    else
        status = ta_relocate(&ta_stored_type, &r->alone, &move);
    w.frame = f.outer;
    CHECK(status == storage_status(&f, expected, status == TA_OK));
    if (status != TA_OK || id == r->id) {
        CHECK(real_of(r)->storage == before.storage && real_of(r)->value == before.value);
        storage_ended_nothing();
        return;
    }
    part *left = &parts[r->id];
    if (r->id != 0) left->references--;
    parts[id].references++;
    if (r->id != 0)
        storage_ended(r->storage, r->id);
    else
        storage_ended_nothing();
    CHECK(r->id == 0 || left->at != KEPT || left->references > 0);
    r->id = id;
}
