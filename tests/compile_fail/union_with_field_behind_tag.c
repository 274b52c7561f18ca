/* must fail: missing .*owner'
 *
 * SPDX-License-Identifier: MIT
 * A third field in what would be padding behind the tag, which is last.
 */
#include "ta/derive.h"

enum kind { NOTHING, NUMBER, NAME };
struct word {
    union {
        int64_t number;
        char *name;
    } as;
    enum kind kind;
#ifndef CORRECT
    int owner;
#endif
};
TA_DERIVE_UNION(word, struct word, kind, as, TA_CASE_EMPTY(NOTHING), TA_CASE(NUMBER, number),
                TA_CASE(NAME, TA_AS(name, ta_string)));
