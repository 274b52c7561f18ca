/* must fail: (initializ|conver).*'char ?\*'
 *
 * SPDX-License-Identifier: MIT
 * A third field in what would be padding between the tag and the union.
 */
#include "ta/derive.h"

enum kind { INTEGER, REAL };
struct number {
    enum kind kind;
#ifndef CORRECT
    char *name; /* the union is aligned to 16 */
#endif
    union {
        long integer;
        long double real;
    } as;
};
TA_DERIVE_UNION(number, struct number, kind, as, TA_CASE(INTEGER, integer), TA_CASE(REAL, real));
