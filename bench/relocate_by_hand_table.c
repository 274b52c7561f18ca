/* SPDX-License-Identifier: MIT
 *
 * The rows of relocate_rows.h by hand: hash tables on ck's hash set.
 *
 * What is kept, as libta's maps keep it: an entry's address holds until it is removed or the table
 * moves; a table moves as a whole or, without memory, stays as a whole; keys are not hashed again.
 * So the entries stand in one array with their hashes beside them, and a table that moves
 * copies them and fills a new set, since the set holds pointers to them.
 */
#include "relocate_block.h"
#include "relocate_rows.h"
#include "relocate_values.h"

#include "ta/map.h"

#include <ck_hs.h>

/* ---- the set's memory --------------------------------------------------------------------------- */

/* ck's callbacks have no context: they take from here. */
static __thread const ta_allocator *set_memory;

static void *set_allocate(size_t size) {
    return set_memory->allocate(set_memory->context, size, 16);
}

static void set_release(void *memory, size_t size, bool defer) {
    (void)defer;
    set_memory->release(set_memory->context, memory, size, 16);
}

static struct ck_malloc set_callbacks = {.malloc = set_allocate, .free = set_release};

static bool set_create(ck_hs_t *set, size_t capacity, ck_hs_hash_cb_t *hash,
                       ck_hs_compare_cb_t *equal, const ta_allocator *home) {
    set_memory = home;
    return ck_hs_init(set, CK_HS_MODE_SPMC | CK_HS_MODE_DIRECT | CK_HS_MODE_DELETE, hash, equal,
                      &set_callbacks, 2 * capacity, 0);
}

static void set_destroy(ck_hs_t *set, const ta_allocator *home) {
    set_memory = home;
    ck_hs_destroy(set);
}

/* ---- from words to words ------------------------------------------------------------------------ */

typedef struct entry {
    uint64_t hash; /* 0: removed */
    uint64_t key, value;
} entry;

typedef struct table {
    const ta_allocator *home;
    ck_hs_t set;
    size_t count, used, capacity; /* entries that are, that ever were, and that may be */
    entry *entries;
} table;

static unsigned long entry_hash(const void *member, unsigned long seed) {
    (void)seed;
    return (unsigned long)((const entry *)member)->hash;
}

static bool entry_equal(const void *a, const void *b) {
    const entry *one = a, *other = b;
    return one->hash == other->hash && one->key == other->key;
}

static table *table_create(size_t capacity, const ta_allocator *home) {
    table *made = home->allocate(home->context, sizeof *made, 16);
    if (made == NULL) return NULL;
    *made = (table){.home = home, .capacity = capacity};
    made->entries = home->allocate(home->context, capacity * sizeof(entry), 16);
    if (made->entries != NULL) {
        if (set_create(&made->set, capacity, entry_hash, entry_equal, home)) return made;
        home->release(home->context, made->entries, capacity * sizeof(entry), 16);
    }
    home->release(home->context, made, sizeof *made, 16);
    return NULL;
}

static void table_destroy(table *old) {
    const ta_allocator *home = old->home;
    set_destroy(&old->set, home);
    home->release(home->context, old->entries, old->capacity * sizeof(entry), 16);
    home->release(home->context, old, sizeof *old, 16);
}

OTHER_FILE static void table_drop(table **map) {
    if (*map != NULL) table_destroy(*map);
}

static table *table_copy(const table *map, const ta_allocator *home) {
    table *copy = table_create(map->capacity, home);
    if (copy == NULL) return NULL;
    set_memory = home;
    for (size_t i = 0; i < map->used; i++) {
        if (map->entries[i].hash == 0) continue;
        entry *next = &copy->entries[copy->used];
        *next = map->entries[i];
        if (!ck_hs_put_unique(&copy->set, (unsigned long)next->hash, next)) {
            table_destroy(copy);
            return NULL;
        }
        copy->used++;
    }
    copy->count = copy->used;
    return copy;
}

OTHER_FILE static void table_relocate_far(table **map, const ta_move *move) {
    table *old = *map;
    if (old == NULL || old->home == move->allocator) return;
    table *there = table_copy(old, move->allocator);
    if (there == NULL) {
        if (move->figures != NULL) move->figures->kept += 3;
        return;
    }
    if (move->figures != NULL) {
        move->figures->blocks += 3;
        move->figures->bytes += sizeof *old + old->count * sizeof(entry);
    }
    table_destroy(old);
    *map = there;
}

static inline ta_status table_relocate(table **map, const ta_move *move) {
    if (!ta_move_is_far(move)) return ta_move_status(move);
    table_relocate_far(map, move);
    return TA_OK;
}

typedef table *table_pointer;

OTHER_FILE static ta_status table_clone(const table_pointer *map, table **out,
                                        const ta_allocator *allocator) {
    *out = NULL;
    if (*map == NULL) return TA_OK;
    *out = table_copy(*map, allocator);
    return *out == NULL ? TA_E_NOMEM : TA_OK;
}

static uint64_t word_hash(uint64_t word) {
    return ta_hash_integer(word, UINT64_C(0x2545f4914f6cdd1d)) | 1;
}

static bool table_make(table **map, const ta_allocator *allocator) {
    *map = table_create(BENCH_ELEMENTS, allocator);
    if (*map == NULL) return false;
    set_memory = allocator;
    for (uint64_t k = 0; k < BENCH_ELEMENTS; k++) {
        entry *next = &(*map)->entries[k];
        *next = (entry){word_hash(bench_word(k)), bench_word(k), k};
        if (!ck_hs_put(&(*map)->set, (unsigned long)next->hash, next)) {
            table_drop(map);
            return false;
        }
        (*map)->used = (*map)->count = k + 1;
    }
    return true;
}

static bool table_is(const table_pointer *map) {
    for (uint64_t k = 0; k < BENCH_ELEMENTS; k++) {
        entry wanted = {word_hash(bench_word(k)), bench_word(k), 0};
        const entry *found = ck_hs_get(&(*map)->set, (unsigned long)wanted.hash, &wanted);
        if (found == NULL || found->value != k) return false;
    }
    return (*map)->count == BENCH_ELEMENTS;
}

BENCH_RELOCATE_ROW(by_hand_table_1000_within, table_pointer, near, table_make, table_is, table_drop,
                   table_relocate);
BENCH_RELOCATE_ROW(by_hand_table_1000_across, table_pointer, far, table_make, table_is, table_drop,
                   table_relocate);
BENCH_CLONE_ROW(by_hand_table_1000_clone_destroy, table_pointer, table_make, table_is, table_drop,
                table_clone);

/* ---- from strings to strings -------------------------------------------------------------------- */

typedef struct name {
    uint64_t hash; /* 0: removed */
    char *key, *value;
} name;

typedef struct names {
    const ta_allocator *home;
    ck_hs_t set;
    size_t count, used, capacity;
    name *entries;
} names, *names_pointer;

static unsigned long name_hash(const void *member, unsigned long seed) {
    (void)seed;
    return (unsigned long)((const name *)member)->hash;
}

static bool name_equal(const void *a, const void *b) {
    const name *one = a, *other = b;
    return one->hash == other->hash && strcmp(one->key, other->key) == 0;
}

static names *names_create(size_t capacity, const ta_allocator *home) {
    names *made = home->allocate(home->context, sizeof *made, 16);
    if (made == NULL) return NULL;
    *made = (names){.home = home, .capacity = capacity};
    made->entries = home->allocate(home->context, capacity * sizeof(name), 16);
    if (made->entries != NULL) {
        if (set_create(&made->set, capacity, name_hash, name_equal, home)) return made;
        home->release(home->context, made->entries, capacity * sizeof(name), 16);
    }
    home->release(home->context, made, sizeof *made, 16);
    return NULL;
}

static void names_destroy(names *old) {
    const ta_allocator *home = old->home;
    set_destroy(&old->set, home);
    home->release(home->context, old->entries, old->capacity * sizeof(name), 16);
    home->release(home->context, old, sizeof *old, 16);
}

OTHER_FILE static void names_drop(names **map) {
    if (*map == NULL) return;
    for (size_t i = 0; i < (*map)->used; i++) {
        const name *each = &(*map)->entries[i];
        if (each->hash == 0) continue;
        if (each->key != NULL) block_release(each->key);
        if (each->value != NULL) block_release(each->value);
    }
    names_destroy(*map);
}

/* The table there, with keys and values that are still here; NULL without memory. */
static names *names_copy(const names *map, const ta_allocator *home) {
    names *copy = names_create(map->capacity, home);
    if (copy == NULL) return NULL;
    set_memory = home;
    for (size_t i = 0; i < map->used; i++) {
        if (map->entries[i].hash == 0) continue;
        name *next = &copy->entries[copy->used];
        *next = map->entries[i];
        if (!ck_hs_put_unique(&copy->set, (unsigned long)next->hash, next)) {
            names_destroy(copy);
            return NULL;
        }
        copy->used++;
    }
    copy->count = copy->used;
    return copy;
}

static void text_rehome(char **text, const ta_move *move) {
    if (*text != NULL) *text = block_rehome(*text, block_of(*text)->size, move);
}

OTHER_FILE static void names_relocate_far(names **map, const ta_move *move) {
    names *old = *map;
    if (old == NULL) return;
    names *there = old->home == move->allocator ? old : names_copy(old, move->allocator);
    if (there == NULL) {
        if (move->figures != NULL) move->figures->kept += 3;
        there = old;
    } else if (there != old) {
        if (move->figures != NULL) {
            move->figures->blocks += 3;
            move->figures->bytes += sizeof *old + old->count * sizeof(name);
        }
        names_destroy(old);
        *map = there;
    }
    for (size_t i = 0; i < there->used; i++) {
        if (there->entries[i].hash == 0) continue;
        text_rehome(&there->entries[i].key, move);
        text_rehome(&there->entries[i].value, move);
    }
}

static inline ta_status names_relocate(names **map, const ta_move *move) {
    if (!ta_move_is_far(move)) return ta_move_status(move);
    names_relocate_far(map, move);
    return TA_OK;
}

static uint64_t text_hash(const char *text) {
    return ta_hash_bytes(text, strlen(text), UINT64_C(0x2545f4914f6cdd1d)) | 1;
}

static char *text_make(uint64_t k, const ta_allocator *allocator) {
    char *made = block_allocate(allocator, BENCH_TEXT + 1);
    if (made != NULL) bench_text(made, k);
    return made;
}

static bool names_make(names **map, const ta_allocator *allocator) {
    *map = names_create(BENCH_ELEMENTS, allocator);
    if (*map == NULL) return false;
    for (uint64_t k = 0; k < BENCH_ELEMENTS; k++) {
        name *next = &(*map)->entries[k];
        next->key = text_make(k, allocator);
        next->value = text_make(k + BENCH_ELEMENTS, allocator);
        next->hash = next->key == NULL ? 1 : text_hash(next->key);
        (*map)->used = (*map)->count = k + 1;
        set_memory = allocator;
        if (next->key == NULL || next->value == NULL ||
            !ck_hs_put(&(*map)->set, (unsigned long)next->hash, next)) {
            names_drop(map);
            return false;
        }
    }
    return true;
}

static bool names_is(const names_pointer *map) {
    char key[BENCH_TEXT + 1];
    for (uint64_t k = 0; k < BENCH_ELEMENTS; k++) {
        bench_text(key, k);
        name wanted = {text_hash(key), key, NULL};
        const name *found = ck_hs_get(&(*map)->set, (unsigned long)wanted.hash, &wanted);
        if (found == NULL || !bench_is_text(found->value, k + BENCH_ELEMENTS)) return false;
    }
    return (*map)->count == BENCH_ELEMENTS;
}

BENCH_RELOCATE_ROW(by_hand_string_table_1000_across, names_pointer, far, names_make, names_is,
                   names_drop, names_relocate);
