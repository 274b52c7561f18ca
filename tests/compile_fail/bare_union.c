/* must fail: session\.last has no descriptor of its own
 *
 * SPDX-License-Identifier: MIT
 * A union that no tag belongs to.
 */
#include "ta/derive.h"

struct point {
    int x, y;
};
TA_DERIVE(point, struct point, x, y);

struct session {
    uint64_t id;
    union {
        int number;
        char *text;
    } last;
};
#ifdef CORRECT
TA_DERIVE(session, struct session, id, TA_SKIP(last));
#else
TA_DERIVE(session, struct session, id, last);
#endif
