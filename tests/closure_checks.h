/* SPDX-License-Identifier: MIT
 *
 * Closures that their tests share.
 */
#ifndef TA_TESTS_CLOSURE_CHECKS_H
#define TA_TESTS_CLOSURE_CHECKS_H

#include "relocate_checks.h"

#include "ta/closure.h"

#define assert_made(expression) assert_int_equal(expression, TA_OK)

typedef struct adder {
    int a, b;
} adder;
TA_UNAWARE_TYPE(adder, adder);

typedef struct over { /* a byte more */
    unsigned char bytes[57];
} over;
TA_UNAWARE_TYPE(over, over);

typedef struct load { /* boxed, with something to visit on every move, and something owned */
    probe first;
    char *text;
    uint64_t words[5];
} load;
static const ta_part load_parts[] = {
    TA_PART_INLINE_INIT("first", probe_traits, &probe_type, offsetof(load, first), 1),
    TA_PART_INLINE_INIT("text", ta_string_traits, &ta_string_type, offsetof(load, text), 1)};
TYPE_OF_PARTS(load, ALL_TRAITS);

static inline load load_make(uint32_t id, const char *text, const ta_allocator *allocator) {
    load made = {probe_make(id), ta_string_make(text, allocator), {1, 2, 3, 4, 5}};
    assert_non_null(made.text);
    return made;
}

/* ---- closures -------------------------------------------------------------------------------- */

static int add(const adder *self) { return self->a + self->b; }
TA_FN(adding, adder, ta_int, add);

static uint32_t id_of(const probe *self) { return self->id; }
TA_FN(probing, probe, ta_uint32, id_of);

static uint32_t next_id(probe *self) { return ++self->id; }
TA_FN_MUT(probing_mut, probe, ta_uint32, next_id);
TA_FN_ONCE(probing_once, probe, ta_uint32, next_id);

static uint32_t id_of_load(const load *self) { return self->first.id; }
TA_FN(loading, load, ta_uint32, id_of_load);

static char *unload(load *self) { /* takes the text out, and leaves NULL */
    char *text = self->text;
    self->text = NULL;
    return text;
}
TA_FN_ONCE(unloading, load, ta_string, unload);

static char *take_text(char **self) {
    char *text = *self;
    *self = NULL;
    return text;
}
TA_FN_ONCE(text_later, ta_string, ta_string, take_text);

static int last_byte(const over *self) { return self->bytes[56]; }
TA_FN(last_of_over, over, ta_int, last_byte);
TA_CALLS(int_fn, ta_int);
TA_CALLS(uint32_fn, ta_uint32);
TA_CALLS(string_fn, ta_string);

#endif
