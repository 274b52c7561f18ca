/* SPDX-License-Identifier: MIT
 *
 * ta/base.h - the ground under every other header: version, attributes, status codes.
 *
 * Errors follow two conventions, and no third one exists in the library:
 *   - control paths (create, pin, describe) return a ta_status: 0 or a negative code;
 *   - hot paths return a pointer, a bool or a count.
 * Nothing sets errno. A control path that fails also leaves one line of text for its own thread,
 * see ta_last_error().
 */
#ifndef TA_BASE_H
#define TA_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The one place for the version: the build, the pkg-config file and the man page read it here. */
#define TA_VERSION_MAJOR 0
#define TA_VERSION_MINOR 1
#define TA_VERSION_PATCH 0

#define TA_STRINGIFY_(x) #x
#define TA_STRINGIFY(x) TA_STRINGIFY_(x)
#define TA_VERSION_STRING                                                                          \
    TA_STRINGIFY(TA_VERSION_MAJOR)                                                                 \
    "." TA_STRINGIFY(TA_VERSION_MINOR) "." TA_STRINGIFY(TA_VERSION_PATCH)

#ifdef __cplusplus
#define TA_BEGIN_DECLS extern "C" {
#define TA_END_DECLS }
#else
#define TA_BEGIN_DECLS
#define TA_END_DECLS
#endif

/* Exported from the shared library, which hides everything else. */
#define TA_API __attribute__((visibility("default")))
/* Hot paths: a C99 inline definition in the header, and one emitted symbol in the library for
 * callers that cannot inline (other languages, -O0). */
#define TA_INLINE TA_API inline
/* A function that a macro makes for its user, who need not call it. */
#define TA_GENERATED static inline __attribute__((unused))
#define TA_WARN_UNUSED __attribute__((warn_unused_result))
#define TA_PRINTF(format_index, first_argument)                                                    \
    __attribute__((format(printf, format_index, first_argument)))

/* What one core owns alone. Two neighbours that are written by different cores stand this far
 * apart. 64 bytes on the processors that the library is built for; aarch64 parts with larger
 * lines exist, and there a smaller constant costs speed, never correctness. */
#define TA_CACHE_LINE 64

TA_BEGIN_DECLS

/* Every status: name, value, message. The values are part of the ABI; new ones go at the end. */
#define TA_STATUS_LIST(X)                                                                          \
    X(TA_OK, 0, "success")                                                                         \
    X(TA_E_INVALID, -1, "invalid argument")                                                        \
    X(TA_E_NOMEM, -2, "out of memory")                                                             \
    X(TA_E_RANGE, -3, "out of range")                                                              \
    X(TA_E_NOSPACE, -4, "the caller's storage is too small")                                       \
    X(TA_E_UNKNOWN_AFFINITY, -5, "the affinity is unknown where a known one is needed")            \
    X(TA_E_FOREIGN_AFFINITY, -6, "the affinity belongs to a machine of another shape")             \
    X(TA_E_NOT_FOUND, -7, "no such file")                                                          \
    X(TA_E_FORMAT, -8, "the machine description cannot be parsed")                                 \
    X(TA_E_TOO_FEW, -9, "fewer processors are usable than were asked for")                         \
    X(TA_E_DESCRIBED, -10, "the registry describes another machine: threads cannot be pinned")     \
    X(TA_E_UNSUPPORTED, -11, "not supported by this build or this system")                         \
    X(TA_E_SYSTEM, -12, "the operating system refused")                                            \
    X(TA_E_NOT_CLONEABLE, -13, "values of the type cannot be cloned")                              \
    X(TA_E_TAG, -14, "the tag of a tagged union is none of its cases")                             \
    X(TA_E_REENTERED, -15, "a constructor asked for a slot that waits for it")                     \
    X(TA_E_EMPTY, -16, "the slot has no value")                                                    \
    X(TA_E_FULL, -17, "there is no room, now")                                                     \
    X(TA_E_CLOSED, -18, "the port is closed")                                                      \
    X(TA_E_BUSY, -19, "it is in use")                                                              \
    X(TA_E_TOO_MANY, -20, "there are as many as there may be")                                     \
    X(TA_E_EXPIRED, -21, "the deadline passed before it began")                                    \
    X(TA_E_CANCELLED, -22, "it was cancelled before it began")

typedef enum ta_status {
#define TA_STATUS_ENUM_(name, value, message) name = value,
    TA_STATUS_LIST(TA_STATUS_ENUM_)
#undef TA_STATUS_ENUM_
} ta_status;

/* The message of a status in English, without a full stop; never NULL, static, for any value.
 * Thread rules: any thread, any time. Wait-free. */
TA_API const char *ta_status_message(ta_status status);

/* The name of a status ("TA_E_NOMEM"); "TA_E_?" for a value that is none. Wait-free. */
TA_API const char *ta_status_name(ta_status status);

/* One line about the latest control-path failure of the calling thread: the function that was
 * called, what was wrong and, where a value was wrong, what would have been accepted. At most 255
 * bytes, valid until the next failing call of this thread, "" before the first. Success leaves it
 * alone. Thread rules: any thread; each sees its own. Wait-free. */
TA_API const char *ta_last_error(void);

/* Makes `text` what ta_last_error() says to the calling thread, and returns `status`: for functions
 * that the library calls and that fail, constructors and start hooks, so that their caller learns
 * more than a status: return ta_set_last_error(TA_E_SYSTEM, "no route to the server"). Copied, its
 * first 255 bytes; NULL: the message of the status. Thread rules: any thread. Wait-free. */
TA_API ta_status ta_set_last_error(ta_status status, const char *text);

/* The version of the library that is running, as opposed to the one compiled against
 * (TA_VERSION_STRING). Static. Wait-free. */
TA_API const char *ta_version(void);

TA_END_DECLS

#endif
