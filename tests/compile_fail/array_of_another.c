/* must fail: session\.last is no array of the type of the descriptor point
 *
 * SPDX-License-Identifier: MIT
 * The elements are of another type.
 */
#include "ta/derive.h"

struct point {
    int x, y;
};
TA_DERIVE(point, struct point, x, y);

struct session {
    uint64_t id;
    int last[2][2];
};
#ifdef CORRECT
TA_DERIVE(session, struct session, id, TA_ARRAY_AS(last, ta_int));
#else
TA_DERIVE(session, struct session, id, TA_ARRAY_AS(last, point));
#endif
