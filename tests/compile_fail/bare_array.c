/* must fail: session\.last is an array: write TA_ARRAY\(last\)
 *
 * SPDX-License-Identifier: MIT
 * An array is no scalar.
 */
#include "ta/derive.h"

struct point {
    int x, y;
};
TA_DERIVE(point, struct point, x, y);

struct session {
    uint64_t id;
    int last[3];
};
#ifdef CORRECT
TA_DERIVE(session, struct session, id, TA_ARRAY(last));
#else
TA_DERIVE(session, struct session, id, last);
#endif
