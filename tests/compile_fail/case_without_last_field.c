/* must fail: a.field.of.the.case.*is.not.listed
 *
 * SPDX-License-Identifier: MIT
 * A case names the first field of a struct in the union, and the second is forgotten.
 */
#include "ta/derive.h"

enum kind { NOTHING, PAIR };
struct word {
    enum kind kind;
    union {
        struct {
            char *first, *second;
        } pair;
    } as;
};
#ifdef CORRECT
TA_DERIVE(pair, __typeof__(((struct word *)0)->as.pair), TA_AS(first, ta_string),
          TA_AS(second, ta_string));
TA_DERIVE_UNION(word, struct word, kind, as, TA_CASE_EMPTY(NOTHING),
                TA_CASE(PAIR, TA_AS(pair, pair)));
#else
TA_DERIVE_UNION(word, struct word, kind, as, TA_CASE_EMPTY(NOTHING),
                TA_CASE(PAIR, TA_AS(pair.first, ta_string)));
#endif
