/* must fail: look_up: the function answer must be|_continuation_: the function answer must be|cannot convert|invalid conversion|cannot initialize a variable
 *
 * SPDX-License-Identifier: MIT
 * An answer that takes another result than the request makes.
 */
#include "ta/call.h"

typedef int *place;
TA_UNAWARE_TYPE(place, place);

static inline long count(int *captured) { return *captured; }
#ifdef CORRECT
static inline void answer(int **context, ta_status status, long *result) {
    if (status == TA_OK) **context = (int)*result;
}
#else
static inline void answer(int **context, ta_status status, int *result) {
    if (status == TA_OK) **context = *result;
}
#endif
TA_CALL(look_up, ta_int, ta_long, count, place, answer);
