/* SPDX-License-Identifier: MIT
 *
 * A list of processors as text, "0-3,6" or "0-62:2" for every second: what taskset(1) takes, the
 * list format of cpuset(7) and steps. Read range by range, so that it needs no memory however long
 * it is.
 */
#ifndef TA_SRC_PROCESSOR_LIST_H
#define TA_SRC_PROCESSOR_LIST_H

#include <stddef.h>
#include <stdint.h>

/* The largest number that may stand in a list: far above what any system numbers, far below what
 * overflows. */
#define TA_PROCESSOR_LIST_MAX UINT32_C(1048575)

typedef struct ta_processor_range {
    uint32_t first, last; /* first <= last <= TA_PROCESSOR_LIST_MAX; `first` belongs to it */
    uint32_t step;        /* and each step-th behind, up to `last`; at least 1 */
} ta_processor_range;

/* Reads the range at text[*at], where *at is 0 at first and is moved behind it; the list is at its
 * end when text[*at] is 0 after a range. Returns NULL, or what is wrong, in words, and *at is
 * where. */
const char *ta_processor_list_next(const char *text, size_t *at, ta_processor_range *out);

/* Is all of the text a list? NULL, or as above. */
const char *ta_processor_list_check(const char *text, size_t *at);

#endif
