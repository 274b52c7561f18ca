/* must fail: session\.last has no descriptor of its own
 *
 * SPDX-License-Identifier: MIT
 * A struct has no descriptor of its own.
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
TA_DERIVE(session, struct session, id, last);
#endif
