/* must fail: missing .*length'
 *
 * SPDX-License-Identifier: MIT
 * The length of a counted array is a field, too.
 */
#include "ta/derive.h"

struct point {
    int x, y;
};
TA_DERIVE(point, struct point, x, y);

struct track {
    struct point *points;
    size_t length;
};
#ifdef CORRECT
TA_DERIVE(track, struct track, TA_COUNTED(points, length, point), length);
#else
TA_DERIVE(track, struct track, TA_COUNTED(points, length, point));
#endif
