/* SPDX-License-Identifier: MIT
 *
 * Status codes, their texts, and the calling thread's last error.
 */
#include "ta/base.h"

#include "error.h"

#include <stdarg.h>
#include <stdio.h>

#define LAST_ERROR_SIZE 256

static __thread char last_error[LAST_ERROR_SIZE];

const char *ta_status_message(ta_status status) {
    switch (status) {
#define TA_CASE(name, value, message)                                                              \
    case name:                                                                                     \
        return message;
        TA_STATUS_LIST(TA_CASE)
#undef TA_CASE
    }
    return "no such status";
}

const char *ta_status_name(ta_status status) {
    switch (status) {
#define TA_CASE(name, value, message)                                                              \
    case name:                                                                                     \
        return #name;
        TA_STATUS_LIST(TA_CASE)
#undef TA_CASE
    }
    return "TA_E_?";
}

const char *ta_last_error(void) { return last_error; }

const char *ta_version(void) { return TA_VERSION_STRING; }

ta_status ta_fail_(ta_status status, const char *function, const char *format, ...) {
    va_list arguments;
    int used = snprintf(last_error, sizeof last_error, "%s: ", function);
    if (used < 0 || (size_t)used >= sizeof last_error) return status;
    va_start(arguments, format);
    vsnprintf(last_error + used, sizeof last_error - (size_t)used, format, arguments);
    va_end(arguments);
    return status;
}
