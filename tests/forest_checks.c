/* SPDX-License-Identifier: MIT
 *
 * Checked relocation, cloning, changing and destruction.
 */
#include "forest_checks.h"

#include <string.h>

/* ---- worlds ----------------------------------------------------------------------------------- */

void world_open(world *w, choices *from) {
    static const uint32_t counts[REGIONS] = {2, 2};
    memset(w, 0, sizeof *w);
    CHECK(probes.live == 0);
    CHECK(ta_affinity_create_manual(counts, REGIONS, w->places, PLACES, NULL) == TA_OK);
    for (size_t i = 0; i < REGIONS; i++) pool_init(&w->pools[i]);
    w->t = forest_grow(&w->wood, from);
}

static void check_nothing_is_left(const world *w) {
    for (size_t i = 0; i < REGIONS; i++) CHECK(w->pools[i].blocks == 0 && w->pools[i].bytes == 0);
    CHECK(probes.live == 0);
}

void world_close(world *w) {
    CHECK(w->values == 0);
    check_nothing_is_left(w);
    probes_bury();
    forest_fell(&w->wood);
}

/* Of the only value everything is known. */
static void check_alone(const world *w, const void *value) {
    if (w->values != 1) return;
    census found = value_census(w->t, value, NULL);
    size_t blocks = w->pools[0].blocks + w->pools[1].blocks;
    CHECK(probes.live == found.destroyed);
    /* Only the chunks of maps are not counted out. */
    CHECK(found.maps > 0 ? blocks >= found.blocks : blocks == found.blocks);
}

void *world_value(world *w, choices *from, unsigned region) {
    void *value = value_storage(w->t);
    probes_reset();
    value_fill(w->t, value, from, &w->pools[region].allocator);
    w->values++;
    check_alone(w, value);
    return value;
}

void checked_drop(world *w, void *value) {
    census found = value_census(w->t, value, NULL);
    size_t live = probes.live, blocks = w->pools[0].blocks + w->pools[1].blocks;
    probes_reset();
    ta_destroy(tree_type(w->t), value);
    size_t released = blocks - w->pools[0].blocks - w->pools[1].blocks;
    CHECK(live - probes.live == found.destroyed && probes.relocations + probes.clones == 0);
    CHECK(found.maps > 0 ? released >= found.blocks : released == found.blocks);
    if (--w->values == 0) check_nothing_is_left(w);
    value_storage_release(w->t, value);
}

/* ---- failures --------------------------------------------------------------------------------- */

static void arm(world *w, pool *p, const failures *wrong) {
    for (size_t i = 0; i < REGIONS; i++) w->pools[i].calls = 0;
    p->fail_at = wrong->memory_at;
    p->fail_count = wrong->memory_at == 0 ? 0 : wrong->memory_count;
    probes_reset();
    probes.fail_relocation_at = probes.fail_clone_at = wrong->probe_at;
}

static bool memory_has_failed(const pool *p) { return p->fail_count > 0 && p->calls >= p->fail_at; }

static void disarm(pool *p) {
    p->fail_count = 0;
    probes_reset();
}

/* ---- before and after ------------------------------------------------------------------------- */

typedef struct sight {
    picture contents, addresses;
    census found; /* away from the place where the memory comes from */
    size_t live;
    pool memory; /* as it was */
} sight;

static sight see(const world *w, const void *value, const pool *memory) {
    return (sight){value_picture(w->t, value, CONTENTS), value_picture(w->t, value, ADDRESSES),
                   value_census(w->t, value, &memory->allocator), probes.live, *memory};
}

static void forget(sight *before) {
    picture_free(&before->contents);
    picture_free(&before->addresses);
}

static void check_picture(const world *w, const void *value, view what, const picture *before) {
    picture after = value_picture(w->t, value, what);
    CHECK(picture_equal(before, &after));
    picture_free(&after);
}

static void check_all_zero(const world *w, const char *storage) {
    for (size_t i = 0; i < tree_type(w->t)->size; i++) CHECK(storage[i] == 0);
}

/* ---- relocation ------------------------------------------------------------------------------- */

/* Each probe was asked once, until one failed. */
static void check_calls(const sight *before, size_t visits, size_t fail_at, ta_status status) {
    bool fails = fail_at != 0 && fail_at <= visits;
    CHECK(status == (fails ? (ta_status)PROBE_FAILED : TA_OK));
    CHECK(probes.relocations == (fails ? fail_at : visits));
    CHECK(probes.clones == 0 && probes.live == before->live);
}

/* What the figures say of a far move is what can be seen of it. */
static void check_figures(const world *w, const void *value, const sight *before, const pool *there,
                          const ta_move_figures *figures, ta_status status) {
    const pool *elsewhere = &w->pools[there == &w->pools[0]];
    census after = value_census(w->t, value, &there->allocator);
    CHECK(figures->blocks == there->blocks - before->memory.blocks);
    CHECK(figures->blocks == before->found.blocks - after.blocks);
    CHECK(figures->bytes == before->found.bytes - after.bytes);
    CHECK((figures->kept > 0) == memory_has_failed(there));
    CHECK(elsewhere->calls == 0);
    if (status != TA_OK) return; /* what was not visited stayed, too */
    if (w->values == 1) CHECK(figures->kept == elsewhere->blocks);
    CHECK(after.maps > 0 ? figures->kept >= after.blocks : figures->kept == after.blocks);
}

static void check_no_memory_moved(const world *w, const void *value, const sight *before,
                                  const ta_move_figures *figures) {
    CHECK(figures->blocks == 0 && figures->bytes == 0 && figures->kept == 0);
    CHECK(w->pools[0].calls == 0 && w->pools[1].calls == 0);
    check_picture(w, value, ADDRESSES, &before->addresses);
}

ta_status checked_relocate(world *w, void *out, void *in, unsigned source, unsigned destination,
                           const failures *wrong) {
    pool *there = &w->pools[destination / 2];
    ta_affinity from = source == PLACES ? ta_affinity_unknown() : w->places[source];
    bool is_far = source == PLACES || source / 2 != destination / 2;
    sight before = see(w, in, there);
    ta_move_figures figures = {0};
    ta_move move = ta_move_between(from, w->places[destination], &there->allocator);
    move.figures = &figures;

    arm(w, there, wrong);
    ta_status status = ta_relocate_into(tree_type(w->t), out, in, &move);
    const void *value = status == TA_OK ? out : in;
    if (value != out) check_all_zero(w, out);
    check_calls(&before, source == destination ? 0 : before.found.relocated, wrong->probe_at,
                status);
    if (is_far)
        check_figures(w, value, &before, there, &figures, status);
    else
        check_no_memory_moved(w, value, &before, &figures);
    check_picture(w, value, CONTENTS, &before.contents);
    if (status == TA_OK && source != destination)
        CHECK(value_is_at(w->t, value, w->places[destination]));
    CHECK(value_census(w->t, value, NULL).room == before.found.room);
    check_alone(w, value);
    disarm(there);
    forget(&before);
    return status;
}

/* ---- cloning ---------------------------------------------------------------------------------- */

/* Like the original, in memory of its own, and each probe was asked once. */
static void check_clone(const world *w, const void *clone, const sight *before, const pool *memory,
                        const failures *wrong) {
    CHECK(!memory_has_failed(memory) && (wrong->probe_at == 0 || probes.clones < wrong->probe_at));
    CHECK(probes.clones == before->found.cloned);
    CHECK(probes.live == before->live + before->found.destroyed);
    check_picture(w, clone, CONTENTS, &before->contents);
    CHECK(value_census(w->t, clone, &memory->allocator).blocks == 0);
    CHECK(value_census(w->t, clone, NULL).blocks == memory->blocks - before->memory.blocks);
}

void *checked_clone(world *w, const void *value, unsigned region, const failures *wrong) {
    pool *memory = &w->pools[region];
    void *clone = value_storage(w->t);
    sight before = see(w, value, memory);

    arm(w, memory, wrong);
    ta_status status = ta_clone(tree_type(w->t), value, clone, &memory->allocator);
    if (status == TA_OK) {
        check_clone(w, clone, &before, memory, wrong);
    } else {
        CHECK((status == TA_E_NOMEM && memory_has_failed(memory)) ||
              (status == (ta_status)PROBE_FAILED && probes.clones == wrong->probe_at));
        CHECK(probes.clones <= before.found.cloned && probes.live == before.live);
        CHECK(memory->blocks == before.memory.blocks && memory->bytes == before.memory.bytes);
    }
    CHECK(probes.relocations == 0 && w->pools[1 - region].calls == 0);
    /* The original is as it was, to the address. */
    check_picture(w, value, CONTENTS, &before.contents);
    check_picture(w, value, ADDRESSES, &before.addresses);
    disarm(memory);
    forget(&before);
    w->values += status == TA_OK;
    if (status == TA_OK) return clone;
    value_storage_release(w->t, clone);
    return NULL;
}

/* ---- changing --------------------------------------------------------------------------------- */

void checked_change(world *w, void *value, choices *from, unsigned region) {
    probes_reset();
    value_change(w->t, value, from, &w->pools[region].allocator);
    CHECK(probes.relocations == 0 && probes.clones == 0);
    picture after = value_picture(w->t, value, CONTENTS); /* it holds together */
    picture_free(&after);
    check_alone(w, value);
}
