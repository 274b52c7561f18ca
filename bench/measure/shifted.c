/* SPDX-License-Identifier: MIT
 *
 * Memory some cache lines further on.
 */
#include "shifted.h"

static size_t whole_size(size_t size) { return size + SHIFTED_PLACES * TA_CACHE_LINE; }

/* Alignments beyond a line's keep the place. */
static size_t shift_for(const shifted_memory *memory, size_t alignment) {
    return alignment <= TA_CACHE_LINE ? memory->shift : memory->shift / alignment * alignment;
}

static void *shifted_allocate(void *context, size_t size, size_t alignment) {
    const shifted_memory *memory = context;
    char *base = ta_allocate(memory->from, whole_size(size), alignment);
    return base != NULL ? base + shift_for(memory, alignment) : NULL;
}

static void shifted_release(void *context, void *shifted, size_t size, size_t alignment) {
    const shifted_memory *memory = context;
    ta_release(memory->from, (char *)shifted - shift_for(memory, alignment), whole_size(size),
               alignment);
}

void shifted_move(shifted_memory *memory, uint64_t place) {
    memory->shift = (size_t)(place % SHIFTED_PLACES) * TA_CACHE_LINE;
}

ta_allocator shifted_allocator(shifted_memory *memory) {
    return (ta_allocator){shifted_allocate, shifted_release, memory};
}
