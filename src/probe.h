/* SPDX-License-Identifier: MIT
 *
 * USDT probes: places where bpftrace, SystemTap or perf can look into a running daemon. Where
 * sys/sdt.h was there when the library was built (TA_USDT), each is one instruction that does
 * nothing and a note in the file; elsewhere it is nothing at all. docs/probes.md lists them, with a
 * line of bpftrace each.
 */
#ifndef TA_SRC_PROBE_H
#define TA_SRC_PROBE_H

#ifndef TA_USDT
#define TA_USDT 0
#endif

#if TA_USDT
#include <sys/sdt.h>
#define TA_PROBE1(name, a) DTRACE_PROBE1(libta, name, a)
#define TA_PROBE2(name, a, b) DTRACE_PROBE2(libta, name, a, b)
#define TA_PROBE3(name, a, b, c) DTRACE_PROBE3(libta, name, a, b, c)
#define TA_PROBE4(name, a, b, c, d) DTRACE_PROBE4(libta, name, a, b, c, d)
#else
/* The arguments are looked at by the compiler, and never evaluated. */
#define TA_PROBE1(name, a) ((void)sizeof(a))
#define TA_PROBE2(name, a, b) ((void)sizeof(a), (void)sizeof(b))
#define TA_PROBE3(name, a, b, c) ((void)sizeof(a), (void)sizeof(b), (void)sizeof(c))
#define TA_PROBE4(name, a, b, c, d)                                                                \
    ((void)sizeof(a), (void)sizeof(b), (void)sizeof(c), (void)sizeof(d))
#endif

#endif
