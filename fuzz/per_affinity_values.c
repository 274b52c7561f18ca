/* SPDX-License-Identifier: MIT
 *
 * The values in the model's slots: each has a number, a text of its own and perhaps a handle of
 * another array, and sees to it that it is cloned, relocated and destroyed when it ought to be.
 */
#include "per_affinity_model.h"

/* ---- lives ----------------------------------------------------------------------------------- */

static uint64_t life_begin(role r, const model *a) {
    uint64_t id = ++w.life_count;
    CHECK(id < MOST_LIVES); /* the target stops long before */
    w.lives[id] = (life){true, r, a};
    w.alive++;
    return id;
}

static life *life_of(const item *value) {
    CHECK(value->id > 0 && value->id <= w.life_count);
    CHECK(w.lives[value->id].is_alive);
    return &w.lives[value->id];
}

bool same_item(const item *a, const item *b) { return life_of(a) == life_of(b); }

int compare_items(const item *a, const item *b) { return (a->id > b->id) - (a->id < b->id); }

/* ---- what the library does to values --------------------------------------------------------- */

ta_status relocate_item(item *value, const ta_move *move) {
    life *l = life_of(value);
    ta_status status = event_begin('r');
    const frame *f = w.frame;
    CHECK(l->role == CLONE);
    CHECK(ta_affinity_equal(move->source, f->array->source));
    CHECK(ta_affinity_equal(move->destination, f->site));
    CHECK(move->allocator == array_site_allocator(f->array, f->site));
    CHECK(ta_affinity_is_unknown(value->at)); /* once */
    if (status != TA_OK) return status;
    status = handle_relocate(&value->inner, &value->inner_at, move);
    if (status != TA_OK) return event_fail(status);
    value->at = move->destination;
    return TA_OK;
}

ta_status clone_item(const item *value, item *out, const ta_allocator *allocator) {
    life *l = life_of(value);
    ta_status status = event_begin('c');
    frame *f = w.frame;
    CHECK(l->role == CAPTURE && l->array == f->array && value->id == f->array->captured);
    CHECK(allocator == array_site_allocator(f->array, f->site));
    CHECK(f->clones == 0);
    if (status != TA_OK) return status;
    *out = (item){.at = value->at, .text = ta_string_make(value->text, allocator)};
    if (out->text == NULL) return event_fail(TA_E_NOMEM);
    handle_clone(&value->inner, &value->inner_at, &out->inner, &out->inner_at);
    out->id = life_begin(CLONE, f->array);
    f->clones = 1;
    if (f->array->maker == CLONED || f->array->maker == CLONED_UNAWARE) f->made = out->id;
    return TA_OK;
}

void destroy_item(item *value) {
    life *l = life_of(value);
    if (l->role == CLONE) {
        event_begin('d');
    } else if (l->array != NULL) {
        CHECK(w.dropping > 0 && w.ended_count < MOST_LIVES);
        w.ended[w.ended_count++] = value->id;
    }
    l->is_alive = false;
    w.alive--;
    ta_destroy(&ta_string_type, &value->text);
    handle_drop(&value->inner, &value->inner_at);
}

/* ---- constructors ---------------------------------------------------------------------------- */

item capture_make(void) {
    item made = {.text = ta_string_make("captured", NULL)};
    model *inner = choose(4) == 0 ? choose_array() : NULL;
    made.id = life_begin(CAPTURE, NULL);
    if (inner == NULL) return made;
    handle_make(&made.inner, &made.inner_at, inner,
                choose(2) == 0 ? TA_AFFINITY_UNKNOWN : choose_place());
    return made;
}

static ta_status ask_by_handle(model *asked, ta_affinity place) {
    ta_handle handle;
    where at;
    ta_move move = ta_move_between(TA_AFFINITY_UNKNOWN, place, NULL);
    CHECK(handle_make(&handle, &at, asked, TA_AFFINITY_UNKNOWN) == TA_OK);
    ta_status status = handle_relocate(&handle, &at, &move);
    handle_drop(&handle, &at);
    return status;
}

/* Asks for a slot, as the array's constructors do. */
static ta_status ask(model *a, const ta_site *site) {
    model *asked = a;
    ta_affinity place = site->affinity;
    if (a->asks == ASKS_FOR_PLACE || a->asks == ASKS_HERE) asked = a->asked;
    if (a->asks == ASKS_FOR_PLACE) place = a->asked_place;
    if (a->asks == ASKS_NOTHING || !array_is_reachable(asked)) return TA_OK;
    ta_status status = a->asks_by == 0   ? array_resolve(asked, place)
                       : a->asks_by == 1 ? array_get(asked, place)
                                         : ask_by_handle(asked, place);
    if (a->asks == ASKS_ITSELF) CHECK(status == TA_E_REENTERED);
    return a->passes_on ? status : TA_OK;
}

ta_status construct_item(model *a, const ta_site *site, item *out) {
    ta_status status = event_begin('m');
    CHECK(w.frame->array == a && site->slot == w.frame->making);
    CHECK(ta_affinity_equal(site->affinity, w.frame->site));
    CHECK(site->allocator == array_site_allocator(a, site->affinity));
    CHECK(a->slots[site->slot].building && a->slots[site->slot].id == 0);
    CHECK(ta_per_affinity_at(a->real, site->slot) == NULL);
    CHECK((uintptr_t)out % TA_CACHE_LINE == 0);
    memset(out, 0xa5, sizeof *out); /* not to be destroyed on failure */
    if (status != TA_OK) return status;
    a->calls++;
    if (a->fails_every != 0 && a->calls % a->fails_every == 0) return event_fail((ta_status)-100);
    status = ask(a, site);
    if (status != TA_OK) return event_fail(status);

    item made = {.at = site->affinity, .text = ta_string_make("made", site->allocator)};
    if (made.text == NULL) return event_fail(TA_E_NOMEM);
    if (a->kept != NULL && array_is_reachable(a->kept)) {
        status = handle_make(&made.inner, &made.inner_at, a->kept, site->affinity);
        if (status != TA_OK) {
            ta_destroy(&ta_string_type, &made.text);
            return event_fail(status);
        }
    }
    made.id = life_begin(VALUE, a);
    w.frame->made = made.id;
    *out = made;
    return TA_OK;
}
