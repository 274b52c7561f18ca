/* must fail: session\.last has no descriptor of its own
 *
 * SPDX-License-Identifier: MIT
 * char * may be owned, borrowed or a literal.
 */
#include "ta/derive.h"

struct point {
    int x, y;
};
TA_DERIVE(point, struct point, x, y);

struct session {
    uint64_t id;
    char *last;
};
#ifdef CORRECT
TA_DERIVE(session, struct session, id, TA_AS(last, ta_string));
#else
TA_DERIVE(session, struct session, id, last);
#endif
