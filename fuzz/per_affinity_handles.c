/* SPDX-License-Identifier: MIT
 *
 * The model of handles, and a bounded set of them: alone, pinned, in a struct, in a closure.
 */
#include "per_affinity_model.h"

/* ---- one handle ------------------------------------------------------------------------------ */

static bool same_shape(ta_affinity a, ta_affinity b) {
    return a.processor_count == b.processor_count && a.cache_count == b.cache_count &&
           a.region_count == b.region_count;
}

ta_status move_predict(const ta_move *move) {
    if (move->destination.processor_count == 0) return TA_E_UNKNOWN_AFFINITY;
    if (move->source.processor_count != 0 && !same_shape(move->source, move->destination))
        return TA_E_FOREIGN_AFFINITY;
    return TA_OK;
}

void handle_check(const ta_handle *handle, const where *at) {
    const model *a = at->array;
    bool placed = a != NULL && at->slot != TA_NO_SLOT;
    CHECK(handle->array == (a == NULL ? NULL : a->real));
    CHECK(ta_handle_slot(handle) == (placed ? at->slot : TA_NO_SLOT));
    CHECK(ta_handle_get(handle) == (placed ? a->slots[at->slot].address : NULL));
    if (placed) CHECK(a->slots[at->slot].id != 0);
}

/* The handle is at the affinity's slot now. */
static void settle(where *at, model *a, ta_affinity affinity) {
    *at = (where){a, TA_NO_SLOT};
    CHECK(array_predict(a, affinity, &at->slot) == TA_OK);
}

ta_status handle_make(ta_handle *out, where *at, model *a, ta_affinity affinity) {
    frame f;
    bool unplaced = ta_affinity_is_unknown(affinity);
    frame_open(&f, a, &affinity, unplaced ? 0 : 1);
    memset(out, 0xa5, sizeof *out);
    ta_status status = ta_handle_make(a->real, affinity, out);
    CHECK(status == frame_close(&f));
    *at = (where){NULL, TA_NO_SLOT};
    if (status == TA_OK) {
        a->handles++;
        at->array = a;
        if (!unplaced) settle(at, a, affinity);
    }
    handle_check(out, at);
    return status;
}

static void count_clone(const where *at, where *out_at) {
    *out_at = *at;
    if (at->array != NULL) at->array->handles++;
}

void handle_clone(const ta_handle *handle, const where *at, ta_handle *out, where *out_at) {
    *out = ta_handle_clone(handle);
    count_clone(at, out_at);
    handle_check(out, out_at);
}

/* Relocating something with one handle that moves: by `relocate`, which does not look at a handle
 * (visits nothing) where the move ends where it begins, or directly, which does. */
typedef ta_status relocate_function(void *value, const ta_move *move);

static ta_status checked_relocate(relocate_function *relocate, void *value, ta_handle *handle,
                                  where *at, const ta_move *move, bool is_direct) {
    frame f;
    ta_handle before = *handle;
    ta_status wrong = move_predict(move), status;
    bool stays = wrong != TA_OK || at->array == NULL ||
                 (!is_direct && ta_affinity_equal(move->source, move->destination));
    frame_open(&f, at->array, &move->destination, stays ? 0 : 1);
    status = relocate(value, move);
    ta_status expected = frame_close(&f);
    CHECK(status == (wrong != TA_OK ? wrong : expected));
    if (status == TA_OK && !stays) settle(at, at->array, move->destination);
    if (status != TA_OK || stays)
        CHECK(handle->array == before.array && handle->cell == before.cell);
    handle_check(handle, at);
    return status;
}

static ta_status relocate_direct(void *value, const ta_move *move) {
    return ta_handle_relocate(value, move);
}

ta_status handle_relocate(ta_handle *handle, where *at, const ta_move *move) {
    return checked_relocate(relocate_direct, handle, handle, at, move, true);
}

static void count_drop(where *at) {
    if (at->array != NULL) at->array->handles--;
    *at = (where){NULL, TA_NO_SLOT};
}

void handle_drop(ta_handle *handle, where *at) {
    drop_begin();
    count_drop(at);
    ta_handle_drop(handle);
    drop_end();
    CHECK(handle->array == NULL && handle->cell == NULL);
}

/* ---- holders --------------------------------------------------------------------------------- */

typedef struct pair {
    uint32_t before;
    items_handle moving;
    items_pinned staying;
} pair;
TA_DERIVE(pair, pair, before, TA_AS(moving, items_handle), TA_AS(staying, items_pinned));

/* Where the value is that the captured handle stands for. */
static uint64_t find_value(const pair *captured) {
    return (uint64_t)(uintptr_t)items_handle_get(&captured->moving);
}
TA_FN(pair_fn, pair, ta_uint64, find_value);

typedef enum holding { NOTHING, ALONE, PINNED, IN_STRUCT, IN_CLOSURE } holding;

typedef struct holder {
    holding kind;
    union {
        ta_handle alone;
        ta_pinned pinned;
        pair both;
        ta_fn closure;
    } real;
    where moving, staying; /* PINNED has the latter alone */
} holder;

enum { HOLDERS = 8 };

static holder holders[HOLDERS];

static holder *choose_holder(void) { return &holders[choose(HOLDERS)]; }

static holder *find_free(void) {
    for (size_t i = 0; i < HOLDERS; i++)
        if (holders[i].kind == NOTHING) return &holders[i];
    return NULL;
}

static pair *pair_of(holder *h) {
    return h->kind == IN_CLOSURE ? ta_closure_captured(&h->real.closure.closure) : &h->real.both;
}

static void holder_check(holder *h) {
    switch (h->kind) {
    case NOTHING:
        break;
    case ALONE:
        handle_check(&h->real.alone, &h->moving);
        break;
    case PINNED:
        handle_check(&h->real.pinned.handle, &h->staying);
        CHECK(ta_pinned_get(&h->real.pinned) == ta_handle_get(&h->real.pinned.handle));
        break;
    case IN_STRUCT:
    case IN_CLOSURE:
        CHECK(pair_of(h)->before == 77);
        handle_check(&pair_of(h)->moving.untyped, &h->moving);
        handle_check(&pair_of(h)->staying.untyped.handle, &h->staying);
        break;
    }
}

void holders_check(void) {
    for (size_t i = 0; i < HOLDERS; i++) holder_check(&holders[i]);
}

void holder_make(model *a) {
    holder *h = find_free();
    ta_affinity affinity = choose_affinity(a);
    if (h == NULL) return;
    if (handle_make(&h->real.alone, &h->moving, a, affinity) == TA_OK) h->kind = ALONE;
}

void holder_clone(void) {
    const holder *h = choose_holder();
    holder *out = find_free();
    if (h->kind == NOTHING || out == NULL) return;
    switch (h->kind) {
    case PINNED:
        out->real.pinned = ta_pinned_clone(&h->real.pinned);
        break;
    case IN_STRUCT:
        CHECK(ta_clone(&pair_type, &h->real.both, &out->real.both, NULL) == TA_OK);
        break;
    case IN_CLOSURE:
        CHECK(ta_fn_clone(&h->real.closure, &out->real.closure, NULL) == TA_OK);
        break;
    default:
        if (choose(2) == 0)
            out->real.alone = ta_handle_clone(&h->real.alone);
        else
            CHECK(ta_clone(&ta_handle_type, &h->real.alone, &out->real.alone, NULL) == TA_OK);
        break;
    }
    out->kind = h->kind;
    if (h->kind != PINNED) count_clone(&h->moving, &out->moving);
    if (h->kind != ALONE) count_clone(&h->staying, &out->staying);
}

static ta_status relocate_alone(void *value, const ta_move *move) {
    return ta_relocate(&ta_handle_type, value, move);
}

static ta_status relocate_pair(void *value, const ta_move *move) {
    return ta_relocate(&pair_type, value, move);
}

static ta_status relocate_closure(void *value, const ta_move *move) {
    return ta_fn_relocate(value, move);
}

/* The declared source is where the handle is, or anything. */
static ta_move choose_move(const model *a) {
    ta_affinity source, destination = choose_affinity(a);
    switch (choose(5)) {
    case 0:
        source = TA_AFFINITY_UNKNOWN;
        break;
    case 1:
        source = choose_affinity(NULL);
        break;
    case 2:
        source = destination;
        break;
    case 3:
        source = choose_place();
        source.processor_count++; /* another machine's */
        break;
    default:
        source = choose_place();
        break;
    }
    return ta_move_between(source, destination, choose(2) == 0 ? NULL : &pool);
}

void holder_relocate(void) {
    holder *h = choose_holder();
    ta_move move = choose_move(h->moving.array);
    switch (h->kind) {
    case NOTHING:
        break;
    case ALONE:
        if (choose(2) == 0)
            handle_relocate(&h->real.alone, &h->moving, &move);
        else
            checked_relocate(relocate_alone, &h->real.alone, &h->real.alone, &h->moving, &move,
                             false);
        break;
    case PINNED:
        CHECK(ta_relocate(&ta_pinned_type, &h->real.pinned, &move) == move_predict(&move));
        break;
    case IN_STRUCT:
        checked_relocate(relocate_pair, &h->real.both, &h->real.both.moving.untyped, &h->moving,
                         &move, false);
        break;
    case IN_CLOSURE:
        checked_relocate(relocate_closure, &h->real.closure, &pair_of(h)->moving.untyped,
                         &h->moving, &move, false);
        break;
    }
}

static void drop(holder *h) {
    drop_begin();
    count_drop(&h->moving);
    count_drop(&h->staying);
    switch (h->kind) {
    case NOTHING:
        break;
    case ALONE:
        if (h->real.alone.cell == NULL)
            ta_destroy(&ta_handle_type, &h->real.alone);
        else
            ta_handle_drop(&h->real.alone);
        break;
    case PINNED:
        ta_pinned_drop(&h->real.pinned);
        CHECK(h->real.pinned.handle.array == NULL);
        break;
    case IN_STRUCT:
        ta_destroy(&pair_type, &h->real.both);
        break;
    case IN_CLOSURE:
        ta_fn_destroy(&h->real.closure);
        break;
    }
    drop_end();
    *h = (holder){.kind = NOTHING};
}

void holder_drop(void) { drop(choose_holder()); }

void holders_drop(void) {
    for (size_t i = 0; i < HOLDERS; i++) drop(&holders[i]);
}

/* ---- conversions ----------------------------------------------------------------------------- */

/* The plain handle and a pinned one of the same slot go into a struct. */
static void into_struct(holder *h) {
    pair both = {.before = 77, .moving.untyped = ta_handle_take(&h->real.alone)};
    CHECK(h->real.alone.array == NULL && h->real.alone.cell == NULL);
    ta_handle second = ta_handle_clone(&both.moving.untyped);
    both.staying.untyped = ta_handle_pin(&second);
    CHECK(second.array == NULL && second.cell == NULL);
    count_clone(&h->moving, &h->staying);
    h->real.both = both;
    h->kind = IN_STRUCT;
}

static void into_closure(holder *h) {
    pair both = h->real.both;
    CHECK(pair_fn(&h->real.closure, both, NULL) == TA_OK);
    h->kind = IN_CLOSURE;
}

/* And back out: the closure is called, its captured struct given up for the handle that moves. */
static void out_of_closure(holder *h) {
    uint64_t found = 1;
    const void *expected = ta_handle_get(&pair_of(h)->moving.untyped);
    CHECK(ta_fn_call(&h->real.closure, &found));
    CHECK(found == (uint64_t)(uintptr_t)expected);
    ta_handle alone = ta_handle_take(&pair_of(h)->moving.untyped);
    where at = h->moving;
    h->moving = (where){NULL, TA_NO_SLOT};
    drop(h);
    h->kind = ALONE;
    h->real.alone = alone;
    h->moving = at;
}

void holder_convert(void) {
    holder *h = choose_holder();
    ta_handle alone;
    ta_pinned pinned;
    switch (h->kind) {
    case NOTHING:
        break;
    case ALONE:
        if (choose(2) == 0) {
            into_struct(h);
            break;
        }
        pinned = ta_handle_pin(&h->real.alone);
        CHECK(h->real.alone.array == NULL);
        *h = (holder){.kind = PINNED, .real.pinned = pinned, .staying = h->moving};
        break;
    case PINNED:
        alone = ta_pinned_unpin(&h->real.pinned);
        CHECK(h->real.pinned.handle.array == NULL);
        *h = (holder){.kind = ALONE, .real.alone = alone, .moving = h->staying};
        break;
    case IN_STRUCT:
        into_closure(h);
        break;
    case IN_CLOSURE:
        out_of_closure(h);
        break;
    }
}

/* ---- comparing ------------------------------------------------------------------------------- */

static uint64_t id_of(const where *at) {
    return at->array == NULL || at->slot == TA_NO_SLOT ? 0 : at->array->slots[at->slot].id;
}

void holder_compare(void) {
    const holder *a = choose_holder(), *b = choose_holder();
    items_handle one = {{NULL, NULL}}, other = {{NULL, NULL}}; /* borrowed */
    if (a->kind == ALONE) one.untyped = a->real.alone;
    if (b->kind == ALONE) other.untyped = b->real.alone;
    uint64_t ones = a->kind == ALONE ? id_of(&a->moving) : 0;
    uint64_t others = b->kind == ALONE ? id_of(&b->moving) : 0;
    CHECK(items_handle_equal(&one, &other) == (ones == others));
    CHECK(items_handle_compare(&one, &other) == (ones > others) - (ones < others));
    CHECK(items_handle_less(&one, &other) == (ones < others));
}
