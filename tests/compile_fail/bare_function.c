/* must fail: session\.last has no descriptor of its own
 *
 * SPDX-License-Identifier: MIT
 * A pointer to a function.
 */
#include "ta/derive.h"

struct point {
    int x, y;
};
TA_DERIVE(point, struct point, x, y);

struct session {
    uint64_t id;
    void (*last)(int);
};
#ifdef CORRECT
TA_DERIVE(session, struct session, id, TA_FUNCTION(last));
#else
TA_DERIVE(session, struct session, id, last);
#endif
