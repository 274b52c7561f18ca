/* must fail: a field in front of session\.opened is not listed
 *
 * SPDX-License-Identifier: MIT
 * The first field is not listed.
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
TA_DERIVE(session, struct session, opened, closed);
#endif
