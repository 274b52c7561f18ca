/* must fail: before'
 *
 * SPDX-License-Identifier: MIT
 * A field that the struct does not have.
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
TA_DERIVE(session, struct session, id, before);
#endif
