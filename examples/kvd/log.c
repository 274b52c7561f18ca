/* SPDX-License-Identifier: MIT
 *
 * Log lines. A line that cannot be written is lost: there is nobody to tell.
 */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

void kvd_log(const char *level, const char *format, ...) {
    enum { LINE = 1024 };
    char line[LINE];
    struct timespec now;
    struct tm utc;
    va_list values;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    size_t used = strftime(line, LINE, "%Y-%m-%dT%H:%M:%S", &utc);
    used += (size_t)snprintf(line + used, LINE - used, ".%03ldZ kvd %s: ", now.tv_nsec / 1000000,
                             level);
    va_start(values, format);
    int length = vsnprintf(line + used, LINE - used, format, values);
    va_end(values);
    if (length > 0) used += (size_t)length;
    if (used > LINE - 1) used = LINE - 1;
    line[used++] = '\n';
    if (write(STDERR_FILENO, line, used) < 0) return;
}
