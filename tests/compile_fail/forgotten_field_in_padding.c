/* must fail: missing .*closed'
 * in C: a_field_between_kind_and_closed_is_not_listed
 *
 * SPDX-License-Identifier: MIT
 * A field is not listed that could be padding.
 */
#include "ta/derive.h"

struct session {
    char kind;
    char state; /* of size and alignment 1, in front of one with alignment 8 */
    int64_t closed;
};
#ifdef CORRECT
TA_DERIVE(session, struct session, kind, state, closed);
#else
TA_DERIVE(session, struct session, kind, closed);
#endif
