/* must fail: session\.length is no integer
 *
 * SPDX-License-Identifier: MIT
 * A length that cannot count.
 */
#include "ta/derive.h"

struct point {
    int x, y;
};
TA_DERIVE(point, struct point, x, y);

struct session {
    uint64_t id;
    double *last;
#ifdef CORRECT
    uint32_t length;
#else
    float length;
#endif
};
TA_DERIVE(session, struct session, id, TA_COUNTED_SCALARS(last, length), length);
