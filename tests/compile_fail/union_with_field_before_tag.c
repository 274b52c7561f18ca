/* must fail: word has a field in front of kind and as
 *
 * SPDX-License-Identifier: MIT
 * A third field in front of the tag, where the union's alignment leaves room for it.
 */
#include "ta/derive.h"

enum kind { NOTHING, NUMBER, NAME };
struct word {
#ifndef CORRECT
    int owner;
#endif
    enum kind kind;
    union {
        int64_t number;
        char *name;
    } as;
};
TA_DERIVE_UNION(word, struct word, kind, as, TA_CASE_EMPTY(NOTHING), TA_CASE(NUMBER, number),
                TA_CASE(NAME, TA_AS(name, ta_string)));
