/* SPDX-License-Identifier: MIT
 *
 * Replies: RESP values appended to a buffer. What differs between the protocols takes `protocol`,
 * 2 or 3. None of them fails by itself: ask `failed` of the buffer when all is written. A reply
 * that was not written whole cannot be taken back once bytes of it are sent: close the connection.
 */
#ifndef KVD_REPLY_H
#define KVD_REPLY_H

#include "bytes.h"

/* +text; without line ends. */
void kvd_reply_simple(kvd_bytes *reply, const char *text);
void kvd_reply_ok(kvd_bytes *reply);

/* -text: begins with a code ("ERR ..."). Line ends in it become blanks, as in redis. At most 1,024
 * bytes. */
void kvd_reply_error(kvd_bytes *reply, const char *text);
void kvd_reply_error_format(kvd_bytes *reply, const char *format, ...) TA_PRINTF(2, 3);

void kvd_reply_integer(kvd_bytes *reply, int64_t value);
void kvd_reply_bulk(kvd_bytes *reply, kvd_slice value);
void kvd_reply_text(kvd_bytes *reply, const char *text);      /* a bulk string */
void kvd_reply_bulk_integer(kvd_bytes *reply, int64_t value); /* its digits, as one */
void kvd_reply_null(kvd_bytes *reply, unsigned protocol);
void kvd_reply_null_array(kvd_bytes *reply, unsigned protocol);
void kvd_reply_array(kvd_bytes *reply, size_t count);
void kvd_reply_map(kvd_bytes *reply, unsigned protocol, size_t pairs); /* 2: an array of both */
void kvd_reply_set(kvd_bytes *reply, unsigned protocol, size_t count); /* 2: an array */
/* A text for people, as INFO's; 2: a bulk string. */
void kvd_reply_verbatim(kvd_bytes *reply, unsigned protocol, kvd_slice text);

#endif
