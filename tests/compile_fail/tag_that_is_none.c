/* must fail: word\.kind is no enum or integer
 *
 * SPDX-License-Identifier: MIT
 * A tag that cannot be compared.
 */
#include "ta/derive.h"

struct word {
#ifdef CORRECT
    int kind;
#else
    double kind;
#endif
    union {
        int64_t number;
        char *name;
    } as;
};
TA_DERIVE_UNION(word, struct word, kind, as, TA_CASE(0, number));
