/* must fail: bit-field
 *
 * SPDX-License-Identifier: MIT
 * A bit-field has no address.
 */
#include "ta/derive.h"

struct point {
    int x, y;
};
TA_DERIVE(point, struct point, x, y);

struct session {
    uint64_t id;
    unsigned last : 3;
};
#ifdef CORRECT
TA_DERIVE(session, struct session, id, TA_BITS(last));
#else
TA_DERIVE(session, struct session, id, last);
#endif
