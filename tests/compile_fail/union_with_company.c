/* must fail: word has more fields than kind and as
 *
 * SPDX-License-Identifier: MIT
 * A third field beside the tag and the union.
 */
#include "ta/derive.h"

enum kind { NOTHING, NUMBER, NAME };
struct word {
    enum kind kind;
    union {
        int64_t number;
        char *name;
    } as;
#ifndef CORRECT
    char *comment;
#endif
};
TA_DERIVE_UNION(word, struct word, kind, as, TA_CASE_EMPTY(NOTHING), TA_CASE(NUMBER, number),
                TA_CASE(NAME, TA_AS(name, ta_string)));
