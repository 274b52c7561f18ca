/* must fail: session\.last is an array: write .*TA_SKIP_ARRAY\(last\)
 *
 * SPDX-License-Identifier: MIT
 * An array that is skipped is said to be one.
 */
#include "ta/derive.h"

struct point {
    int x, y;
};
TA_DERIVE(point, struct point, x, y);

struct session {
    uint64_t id;
    void *last[2];
};
#ifdef CORRECT
TA_DERIVE(session, struct session, id, TA_SKIP_ARRAY(last));
#else
TA_DERIVE(session, struct session, id, TA_SKIP(last));
#endif
