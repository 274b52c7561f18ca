/* SPDX-License-Identifier: MIT
 *
 * Planted for AddressSanitizer: a write behind the end of the library's memory, a read after it was
 * given back, and memory that nobody gives back.
 */
#include "ta/memory.h"

#include <stdio.h>
#include <string.h>

#define SIZE 24

/* Not static, so that the compiler cannot reason about what it holds. */
unsigned char *planted_memory;

int main(int argc, char **argv) {
    const char *bug = argc == 2 ? argv[1] : "";
    /* Some more than one: the last ones may still be found in a register or an old stack frame. */
    int blocks = strcmp(bug, "leak") == 0 ? 16 : 1;
    for (int i = 0; i < blocks; i++) planted_memory = ta_allocate(NULL, SIZE, 8);
    if (planted_memory == NULL) return 1;
    memset(planted_memory, 1, SIZE);
    if (strcmp(bug, "overflow") == 0) planted_memory[SIZE - 1 + argc / 2] = 2;
    ta_release(NULL, planted_memory, SIZE, 8);
    if (strcmp(bug, "freed") == 0) printf("%d\n", planted_memory[0]);
    return 0;
}
