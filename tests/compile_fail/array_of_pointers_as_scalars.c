/* must fail: session\.last is no array of C scalars
 *
 * SPDX-License-Identifier: MIT
 * An array of pointers is no array of what they point to.
 */
#include "ta/derive.h"

struct point {
    int x, y;
};
TA_DERIVE(point, struct point, x, y);

struct session {
    uint64_t id;
    char *last[2];
};
#ifdef CORRECT
TA_DERIVE(session, struct session, id, TA_ARRAY_AS(last, ta_string));
#else
TA_DERIVE(session, struct session, id, TA_ARRAY(last));
#endif
