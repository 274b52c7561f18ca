/* SPDX-License-Identifier: MIT
 *
 * ta/closure.h - a function and the data that it captured, which relocates with it.
 *
 * A closure is made from a function of your own and a captured value that has a descriptor. What it
 * captured is forgotten from then on (erased): every closure is 64 bytes, one cache line, whatever
 * is in it, and can be relocated, cloned, called and destroyed by code that knows neither function
 * nor data.
 *
 *     struct adder { int a, b; };
 *     TA_DERIVE(adder, struct adder, a, b);
 *
 *     static int add(const struct adder *self) { return self->a + self->b; }
 *     TA_FN(add_later, adder, ta_int, add);       // captures an adder, returns an int, by add()
 *     TA_CALLS(int_fn, ta_int);                   // typed calls of closures that return an int
 *
 *     ta_fn fn;
 *     ta_status status = add_later(&fn, (struct adder){2, 3}, NULL);
 *     status = ta_fn_relocate(&fn, &move);        // to the destination, with what it captured
 *     int sum;
 *     bool called = int_fn_call(&fn, &sum);       // 5
 *     ta_fn_destroy(&fn);
 *
 * Three kinds, which differ in what the function may do with the captured value:
 *     ta_fn       reads it: called through a const pointer, as often as you like;
 *     ta_fn_mut   may change it: called as often as you like;
 *     ta_fn_once  may take it apart: called once; what the function left is destroyed afterwards.
 * A ta_fn is also good as a ta_fn_mut, and both as a ta_fn_once: the conversions below are copies
 * of 64 bytes.
 *
 * Empty. A closure without a callable (all zero) is empty: it is called in vain, and relocated,
 * cloned and destroyed without effect. Destroying and taking leave an empty closure behind, and so
 * does calling a ta_fn_once, before its function runs.
 *
 * Ownership. A closure owns what it captured. It is moved by copying its 64 bytes (assignment,
 * memcpy); the original must then be forgotten, or use ta_fn_take(), which empties it. A closure
 * that is destroyed without having been called destroys what it captured; exactly one of the two
 * happens to a ta_fn_once.
 *
 * Memory. A captured value of up to 56 bytes with an alignment of up to 8 stands in the closure
 * itself, and nothing is allocated; any other in one owned block (a box), which far moves re-home
 * like every owned block. The function's address is good everywhere in the process: it is not
 * relocated. Functions of libraries must not be unloaded while closures of them exist.
 *
 * Thread rules: a closure belongs to one thread at a time; the one exception is that several
 * threads may call one ta_fn at once, where its function and what it captured allow that, and while
 * nobody relocates or destroys it. A function must not relocate, take or destroy the closure that
 * it runs for, except that of a ta_fn_once, which is empty by then. Progress: conversions, taking,
 * emptiness and making a closure in place are wait-free; calls are as their functions; the rest is
 * as in ta/type.h.
 */
#ifndef TA_CLOSURE_H
#define TA_CLOSURE_H

#include "ta/detail/block.h"
#include "ta/owned.h"

TA_BEGIN_DECLS

/* ---- closures -------------------------------------------------------------------------------- */

/* What a closure calls: one constant per TA_FN, made by it. */
typedef struct ta_callable {
    const char *name;        /* of the closure, for people */
    const ta_type *captured; /* NULL: nothing is captured */
    const ta_type *result;   /* NULL: none */
    /* `storage`: the closure's, which holds the captured value or a pointer to it; `result`:
     * uninitialised storage for one. */
    void (*call)(void *storage, void *result);
    uint32_t traits;   /* the captured type's, with TA_TRAIT_OWNS where there is a box */
    uint32_t is_boxed; /* 0, or how the captured value stands in a block of its own, as below */
    /* Of TA_CLOSURE_BLOCK alone: the block, in a far move. */
    void *(*rehome)(void *block, const ta_move *move);
} __attribute__((aligned(16))) ta_callable; /* so the low bits of its address are free for others */

/* Values of is_boxed. */
enum {
    TA_CLOSURE_BOX = 1,  /* in a box of ta_box_allocate() */
    TA_CLOSURE_BLOCK = 2 /* the same, and the pointer to it is a value of ta_block_type */
};

/* What stands in the closure itself: values of up to that size and alignment. */
#define TA_CLOSURE_SPACE 56u
#define TA_CLOSURE_ALIGNMENT 8u

/* The words of a closure hold values of any type. */
typedef uint64_t __attribute__((may_alias)) ta_closure_word;

typedef struct ta_closure {
    const ta_callable *callable; /* NULL: empty */
    ta_closure_word storage[7];  /* the captured value, or in the first word a pointer to its box */
} ta_closure;

typedef struct ta_fn {
    ta_closure closure;
} ta_fn, ta_fn_value;

typedef struct ta_fn_mut {
    ta_closure closure;
} ta_fn_mut, ta_fn_mut_value;

typedef struct ta_fn_once {
    ta_closure closure;
} ta_fn_once, ta_fn_once_value;

/* Their descriptors: closures are fields, elements, entries, results, and captured themselves. What
 * is in them shows only when they are visited, so their traits are all that there are. */
enum {
    ta_fn_traits = (int)(TA_TRAIT_OWNS | TA_TRAIT_RELOCATES | TA_TRAIT_RESOURCE),
    ta_fn_mut_traits = ta_fn_traits,
    ta_fn_once_traits = ta_fn_traits
};
extern TA_API const ta_type ta_fn_type;
extern TA_API const ta_type ta_fn_mut_type;
extern TA_API const ta_type ta_fn_once_type;

/* Does the captured value stand in a box? Not when there is none. Wait-free. */
TA_INLINE bool ta_closure_is_boxed(const ta_callable *callable) {
    return callable != NULL && callable->is_boxed != 0;
}

/* The captured value, by a closure's storage. Wait-free. */
TA_INLINE void *ta_closure_content(void *storage, bool is_boxed) {
    void *box;
    if (!is_boxed) return storage;
    __builtin_memcpy(&box, storage, sizeof box);
    return box;
}

/* The captured value; storage without meaning when there is none. Wait-free. */
TA_INLINE void *ta_closure_captured(ta_closure *closure) {
    return ta_closure_content(closure->storage, ta_closure_is_boxed(closure->callable));
}

/* ---- all kinds alike ------------------------------------------------------------------------- */

/* What ta_fn_relocate, ta_fn_clone and ta_fn_destroy do, and those of the other kinds: as ta/type.h
 * says of values. One that captured a trivial value in place costs two loads and no call. */
TA_INLINE ta_status ta_closure_relocate(ta_closure *closure, const ta_move *move) {
    void *box;
    if (closure == NULL || move == NULL) return TA_E_INVALID;
    if (closure->callable == NULL ||
        __builtin_expect((closure->callable->traits & move->visits) == 0, 1))
        return ta_move_status(move);
    if (closure->callable->is_boxed != TA_CLOSURE_BLOCK)
        return ta_relocate_parts(&ta_fn_type, closure, move);
    box = ta_closure_content(closure->storage, true);
    box = closure->callable->rehome(box, move);
    __builtin_memcpy(closure->storage, &box, sizeof box);
    return TA_OK;
}

TA_INLINE ta_status ta_closure_clone(const ta_closure *closure, ta_closure *out,
                                     const ta_allocator *allocator) {
    if (closure == NULL || out == NULL) return TA_E_INVALID;
    if (closure->callable == NULL ||
        (closure->callable->traits & (TA_TRAIT_OWNS | TA_TRAIT_RESOURCE)) == 0) {
        *out = *closure;
        return TA_OK;
    }
    return ta_clone_parts(&ta_fn_type, closure, out, allocator);
}

TA_INLINE void ta_closure_destroy(ta_closure *closure) {
    if (closure == NULL || closure->callable == NULL) return;
    if ((closure->callable->traits & (TA_TRAIT_OWNS | TA_TRAIT_RESOURCE)) != 0) {
        if (closure->callable->is_boxed == TA_CLOSURE_BLOCK)
            ta_block_unmake_(ta_closure_content(closure->storage, true));
        else
            ta_destroy_parts(&ta_fn_type, closure);
    }
    closure->callable = NULL;
}

/* Moves the closure out and leaves an empty one behind. Wait-free. */
TA_INLINE ta_closure ta_closure_take(ta_closure *closure) {
    ta_closure taken = *closure;
    closure->callable = NULL;
    return taken;
}

/* Leaves an empty closure behind, and what was captured alone: a box is given back, its content is
 * whoever's it is. For a closure that was made and not handed on. NULL is allowed. */
TA_API void ta_closure_unbox(ta_closure *closure);

/* Can the closure be called with this storage for a result? Not when it is empty, and not without
 * storage when there is a result. Wait-free. */
TA_INLINE bool ta_closure_can_call(const ta_closure *closure, const void *result) {
    const ta_callable *callable = closure->callable;
    return callable != NULL && (callable->result == NULL || result != NULL);
}

/* Is a value of the one type a value of the other? Yes for one and the same descriptor. Others, as
 * those that a header makes by macro in each file, are alike when size, alignment, traits and name
 * are: the name is the C type as it was written (`struct` in front of it aside). Of the types in
 * ta/scalar.h, integers are alike by size and sign, whatever they are called: ta_long and ta_int64.
 * Any other type that goes by two names (a typedef, described by TA_UNAWARE_TYPE) is two: describe
 * it once, or write it the same way. Not for a NULL, but for two. O(name). */
TA_API bool ta_closure_results_alike(const ta_type *one, const ta_type *other);

/* Would calling the closure make a value of this type? Not when it is empty. What TA_CALLS asks. */
TA_INLINE bool ta_closure_returns(const ta_closure *closure, const ta_type *type) {
    if (closure->callable == NULL || closure->callable->result == NULL) return false;
    return closure->callable->result == type ||
           ta_closure_results_alike(closure->callable->result, type);
}

/* Runs the function, and nothing else. The closure must be callable with `result`. One type of
 * callable serves all kinds: that of a ta_fn takes the storage for const again. */
TA_INLINE void ta_closure_run(const ta_closure *closure, void *result) {
    const void *storage = closure->storage;
    void *content;
    __builtin_memcpy(&content, &storage, sizeof content); /* a cast would lose the const aloud */
    closure->callable->call(content, result);
}

/* ---- each kind ------------------------------------------------------------------------------- */

/* For KIND in ta_fn, ta_fn_mut and ta_fn_once:
 *
 *     bool KIND_is_empty(const KIND *closure);
 *     KIND KIND_take(KIND *closure);
 *         moves the closure out and leaves an empty one behind; of NULL, an empty one;
 *     ta_status KIND_relocate(KIND *closure, const ta_move *move);
 *         in place; the status is that of ta_relocate();
 *     ta_status KIND_clone(const KIND *closure, KIND *out, const ta_allocator *allocator);
 *         makes *out, uninitialised, a second closure that calls the same function with a clone of
 *         what is captured; the status is that of ta_clone(): TA_E_NOT_CLONEABLE where the captured
 *         type cannot be cloned, and *out is uninitialised then, as after every failure;
 *     void KIND_destroy(KIND *closure);
 *         destroys what is captured, and leaves an empty closure behind. NULL is allowed. */
#define TA_CLOSURE_KIND_(KIND)                                                                     \
    TA_INLINE bool KIND##_is_empty(const KIND *closure) {                                          \
        return closure == NULL || closure->closure.callable == NULL;                               \
    }                                                                                              \
    TA_INLINE KIND KIND##_take(KIND *closure) {                                                    \
        KIND taken = {{NULL, {0}}};                                                                \
        if (closure != NULL) taken.closure = ta_closure_take(&closure->closure);                   \
        return taken;                                                                              \
    }                                                                                              \
    TA_INLINE ta_status KIND##_relocate(KIND *closure, const ta_move *move) {                      \
        return closure == NULL ? TA_E_INVALID : ta_closure_relocate(&closure->closure, move);      \
    }                                                                                              \
    TA_INLINE ta_status KIND##_clone(const KIND *closure, KIND *out,                               \
                                     const ta_allocator *allocator) {                              \
        if (closure == NULL || out == NULL) return TA_E_INVALID;                                   \
        return ta_closure_clone(&closure->closure, &out->closure, allocator);                      \
    }                                                                                              \
    TA_INLINE void KIND##_destroy(KIND *closure) {                                                 \
        if (closure != NULL) ta_closure_destroy(&closure->closure);                                \
    }
TA_CLOSURE_KIND_(ta_fn)
TA_CLOSURE_KIND_(ta_fn_mut)
TA_CLOSURE_KIND_(ta_fn_once)
#undef TA_CLOSURE_KIND_

/* A closure as one of a kind that promises its caller less. The original is left empty; of NULL, an
 * empty one. Wait-free, 64 bytes copied. */
TA_INLINE ta_fn_mut ta_fn_into_mut(ta_fn *fn) {
    ta_fn_mut mut = {ta_fn_take(fn).closure};
    return mut;
}

TA_INLINE ta_fn_once ta_fn_into_once(ta_fn *fn) {
    ta_fn_once once = {ta_fn_take(fn).closure};
    return once;
}

TA_INLINE ta_fn_once ta_fn_mut_into_once(ta_fn_mut *fn) {
    ta_fn_once once = {ta_fn_mut_take(fn).closure};
    return once;
}

/* ---- calling --------------------------------------------------------------------------------- */

/* Each calls the closure's function and has it make its result in `result`: uninitialised storage
 * for a value of the result's type, or NULL where there is no result. Returns false, and has done
 * nothing, when the closure is empty or NULL, or when it has a result and `result` is NULL.
 * TA_CALLS makes typed faces of these. */
TA_INLINE bool ta_fn_call(const ta_fn *fn, void *result) {
    if (fn == NULL || !ta_closure_can_call(&fn->closure, result)) return false;
    ta_closure_run(&fn->closure, result);
    return true;
}

TA_INLINE bool ta_fn_mut_call(ta_fn_mut *fn, void *result) {
    if (fn == NULL || !ta_closure_can_call(&fn->closure, result)) return false;
    ta_closure_run(&fn->closure, result);
    return true;
}

/* The closure is empty before its function runs; what the function leaves of the captured value is
 * destroyed afterwards, and the box given back. */
TA_INLINE bool ta_fn_once_call(ta_fn_once *fn, void *result) {
    if (fn == NULL || !ta_closure_can_call(&fn->closure, result)) return false;
    ta_closure running = ta_closure_take(&fn->closure);
    ta_closure_run(&running, result);
    ta_closure_destroy(&running);
    return true;
}

/* The same, and then the result is relocated by the move `back`: for a caller that is somewhere
 * else. A closure that could not be called as above is TA_E_INVALID, and so is a NULL `back`; what
 * is wrong with the move is found before anything is called: ask ta_move_status(back) to tell these
 * from a relocation of the result that failed. Then the call has been made, and the result is in
 * *result, whole: use it, relocate it again, or destroy it. */
TA_API ta_status ta_fn_call_relocated(const ta_fn *fn, void *result, const ta_move *back);
TA_API ta_status ta_fn_mut_call_relocated(ta_fn_mut *fn, void *result, const ta_move *back);
TA_API ta_status ta_fn_once_call_relocated(ta_fn_once *fn, void *result, const ta_move *back);

TA_END_DECLS

/* ---- making closures ------------------------------------------------------------------------- */

/* TA_FN(NAME, CAPTURED, RESULT, function); CAPTURED and RESULT are descriptors, `function` is
 *     RESULT_value function(const CAPTURED_value *captured);
 * and what is made is
 *     ta_status NAME(ta_fn *out, CAPTURED_value captured, const ta_allocator *allocator);
 * which makes *out, uninitialised, a closure that calls `function` with `captured`, and takes
 * `captured`. `allocator` (NULL: the default one) serves values that need a box, and only they can
 * fail: TA_E_NOMEM, the caller keeps `captured`, and *out is empty. TA_E_INVALID for a NULL `out`.
 *
 * A function of another type does not compile. At file scope, in a source or a header. (C has no
 * parameters and results of array type: put an array into a struct.) */
#define TA_FN(NAME, CAPTURED, RESULT, FUNCTION)                                                    \
    TA_CLOSURE_(NAME, ta_fn, const CAPTURED##_value, CAPTURED, RESULT, FUNCTION)

/* The same for the other kinds, whose functions may change what is captured:
 *     RESULT_value function(CAPTURED_value *captured);
 * That of a ta_fn_once may also move things out; it leaves their empty state behind (NULL for an
 * owned pointer), since the library destroys what is left. */
#define TA_FN_MUT(NAME, CAPTURED, RESULT, FUNCTION)                                                \
    TA_CLOSURE_(NAME, ta_fn_mut, CAPTURED##_value, CAPTURED, RESULT, FUNCTION)
#define TA_FN_ONCE(NAME, CAPTURED, RESULT, FUNCTION)                                               \
    TA_CLOSURE_(NAME, ta_fn_once, CAPTURED##_value, CAPTURED, RESULT, FUNCTION)

/* The same for functions that return nothing. */
#define TA_FN_VOID(NAME, CAPTURED, FUNCTION)                                                       \
    TA_CLOSURE_VOID_(NAME, ta_fn, const CAPTURED##_value, CAPTURED, FUNCTION)
#define TA_FN_MUT_VOID(NAME, CAPTURED, FUNCTION)                                                   \
    TA_CLOSURE_VOID_(NAME, ta_fn_mut, CAPTURED##_value, CAPTURED, FUNCTION)
#define TA_FN_ONCE_VOID(NAME, CAPTURED, FUNCTION)                                                  \
    TA_CLOSURE_VOID_(NAME, ta_fn_once, CAPTURED##_value, CAPTURED, FUNCTION)

/* TA_FN_BARE(NAME, RESULT, function); for a `RESULT_value function(void)`, which captures nothing.
 * What is made is
 *     ta_fn NAME(void);
 * and cannot fail. It converts to the other kinds. TA_FN_BARE_VOID is for a `void
 * function(void)`. */
#define TA_FN_BARE(NAME, RESULT, FUNCTION)                                                         \
    TA_CLOSURE_CHECK_(NAME, FUNCTION, RESULT##_value, void);                                       \
    TA_GENERATED void NAME##_body_(void *storage, void *result) {                                  \
        (void)storage;                                                                             \
        *(RESULT##_value *)result = FUNCTION();                                                    \
    }                                                                                              \
    TA_CLOSURE_BARE_(NAME, &RESULT##_type)

#define TA_FN_BARE_VOID(NAME, FUNCTION)                                                            \
    TA_CLOSURE_CHECK_(NAME, FUNCTION, void, void);                                                 \
    TA_GENERATED void NAME##_body_(void *storage, void *result) {                                  \
        (void)storage;                                                                             \
        (void)result;                                                                              \
        FUNCTION();                                                                                \
    }                                                                                              \
    TA_CLOSURE_BARE_(NAME, NULL)

/* TA_CALLS(NAME, RESULT); calls of closures with that result, without `void *`:
 *     bool NAME_call(const ta_fn *fn, RESULT_value *result);
 *     bool NAME_call_mut(ta_fn_mut *fn, RESULT_value *result);
 *     bool NAME_call_once(ta_fn_once *fn, RESULT_value *result);
 *     ta_status NAME_call_relocated(const ta_fn *fn, RESULT_value *result, const ta_move *back);
 *     ta_status NAME_call_mut_relocated(ta_fn_mut *fn, RESULT_value *result, const ta_move *back);
 *     ta_status NAME_call_once_relocated(ta_fn_once *fn, RESULT_value *result, const ta_move *back);
 * They are the functions above, and also refuse a closure with another result (one that is not
 * alike, as ta_closure_results_alike() says), or with none: false or TA_E_INVALID, and nothing is
 * called. */
#define TA_CALLS(NAME, RESULT)                                                                     \
    TA_CALLS_OF_(NAME##_call, const ta_fn, ta_fn_call, RESULT)                                     \
    TA_CALLS_OF_(NAME##_call_mut, ta_fn_mut, ta_fn_mut_call, RESULT)                               \
    TA_CALLS_OF_(NAME##_call_once, ta_fn_once, ta_fn_once_call, RESULT)                            \
    TA_SWALLOW_SEMICOLON_

#define TA_CALLS_OF_(NAME, KIND, CALL, RESULT)                                                     \
    TA_GENERATED bool NAME(KIND *fn, RESULT##_value *result) {                                     \
        if (fn == NULL || !ta_closure_returns(&fn->closure, &RESULT##_type)) return false;         \
        return CALL(fn, result);                                                                   \
    }                                                                                              \
    TA_GENERATED ta_status NAME##_relocated(KIND *fn, RESULT##_value *result,                      \
                                            const ta_move *back) {                                 \
        if (fn == NULL || !ta_closure_returns(&fn->closure, &RESULT##_type)) return TA_E_INVALID;  \
        return CALL##_relocated(fn, result, back);                                                 \
    }

/* ---- how they are made ----------------------------------------------------------------------- */

/* A closure is copied whole, also the words behind a short captured value, which nobody writes.
 * Compilers are told so, since they warn of it; filling the words would cost more than making the
 * rest of the closure. No instruction comes of this. */
#define TA_CLOSURE_UNUSED_WORDS_(closure) __asm__("" : "=m"((closure).storage))

/* Which kind of box does a captured value get? */
#define TA_CLOSURE_BOX_OF_(CAPTURED)                                                               \
    ((int)CAPTURED##_traits == 0 && TA_ALIGNOF(CAPTURED##_value) <= TA_BLOCK_ALIGNMENT             \
         ? TA_CLOSURE_BLOCK                                                                        \
         : TA_CLOSURE_BOX)
/* Does a captured value of the C type T need a box? */
#define TA_CLOSURE_BOXES_(T) (sizeof(T) > TA_CLOSURE_SPACE || TA_ALIGNOF(T) > TA_CLOSURE_ALIGNMENT)

/* Refuses a function of another type than `RESULT function(PARAMETER)`. */
#ifdef __cplusplus
#define TA_CLOSURE_CHECK_(NAME, FUNCTION, RESULT, PARAMETER)                                       \
    static RESULT (*const NAME##_function_)(PARAMETER) __attribute__((unused)) = FUNCTION
static_assert(sizeof(ta_closure) == TA_CACHE_LINE, "a closure is one cache line");
#else
#define TA_CLOSURE_CHECK_(NAME, FUNCTION, RESULT, PARAMETER)                                       \
    _Static_assert(__builtin_types_compatible_p(__typeof__(&(FUNCTION)), RESULT (*)(PARAMETER)),   \
                   #NAME ": the function " #FUNCTION " must be: " #RESULT " (" #PARAMETER ")")
_Static_assert(sizeof(ta_closure) == TA_CACHE_LINE, "a closure is one cache line");
#endif

#define TA_CLOSURE_(NAME, KIND, SEEN, CAPTURED, RESULT, FUNCTION)                                  \
    TA_CLOSURE_CHECK_(NAME, FUNCTION, RESULT##_value, SEEN *);                                     \
    TA_GENERATED void NAME##_body_(void *storage, void *result) {                                  \
        *(RESULT##_value *)result =                                                                \
            FUNCTION((SEEN *)ta_closure_content(storage, TA_CLOSURE_BOXES_(CAPTURED##_value)));    \
    }                                                                                              \
    TA_CLOSURE_MAKE_(NAME, KIND, CAPTURED, &RESULT##_type)

#define TA_CLOSURE_VOID_(NAME, KIND, SEEN, CAPTURED, FUNCTION)                                     \
    TA_CLOSURE_CHECK_(NAME, FUNCTION, void, SEEN *);                                               \
    TA_GENERATED void NAME##_body_(void *storage, void *result) {                                  \
        (void)result;                                                                              \
        FUNCTION((SEEN *)ta_closure_content(storage, TA_CLOSURE_BOXES_(CAPTURED##_value)));        \
    }                                                                                              \
    TA_CLOSURE_MAKE_(NAME, KIND, CAPTURED, NULL)

#define TA_CLOSURE_MAKE_(NAME, KIND, CAPTURED, RESULT)                                             \
    TA_GENERATED void *NAME##_rehome_(void *block, const ta_move *move) {                          \
        return ta_block_rehome_(block, sizeof(CAPTURED##_value), move);                            \
    }                                                                                              \
    static const ta_callable NAME##_callable_ = {                                                  \
        #NAME,                                                                                     \
        &CAPTURED##_type,                                                                          \
        RESULT,                                                                                    \
        NAME##_body_,                                                                              \
        (uint32_t)CAPTURED##_traits |                                                              \
            (TA_CLOSURE_BOXES_(CAPTURED##_value) ? (uint32_t)TA_TRAIT_OWNS : 0u),                  \
        TA_CLOSURE_BOXES_(CAPTURED##_value) ? TA_CLOSURE_BOX_OF_(CAPTURED) : 0,                    \
        TA_CLOSURE_BOXES_(CAPTURED##_value) && TA_CLOSURE_BOX_OF_(CAPTURED) == TA_CLOSURE_BLOCK    \
            ? NAME##_rehome_                                                                       \
            : NULL};                                                                               \
    TA_GENERATED ta_status NAME(KIND *out, CAPTURED##_value captured,                              \
                                const ta_allocator *allocator) {                                   \
        void *box;                                                                                 \
        if (out == NULL) return TA_E_INVALID;                                                      \
        out->closure.callable = &NAME##_callable_;                                                 \
        TA_CLOSURE_UNUSED_WORDS_(out->closure);                                                    \
        if (TA_CLOSURE_BOXES_(CAPTURED##_value)) {                                                 \
            box = TA_CLOSURE_BOX_OF_(CAPTURED) == TA_CLOSURE_BLOCK                                 \
                      ? ta_block_make_(sizeof(CAPTURED##_value), allocator)                        \
                      : ta_box_allocate(&CAPTURED##_type, allocator);                              \
            __builtin_memcpy(out->closure.storage, &box, sizeof box);                              \
            if (box == NULL) out->closure.callable = NULL;                                         \
        } else {                                                                                   \
            box = out->closure.storage;                                                            \
            (void)allocator;                                                                       \
        }                                                                                          \
        if (box == NULL) return TA_E_NOMEM;                                                        \
        *(CAPTURED##_value *)box = captured;                                                       \
        return TA_OK;                                                                              \
    }                                                                                              \
    TA_SWALLOW_SEMICOLON_

#define TA_CLOSURE_BARE_(NAME, RESULT)                                                             \
    static const ta_callable NAME##_callable_ = {#NAME, NULL, RESULT, NAME##_body_, 0, 0, NULL};   \
    TA_GENERATED ta_fn NAME(void) {                                                                \
        ta_fn fn = {{&NAME##_callable_, {0}}};                                                     \
        return fn;                                                                                 \
    }                                                                                              \
    TA_SWALLOW_SEMICOLON_

#endif
