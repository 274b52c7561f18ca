/* SPDX-License-Identifier: MIT
 *
 * Rows of values that are relocated, and of closures. "within": to another core of one region,
 * where memory stays; "across": to another region, where it is allocated anew and copied.
 */
#include "count_rows.h"

#include "ta/closure.h"
#include "ta/derive.h"

#include <string.h>

TA_TYPED(ta_int);

typedef struct line {
    uint64_t words[8];
} line;
TA_UNAWARE_TYPE(lines, line);
TA_TYPED(lines);

struct session {
    uint64_t id;
    char *user;
};
TA_DERIVE(sessions, struct session, id, TA_AS(user, ta_string));

typedef struct five {
    uint64_t words[5];
} five;
typedef struct thirteen {
    uint64_t words[13];
} thirteen;
TA_UNAWARE_TYPE(fives, five);
TA_UNAWARE_TYPE(thirteens, thirteen);

static uint64_t first_of_five(const five *captured) { return captured->words[0]; }
static uint64_t last_of_thirteen(const thirteen *captured) { return captured->words[12]; }
TA_FN(short_fn, fives, ta_uint64, first_of_five);
TA_FN(long_fn, thirteens, ta_uint64, last_of_thirteen);
TA_CALLS(word_fn, ta_uint64);

static struct {
    ta_affinity places[4]; /* two regions of two */
    ta_move within, across;
    int number, number_there;
    line line, line_there;
    struct session session;
    five five;
    thirteen thirteen;
    ta_fn closure;
} at;

static bool begin(void) {
    const uint32_t counts[] = {2, 2};
    if (ta_affinity_create_manual(counts, 2, at.places, 4, NULL) != TA_OK) return false;
    at.within = ta_move_between(at.places[0], at.places[1], NULL);
    at.across = ta_move_between(at.places[0], at.places[2], NULL);
    at.number = 1;
    at.line.words[7] = 1;
    at.five.words[0] = 1;
    at.thirteen.words[12] = 1;
    at.session.user = ta_string_make("thirty-one letters are in a name", NULL);
    return at.session.user != NULL && short_fn(&at.closure, at.five, NULL) == TA_OK;
}

static void end(void) {
    sessions_destroy(&at.session);
    ta_fn_destroy(&at.closure);
}

/* A loop around an expression that is 1 when all is well. */
#define MOVES(NAME, EXPRESSION)                                                                    \
    static uint64_t NAME(uint64_t count) {                                                         \
        uint64_t done = 0;                                                                         \
        for (uint64_t i = 0; i < count; i++) {                                                     \
            COUNT_TOUCH();                                                                         \
            done += EXPRESSION;                                                                    \
        }                                                                                          \
        return done;                                                                               \
    }

MOVES(int_within, ta_int_relocate_into(&at.number_there, &at.number, &at.within) == TA_OK)
MOVES(struct_within, lines_relocate_into(&at.line_there, &at.line, &at.within) == TA_OK)
MOVES(string_within, sessions_relocate(&at.session, &at.within) == TA_OK)
MOVES(string_across, sessions_relocate(&at.session, &at.across) == TA_OK)
MOVES(closure_within, ta_fn_relocate(&at.closure, &at.within) == TA_OK)

static uint64_t string_clone_destroy(uint64_t count) {
    struct session clone;
    uint64_t done = 0;
    for (uint64_t i = 0; i < count; i++) {
        done += sessions_clone(&at.session, &clone, NULL) == TA_OK;
        COUNT_USE(clone);
        sessions_destroy(&clone);
    }
    return done;
}

static uint64_t closure_short(uint64_t count) {
    uint64_t done = 0, result = 0;
    for (uint64_t i = 0; i < count; i++) {
        ta_fn closure;
        COUNT_TOUCH();
        (void)short_fn(&closure, at.five, NULL); /* in place: it cannot fail */
        COUNT_USE(closure);
        if (word_fn_call(&closure, &result)) done += result;
        ta_fn_destroy(&closure);
    }
    return done;
}

static uint64_t closure_long(uint64_t count) {
    uint64_t done = 0, result = 0;
    for (uint64_t i = 0; i < count; i++) {
        ta_fn closure;
        COUNT_TOUCH();
        if (long_fn(&closure, at.thirteen, NULL) != TA_OK) break;
        COUNT_USE(closure);
        if (word_fn_call(&closure, &result)) done += result;
        ta_fn_destroy(&closure);
    }
    return done;
}

static const count_row rows[] = {
    {"relocate_int_within", 256, NULL, int_within, NULL},
    {"relocate_64_bytes_within", 256, NULL, struct_within, NULL},
    {"relocate_derived_string_within", 256, NULL, string_within, NULL},
    {"relocate_derived_string_across", 256, NULL, string_across, NULL},
    {"clone_destroy_derived_string", 256, NULL, string_clone_destroy, NULL},
    {"relocate_closure_40_within", 256, NULL, closure_within, NULL},
    {"closure_40_make_call_destroy", 256, NULL, closure_short, NULL},
    {"closure_104_make_call_destroy", 256, NULL, closure_long, NULL},
};

const count_group count_moves = {rows, sizeof rows / sizeof *rows, begin, end};
