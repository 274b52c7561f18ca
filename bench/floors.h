/* SPDX-License-Identifier: MIT
 *
 * What the machine and its system charge at least.
 */
#ifndef TA_BENCH_FLOORS_H
#define TA_BENCH_FLOORS_H

#include "pair.h"

TA_BEGIN_DECLS

pair_list floor_wakes_by_eventfd(void); /* who sleeps in read() or epoll_wait() */
pair_list floor_wakes_by_futex(void);   /* who sleeps in FUTEX_WAIT */

TA_END_DECLS

#endif
