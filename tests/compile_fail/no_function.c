/* must fail: session\.last is no pointer to a function
 *
 * SPDX-License-Identifier: MIT
 * A pointer to data is no function.
 */
#include "ta/derive.h"

struct point {
    int x, y;
};
TA_DERIVE(point, struct point, x, y);

struct session {
    uint64_t id;
    char **last;
};
#ifdef CORRECT
TA_DERIVE(session, struct session, id, TA_SKIP(last));
#else
TA_DERIVE(session, struct session, id, TA_FUNCTION(last));
#endif
