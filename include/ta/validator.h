/* SPDX-License-Identifier: MIT
 *
 * ta/validator.h - is this value used where it lives?
 *
 * Put a ta_validator into a struct (as a field with TA_AS(home, ta_validator)), and the struct
 * knows its home: relocation sets it. Where the struct is used, ask, or assert.
 *
 *     static void serve(struct session *session) {
 *         TA_ASSERT_HOME(&session->home);
 *
 * A value that is destroyed on the wrong core is found the same way: its type's destroy function
 * asserts before it frees. Of a derived struct the field itself does, with a descriptor that
 * destroys nothing, and asks:
 *
 *     static ta_status bring_home(ta_validator *home, const ta_move *move) {
 *         return ta_relocate(&ta_validator_type, home, move);
 *     }
 *     static void end_at_home(ta_validator *home) { TA_ASSERT_HOME(home); }
 *     TA_TYPE(guarded_home, ta_validator, bring_home, NULL, end_at_home);
 *     TA_DERIVE(session, struct session, TA_AS(home, guarded_home), ...);
 *
 * Not so for values that another thread may destroy by contract: those of arrays and storage, which
 * whoever ends the last share destroys, and messages that a closed port destroys.
 *
 * A move from a place to itself visits nothing, so one whose source was declared wrongly so leaves
 * the home as it was, and the assertion tells.
 *
 * Thread rules: a validator belongs to its value's thread. Wait-free.
 */
#ifndef TA_VALIDATOR_H
#define TA_VALIDATOR_H

#include "ta/registry.h"
#include "ta/type.h"

#ifndef NDEBUG
#include <stdio.h>
#include <stdlib.h>
#endif

TA_BEGIN_DECLS

/* All zero: at home nowhere, until it is relocated. */
typedef struct ta_validator {
    ta_affinity home;
} ta_validator, ta_validator_value;

/* Its descriptor. A clone is at home where its original is. */
enum { ta_validator_traits = (int)TA_TRAIT_RELOCATES };
extern TA_API const ta_type ta_validator_type;

/* At home at an affinity, or at the calling thread's current one; unknown: nowhere. */
TA_INLINE ta_validator ta_validator_at(ta_affinity home) {
    ta_validator validator = {home};
    return validator;
}

TA_INLINE ta_validator ta_validator_here(void) { return ta_validator_at(ta_current_affinity()); }

/* Is the calling thread at the home? Not when either is unknown, and not for NULL. */
TA_INLINE bool ta_validator_is_home(const ta_validator *validator) {
    return validator != NULL && !ta_affinity_is_unknown(validator->home) &&
           ta_affinity_equal(validator->home, ta_current_affinity());
}

/* One line about where the validator is at home and where the calling thread is; it is the thread's
 * ta_last_error() from then on, and as long. `function` is who asks. */
TA_API const char *ta_validator_explain(const ta_validator *validator, const char *function);

/* TA_ASSERT_HOME(validator); ends the program, as assert() does, when the calling thread is not at
 * the home of the validator: with one line on stderr that names file, line, function, and both
 * affinities. With NDEBUG it is nothing, and its argument is not evaluated. It is an assertion of
 * the program that writes it down, and compiled into that: the library itself asserts nothing. */
#ifdef NDEBUG
#define TA_ASSERT_HOME(validator) ((void)0)
#else
#define TA_ASSERT_HOME(validator) ta_validator_assert_((validator), __FILE__, __LINE__, __func__)

TA_GENERATED void ta_validator_assert_(const ta_validator *validator, const char *file, int line,
                                       const char *function) {
    if (ta_validator_is_home(validator)) return;
    fprintf(stderr, "%s:%d: %s\n", file, line, ta_validator_explain(validator, function));
    abort();
}
#endif

TA_END_DECLS

#endif
