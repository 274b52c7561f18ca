/* SPDX-License-Identifier: MIT
 *
 * What values are made of and with: choices, memory, probes.
 */
#include "forest_tree.h"

/* ---- choices ---------------------------------------------------------------------------------- */

unsigned choose(choices *from, unsigned below) {
    if (from->next != NULL) return from->next < from->end ? *from->next++ % below : 0;
    from->state += UINT64_C(0x9e3779b97f4a7c15); /* SplitMix64 */
    uint64_t z = from->state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (unsigned)((z ^ (z >> 31)) % below);
}

/* ---- memory ----------------------------------------------------------------------------------- */

static void *pool_allocate(void *context, size_t size, size_t alignment) {
    pool *p = context;
    p->calls++;
    if (p->calls - p->fail_at < p->fail_count) return NULL;
    void *memory = ta_allocate(NULL, size, alignment);
    CHECK(memory != NULL);
    p->blocks++;
    p->bytes += size;
    return memory;
}

static void pool_release(void *context, void *memory, size_t size, size_t alignment) {
    pool *p = context;
    CHECK(p->blocks > 0 && p->bytes >= size);
    p->blocks--;
    p->bytes -= size;
    ta_release(NULL, memory, size, alignment);
}

void pool_init(pool *p) { *p = (pool){.allocator = {pool_allocate, pool_release, p}}; }

/* ---- probes ----------------------------------------------------------------------------------- */

probe_book probes;
static token *tokens;

void probes_reset(void) {
    probes = (probe_book){.live = probes.live, .operation = probes.operation + 1};
}

token *probe_token(void) {
    token *t = malloc(sizeof *t);
    CHECK(t != NULL);
    *t = (token){true, 0, tokens};
    tokens = t;
    probes.live++;
    return t;
}

void probes_bury(void) {
    CHECK(probes.live == 0);
    for (token *t = tokens, *next; t != NULL; t = next) {
        next = t->next;
        CHECK(!t->is_alive);
        free(t);
    }
    tokens = NULL;
}

static ta_status probe_relocate(struct probe *self, const ta_move *move) {
    CHECK(self->own == NULL || self->own->is_alive);
    CHECK(!ta_affinity_is_unknown(move->destination));
    CHECK(!ta_affinity_equal(move->source, move->destination));
    CHECK(self->relocated != probes.operation);
    self->relocated = probes.operation;
    if (++probes.relocations == probes.fail_relocation_at) return (ta_status)PROBE_FAILED;
    self->home = move->destination;
    return TA_OK;
}

static ta_status probe_clone(const struct probe *self, struct probe *out,
                             const ta_allocator *allocator) {
    CHECK(self->own->is_alive && allocator != NULL);
    CHECK(self->own->cloned != probes.operation);
    self->own->cloned = probes.operation;
    if (++probes.clones == probes.fail_clone_at) return (ta_status)PROBE_FAILED;
    *out = *self;
    out->own = probe_token();
    return TA_OK;
}

static void probe_destroy(struct probe *self) {
    CHECK(self->own->is_alive);
    self->own->is_alive = false;
    probes.live--;
}

TA_TYPE(whole, struct probe, probe_relocate, probe_clone, probe_destroy);
TA_TYPE(moving, struct probe, probe_relocate, NULL, NULL);
TA_TYPE(staying, struct probe, NULL, probe_clone, probe_destroy);
const ta_type *const probe_types[PROBE_TYPES] = {&whole_type, &moving_type, &staying_type};
