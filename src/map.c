/* SPDX-License-Identifier: MIT
 *
 * Hash tables: ck's hash set as the index, the entries in chunks beside it.
 *
 * An entry lies in a node, behind its key's hash. Nodes come from chunks, which double, and never
 * move while their map does not. So iteration, relocation and cloning run along the chunks, in
 * memory order, and the table is only asked for keys.
 *
 *     node->hash   live: the key's hash with the bit LIVE set
 *                  else: 0; the node is vacant (in core->vacant) or handed out and not adopted yet
 *     core->count  = live nodes = what the table holds
 *     in a chunk   nodes [0, used) have been used at some time; the others are not initialised
 *
 * What the library knows of ck's hash set (0.7.1):
 *   - Its memory callbacks have no context: `memory` below, set around the calls that allocate or
 *     release, is theirs.
 *   - The key of a lookup and a member of the set meet in one comparison, so a probe begins like a
 *     node; the bit LIVE tells them apart. Inserting what is known to be new, the set compares
 *     two nodes: they differ.
 *   - Growing fails silently after an insertion, and the set is whole: it grows at the next. When
 *     there is really no room, the insertion fails before anything is changed.
 *   - Removed members leave tombstones, and growing or rebuilding alone takes those away (ck_hs_gc
 *     only moves members in front of them): they are counted here, and the set is rebuilt in time.
 *   - It rounds its capacity up in 32 bits: the library stops long before.
 *   - The pointers are stored as they are (MODE_DIRECT): packing hash bits into their upper 16 bits,
 *     as MODE_OBJECT does in some builds, would rule out larger address spaces.
 */
#include "map.h"

#include <string.h>

#define LIVE (UINT64_C(1) << 63)

enum {
    FIRST_CHUNK = 8,                        /* nodes */
    MAX_NODES = 1 << 30,                    /* so that twice as many fit in ck's 32 bits */
    TABLE_PER_NODE = 2,                     /* ck's set grows when it is more than half full */
    TABLE_ALIGNMENT = _Alignof(max_align_t) /* ck aligns to cache lines inside */
};

typedef struct node {
    uint64_t hash;
} node;

struct ta_map_chunk {
    ta_map_chunk *next;
    size_t capacity, used; /* nodes */
};

/* The key of a lookup. Begins like a node, with a hash without LIVE. */
typedef struct probe {
    node node;
    const void *key;
    bool (*equal)(const void *a, const void *b);
    size_t entry_offset;
} probe;

/* ---- nodes ------------------------------------------------------------------------------------ */

static size_t round_up(size_t size, size_t alignment) {
    return (size + alignment - 1) & ~(alignment - 1);
}

static void *node_entry(const ta_map_core *core, const node *n) {
    return (char *)n + core->entry_offset;
}

static node *entry_node(const ta_map_core *core, const void *entry) {
    return (node *)(void *)((char *)entry - core->entry_offset);
}

static size_t nodes_offset(const ta_map_core *core) {
    return round_up(sizeof(ta_map_chunk), core->alignment);
}

static node *chunk_node(const ta_map_core *core, const ta_map_chunk *chunk, size_t index) {
    return (node *)(void *)((char *)chunk + nodes_offset(core) + index * core->stride);
}

/* The layout of nodes with entries of a type. A node is a multiple of 8 bytes, so the smallest
 * entry, too, has room for the pointer of the list of vacant ones. */
static bool lay_out(ta_map_core *core, const ta_type *entry) {
    size_t alignment = entry->alignment > sizeof(node) ? entry->alignment : sizeof(node);
    if (entry->size > SIZE_MAX / 4) return false;
    core->alignment = alignment;
    core->entry_offset = round_up(sizeof(node), alignment);
    core->stride = round_up(core->entry_offset + entry->size, alignment);
    return true;
}

/* ---- chunks ----------------------------------------------------------------------------------- */

static size_t chunk_size(const ta_map_core *core, size_t capacity) {
    return nodes_offset(core) + capacity * core->stride;
}

static bool add_chunk(ta_map_core *core, size_t capacity) {
    size_t most = (SIZE_MAX - nodes_offset(core)) / core->stride;
    if (capacity == 0 || capacity > most || capacity > MAX_NODES - core->capacity) return false;
    ta_map_chunk *chunk = ta_allocate(core->allocator, chunk_size(core, capacity), core->alignment);
    if (chunk == NULL) return false;
    *chunk = (ta_map_chunk){NULL, capacity, 0};
    if (core->last == NULL)
        core->first = chunk;
    else
        core->last->next = chunk;
    core->last = chunk;
    if (core->open == NULL) core->open = chunk;
    core->capacity += capacity;
    return true;
}

static void release_chunks(ta_map_core *core) {
    for (ta_map_chunk *chunk = core->first, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        ta_release(core->allocator, chunk, chunk_size(core, chunk->capacity), core->alignment);
    }
}

/* Doubles the map, up to its end. */
static size_t next_capacity(const ta_map_core *core) {
    if (core->capacity == 0) return FIRST_CHUNK;
    size_t left = MAX_NODES - core->capacity;
    return core->capacity < left ? core->capacity : left;
}

/* A node that is not live; NULL without memory. */
static node *take_node(ta_map_core *core) {
    if (core->vacant != NULL) {
        void *entry = core->vacant;
        memcpy(&core->vacant, entry, sizeof core->vacant);
        return entry_node(core, entry);
    }
    if (core->open == NULL && !add_chunk(core, next_capacity(core))) return NULL;
    ta_map_chunk *chunk = core->open;
    node *fresh = chunk_node(core, chunk, chunk->used++);
    if (chunk->used == chunk->capacity) core->open = chunk->next;
    fresh->hash = 0;
    return fresh;
}

static void vacate_node(ta_map_core *core, node *n) {
    void *entry = node_entry(core, n);
    n->hash = 0;
    memcpy(entry, &core->vacant, sizeof core->vacant);
    core->vacant = entry;
}

/* ---- the table -------------------------------------------------------------------------------- */

/* Where the memory callbacks of the calling thread's current table operation find their
 * allocator. */
typedef struct table_memory {
    const ta_allocator *allocator;
    bool has_failed;
    struct table_memory *outer; /* an allocator may use maps itself */
} table_memory;

static __thread table_memory *memory __attribute__((tls_model("initial-exec")));

static void memory_begin(table_memory *own, const ta_allocator *allocator) {
    *own = (table_memory){allocator, false, memory};
    memory = own;
}

static void memory_end(const table_memory *own) { memory = own->outer; }

static void *table_allocate(size_t size) {
    void *block = ta_allocate(memory->allocator, size, TABLE_ALIGNMENT);
    if (block == NULL) memory->has_failed = true;
    return block;
}

static void table_release(void *block, size_t size, bool defer) {
    (void)defer; /* nobody else reads the table */
    ta_release(memory->allocator, block, size, TABLE_ALIGNMENT);
}

static struct ck_malloc table_callbacks = {.malloc = table_allocate, .free = table_release};

static unsigned long node_hash(const void *member, unsigned long seed) {
    (void)seed;
    return (unsigned long)((const node *)member)->hash;
}

static bool is_wanted(const void *member, const void *wanted) {
    const node *n = member;
    const probe *p = wanted;
    /* Also false when `wanted` is a node. */
    if ((n->hash ^ p->node.hash) != LIVE) return false;
    return p->equal((const char *)n + p->entry_offset, p->key);
}

static bool table_create(ta_map_core *core, size_t count) {
    table_memory own;
    memory_begin(&own, core->allocator);
    bool done = ck_hs_init(&core->table, CK_HS_MODE_SPMC | CK_HS_MODE_DIRECT | CK_HS_MODE_DELETE,
                           node_hash, is_wanted, &table_callbacks, TABLE_PER_NODE * count, 0);
    memory_end(&own);
    core->table_room = count;
    return done;
}

static void table_destroy(ta_map_core *core) {
    table_memory own;
    memory_begin(&own, core->allocator);
    ck_hs_destroy(&core->table);
    memory_end(&own);
}

/* Room for `count` members; the table may have it already. */
static bool table_reserve(ta_map_core *core, size_t count) {
    table_memory own;
    if (count <= core->table_room) return true;
    memory_begin(&own, core->allocator);
    bool grown = ck_hs_grow(&core->table, TABLE_PER_NODE * count);
    memory_end(&own);
    if (grown) core->tombstones = 0;
    if (!own.has_failed) core->table_room = count;
    return !own.has_failed;
}

/* When lookups of what is not there begin to wade through tombstones. Without memory the table is
 * no worse than it was, and it is tried again after some more removals. */
static void table_tidy(ta_map_core *core) {
    table_memory own;
    if (core->tombstones <= core->capacity / 2) return;
    memory_begin(&own, core->allocator);
    bool rebuilt = ck_hs_rebuild(&core->table);
    memory_end(&own);
    core->tombstones = rebuilt ? 0 : core->capacity / 4;
}

/* A live node whose key the table does not hold. */
static bool table_add(ta_map_core *core, const node *n) {
    table_memory own;
    memory_begin(&own, core->allocator);
    bool added = ck_hs_put_unique(&core->table, (unsigned long)n->hash, n);
    memory_end(&own);
    core->count += added;
    return added;
}

/* ---- maps ------------------------------------------------------------------------------------- */

static void core_destroy(ta_map_core *core) {
    release_chunks(core);
    table_destroy(core);
    ta_release(core->allocator, core, sizeof *core, _Alignof(ta_map_core));
}

/* An empty map with room for `count` entries, and no seed yet. */
static ta_map_core *core_create(const ta_type *entry, const ta_allocator *allocator, size_t count) {
    if (count > MAX_NODES) return NULL;
    if (allocator == NULL) allocator = ta_allocator_default();
    ta_map_core *core = ta_allocate(allocator, sizeof *core, _Alignof(ta_map_core));
    if (core == NULL) return NULL;
    *core = (ta_map_core){.allocator = allocator};
    if (!lay_out(core, entry) ||
        !table_create(core, count > FIRST_CHUNK ? count : (size_t)FIRST_CHUNK)) {
        ta_release(allocator, core, sizeof *core, _Alignof(ta_map_core));
        return NULL;
    }
    if (count > 0 && !add_chunk(core, count)) {
        core_destroy(core);
        return NULL;
    }
    return core;
}

/* The first memory of a user's map. */
static ta_map_core *core_begin(const ta_map_class *map_class, const ta_allocator *allocator,
                               size_t count) {
    ta_map_core *core = core_create(map_class->entry, allocator, count);
    if (core != NULL) core->seed = ta_map_default_seed(core);
    return core;
}

static probe make_probe(const ta_map_core *core, const ta_map_class *map_class, const void *key) {
    return (probe){
        {map_class->hash(key, core->seed) & ~LIVE}, key, map_class->equal, core->entry_offset};
}

static unsigned long probe_hash(const probe *p) { return (unsigned long)(p->node.hash | LIVE); }

void *ta_map_find(const ta_map_core *core, const ta_map_class *map_class, const void *key) {
    if (core == NULL) return NULL;
    probe wanted = make_probe(core, map_class, key);
    /* ck reads alone, and has no word for it. */
    const node *found = ck_hs_get((ck_hs_t *)&core->table, probe_hash(&wanted), &wanted);
    return found == NULL ? NULL : node_entry(core, found);
}

/* Text of a length, compared with a key that is a string. */
typedef struct text {
    const char *bytes;
    size_t length;
} text;

static bool is_text(const void *key, const void *wanted) {
    const text *sought = wanted;
    const char *string;
    memcpy(&string, key, sizeof string);
    return string != NULL && strnlen(string, sought->length + 1) == sought->length &&
           memcmp(string, sought->bytes, sought->length) == 0;
}

void *ta_map_find_text(const ta_map_core *core, const char *bytes, size_t length) {
    if (core == NULL || bytes == NULL) return NULL;
    text sought = {bytes, length};
    probe wanted = {
        {ta_hash_bytes(bytes, length, core->seed) & ~LIVE}, &sought, is_text, core->entry_offset};
    const node *found = ck_hs_get((ck_hs_t *)&core->table, probe_hash(&wanted), &wanted);
    return found == NULL ? NULL : node_entry(core, found);
}

/* What an insertion brings along, and what it found or made. */
typedef struct insertion {
    ta_map_core *core;
    uint64_t hash;
    node *found, *made;
} insertion;

/* Called by ck with the member that equals the probe, or NULL; what it returns stands there
 * then. */
static void *insert_node(void *member, void *context) {
    insertion *in = context;
    in->found = member;
    if (member != NULL) return member;
    in->made = take_node(in->core);
    if (in->made != NULL) in->made->hash = in->hash;
    return in->made;
}

static void *core_insert(ta_map_core *core, const ta_map_class *map_class, const void *key,
                         bool *present) {
    table_memory own;
    table_tidy(core);
    probe wanted = make_probe(core, map_class, key);
    insertion in = {core, probe_hash(&wanted), NULL, NULL};
    const void *before = core->table.map;
    memory_begin(&own, core->allocator);
    (void)ck_hs_apply(&core->table, (unsigned long)in.hash, &wanted, insert_node, &in);
    memory_end(&own);
    if (core->table.map != before) core->tombstones = 0;
    *present = in.found != NULL;
    if (in.found != NULL) return node_entry(core, in.found);
    if (in.made == NULL) return NULL;
    core->count++;
    return node_entry(core, in.made);
}

void *ta_map_insert(ta_map_core **core, const ta_map_class *map_class, const void *key,
                    const ta_allocator *allocator, bool *present) {
    if (*core != NULL) return core_insert(*core, map_class, key, present);
    ta_map_core *fresh = core_begin(map_class, allocator, 0);
    if (fresh == NULL) return NULL;
    void *entry = core_insert(fresh, map_class, key, present);
    if (entry == NULL)
        core_destroy(fresh);
    else
        *core = fresh;
    return entry;
}

bool ta_map_take(ta_map_core *core, const ta_map_class *map_class, const void *key, void *out) {
    if (core == NULL) return false;
    probe wanted = make_probe(core, map_class, key);
    node *found = ck_hs_remove(&core->table, probe_hash(&wanted), &wanted);
    if (found == NULL) return false;
    memcpy(out, node_entry(core, found), map_class->entry->size);
    vacate_node(core, found);
    core->count--;
    core->tombstones++;
    return true;
}

size_t ta_map_count(const ta_map_core *core) { return core == NULL ? 0 : core->count; }

void *ta_map_next(const ta_map_core *core, ta_map_cursor *cursor) {
    if (core == NULL) return NULL;
    const ta_map_chunk *chunk = cursor->chunk == NULL ? core->first : cursor->chunk;
    for (size_t index = cursor->index; chunk != NULL; chunk = chunk->next, index = 0) {
        while (index < chunk->used) {
            const node *n = chunk_node(core, chunk, index++);
            if (n->hash == 0) continue;
            *cursor = (ta_map_cursor){chunk, index};
            return node_entry(core, n);
        }
        *cursor = (ta_map_cursor){chunk, index}; /* the end, as long as nothing is added */
    }
    return NULL;
}

bool ta_map_reserve(ta_map_core **core, const ta_map_class *map_class, size_t count,
                    const ta_allocator *allocator) {
    if (*core == NULL) {
        if (count != 0) *core = core_begin(map_class, allocator, count);
        return count == 0 || *core != NULL;
    }
    if (count > MAX_NODES) return false;
    if (count > (*core)->capacity && !add_chunk(*core, count - (*core)->capacity)) return false;
    return table_reserve(*core, count);
}

bool ta_map_seed(ta_map_core **core, const ta_map_class *map_class, uint64_t seed,
                 const ta_allocator *allocator) {
    if (*core != NULL) return false;
    *core = core_create(map_class->entry, allocator, 0);
    if (*core == NULL) return false;
    (*core)->seed = seed;
    return true;
}

/* ---- what the engine needs -------------------------------------------------------------------- */

/* Appends the live nodes of `chunk` to `fresh`, which has room for them; in one piece where all are
 * live. */
static void copy_chunk(const ta_map_core *core, const ta_map_chunk *chunk, bool all_live,
                       ta_map_chunk *fresh) {
    if (all_live) {
        memcpy(chunk_node(core, fresh, fresh->used), chunk_node(core, chunk, 0),
               chunk->used * core->stride);
        fresh->used += chunk->used;
        return;
    }
    for (size_t i = 0; i < chunk->used; i++) {
        const node *n = chunk_node(core, chunk, i);
        if (n->hash != 0) memcpy(chunk_node(core, fresh, fresh->used++), n, core->stride);
    }
}

/* Copies the live nodes of `core`, bit by bit, into `there`, an empty map with one chunk and table
 * that have room for them. */
static bool copy_nodes(ta_map_core *there, const ta_map_core *core) {
    ta_map_chunk *fresh = there->first;
    size_t used = 0;
    if (core->count == 0) return true;
    for (const ta_map_chunk *chunk = core->first; chunk != NULL; chunk = chunk->next)
        used += chunk->used;
    for (const ta_map_chunk *chunk = core->first; chunk != NULL; chunk = chunk->next)
        copy_chunk(core, chunk, used == core->count, fresh);
    if (fresh->used == fresh->capacity) there->open = NULL;

    table_memory own;
    bool added = true;
    memory_begin(&own, there->allocator);
    for (size_t i = 0; i < core->count && added; i++) {
        const node *n = chunk_node(there, fresh, i);
        added = ck_hs_put_unique(&there->table, (unsigned long)n->hash, n);
    }
    memory_end(&own);
    there->count = core->count;
    return added;
}

/* Core, table and chunks. */
static size_t block_count(const ta_map_core *core) {
    size_t blocks = 2;
    for (const ta_map_chunk *chunk = core->first; chunk != NULL; chunk = chunk->next) blocks++;
    return blocks;
}

ta_map_core *ta_map_rehome(ta_map_core *core, const ta_part *part, const ta_move *move) {
    const ta_allocator *allocator = move->allocator;
    if (allocator == NULL) allocator = ta_allocator_default();
    if (core->allocator == allocator) return core;
    ta_map_core *there = core_create(part->type, allocator, core->capacity);
    if (there != NULL && !copy_nodes(there, core)) {
        core_destroy(there);
        there = NULL;
    }
    if (there == NULL) {
        if (move->figures != NULL) move->figures->kept += block_count(core);
        return core;
    }
    there->seed = core->seed;
    if (move->figures != NULL) {
        move->figures->blocks += block_count(there);
        move->figures->bytes += sizeof *core + core->count * core->stride;
    }
    core_destroy(core);
    return there;
}

char *ta_map_next_run(const ta_map_core *core, ta_map_cursor *cursor, size_t *count) {
    char *first = ta_map_next(core, cursor);
    if (first == NULL) return NULL;
    const ta_map_chunk *chunk = cursor->chunk;
    size_t begin = cursor->index - 1, end = cursor->index;
    while (end < chunk->used && chunk_node(core, chunk, end)->hash != 0) end++;
    cursor->index = end;
    *count = end - begin;
    return first;
}

ta_map_core *ta_map_create_like(const ta_map_core *core, const ta_part *part,
                                const ta_allocator *allocator) {
    ta_map_core *like = core_create(part->type, allocator, core->count);
    if (like != NULL) like->seed = core->seed;
    return like;
}

ta_map_core *ta_map_copy(const ta_map_core *core, const ta_part *part,
                         const ta_allocator *allocator) {
    ta_map_core *copy = ta_map_create_like(core, part, allocator);
    if (copy == NULL || copy_nodes(copy, core)) return copy;
    core_destroy(copy);
    return NULL;
}

void *ta_map_entry_allocate(ta_map_core *core, const ta_part *part) {
    (void)part;
    node *n = take_node(core);
    return n == NULL ? NULL : node_entry(core, n);
}

void ta_map_entry_release(ta_map_core *core, const ta_part *part, void *entry) {
    (void)part;
    vacate_node(core, entry_node(core, entry));
}

bool ta_map_adopt(ta_map_core *core, const ta_part *part, void *entry, const void *like_entry) {
    (void)part;
    node *n = entry_node(core, entry);
    n->hash = entry_node(core, like_entry)->hash;
    if (table_add(core, n)) return true;
    n->hash = 0;
    return false;
}

void ta_map_release(ta_map_core *core, const ta_part *part) {
    (void)part;
    core_destroy(core);
}
