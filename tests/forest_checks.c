/* SPDX-License-Identifier: MIT
 *
 * Checked relocation and cloning.
 */
#include "forest_checks.h"

#include <string.h>

void world_open(world *w, choices *from) {
    static const uint32_t counts[REGIONS] = {2, 2};
    memset(w, 0, sizeof *w);
    CHECK(probes.live == 0);
    CHECK(ta_affinity_create_manual(counts, REGIONS, w->places, PLACES, NULL) == TA_OK);
    for (size_t i = 0; i < REGIONS; i++) pool_init(&w->pools[i]);
    w->t = forest_grow(&w->wood, from);
}

void world_close(world *w) {
    for (size_t i = 0; i < REGIONS; i++) CHECK(w->pools[i].blocks == 0 && w->pools[i].bytes == 0);
    CHECK(probes.live == 0);
    forest_fell(&w->wood);
}

/* ---- failures --------------------------------------------------------------------------------- */

static void arm(pool *p, const failures *wrong) {
    p->calls = 0;
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

/* ---- relocation ------------------------------------------------------------------------------- */

static void check_picture(const tree *t, const void *value, view what, const picture *before) {
    picture after = value_picture(t, value, what);
    CHECK(picture_equal(before, &after));
    picture_free(&after);
}

static uint64_t blocks_of(const world *w) {
    return (uint64_t)w->pools[0].blocks + w->pools[1].blocks;
}

/* After a move that succeeded; `before` are the blocks of the destination's pool. */
static void check_memory(const world *w, const void *value, bool is_far, unsigned destination,
                         const ta_move_figures *figures, size_t before, bool is_alone) {
    const pool *there = &w->pools[destination / 2];
    CHECK(figures->blocks == there->blocks - before);
    CHECK(is_far || (figures->blocks == 0 && figures->bytes == 0 && figures->kept == 0));
    CHECK((figures->kept > 0) == (is_far && memory_has_failed(there)));
    if (is_far && figures->kept == 0 && is_alone) CHECK(blocks_of(w) == there->blocks);
    (void)value;
}

size_t checked_relocate(world *w, void *out, void *in, unsigned source, unsigned destination,
                        const failures *wrong, bool is_alone) {
    pool *there = &w->pools[destination / 2];
    ta_affinity from = source == PLACES ? ta_affinity_unknown() : w->places[source];
    ta_affinity to = w->places[destination];
    bool is_far = source == PLACES || source / 2 != destination / 2;
    picture contents = value_picture(w->t, in, CONTENTS);
    picture addresses = value_picture(w->t, in, ADDRESSES);
    ta_move_figures figures = {0};
    ta_move move = ta_move_between(from, to, &there->allocator);
    size_t before = there->blocks, calls;
    move.figures = &figures;

    arm(there, wrong);
    ta_status status = ta_relocate_into(tree_type(w->t), out, in, &move);
    calls = there->calls;
    bool probe_failed = wrong->probe_at != 0 && probes.relocations >= wrong->probe_at;
    CHECK(status == (probe_failed ? (ta_status)PROBE_FAILED : TA_OK));
    if (status == TA_OK) {
        check_memory(w, out, is_far, destination, &figures, before, is_alone);
    } else { /* whole, where it was; the same move succeeds when nothing is in its way */
        check_picture(w->t, in, CONTENTS, &contents);
        disarm(there);
        CHECK(ta_relocate_into(tree_type(w->t), out, in, &move) == TA_OK);
    }
    check_picture(w->t, out, CONTENTS, &contents);
    if (!is_far) check_picture(w->t, out, ADDRESSES, &addresses);
    if (source == destination)
        CHECK(probes.relocations == 0 && calls == 0);
    else
        CHECK(value_is_at(w->t, out, to));
    disarm(there);
    picture_free(&contents);
    picture_free(&addresses);
    return calls;
}

/* ---- cloning ---------------------------------------------------------------------------------- */

bool checked_clone(world *w, const void *value, void *out, unsigned region, const failures *wrong) {
    pool *memory = &w->pools[region];
    picture contents = value_picture(w->t, value, CONTENTS);
    picture addresses = value_picture(w->t, value, ADDRESSES);
    size_t blocks = memory->blocks, bytes = memory->bytes, live = probes.live;

    arm(memory, wrong);
    ta_status status = ta_clone(tree_type(w->t), value, out, &memory->allocator);
    bool memory_failed = memory_has_failed(memory);
    bool probe_failed = wrong->probe_at != 0 && probes.clones >= wrong->probe_at;
    if (status == TA_OK) {
        CHECK(!memory_failed && !probe_failed);
        CHECK(probes.live == live + probes.clones);
        check_picture(w->t, out, CONTENTS, &contents);
    } else {
        CHECK((status == TA_E_NOMEM && memory_failed) ||
              (status == (ta_status)PROBE_FAILED && probe_failed));
        CHECK(memory->blocks == blocks && memory->bytes == bytes && probes.live == live);
    }
    /* The original is as it was, to the address. */
    check_picture(w->t, value, CONTENTS, &contents);
    check_picture(w->t, value, ADDRESSES, &addresses);
    disarm(memory);
    picture_free(&contents);
    picture_free(&addresses);
    return status == TA_OK;
}
