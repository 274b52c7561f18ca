/* SPDX-License-Identifier: MIT
 *
 * Planted for UndefinedBehaviorSanitizer: an overflow of a signed sum, a shift by the whole width.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
    const char *bug = argc == 2 ? argv[1] : "";
    int one = argc > 0;
    int result = 0;
    if (strcmp(bug, "overflow") == 0) result = INT_MAX - 1 + 2 * one;
    if (strcmp(bug, "shift") == 0) result = one << (32 * one);
    printf("%d\n", result);
    return 0;
}
