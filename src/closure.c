/* SPDX-License-Identifier: MIT
 *
 * Closures: their descriptors, and calls whose result is relocated. How closures relocate, clone
 * and are destroyed is with the other parts (src/relocate.c, src/clone.c, src/destroy.c).
 */
#include "ta/closure.h"

#include "error.h"

/* ---- descriptors ----------------------------------------------------------------------------- */

/* One part serves all kinds: the struct of each is its closure and nothing else. */
_Static_assert(sizeof(ta_fn) == sizeof(ta_closure) && sizeof(ta_fn_mut) == sizeof(ta_closure) &&
                   sizeof(ta_fn_once) == sizeof(ta_closure),
               "a closure of each kind is a ta_closure");

static const ta_part closure_parts[] = {{"closure", TA_PART_CLOSURE, (uint32_t)ta_fn_traits, NULL,
                                         offsetof(ta_fn, closure), 1, 0, 0, NULL, NULL}};

#define DEFINE_KIND(KIND)                                                                          \
    const ta_type KIND##_type = {#KIND, sizeof(KIND),  _Alignof(KIND), (uint32_t)KIND##_traits,    \
                                 1,     closure_parts, NULL,           NULL,                       \
                                 NULL,  NULL};
DEFINE_KIND(ta_fn)
DEFINE_KIND(ta_fn_mut)
DEFINE_KIND(ta_fn_once)

/* ---- the symbols of the inline functions ----------------------------------------------------- */

extern inline bool ta_closure_is_boxed(const ta_callable *callable);
extern inline void *ta_closure_content(void *storage, bool is_boxed);
extern inline void *ta_closure_captured(ta_closure *closure);
extern inline void *ta_block_make_(size_t size, const ta_allocator *allocator);
extern inline void ta_block_unmake_(void *content);
extern inline void *ta_block_rehome_(void *content, size_t size, const ta_move *move);
extern inline ta_status ta_closure_relocate(ta_closure *closure, const ta_move *move);
extern inline ta_status ta_closure_clone(const ta_closure *closure, ta_closure *out,
                                         const ta_allocator *allocator);
extern inline void ta_closure_destroy(ta_closure *closure);
extern inline ta_closure ta_closure_take(ta_closure *closure);
extern inline bool ta_closure_can_call(const ta_closure *closure, const void *result);
extern inline bool ta_closure_returns(const ta_closure *closure, const ta_type *type);
extern inline void ta_closure_run(const ta_closure *closure, void *result);

#define EMIT_KIND(KIND)                                                                            \
    extern inline bool KIND##_is_empty(const KIND *closure);                                       \
    extern inline KIND KIND##_take(KIND *closure);                                                 \
    extern inline ta_status KIND##_relocate(KIND *closure, const ta_move *move);                   \
    extern inline ta_status KIND##_clone(const KIND *closure, KIND *out,                           \
                                         const ta_allocator *allocator);                           \
    extern inline void KIND##_destroy(KIND *closure);
EMIT_KIND(ta_fn)
EMIT_KIND(ta_fn_mut)
EMIT_KIND(ta_fn_once)

extern inline ta_fn_mut ta_fn_into_mut(ta_fn *fn);
extern inline ta_fn_once ta_fn_into_once(ta_fn *fn);
extern inline ta_fn_once ta_fn_mut_into_once(ta_fn_mut *fn);
extern inline bool ta_fn_call(const ta_fn *fn, void *result);
extern inline bool ta_fn_mut_call(ta_fn_mut *fn, void *result);
extern inline bool ta_fn_once_call(ta_fn_once *fn, void *result);

/* ---- boxes ------------------------------------------------------------------------------------ */

/* Both kinds of box are the same one for a type without traits. */
void ta_closure_unbox(ta_closure *closure) {
    if (closure == NULL) return;
    if (ta_closure_is_boxed(closure->callable))
        ta_box_release(closure->callable->captured, ta_closure_content(closure->storage, true));
    closure->callable = NULL;
}

/* ---- results --------------------------------------------------------------------------------- */

/* What forbids the call, before it is made. */
static ta_status check_call(const char *function, const ta_closure *closure, const void *result,
                            const ta_move *back) {
    if (closure == NULL || closure->callable == NULL) {
        (void)ta_fail_(TA_E_INVALID, function, "NULL or an empty closure");
        return TA_E_INVALID;
    }
    if (!ta_closure_can_call(closure, result) || back == NULL)
        return ta_fail_(TA_E_INVALID, function, "NULL as the result or the move");
    ta_status status = ta_move_status(back);
    return status == TA_OK ? TA_OK
                           : ta_fail_(status, function, "the move: %s", ta_status_message(status));
}

static ta_status send_back(const ta_type *type, void *result, const ta_move *back) {
    return type == NULL ? TA_OK : ta_relocate(type, result, back);
}

static ta_status call_relocated(const char *function, const ta_closure *closure, void *result,
                                const ta_move *back) {
    ta_status status = check_call(function, closure, result, back);
    if (status != TA_OK) return status;
    const ta_type *type = closure->callable->result;
    ta_closure_run(closure, result);
    return send_back(type, result, back);
}

ta_status ta_fn_call_relocated(const ta_fn *fn, void *result, const ta_move *back) {
    return call_relocated(__func__, fn == NULL ? NULL : &fn->closure, result, back);
}

ta_status ta_fn_mut_call_relocated(ta_fn_mut *fn, void *result, const ta_move *back) {
    return call_relocated(__func__, fn == NULL ? NULL : &fn->closure, result, back);
}

ta_status ta_fn_once_call_relocated(ta_fn_once *fn, void *result, const ta_move *back) {
    ta_status status = check_call(__func__, fn == NULL ? NULL : &fn->closure, result, back);
    if (status != TA_OK) return status;
    const ta_type *type = fn->closure.callable->result;
    (void)ta_fn_once_call(fn, result);
    return send_back(type, result, back);
}
