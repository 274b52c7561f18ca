/* must fail: (enumeration value|not handled).*'?NAME'?
 *
 * SPDX-License-Identifier: MIT
 * An enumerator without a case.
 */
#include "ta/derive.h"

enum kind { NOTHING, NUMBER, NAME };
struct word {
    enum kind kind;
    union {
        int64_t number;
        char *name;
    } as;
};
#ifdef CORRECT
TA_DERIVE_UNION(word, struct word, kind, as, TA_CASE_EMPTY(NOTHING), TA_CASE(NUMBER, number),
                TA_CASE(NAME, TA_AS(name, ta_string)));
#else
TA_DERIVE_UNION(word, struct word, kind, as, TA_CASE_EMPTY(NOTHING), TA_CASE(NUMBER, number));
#endif
