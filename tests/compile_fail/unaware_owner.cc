/* must fail: more_value is more than its bits
 *
 * SPDX-License-Identifier: MIT
 * A class that owns memory, described as bits.
 */
#include "ta/scalar.h"

struct owner {
    char *memory;
    ~owner();
};
#ifdef CORRECT
TA_UNAWARE_TYPE(more, owner *);
#else
TA_UNAWARE_TYPE(more, owner);
#endif
