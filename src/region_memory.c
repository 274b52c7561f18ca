/* SPDX-License-Identifier: MIT
 *
 * Memory on a NUMA node, for one processor.
 */
#include "region_memory.h"

#include "os/os.h"

#include "ta/detail/atomic.h"

/* ---- sanitizers ------------------------------------------------------------------------------- */

/* Mapped memory is none of the sanitizers' own: they are told which blocks are in use, and that
 * pointers live there. Without them each of these is nothing. */
#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#if __has_feature(memory_sanitizer)
#define WITH_MSAN 1
#endif
#endif

#ifdef WITH_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/lsan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(memory, size) ((void)(memory), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(memory, size) ((void)(memory), (void)(size))
#define __lsan_register_root_region(memory, size) ((void)(memory), (void)(size))
#define __lsan_unregister_root_region(memory, size) ((void)(memory), (void)(size))
#endif

#ifdef WITH_MSAN
#include <sanitizer/msan_interface.h>
#else
#define __msan_allocated_memory(memory, size) ((void)(memory), (void)(size))
#endif

static void *map(const ta_region_memory *region, size_t size, size_t alignment, bool *placed) {
    void *memory = ta_os_map(size, alignment, region->node, placed);
    if (memory != NULL) __lsan_register_root_region(memory, size);
    return memory;
}

static void unmap(void *memory, size_t size) {
    __lsan_unregister_root_region(memory, size);
    ASAN_UNPOISON_MEMORY_REGION(memory, size);
    ta_os_unmap(memory, size);
}

/* ---- blocks ----------------------------------------------------------------------------------- */

/* The class that serves a request, or TA_BLOCK_CLASSES for one with a mapping of its own. */
static unsigned class_of(size_t size, size_t alignment) {
    size_t need = size > alignment ? size : alignment;
    unsigned class = 0;
    while (class < TA_BLOCK_CLASSES && TA_BLOCK_MIN << class < need) class ++;
    return class;
}

/* Mutex held. */
static bool refill(ta_region_memory *region, unsigned class) {
    bool placed;
    ta_block_class *blocks = &region->pool->classes[class];
    ta_chunk *chunk = ta_allocate(region->base, sizeof *chunk, _Alignof(ta_chunk));
    if (chunk == NULL) return false;
    /* The largest block's alignment serves all of them. */
    chunk->memory = map(region, TA_CHUNK_SIZE, TA_BLOCK_MAX, &placed);
    if (chunk->memory == NULL) {
        ta_release(region->base, chunk, sizeof *chunk, _Alignof(ta_chunk));
        return false;
    }
    ta_chunk **list = placed ? &region->pool->chunks : &region->pool->unplaced_chunks;
    chunk->next = *list;
    *list = chunk;
    ASAN_POISON_MEMORY_REGION(chunk->memory, TA_CHUNK_SIZE);
    blocks->fresh = chunk->memory;
    blocks->end = chunk->memory + TA_CHUNK_SIZE;
    return true;
}

/* Mutex held. The list of refused chunks is nearly always empty, so nobody walks it. */
static bool is_on_node(const ta_region_pool *pool, const void *memory) {
    uintptr_t address = (uintptr_t)memory;
    for (const ta_chunk *chunk = pool->unplaced_chunks; chunk != NULL; chunk = chunk->next)
        if (address - (uintptr_t)chunk->memory < TA_CHUNK_SIZE) return false;
    return true;
}

static void *take_block(ta_region_memory *region, unsigned class, size_t size, bool *placed) {
    ta_region_pool *pool = region->pool;
    ta_block_class *blocks = &pool->classes[class];
    void *memory = NULL;
    pthread_mutex_lock(&pool->mutex);
    if (blocks->free != NULL) {
        memory = blocks->free;
        ASAN_UNPOISON_MEMORY_REGION(memory, sizeof(ta_free_block));
        blocks->free = blocks->free->next;
    } else if (blocks->fresh != blocks->end || refill(region, class)) {
        memory = blocks->fresh;
        blocks->fresh += TA_BLOCK_MIN << class;
    }
    if (memory != NULL) *placed = is_on_node(pool, memory);
    pthread_mutex_unlock(&pool->mutex);
    if (memory == NULL) return NULL;
    ASAN_POISON_MEMORY_REGION(memory, TA_BLOCK_MIN << class);
    ASAN_UNPOISON_MEMORY_REGION(memory, size);
    __msan_allocated_memory(memory, size);
    return memory;
}

static void give_block(ta_region_pool *pool, unsigned class, void *memory) {
    ta_free_block *block = memory;
    ta_block_class *blocks = &pool->classes[class];
    ASAN_UNPOISON_MEMORY_REGION(memory, sizeof *block);
    pthread_mutex_lock(&pool->mutex);
    block->next = blocks->free;
    blocks->free = block;
    ASAN_POISON_MEMORY_REGION(memory, TA_BLOCK_MIN << class);
    pthread_mutex_unlock(&pool->mutex);
}

/* Whole pages, or 0 when that overflows. */
static size_t whole_pages(const ta_region_pool *pool, size_t size) {
    size_t rounded;
    if (__builtin_add_overflow(size, pool->page_size - 1, &rounded)) return 0;
    return rounded & ~(pool->page_size - 1);
}

/* ---- the allocator ---------------------------------------------------------------------------- */

static void count(ta_region_memory *region, bool placed) {
    /* Relaxed: statistics; nobody concludes anything about other memory from them. */
    ta_fetch_add_relaxed_u64(placed ? &region->placed : &region->fallback, 1);
}

static void *region_allocate(void *context, size_t size, size_t alignment) {
    ta_region_memory *region = context;
    bool placed = region->counts_as_placed;
    void *memory;

    if (region->pool == NULL) {
        memory = region->base->allocate(region->base->context, size, alignment);
    } else {
        unsigned class = class_of(size, alignment);
        size_t pages = whole_pages(region->pool, size);
        if (class < TA_BLOCK_CLASSES)
            memory = take_block(region, class, size, &placed);
        else
            memory = pages == 0 ? NULL : map(region, pages, alignment, &placed);
    }
    if (memory != NULL) count(region, placed);
    return memory;
}

static void region_release(void *context, void *memory, size_t size, size_t alignment) {
    ta_region_memory *region = context;
    if (region->pool == NULL) {
        region->base->release(region->base->context, memory, size, alignment);
        return;
    }
    unsigned class = class_of(size, alignment);
    if (class < TA_BLOCK_CLASSES)
        give_block(region->pool, class, memory);
    else
        unmap(memory, whole_pages(region->pool, size));
}

/* ---- life ------------------------------------------------------------------------------------- */

bool ta_region_can_place(int32_t node) {
    bool placed = false;
    const size_t size = ta_os_page_size();
    void *page = ta_os_map(size, 1, node, &placed);
    if (page != NULL) ta_os_unmap(page, size);
    return placed;
}

static ta_region_pool *create_pool(const ta_allocator *base) {
    ta_region_pool *pool = ta_allocate_zeroed(base, 1, sizeof *pool, _Alignof(ta_region_pool));
    if (pool == NULL) return NULL;
    pool->page_size = ta_os_page_size();
    pthread_mutex_init(&pool->mutex, NULL); /* cannot fail without attributes on Linux */
    return pool;
}

void ta_region_memory_init(ta_region_memory *region, const ta_allocator *base, int32_t node,
                           ta_region_rule rule) {
    *region = (ta_region_memory){
        .allocator = {region_allocate, region_release, region},
        .base = base,
        .pool = rule == TA_REGION_PLACE ? create_pool(base) : NULL,
        .node = node,
        .counts_as_placed = rule == TA_REGION_NOTHING_TO_PLACE,
    };
}

static void free_chunks(const ta_region_memory *region, ta_chunk *chunk) {
    while (chunk != NULL) {
        ta_chunk *next = chunk->next;
        unmap(chunk->memory, TA_CHUNK_SIZE);
        ta_release(region->base, chunk, sizeof *chunk, _Alignof(ta_chunk));
        chunk = next;
    }
}

void ta_region_memory_destroy(ta_region_memory *region) {
    ta_region_pool *pool = region->pool;
    if (pool == NULL) return;
    free_chunks(region, pool->chunks);
    free_chunks(region, pool->unplaced_chunks);
    pthread_mutex_destroy(&pool->mutex);
    ta_release(region->base, pool, sizeof *pool, _Alignof(ta_region_pool));
}

ta_placement_figures ta_region_memory_figures(const ta_region_memory *region) {
    ta_placement_figures figures = {ta_load_relaxed_u64(&region->placed),
                                    ta_load_relaxed_u64(&region->fallback)};
    return figures;
}
