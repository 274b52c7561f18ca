/* must fail: quads: quad_value is an array: put it into a struct
 *
 * SPDX-License-Identifier: MIT
 * A pointer to one value whose elements are arrays, which no function takes or returns.
 */
#include "ta/owned.h"

TA_FIXED_ARRAY(quad, ta_int, 4);
#ifdef CORRECT
typedef struct boxed_quad {
    quad_value items;
} boxed_quad;
TA_UNAWARE_TYPE(boxed, boxed_quad);
TA_POINTER(quads, boxed);
#else
TA_POINTER(quads, quad);
#endif
