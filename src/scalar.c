/* SPDX-License-Identifier: MIT
 *
 * The descriptors of trivial types.
 */
#include "ta/scalar.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

#define DEFINE_TRIVIAL(word, T)                                                                    \
    const ta_type ta_##word##_type = {                                                             \
        #T,  sizeof(ta_##word##_value), _Alignof(ta_##word##_value), 0, 0, NULL, NULL, NULL, NULL, \
        NULL};
TA_ARITHMETIC_LIST(DEFINE_TRIVIAL)
TA_TRIVIAL_LIST(DEFINE_TRIVIAL)
