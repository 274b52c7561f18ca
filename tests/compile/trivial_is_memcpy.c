/* SPDX-License-Identifier: MIT
 *
 * Functions whose machine code trivial_is_memcpy.sh looks at.
 */
#include "ta/derive.h"

/* 64 bytes of scalars, arrays and structs that own nothing. */
struct place {
    double x, y;
};
TA_DERIVE(place, struct place, x, y);
struct trivial {
    uint64_t id;
    struct place at;
    int grid[2][2];
    uint16_t port;
    bool is_open;
    void (*hook)(void);
    float weight;
};
TA_DERIVE(trivial, struct trivial, id, TA_AS(at, place), TA_ARRAY(grid), port, is_open,
          TA_FUNCTION(hook), weight);
_Static_assert(sizeof(struct trivial) == 64 && trivial_traits == 0, "a trivial struct of 64 bytes");

struct owner {
    struct trivial trivial;
    char *name;
};
TA_DERIVE(owner, struct owner, TA_AS(trivial, trivial), TA_AS(name, ta_string));

struct maybe {
    enum { NO, YES } is;
    union {
        struct place place;
    } as;
};
TA_DERIVE_UNION(maybe, struct maybe, is, as, TA_CASE_EMPTY(NO), TA_CASE(YES, TA_AS(place, place)));

#define LOOKED_AT(NAME, T)                                                                         \
    ta_status NAME##_in_place(T *value, const ta_move *move);                                      \
    ta_status NAME##_by_value(T *out, T *value, const ta_move *move);                              \
    T NAME##_as_expression(T value, const ta_move *move);                                          \
    ta_status NAME##_cloned(const T *value, T *out);                                               \
    void NAME##_destroyed(T *value);                                                               \
    ta_status NAME##_in_place(T *value, const ta_move *move) {                                     \
        return NAME##_relocate(value, move);                                                       \
    }                                                                                              \
    ta_status NAME##_by_value(T *out, T *value, const ta_move *move) {                             \
        return NAME##_relocate_into(out, value, move);                                             \
    }                                                                                              \
    T NAME##_as_expression(T value, const ta_move *move) {                                         \
        return NAME##_relocated(value, move, NULL);                                                \
    }                                                                                              \
    ta_status NAME##_cloned(const T *value, T *out) { return NAME##_clone(value, out, NULL); }     \
    void NAME##_destroyed(T *value) { NAME##_destroy(value); }

LOOKED_AT(trivial, struct trivial)
LOOKED_AT(maybe, struct maybe)
LOOKED_AT(owner, struct owner)

/* The control for loops, which no compiler can unroll or call by another name. */
unsigned has_a_loop(unsigned n);
unsigned has_a_loop(unsigned n) {
    unsigned steps = 0;
    while (n != 1) {
        n = n % 2 == 0 ? n / 2 : 3 * n + 1;
        steps++;
    }
    return steps;
}
