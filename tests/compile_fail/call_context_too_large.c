/* must fail: a context is of at most 56 bytes and alignment 8
 *
 * SPDX-License-Identifier: MIT
 * A context that does not fit into a continuation.
 */
#include "ta/call.h"

typedef struct {
#ifdef CORRECT
    char bytes[56];
#else
    char bytes[57];
#endif
} room;
TA_UNAWARE_TYPE(room, room);

static inline long count(int *captured) { return *captured; }
static inline void answer(room *context, ta_status status, long *result) {
    if (status == TA_OK) context->bytes[0] = (char)*result;
}
TA_CALL(look_up, ta_int, ta_long, count, room, answer);
