/* must fail: session\.last has no descriptor of its own.*keep one per affinity, or say TA_SHARED_UNAWARE
 *
 * SPDX-License-Identifier: MIT
 * A counted pointer that several values share.
 */
#include "ta/derive.h"

struct object {
    unsigned references;
};
struct object *object_retain(struct object *object);
void object_release(struct object *object);
TA_SHARED_UNAWARE(shared_object, struct object, object_retain, object_release);

struct session {
    uint64_t id;
    struct object *last;
};
#ifdef CORRECT
TA_DERIVE(session, struct session, id, TA_AS(last, shared_object));
#else
TA_DERIVE(session, struct session, id, last);
#endif
