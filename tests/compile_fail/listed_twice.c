/* must fail: (duplicate member|redeclaration of).*opened'
 *
 * SPDX-License-Identifier: MIT
 * A field is listed twice.
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
TA_DERIVE(session, struct session, id, opened, opened, closed);
#endif
