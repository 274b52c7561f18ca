/* must fail: session\.opened is not listed in the order of declaration
 *
 * SPDX-License-Identifier: MIT
 * Two fields have changed places.
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
TA_DERIVE(session, struct session, id, closed, opened);
#endif
