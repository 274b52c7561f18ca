/* must fail: a.field.of.the.case.*is.not.listed
 *
 * SPDX-License-Identifier: MIT
 * A case lists a counted array with its length, and what stands behind it is forgotten.
 */
#include "ta/derive.h"

enum kind { NOTHING, MANY };
struct word {
    enum kind kind;
    union {
        struct {
            int *items;
            size_t length;
#ifndef CORRECT
            size_t capacity;
#endif
        } many;
    } as;
};
TA_DERIVE_UNION(word, struct word, kind, as, TA_CASE_EMPTY(NOTHING),
                TA_CASE(MANY, TA_COUNTED_SCALARS(many.items, many.length)));
