/* SPDX-License-Identifier: MIT
 *
 * The text behind ta_last_error(): every failing control path goes through ta_fail(), so that no
 * code leaves the library without its sentence.
 */
#ifndef TA_SRC_ERROR_H
#define TA_SRC_ERROR_H

#include "ta/base.h"

/* Records "function: text" for the calling thread and returns `status`. */
ta_status ta_fail_(ta_status status, const char *function, const char *format, ...) TA_PRINTF(3, 4);
#define ta_fail(status, ...) ta_fail_((status), __func__, __VA_ARGS__)

/* How many texts the calling thread has been left, and whether the latest one came after so many
 * and with `status`: whether a function of the user's that has just failed said why. */
uint64_t ta_error_count(void);
bool ta_error_since(uint64_t count, ta_status status);

#endif
