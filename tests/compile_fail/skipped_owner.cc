/* must fail: session.more is more than its bits
 *
 * SPDX-License-Identifier: MIT
 * A class that owns memory, skipped.
 */
#include "ta/derive.h"

struct owner {
    char *memory;
    ~owner();
};
struct session {
    int id;
#ifdef CORRECT
    owner *more;
#else
    owner more;
#endif
};
TA_DERIVE(session, session, id, TA_SKIP(more));
