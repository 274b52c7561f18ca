/* SPDX-License-Identifier: MIT
 *
 * The rows of relocate_rows.h by hand: values of one size, strings, vectors. Each type as somebody
 * writes it who knows what must be kept (see relocate_rows.h) and has only this type in mind.
 */
#include "relocate_block.h"
#include "relocate_rows.h"
#include "relocate_values.h"

#include <string.h>

/* ---- values of one size ------------------------------------------------------------------------ */

static inline ta_status int_relocate(int *out, int *value, const ta_move *move) {
    ta_status status = ta_move_status(move);
    if (status == TA_OK) *out = *value;
    return status;
}

BENCH_BATCH_ROW(by_hand_int_by_value, int, bench_int_make, bench_int_is, int_relocate);

static inline ta_status line_relocate(bench_line *out, bench_line *value, const ta_move *move) {
    ta_status status = ta_move_status(move);
    if (status == TA_OK) *out = *value;
    return status;
}

BENCH_BATCH_ROW(by_hand_struct_64_bytes, bench_line, bench_line_make, bench_line_is, line_relocate);

static inline ta_status twelve_relocate(bench_twelve *out, bench_twelve *value,
                                        const ta_move *move) {
    ta_status status = ta_move_status(move);
    if (status == TA_OK) *out = *value;
    return status;
}

BENCH_BATCH_ROW(by_hand_derived_12_scalars, bench_twelve, bench_twelve_make, bench_twelve_is,
                twelve_relocate);

/* ---- owned string ------------------------------------------------------------------------------ */

typedef char *text;

static text text_make(const char *bytes, const ta_allocator *allocator) {
    size_t size = strlen(bytes) + 1;
    text made = block_allocate(allocator, size);
    if (made != NULL) memcpy(made, bytes, size);
    return made;
}

static bool string_make(text *string, const ta_allocator *allocator) {
    char bytes[BENCH_TEXT + 1];
    bench_text(bytes, 0);
    *string = text_make(bytes, allocator);
    return *string != NULL;
}

static bool string_is(const text *string) { return bench_is_text(*string, 0); }

OTHER_FILE static void string_drop(text *string) {
    if (*string != NULL) block_release(*string);
}

OTHER_FILE static void string_relocate_far(text *string, const ta_move *move) {
    if (*string != NULL) *string = block_rehome(*string, block_of(*string)->size, move);
}

static inline ta_status string_relocate(text *string, const ta_move *move) {
    if (!ta_move_is_far(move)) return ta_move_status(move);
    string_relocate_far(string, move);
    return TA_OK;
}

static inline text text_clone(const char *bytes, const ta_allocator *allocator) {
    size_t size = block_of(bytes)->size;
    text copy = block_allocate(allocator, size);
    if (copy != NULL) memcpy(copy, bytes, size);
    return copy;
}

OTHER_FILE static ta_status string_clone(const text *string, text *out,
                                         const ta_allocator *allocator) {
    *out = NULL;
    if (*string == NULL) return TA_OK;
    *out = text_clone(*string, allocator);
    return *out == NULL ? TA_E_NOMEM : TA_OK;
}

BENCH_RELOCATE_ROW(by_hand_string_32_within, text, near, string_make, string_is, string_drop,
                   string_relocate);
BENCH_RELOCATE_ROW(by_hand_string_32_across, text, far, string_make, string_is, string_drop,
                   string_relocate);
BENCH_CLONE_ROW(by_hand_string_32_clone_destroy, text, string_make, string_is, string_drop,
                string_clone);

/* ---- vector of ints ---------------------------------------------------------------------------- */

typedef struct ints {
    int *items;
    size_t length, capacity;
} ints;

static bool ints_make(ints *vector, const ta_allocator *allocator) {
    vector->items = block_allocate(allocator, BENCH_ELEMENTS * sizeof *vector->items);
    if (vector->items == NULL) return false;
    vector->length = vector->capacity = BENCH_ELEMENTS;
    for (int i = 0; i < BENCH_ELEMENTS; i++)
        vector->items[i] = (int)(bench_word((uint64_t)i) >> 33);
    return true;
}

static bool ints_is(const ints *vector) {
    for (int i = 0; i < BENCH_ELEMENTS; i++)
        if (vector->items[i] != (int)(bench_word((uint64_t)i) >> 33)) return false;
    return vector->length == BENCH_ELEMENTS;
}

OTHER_FILE static void ints_drop(ints *vector) {
    if (vector->items != NULL) block_release(vector->items);
}

OTHER_FILE static void ints_relocate_far(ints *vector, const ta_move *move) {
    if (vector->items == NULL) return;
    vector->items = block_rehome(vector->items, vector->length * sizeof *vector->items, move);
}

static inline ta_status ints_relocate(ints *vector, const ta_move *move) {
    if (!ta_move_is_far(move)) return ta_move_status(move);
    ints_relocate_far(vector, move);
    return TA_OK;
}

OTHER_FILE static ta_status ints_clone(const ints *vector, ints *out,
                                       const ta_allocator *allocator) {
    *out = *vector;
    if (vector->items == NULL) return TA_OK;
    out->items = block_allocate(allocator, block_of(vector->items)->size);
    if (out->items == NULL) return TA_E_NOMEM;
    memcpy(out->items, vector->items, vector->length * sizeof *vector->items);
    return TA_OK;
}

BENCH_RELOCATE_ROW(by_hand_ints_1000_within, ints, near, ints_make, ints_is, ints_drop,
                   ints_relocate);
BENCH_RELOCATE_ROW(by_hand_ints_1000_across, ints, far, ints_make, ints_is, ints_drop,
                   ints_relocate);
BENCH_CLONE_ROW(by_hand_ints_1000_clone_destroy, ints, ints_make, ints_is, ints_drop, ints_clone);

/* ---- vector of strings ------------------------------------------------------------------------- */

typedef struct strings {
    text *items;
    size_t length, capacity;
} strings;

OTHER_FILE static void strings_drop(strings *vector) {
    if (vector->items == NULL) return;
    for (size_t i = 0; i < vector->length; i++)
        if (vector->items[i] != NULL) block_release(vector->items[i]);
    block_release(vector->items);
}

static bool strings_make(strings *vector, const ta_allocator *allocator) {
    char bytes[BENCH_TEXT + 1];
    vector->items = block_allocate(allocator, BENCH_ELEMENTS * sizeof *vector->items);
    if (vector->items == NULL) return false;
    vector->capacity = BENCH_ELEMENTS;
    for (uint64_t k = 0; k < BENCH_ELEMENTS; k++) {
        bench_text(bytes, k);
        if ((vector->items[k] = text_make(bytes, allocator)) == NULL) {
            strings_drop(vector);
            return false;
        }
        vector->length = k + 1;
    }
    return true;
}

static bool strings_is(const strings *vector) {
    for (uint64_t k = 0; k < BENCH_ELEMENTS; k++)
        if (!bench_is_text(vector->items[k], k)) return false;
    return vector->length == BENCH_ELEMENTS;
}

OTHER_FILE static void strings_relocate_far(strings *vector, const ta_move *move) {
    if (vector->items == NULL) return;
    vector->items = block_rehome(vector->items, vector->length * sizeof *vector->items, move);
    for (size_t i = 0; i < vector->length; i++) {
        text item = vector->items[i];
        if (item != NULL) vector->items[i] = block_rehome(item, block_of(item)->size, move);
    }
}

static inline ta_status strings_relocate(strings *vector, const ta_move *move) {
    if (!ta_move_is_far(move)) return ta_move_status(move);
    strings_relocate_far(vector, move);
    return TA_OK;
}

OTHER_FILE static ta_status strings_clone(const strings *vector, strings *out,
                                          const ta_allocator *allocator) {
    *out = *vector;
    if (vector->items == NULL) return TA_OK;
    out->items = block_allocate(allocator, block_of(vector->items)->size);
    if (out->items == NULL) return TA_E_NOMEM;
    for (size_t i = 0; i < vector->length; i++) {
        out->items[i] = NULL;
        if (vector->items[i] == NULL) continue;
        out->items[i] = text_clone(vector->items[i], allocator);
        if (out->items[i] != NULL) continue;
        out->length = i;
        strings_drop(out);
        return TA_E_NOMEM;
    }
    return TA_OK;
}

BENCH_RELOCATE_ROW(by_hand_strings_1000_within, strings, near, strings_make, strings_is,
                   strings_drop, strings_relocate);
BENCH_RELOCATE_ROW(by_hand_strings_1000_across, strings, far, strings_make, strings_is,
                   strings_drop, strings_relocate);
BENCH_CLONE_ROW(by_hand_strings_1000_clone_destroy, strings, strings_make, strings_is, strings_drop,
                strings_clone);
