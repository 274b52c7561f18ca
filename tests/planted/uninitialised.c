/* SPDX-License-Identifier: MIT
 *
 * Planted for MemorySanitizer: a branch on memory of the library's allocator that nobody wrote.
 */
#include "ta/memory.h"

#include <stdio.h>

int main(void) {
    int *memory = ta_allocate(NULL, sizeof *memory, _Alignof(int));
    if (memory == NULL) return 1;
    if (*memory == 42)
        puts("forty-two");
    else
        fputs("something else\n", stderr);
    ta_release(NULL, memory, sizeof *memory, _Alignof(int));
    return 0;
}
