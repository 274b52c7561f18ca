/* must fail: session\.last is no pointer to the type of the descriptor point
 *
 * SPDX-License-Identifier: MIT
 * An owned pointer to something else.
 */
#include "ta/derive.h"

struct point {
    int x, y;
};
TA_DERIVE(point, struct point, x, y);

struct session {
    uint64_t id;
    int *last;
};
#ifdef CORRECT
TA_DERIVE(session, struct session, id, TA_OWNED(last, ta_int));
#else
TA_DERIVE(session, struct session, id, TA_OWNED(last, point));
#endif
