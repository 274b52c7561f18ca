/* must fail: missing .*user'
 *
 * SPDX-License-Identifier: MIT
 * A pointer among many fields is not listed.
 */
#include "ta/derive.h"

struct point {
    int x, y;
};
TA_DERIVE(point, struct point, x, y);

struct session {
    uint64_t id;
    struct point at;
    int grid[4][4];
    char *user;
    struct point *trail;
    uint32_t length, capacity;
    struct session *next;
};
#ifdef CORRECT
TA_DERIVE(session, struct session, id, TA_AS(at, point), TA_ARRAY(grid), TA_AS(user, ta_string),
          TA_COUNTED(trail, length, point), length, capacity, TA_LINK(next));
#else
TA_DERIVE(session, struct session, id, TA_AS(at, point), TA_ARRAY(grid),
          TA_COUNTED(trail, length, point), length, capacity, TA_LINK(next));
#endif
