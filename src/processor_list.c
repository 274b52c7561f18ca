/* SPDX-License-Identifier: MIT
 *
 * Reading a list of processors.
 */
#include "processor_list.h"

_Static_assert(TA_PROCESSOR_LIST_MAX == 1048575, "a message below has it in words");

static const char *read_number(const char *text, size_t *at, uint32_t *out) {
    size_t next = *at;
    uint32_t value = 0;

    if (text[next] < '0' || text[next] > '9') return "a number is missing";
    for (; text[next] >= '0' && text[next] <= '9'; next++) {
        value = value * 10 + (uint32_t)(text[next] - '0');
        if (value > TA_PROCESSOR_LIST_MAX) return "the number is above 1048575";
    }
    *at = next;
    *out = value;
    return NULL;
}

/* What may stand behind the first number: "-LAST" or "-LAST:STEP". */
static const char *read_rest(const char *text, size_t *at, ta_processor_range *out) {
    size_t second = ++*at;
    const char *wrong = read_number(text, at, &out->last);
    if (wrong != NULL) return wrong;
    if (out->last < out->first) {
        *at = second;
        return "the range ends before it begins";
    }
    if (text[*at] != ':') return NULL;
    size_t third = ++*at;
    wrong = read_number(text, at, &out->step);
    if (wrong != NULL) return wrong;
    if (out->step > 0) return NULL;
    *at = third;
    return "the step is 0";
}

const char *ta_processor_list_next(const char *text, size_t *at, ta_processor_range *out) {
    if (*at != 0) ++*at; /* over the comma */
    const char *wrong = read_number(text, at, &out->first);
    if (wrong != NULL) return wrong;
    out->last = out->first;
    out->step = 1;
    if (text[*at] == '-') wrong = read_rest(text, at, out);
    if (wrong != NULL) return wrong;
    return text[*at] == 0 || text[*at] == ',' ? NULL : "neither a comma nor the end";
}

const char *ta_processor_list_check(const char *text, size_t *at) {
    ta_processor_range range;

    *at = 0;
    do {
        const char *wrong = ta_processor_list_next(text, at, &range);
        if (wrong != NULL) return wrong;
    } while (text[*at] != 0);
    return NULL;
}
