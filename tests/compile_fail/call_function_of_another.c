/* must fail: the function count must be|cannot convert|invalid conversion|cannot initialize a variable
 *
 * SPDX-License-Identifier: MIT
 * A request whose function makes another result than the call was told.
 */
#include "ta/call.h"

typedef int *place;
TA_UNAWARE_TYPE(place, place);

#ifdef CORRECT
static inline long count(int *captured) { return *captured; }
#else
static inline int count(int *captured) { return *captured; }
#endif
static inline void answer(int **context, ta_status status, long *result) {
    if (status == TA_OK) **context = (int)*result;
}
TA_CALL(look_up, ta_int, ta_long, count, place, answer);
