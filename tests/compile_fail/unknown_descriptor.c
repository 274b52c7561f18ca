/* must fail: place_(type|value|traits)
 *
 * SPDX-License-Identifier: MIT
 * A descriptor that nobody made.
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
TA_DERIVE(session, struct session, id, TA_AS(last, place));
#endif
