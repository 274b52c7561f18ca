/* SPDX-License-Identifier: MIT
 *
 * The values that travel: each has a life, a text of its own, and sees to it that it is relocated,
 * cloned and destroyed when it ought to be.
 */
#include "mesh_model.h"

/* ---- lives ------------------------------------------------------------------------------------ */

tag tag_make(value_role role, uint32_t number, ta_affinity at) {
    CHECK(w.life_count + 1 < MOST_LIVES);
    uint32_t life = ++w.life_count;
    w.lives[life].is_alive = true;
    w.lives[life].role = role;
    w.alive++;
    return (tag){life, number, at};
}

static value_role role_of(const tag *value) {
    CHECK(value->life > 0 && value->life <= w.life_count && w.lives[value->life].is_alive);
    return w.lives[value->life].role;
}

void tag_forget(const tag *value) {
    (void)role_of(value);
    w.lives[value->life].is_alive = false;
    w.alive--;
}

/* ---- what the library does to them ------------------------------------------------------------ */

static ta_affinity place_of(const station *s) { return s == NULL ? TA_AFFINITY_UNKNOWN : s->place; }

bool is_relocated(const station *from, const station *to) {
    ta_affinity source = place_of(from), destination = place_of(to);
    return !ta_affinity_is_unknown(destination) && !ta_affinity_equal(source, destination);
}

/* Cargo goes from the sender's place to the receiver's, a result back. */
ta_status tag_relocate(tag *value, const ta_move *move) {
    value_role role = role_of(value);
    const message *m = &w.messages[value->message];
    bool is_result = role == RESULT;
    CHECK(role != CONTEXT); /* it stays at home */
    const station *source = is_result ? m->to : m->from, *destination = is_result ? m->from : m->to;
    if (m->kind == CLONE) destination = station_of(ta_port_running()); /* one of several */
    CHECK(ta_affinity_equal(move->source, place_of(source)));
    CHECK(ta_affinity_equal(move->destination, place_of(destination)));
    CHECK(ta_port_running() == destination->port);
    CHECK(!ta_affinity_equal(value->at, move->destination)); /* once */
    if (is_result ? w.calls[m->call].result_fails : m->fails) return TA_E_SYSTEM;
    value->at = move->destination;
    return TA_OK;
}

/* Only what a fan-out sends is cloned. */
ta_status tag_clone(const tag *value, tag *out, const ta_allocator *allocator) {
    (void)allocator;
    CHECK(role_of(value) == CARGO && w.messages[value->message].kind == CLONE);
    *out = tag_make(CARGO, value->message, value->at);
    return TA_OK;
}

/* What is destroyed without having run must have had a reason. */
static void end_of_cargo(const tag *value) {
    const message *m = &w.messages[value->message];
    if (m->kind == CLONE || m->fate != WAITING) return;
    /* What came back of a call, or was sent by a guest that has gone, is nobody's. */
    bool is_nobodys = m->kind == REQUEST || (m->from != NULL && m->from->port == NULL);
    if (m->to->is_drained && is_nobodys) {
        message_ends(value->message, RETURNED);
        return;
    }
    CHECK(w.is_ending || (m->kind == REQUEST && call_may_end(&w.calls[m->call])));
    message_ends(value->message, DESTROYED);
}

void tag_destroy(tag *value) {
    if (role_of(value) == CARGO) end_of_cargo(value);
    tag_forget(value);
    value->life = 0;
}

/* ---- values of three sizes -------------------------------------------------------------------- */

static void write_text(char *text, size_t size, const tag *value) {
    snprintf(text, size, "message %u, life %u", value->message, value->life);
}

bool small_make(small *made, value_role role, uint32_t number, ta_affinity at,
                const ta_allocator *allocator) {
    char text[64];
    *made = (small){.tag = tag_make(role, number, at)};
    write_text(text, sizeof text, &made->tag);
    made->text = ta_string_make(text, allocator);
    if (made->text == NULL) tag_forget(&made->tag);
    return made->text != NULL;
}

static uint64_t more_at(const small *value, size_t i) { return value->tag.life * 1000003ull + i; }

static void more_write(const small *value, uint64_t more[], size_t count) {
    for (size_t i = 0; i < count; i++) more[i] = more_at(value, i);
}

bool medium_make(medium *made, value_role role, uint32_t number, ta_affinity at,
                 const ta_allocator *allocator) {
    if (!small_make(&made->small, role, number, at, allocator)) return false;
    more_write(&made->small, made->more, sizeof made->more / sizeof *made->more);
    return true;
}

bool large_make(large *made, value_role role, uint32_t number, ta_affinity at,
                const ta_allocator *allocator) {
    if (!small_make(&made->small, role, number, at, allocator)) return false;
    more_write(&made->small, made->more, sizeof made->more / sizeof *made->more);
    return true;
}

/* The text of a clone is that of its original, which may be gone. */
void small_check(const small *value, value_role role, ta_affinity at) {
    char text[64];
    CHECK(role_of(&value->tag) == role);
    CHECK(ta_affinity_equal(value->tag.at, at));
    write_text(text, sizeof text, &value->tag);
    if (w.messages[value->tag.message].kind == CLONE && role == CARGO)
        CHECK(strncmp(value->text, text, strcspn(text, ",")) == 0);
    else
        CHECK(strcmp(value->text, text) == 0);
}

void more_check(const small *value, const uint64_t more[], size_t count) {
    for (size_t i = 0; i < count; i++) CHECK(more[i] == more_at(value, i));
}
