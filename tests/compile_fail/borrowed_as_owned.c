/* must fail: session\.last does not have the type of the descriptor ta_string
 *
 * SPDX-License-Identifier: MIT
 * A pointer to const text is not an owned string.
 */
#include "ta/derive.h"

struct point {
    int x, y;
};
TA_DERIVE(point, struct point, x, y);

struct session {
    uint64_t id;
    const char *last;
};
#ifdef CORRECT
TA_DERIVE(session, struct session, id, TA_AS(last, ta_static_string));
#else
TA_DERIVE(session, struct session, id, TA_AS(last, ta_string));
#endif
