/* SPDX-License-Identifier: MIT
 *
 * USDT probes: places where a tracer may look in while the program runs (docs/probes.md lists them).
 * One that nobody looks at is a no-op instruction, and a note in the binary that says where its
 * arguments stand. Without <sys/sdt.h> there are none.
 */
#ifndef TA_SRC_PROBE_H
#define TA_SRC_PROBE_H

#if defined TA_USDT && TA_USDT
#include <sys/sdt.h>

#define TA_PROBE1(NAME, A) DTRACE_PROBE1(libta, NAME, A)
#define TA_PROBE2(NAME, A, B) DTRACE_PROBE2(libta, NAME, A, B)
#define TA_PROBE3(NAME, A, B, C) DTRACE_PROBE3(libta, NAME, A, B, C)
#define TA_PROBE4(NAME, A, B, C, D) DTRACE_PROBE4(libta, NAME, A, B, C, D)
#else
/* The arguments are plain reads, which the compiler then leaves out; none of them does anything. */
#define TA_PROBE1(NAME, A) ((void)(A))
#define TA_PROBE2(NAME, A, B) ((void)(A), (void)(B))
#define TA_PROBE3(NAME, A, B, C) ((void)(A), (void)(B), (void)(C))
#define TA_PROBE4(NAME, A, B, C, D) ((void)(A), (void)(B), (void)(C), (void)(D))
#endif

#endif
