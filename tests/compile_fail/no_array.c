/* must fail: session\.last is no array
 *
 * SPDX-License-Identifier: MIT
 * An array where there is none.
 */
#include "ta/derive.h"

struct point {
    int x, y;
};
TA_DERIVE(point, struct point, x, y);

struct session {
    uint64_t id;
    int last;
};
#ifdef CORRECT
TA_DERIVE(session, struct session, id, last);
#else
TA_DERIVE(session, struct session, id, TA_ARRAY(last));
#endif
