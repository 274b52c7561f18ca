/* must fail: missing .*closed'
 *
 * SPDX-License-Identifier: MIT
 * A bit-field is not listed.
 */
#include "ta/derive.h"

struct session {
    uint64_t id;
    unsigned open : 1;
    unsigned closed : 1;
};
#ifdef CORRECT
TA_DERIVE(session, struct session, id, TA_BITS(open), TA_BITS(closed));
#else
TA_DERIVE(session, struct session, id, TA_BITS(open));
#endif
