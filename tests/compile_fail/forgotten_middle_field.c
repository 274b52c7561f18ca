/* must fail: missing .*opened'
 *
 * SPDX-License-Identifier: MIT
 * A field between two others is not listed: it is named, and not the last one.
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
TA_DERIVE(session, struct session, id, closed);
#endif
