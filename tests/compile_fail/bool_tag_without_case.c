/* must fail: word.is_name is a bool, and needs a case for true and one for false
 *
 * SPDX-License-Identifier: MIT
 * A tag that is a bool has two values, and one of them no case.
 */
#include "ta/derive.h"

struct word {
    bool is_name;
    union {
        int64_t number;
        char *name;
    } as;
};
#ifdef CORRECT
TA_DERIVE_UNION(word, struct word, is_name, as, TA_CASE(false, number),
                TA_CASE(true, TA_AS(name, ta_string)));
#else
TA_DERIVE_UNION(word, struct word, is_name, as, TA_CASE(true, TA_AS(name, ta_string)));
#endif
