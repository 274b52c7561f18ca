/* must fail: session\.last is no pointer to the type of the descriptor session
 *
 * SPDX-License-Identifier: MIT
 * A link leads to the same type.
 */
#include "ta/derive.h"

struct point {
    int x, y;
};
TA_DERIVE(point, struct point, x, y);

struct session {
    uint64_t id;
    struct point *last;
};
#ifdef CORRECT
TA_DERIVE(session, struct session, id, TA_OWNED(last, point));
#else
TA_DERIVE(session, struct session, id, TA_LINK(last));
#endif
