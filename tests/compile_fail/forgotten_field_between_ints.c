/* must fail: (missing .*name'|to 'int'|type 'int')
 * in C: a_field_between_id_and_name_is_not_listed
 *
 * SPDX-License-Identifier: MIT
 * A field is not listed that could be padding, and takes the value of the one behind it.
 */
#include "ta/derive.h"

struct session {
    int id;
    int state;
    char *name;
};
#ifdef CORRECT
TA_DERIVE(session, struct session, id, state, TA_AS(name, ta_string));
#else
TA_DERIVE(session, struct session, id, TA_AS(name, ta_string));
#endif
