/* must fail: session\.last does not have the type of the descriptor ta_string
 *
 * SPDX-License-Identifier: MIT
 * The descriptor is of another type than the field.
 */
#include "ta/derive.h"

struct point {
    int x, y;
};
TA_DERIVE(point, struct point, x, y);

struct session {
    uint64_t id;
    struct point last;
};
#ifdef CORRECT
TA_DERIVE(session, struct session, id, TA_AS(last, point));
#else
TA_DERIVE(session, struct session, id, TA_AS(last, ta_string));
#endif
