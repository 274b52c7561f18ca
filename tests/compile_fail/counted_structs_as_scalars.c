/* must fail: session\.last is no pointer to C scalars
 *
 * SPDX-License-Identifier: MIT
 * A counted array of structs.
 */
#include "ta/derive.h"

struct point {
    int x, y;
};
TA_DERIVE(point, struct point, x, y);

struct session {
    uint64_t id;
    struct point *last;
    size_t length;
};
#ifdef CORRECT
TA_DERIVE(session, struct session, id, TA_COUNTED(last, length, point), length);
#else
TA_DERIVE(session, struct session, id, TA_COUNTED_SCALARS(last, length), length);
#endif
