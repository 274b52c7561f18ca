/* SPDX-License-Identifier: MIT
 *
 * The rows of relocate_rows.h by libta, written as a program that uses it is written.
 */
#include "relocate_rows.h"
#include "relocate_values.h"

#include "ta/closure.h"
#include "ta/derive.h"
#include "ta/map.h"
#include "ta/owned.h"

/* ---- values of one size ------------------------------------------------------------------------ */

TA_TYPED(ta_int);

BENCH_BATCH_ROW(ours_int_by_value, int, bench_int_make, bench_int_is, ta_int_relocate_into);

TA_UNAWARE_TYPE(line, bench_line);
TA_TYPED(line);

BENCH_BATCH_ROW(ours_struct_64_bytes, bench_line, bench_line_make, bench_line_is,
                line_relocate_into);

TA_DERIVE(twelve, bench_twelve, flag, letter, small, half, whole, count, real, moment, size,
          distance, port, kind);

BENCH_BATCH_ROW(ours_derived_12_scalars, bench_twelve, bench_twelve_make, bench_twelve_is,
                twelve_relocate_into);

/* ---- owned string ------------------------------------------------------------------------------ */

TA_TYPED(ta_string);

static bool string_make(char **string, const ta_allocator *allocator) {
    char text[BENCH_TEXT + 1];
    bench_text(text, 0);
    *string = ta_string_make(text, allocator);
    return *string != NULL;
}

static bool string_is(char *const *string) { return bench_is_text(*string, 0); }

BENCH_RELOCATE_ROW(ours_string_32_within, ta_string_value, near, string_make, string_is,
                   ta_string_destroy, ta_string_relocate);
BENCH_RELOCATE_ROW(ours_string_32_across, ta_string_value, far, string_make, string_is,
                   ta_string_destroy, ta_string_relocate);
BENCH_CLONE_ROW(ours_string_32_clone_destroy, ta_string_value, string_make, string_is,
                ta_string_destroy, ta_string_clone);

/* ---- vector of ints ---------------------------------------------------------------------------- */

TA_VECTOR(ints, ta_int);
TA_TYPED(ints);

static bool ints_make(ints *vector, const ta_allocator *allocator) {
    if (!ints_reserve(vector, BENCH_ELEMENTS, allocator)) return false;
    for (int i = 0; i < BENCH_ELEMENTS; i++)
        if (!ints_push(vector, (int)(bench_word((uint64_t)i) >> 33), allocator)) return false;
    return true;
}

static bool ints_is(const ints *vector) {
    if (vector->length != BENCH_ELEMENTS) return false;
    for (int i = 0; i < BENCH_ELEMENTS; i++)
        if (vector->items[i] != (int)(bench_word((uint64_t)i) >> 33)) return false;
    return true;
}

BENCH_RELOCATE_ROW(ours_ints_1000_within, ints, near, ints_make, ints_is, ints_destroy,
                   ints_relocate);
BENCH_RELOCATE_ROW(ours_ints_1000_across, ints, far, ints_make, ints_is, ints_destroy,
                   ints_relocate);
BENCH_CLONE_ROW(ours_ints_1000_clone_destroy, ints, ints_make, ints_is, ints_destroy, ints_clone);

/* ---- vector of strings ------------------------------------------------------------------------- */

TA_VECTOR(strings, ta_string);
TA_TYPED(strings);

static bool strings_make(strings *vector, const ta_allocator *allocator) {
    char text[BENCH_TEXT + 1];
    if (!strings_reserve(vector, BENCH_ELEMENTS, allocator)) return false;
    for (uint64_t k = 0; k < BENCH_ELEMENTS; k++) {
        bench_text(text, k);
        char *string = ta_string_make(text, allocator);
        if (string == NULL || !strings_push(vector, string, allocator)) {
            strings_destroy(vector);
            return false;
        }
    }
    return true;
}

static bool strings_is(const strings *vector) {
    for (uint64_t k = 0; k < BENCH_ELEMENTS; k++)
        if (!bench_is_text(vector->items[k], k)) return false;
    return vector->length == BENCH_ELEMENTS;
}

BENCH_RELOCATE_ROW(ours_strings_1000_within, strings, near, strings_make, strings_is,
                   strings_destroy, strings_relocate);
BENCH_RELOCATE_ROW(ours_strings_1000_across, strings, far, strings_make, strings_is,
                   strings_destroy, strings_relocate);
BENCH_CLONE_ROW(ours_strings_1000_clone_destroy, strings, strings_make, strings_is, strings_destroy,
                strings_clone);

/* ---- hash table -------------------------------------------------------------------------------- */

TA_MAP(table, ta_uint64, ta_uint64);
TA_TYPED(table);

static bool table_make(table *map, const ta_allocator *allocator) {
    if (!table_reserve(map, BENCH_ELEMENTS, allocator)) return false;
    for (uint64_t k = 0; k < BENCH_ELEMENTS; k++) {
        if (table_put(map, bench_word(k), k, allocator)) continue;
        table_destroy(map);
        return false;
    }
    return true;
}

static bool table_is(const table *map) {
    for (uint64_t k = 0; k < BENCH_ELEMENTS; k++) {
        const uint64_t *value = table_get(map, bench_word(k));
        if (value == NULL || *value != k) return false;
    }
    return table_count(map) == BENCH_ELEMENTS;
}

BENCH_RELOCATE_ROW(ours_table_1000_within, table, near, table_make, table_is, table_destroy,
                   table_relocate);
BENCH_RELOCATE_ROW(ours_table_1000_across, table, far, table_make, table_is, table_destroy,
                   table_relocate);
BENCH_CLONE_ROW(ours_table_1000_clone_destroy, table, table_make, table_is, table_destroy,
                table_clone);

TA_MAP(names, ta_string, ta_string);
TA_TYPED(names);

static bool names_make(names *map, const ta_allocator *allocator) {
    char key[BENCH_TEXT + 1], value[BENCH_TEXT + 1];
    if (!names_reserve(map, BENCH_ELEMENTS, allocator)) return false;
    for (uint64_t k = 0; k < BENCH_ELEMENTS; k++) {
        bench_text(key, k);
        bench_text(value, k + BENCH_ELEMENTS);
        char *owned_key = ta_string_make(key, allocator);
        char *owned_value = ta_string_make(value, allocator);
        if (owned_key != NULL && owned_value != NULL &&
            names_put(map, owned_key, owned_value, allocator))
            continue;
        ta_destroy(&ta_string_type, &owned_key);
        ta_destroy(&ta_string_type, &owned_value);
        names_destroy(map);
        return false;
    }
    return true;
}

static bool names_is(const names *map) {
    char key[BENCH_TEXT + 1];
    for (uint64_t k = 0; k < BENCH_ELEMENTS; k++) {
        bench_text(key, k);
        char *const *value = names_get(map, key);
        if (value == NULL || !bench_is_text(*value, k + BENCH_ELEMENTS)) return false;
    }
    return names_count(map) == BENCH_ELEMENTS;
}

BENCH_RELOCATE_ROW(ours_string_table_1000_across, names, far, names_make, names_is, names_destroy,
                   names_relocate);

/* ---- closures ---------------------------------------------------------------------------------- */

TA_CALLS(word_fn, ta_uint64);

TA_UNAWARE_TYPE(five, bench_five);
TA_FN(sum_five, five, ta_uint64, bench_five_sum);
BENCH_CLOSURE_ROWS(ours_closure_40, ta_fn, bench_five, bench_five_make, bench_five_sum, sum_five,
                   ta_fn_relocate, word_fn_call, ta_fn_destroy);

TA_UNAWARE_TYPE(hundred, bench_hundred);
TA_FN(sum_hundred, hundred, ta_uint64, bench_hundred_sum);
BENCH_CLOSURE_ROWS(ours_closure_100, ta_fn, bench_hundred, bench_hundred_make, bench_hundred_sum,
                   sum_hundred, ta_fn_relocate, word_fn_call, ta_fn_destroy);
