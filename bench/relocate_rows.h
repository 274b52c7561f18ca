/* SPDX-License-Identifier: MIT
 *
 * The rows of bench_relocate.cc: each is the same work done twice, by libta (relocate_ours.c) and
 * by a hand-written C version (relocate_by_hand.c).
 *
 * What makes the two comparable:
 *   - Both are told of a move by the same ta_move, refuse a move that is wrong, take memory from
 *     move->allocator through the same two function pointers, check for NULL, keep what cannot be
 *     placed, and count into move->figures.
 *   - Both keep allocator and size in front of owned memory, because both must be able to give a
 *     value back without being told where it came from; both leave a block where it is when it came
 *     from the move's allocator already.
 *   - Both decide inline whether there is anything to do. What follows then is a call to a function
 *     in libta on the one side, to a function that is not inlined on the other.
 *   - What is erased (closures) is erased on both sides: the loop does not know the captured type.
 *   - Both stand in C files that are compiled with the same flags, and are called by the same code.
 *
 * The hand-written side knows its types, and nothing else that libta does not.
 */
#ifndef TA_BENCH_RELOCATE_ROWS_H
#define TA_BENCH_RELOCATE_ROWS_H

#include "ta/move.h"

TA_BEGIN_DECLS

/* Two regions and the moves between them: [0] goes there, [1] comes back. */
typedef struct bench_places {
    ta_allocator memory[2]; /* of region 0, where values begin, and of region 1 */
    ta_move near[2];        /* between two processors of region 0 */
    ta_move far[2];         /* between the regions */
    ta_move_figures figures;
} bench_places;

/* One way to do a row's work. A state is one value, or a few, at home in region 0 before and after
 * every run. */
typedef struct bench_side {
    void *(*create)(const bench_places *places); /* NULL: no memory */
    /* Does the work so many times; returns how often it went wrong. */
    uint64_t (*run)(void *state, uint64_t rounds);
    bool (*is_intact)(const void *state); /* are all values what create() made? */
    void (*destroy)(void *state);
} bench_side;

/* X(name, operations, blocks): a round is so many operations (relocations, clones, calls), and
 * moves so many blocks to another region, at least. A name is a row's and, behind ours_ and
 * by_hand_, its sides'. */
#define BENCH_ROWS(X)                                                                              \
    X(int_by_value, 2 * BENCH_BATCH, 0)                                                            \
    X(struct_64_bytes, 2 * BENCH_BATCH, 0)                                                         \
    X(derived_12_scalars, 2 * BENCH_BATCH, 0)                                                      \
    X(string_32_within, 2, 0)                                                                      \
    X(string_32_across, 2, 2)                                                                      \
    X(string_32_clone_destroy, 1, 0)                                                               \
    X(ints_1000_within, 2, 0)                                                                      \
    X(ints_1000_across, 2, 2)                                                                      \
    X(ints_1000_clone_destroy, 1, 0)                                                               \
    X(strings_1000_within, 2, 0)                                                                   \
    X(strings_1000_across, 2, 2002)                                                                \
    X(strings_1000_clone_destroy, 1, 0)                                                            \
    X(table_1000_within, 2, 0)                                                                     \
    X(table_1000_across, 2, 6)                                                                     \
    X(table_1000_clone_destroy, 1, 0)                                                              \
    X(string_table_1000_across, 2, 2006)                                                           \
    X(closure_40_create_destroy, 1, 0)                                                             \
    X(closure_40_relocate, 2, 0)                                                                   \
    X(closure_40_call, 1, 0)                                                                       \
    X(closure_40_whole, 1, 0)                                                                      \
    X(closure_100_create_destroy, 1, 0)                                                            \
    X(closure_100_relocate, 2, 2)                                                                  \
    X(closure_100_call, 1, 0)                                                                      \
    X(closure_100_whole, 1, 1)

enum {
    BENCH_BATCH = 64, /* small values move by the array, so that none waits for its predecessor */
    BENCH_ELEMENTS = 1000 /* of a vector, of a table */
};

typedef struct bench_row {
    const char *name;
    uint64_t operations, blocks;
    bench_side by_hand, ours;
} bench_row;

#define BENCH_DECLARE_SIDES_(name, operations, blocks)                                             \
    extern const bench_side ours_##name, by_hand_##name;
BENCH_ROWS(BENCH_DECLARE_SIDES_)
#undef BENCH_DECLARE_SIDES_

/* The compiler must have the memory behind `pointer` written out by here, and reads it again. */
#define BENCH_KEEP(pointer) __asm__ volatile("" : : "r"(pointer) : "memory")

/* ---- the loops, in the same words for both sides ------------------------------------------------ */

#ifndef __cplusplus
#include <stdlib.h>
#include <string.h>

/* A row of small values that move by value from one array to another, and back:
 *     void MAKE(T *value, uint64_t k);   bool IS(const T *value, uint64_t k);
 *     ta_status RELOCATE(T *out, T *value, const ta_move *move); */
#define BENCH_BATCH_ROW(SIDE, T, MAKE, IS, RELOCATE)                                               \
    typedef struct SIDE##_state {                                                                  \
        const bench_places *places;                                                                \
        T here[BENCH_BATCH], there[BENCH_BATCH];                                                   \
    } SIDE##_state;                                                                                \
    static void *SIDE##_create(const bench_places *places) {                                       \
        SIDE##_state *s = aligned_alloc(64, (sizeof *s + 63) / 64 * 64);                           \
        if (s == NULL) return NULL;                                                                \
        s->places = places;                                                                        \
        memset(s->there, 0, sizeof s->there);                                                      \
        for (uint64_t k = 0; k < BENCH_BATCH; k++) MAKE(&s->here[k], k);                           \
        for (uint64_t k = 0; k < BENCH_BATCH; k++)                                                 \
            if (RELOCATE(&s->there[k], &s->here[k], &places->far[0]) != TA_OK)                     \
                return free(s), NULL;                                                              \
        return s;                                                                                  \
    }                                                                                              \
    static uint64_t SIDE##_run(void *state, uint64_t rounds) {                                     \
        SIDE##_state *s = state;                                                                   \
        const ta_move *go = &s->places->far[0], *come = &s->places->far[1];                        \
        uint64_t wrong = 0;                                                                        \
        for (uint64_t r = 0; r < rounds; r++) {                                                    \
            for (int i = 0; i < BENCH_BATCH; i++) {                                                \
                wrong += RELOCATE(&s->there[i], &s->here[i], go) != TA_OK;                         \
                BENCH_KEEP(s);                                                                     \
            }                                                                                      \
            for (int i = 0; i < BENCH_BATCH; i++) {                                                \
                wrong += RELOCATE(&s->here[i], &s->there[i], come) != TA_OK;                       \
                BENCH_KEEP(s);                                                                     \
            }                                                                                      \
        }                                                                                          \
        return wrong;                                                                              \
    }                                                                                              \
    static bool SIDE##_is_intact(const void *state) {                                              \
        const SIDE##_state *s = state;                                                             \
        for (uint64_t k = 0; k < BENCH_BATCH; k++)                                                 \
            if (!IS(&s->here[k], k) || !IS(&s->there[k], k)) return false;                         \
        return true;                                                                               \
    }                                                                                              \
    const bench_side SIDE = {SIDE##_create, SIDE##_run, SIDE##_is_intact, free}

/* The state of one value of type T, for the rows below:
 *     bool MAKE(T *value, const ta_allocator *allocator);   bool IS(const T *value);
 *     void DROP(T *value); */
#define BENCH_VALUE(SIDE, T, MAKE, IS, DROP)                                                       \
    typedef struct SIDE##_state {                                                                  \
        const bench_places *places;                                                                \
        T value, second;                                                                           \
    } SIDE##_state;                                                                                \
    static void *SIDE##_create(const bench_places *places) {                                       \
        SIDE##_state *s = calloc(1, sizeof *s);                                                    \
        if (s == NULL) return NULL;                                                                \
        s->places = places;                                                                        \
        if (MAKE(&s->value, &places->memory[0])) return s;                                         \
        free(s);                                                                                   \
        return NULL;                                                                               \
    }                                                                                              \
    static bool SIDE##_is_intact(const void *state) {                                              \
        const SIDE##_state *s = state;                                                             \
        return IS(&s->value);                                                                      \
    }                                                                                              \
    static void SIDE##_destroy(void *state) {                                                      \
        SIDE##_state *s = state;                                                                   \
        DROP(&s->value);                                                                           \
        free(s);                                                                                   \
    }                                                                                              \
    extern const bench_side SIDE

/* A row of one value that goes there and comes back in place, MOVES being near or far:
 *     ta_status RELOCATE(T *value, const ta_move *move); */
#define BENCH_RELOCATE_ROW(SIDE, T, MOVES, MAKE, IS, DROP, RELOCATE)                               \
    BENCH_VALUE(SIDE, T, MAKE, IS, DROP);                                                          \
    static uint64_t SIDE##_run(void *state, uint64_t rounds) {                                     \
        SIDE##_state *s = state;                                                                   \
        const ta_move *go = &s->places->MOVES[0], *come = &s->places->MOVES[1];                    \
        uint64_t wrong = 0;                                                                        \
        for (uint64_t r = 0; r < rounds; r++) {                                                    \
            wrong += RELOCATE(&s->value, go) != TA_OK;                                             \
            BENCH_KEEP(s);                                                                         \
            wrong += RELOCATE(&s->value, come) != TA_OK;                                           \
            BENCH_KEEP(s);                                                                         \
        }                                                                                          \
        return wrong;                                                                              \
    }                                                                                              \
    const bench_side SIDE = {SIDE##_create, SIDE##_run, SIDE##_is_intact, SIDE##_destroy}

/* A row of one value that is cloned, and the clone destroyed:
 *     ta_status CLONE(const T *value, T *out, const ta_allocator *allocator); */
#define BENCH_CLONE_ROW(SIDE, T, MAKE, IS, DROP, CLONE)                                            \
    BENCH_VALUE(SIDE, T, MAKE, IS, DROP);                                                          \
    static uint64_t SIDE##_run(void *state, uint64_t rounds) {                                     \
        SIDE##_state *s = state;                                                                   \
        const ta_allocator *memory = &s->places->memory[1];                                        \
        uint64_t wrong = 0;                                                                        \
        for (uint64_t r = 0; r < rounds; r++) {                                                    \
            if (CLONE(&s->value, &s->second, memory) != TA_OK) {                                   \
                wrong++;                                                                           \
                continue;                                                                          \
            }                                                                                      \
            BENCH_KEEP(s);                                                                         \
            if (r == rounds - 1) wrong += !IS(&s->second);                                         \
            DROP(&s->second);                                                                      \
            BENCH_KEEP(s);                                                                         \
        }                                                                                          \
        return wrong;                                                                              \
    }                                                                                              \
    const bench_side SIDE = {SIDE##_create, SIDE##_run, SIDE##_is_intact, SIDE##_destroy}

/* Four rows of a closure of type F that captures a T: created and destroyed, relocated there and
 * back, called, and all of that in turn. The loops know neither function nor captured data:
 *     ta_status CREATE(F *out, T captured, const ta_allocator *allocator);
 *     ta_status RELOCATE(F *closure, const ta_move *move);
 *     bool CALL(F *closure, uint64_t *result);   void DESTROY(F *closure);
 * and of T: void MAKE(T *captured);   uint64_t SUM(const T *captured); */
#define BENCH_CLOSURE_ROWS(SIDE, F, T, MAKE, SUM, CREATE, RELOCATE, CALL, DESTROY)                 \
    typedef struct SIDE##_state {                                                                  \
        const bench_places *places;                                                                \
        F closure, second;                                                                         \
        T captured;                                                                                \
        uint64_t expected, result;                                                                 \
    } SIDE##_state;                                                                                \
    static void *SIDE##_create(const bench_places *places) {                                       \
        SIDE##_state *s = aligned_alloc(64, (sizeof *s + 63) / 64 * 64);                           \
        if (s == NULL) return NULL;                                                                \
        s->places = places;                                                                        \
        MAKE(&s->captured);                                                                        \
        s->expected = SUM(&s->captured);                                                           \
        if (CREATE(&s->closure, s->captured, &places->memory[0]) == TA_OK) return s;               \
        free(s);                                                                                   \
        return NULL;                                                                               \
    }                                                                                              \
    static bool SIDE##_is_intact(const void *state) {                                              \
        SIDE##_state *s = (SIDE##_state *)state;                                                   \
        return CALL(&s->closure, &s->result) && s->result == s->expected;                          \
    }                                                                                              \
    static void SIDE##_destroy(void *state) {                                                      \
        SIDE##_state *s = state;                                                                   \
        DESTROY(&s->closure);                                                                      \
        free(s);                                                                                   \
    }                                                                                              \
    static uint64_t SIDE##_create_destroy_run(void *state, uint64_t rounds) {                      \
        SIDE##_state *s = state;                                                                   \
        const ta_allocator *memory = &s->places->memory[0];                                        \
        uint64_t wrong = 0;                                                                        \
        for (uint64_t r = 0; r < rounds; r++) {                                                    \
            wrong += CREATE(&s->second, s->captured, memory) != TA_OK;                             \
            BENCH_KEEP(s);                                                                         \
            DESTROY(&s->second);                                                                   \
            BENCH_KEEP(s);                                                                         \
        }                                                                                          \
        return wrong;                                                                              \
    }                                                                                              \
    static uint64_t SIDE##_relocate_run(void *state, uint64_t rounds) {                            \
        SIDE##_state *s = state;                                                                   \
        const ta_move *go = &s->places->far[0], *come = &s->places->far[1];                        \
        uint64_t wrong = 0;                                                                        \
        for (uint64_t r = 0; r < rounds; r++) {                                                    \
            wrong += RELOCATE(&s->closure, go) != TA_OK;                                           \
            BENCH_KEEP(s);                                                                         \
            wrong += RELOCATE(&s->closure, come) != TA_OK;                                         \
            BENCH_KEEP(s);                                                                         \
        }                                                                                          \
        return wrong;                                                                              \
    }                                                                                              \
    static uint64_t SIDE##_call_run(void *state, uint64_t rounds) {                                \
        SIDE##_state *s = state;                                                                   \
        uint64_t wrong = 0;                                                                        \
        for (uint64_t r = 0; r < rounds; r++) {                                                    \
            wrong += !CALL(&s->closure, &s->result);                                               \
            BENCH_KEEP(s);                                                                         \
            wrong += s->result != s->expected;                                                     \
        }                                                                                          \
        return wrong;                                                                              \
    }                                                                                              \
    static uint64_t SIDE##_whole_run(void *state, uint64_t rounds) {                               \
        SIDE##_state *s = state;                                                                   \
        const ta_move *go = &s->places->far[0];                                                    \
        uint64_t wrong = 0;                                                                        \
        for (uint64_t r = 0; r < rounds; r++) {                                                    \
            wrong += CREATE(&s->second, s->captured, &s->places->memory[0]) != TA_OK;              \
            BENCH_KEEP(s);                                                                         \
            wrong += RELOCATE(&s->second, go) != TA_OK;                                            \
            BENCH_KEEP(s);                                                                         \
            wrong += !CALL(&s->second, &s->result);                                                \
            BENCH_KEEP(s);                                                                         \
            wrong += s->result != s->expected;                                                     \
            DESTROY(&s->second);                                                                   \
            BENCH_KEEP(s);                                                                         \
        }                                                                                          \
        return wrong;                                                                              \
    }                                                                                              \
    BENCH_CLOSURE_SIDE_(SIDE, create_destroy);                                                     \
    BENCH_CLOSURE_SIDE_(SIDE, relocate);                                                           \
    BENCH_CLOSURE_SIDE_(SIDE, call);                                                               \
    BENCH_CLOSURE_SIDE_(SIDE, whole)

#define BENCH_CLOSURE_SIDE_(SIDE, work)                                                            \
    const bench_side SIDE##_##work = {SIDE##_create, SIDE##_##work##_run, SIDE##_is_intact,        \
                                      SIDE##_destroy}
#endif

TA_END_DECLS

#endif
