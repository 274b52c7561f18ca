/* SPDX-License-Identifier: MIT
 *
 * Slices: comparing, reading an integer, matching a glob pattern.
 */
#include "bytes.h"

#include <string.h>

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c; }

bool kvd_slice_equal(kvd_slice a, kvd_slice b) {
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

bool kvd_slice_is(kvd_slice slice, const char *word) {
    if (strlen(word) != slice.length) return false;
    for (size_t i = 0; i < slice.length; i++)
        if (lower(slice.data[i]) != word[i]) return false;
    return true;
}

bool kvd_slice_integer(kvd_slice slice, int64_t *out) {
    const char *next = slice.data, *end = next + slice.length;
    uint64_t value = 0, most = INT64_MAX;
    if (slice.length == 1 && *next == '0') {
        *out = 0;
        return true;
    }
    bool is_negative = slice.length > 0 && *next == '-';
    if (is_negative) {
        next++;
        most++; /* the magnitude of INT64_MIN */
    }
    if (next == end || *next < '1' || *next > '9') return false;
    for (; next < end; next++) {
        if (*next < '0' || *next > '9') return false;
        uint64_t digit = (uint64_t)(*next - '0');
        if (value > (most - digit) / 10) return false;
        value = 10 * value + digit;
    }
    *out = is_negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

/* ---- globs ----------------------------------------------------------------------------------- */

typedef struct glob {
    const char *next, *end; /* what is left of the pattern */
} glob;

static char unescaped(glob *rest) {
    if (*rest->next == '\\' && rest->end - rest->next >= 2) rest->next++;
    return *rest->next;
}

/* The class behind '['. One that is not closed ends with the pattern. */
static bool is_in_class(glob *rest, char c) {
    bool inverted = rest->next < rest->end && *rest->next == '^', found = false;
    if (inverted) rest->next++;
    for (; rest->next < rest->end && *rest->next != ']'; rest->next++) {
        bool is_escaped = *rest->next == '\\';
        char low = unescaped(rest), high = low;
        if (!is_escaped && rest->end - rest->next >= 3 && rest->next[1] == '-') {
            high = rest->next[2];
            rest->next += 2;
        }
        if (low <= high ? low <= c && c <= high : high <= c && c <= low) found = true;
    }
    if (rest->next < rest->end) rest->next++;
    return found != inverted;
}

/* Does one piece of the pattern, which is no star, match one character? Steps over the piece. */
static bool matches_one(glob *rest, char c) {
    if (*rest->next == '[') {
        rest->next++;
        return is_in_class(rest, c);
    }
    bool is_any = *rest->next == '?';
    char expected = unescaped(rest);
    rest->next++;
    return is_any || expected == c;
}

/* When a piece does not match, the last star takes one more character; the stars before it need
 * never take more, as what stands between the stars has been found as early as it can be. */
bool kvd_slice_matches(kvd_slice pattern, kvd_slice text) {
    glob rest = {pattern.data, pattern.data + pattern.length}, behind_star = {NULL, NULL};
    const char *next = text.data, *end = next + text.length, *taken = NULL;
    if (text.length == 0) return pattern.length == 0; /* also for '*', as in redis */
    while (next < end) {
        if (rest.next < rest.end && *rest.next == '*') {
            rest.next++;
            behind_star = rest;
            taken = next;
        } else if (rest.next < rest.end && matches_one(&rest, *next)) {
            next++;
        } else if (taken != NULL) {
            rest = behind_star;
            next = ++taken;
        } else {
            return false;
        }
    }
    while (rest.next < rest.end && *rest.next == '*') rest.next++;
    return rest.next == rest.end;
}

/* Patterns are short where this is asked for: a long one matches nothing. */
bool kvd_slice_matches_any_case(kvd_slice pattern, kvd_slice text) {
    char lowered[256];
    if (pattern.length > sizeof lowered) return false;
    for (size_t i = 0; i < pattern.length; i++) lowered[i] = lower(pattern.data[i]);
    return kvd_slice_matches((kvd_slice){lowered, pattern.length}, text);
}
