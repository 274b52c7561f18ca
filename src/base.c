/* SPDX-License-Identifier: MIT
 *
 * Status codes, their texts, and the calling thread's last error.
 */
#include "ta/base.h"

#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LAST_ERROR_SIZE 256

static __thread char last_error[LAST_ERROR_SIZE];
static __thread ta_status last_status; /* of that text */
/* So far. Asked before each constructor, so it is reached by an offset and not by a call. */
static __thread uint64_t texts __attribute__((tls_model("initial-exec")));

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

uint64_t ta_error_count(void) { return texts; }

bool ta_error_since(uint64_t count, ta_status status) {
    return texts != count && last_status == status;
}

/* `text` is not in last_error. */
static ta_status leave(ta_status status, const char *text, size_t length) {
    if (length >= sizeof last_error) length = sizeof last_error - 1;
    memcpy(last_error, text, length);
    last_error[length] = '\0';
    last_status = status;
    texts++;
    return status;
}

ta_status ta_set_last_error(ta_status status, const char *text) {
    char copy[LAST_ERROR_SIZE]; /* `text` may be ta_last_error()'s */
    if (text == NULL) text = ta_status_message(status);
    size_t length = strnlen(text, sizeof copy - 1);
    memcpy(copy, text, length);
    return leave(status, copy, length);
}

ta_status ta_fail_(ta_status status, const char *function, const char *format, ...) {
    char text[LAST_ERROR_SIZE]; /* an argument may be ta_last_error() */
    va_list arguments;
    int used = snprintf(text, sizeof text, "%s: ", function);
    if (used < 0) return status;
    if ((size_t)used < sizeof text) {
        va_start(arguments, format);
        int more = vsnprintf(text + used, sizeof text - (size_t)used, format, arguments);
        va_end(arguments);
        if (more > 0) used += more;
    }
    return leave(status, text, (size_t)used);
}

const char *ta_version(void) { return TA_VERSION_STRING; }
