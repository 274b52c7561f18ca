/* must fail: (empty scalar initializer|initializer cannot be empty|missing .*initializer)
 *
 * SPDX-License-Identifier: MIT
 * A third field between the tag and a union without a name.
 */
#include "ta/derive.h"

enum kind { NOTHING, NUMBER, NAME };
struct word {
    enum kind kind;
#ifndef CORRECT
    int owner;
#endif
    union {
        int64_t number;
        char *name;
    };
};
TA_DERIVE_UNION(word, struct word, kind, , TA_CASE_EMPTY(NOTHING), TA_CASE(NUMBER, number),
                TA_CASE(NAME, TA_AS(name, ta_string)));
