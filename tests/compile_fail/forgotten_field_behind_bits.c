/* must fail: missing .*count'
 * in C: a_field_between_first_and_third_is_not_listed
 *
 * SPDX-License-Identifier: MIT
 * A bit-field between two others is not listed.
 */
#include "ta/derive.h"

struct session {
    unsigned first : 1;
    unsigned second : 1;
    unsigned third : 1;
    unsigned count;
};
#ifdef CORRECT
TA_DERIVE(session, struct session, TA_BITS(first), TA_BITS(second), TA_BITS(third), count);
#else
TA_DERIVE(session, struct session, TA_BITS(first), TA_BITS(third), count);
#endif
