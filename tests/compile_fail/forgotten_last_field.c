/* must fail: missing .*closed'
 *
 * SPDX-License-Identifier: MIT
 * The last field is not listed.
 */
#include "ta/derive.h"

struct session {
    uint64_t id;
    int64_t opened;
    int64_t closed;
};
#ifdef CORRECT
TA_DERIVE(session, struct session, id, opened, closed);
#else
TA_DERIVE(session, struct session, id, opened);
#endif
