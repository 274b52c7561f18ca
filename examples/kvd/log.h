/* SPDX-License-Identifier: MIT
 *
 * Log lines: one write() to stderr each, with the time and a level.
 */
#ifndef KVD_LOG_H
#define KVD_LOG_H

#include <ta.h>

void kvd_log(const char *level, const char *format, ...) TA_PRINTF(2, 3);

#define KVD_INFO(...) kvd_log("info", __VA_ARGS__)
#define KVD_WARN(...) kvd_log("warning", __VA_ARGS__)
#define KVD_ERROR(...) kvd_log("error", __VA_ARGS__)

#endif
