/* SPDX-License-Identifier: MIT
 *
 * See lane_shim.h.
 */
#include "lane_shim.h"

#include "lane.h"

#include "ta/detail/atomic.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define WORDS (TA_CACHE_LINE / sizeof(uint64_t))

struct ta_shim_ring {
    ta_lane *lane;
    ck_ring_t ck;
    ck_ring_buffer_t *buffer;
};

void ta_shim_wait(unsigned *turns) {
    if (++*turns % 1024 != 0)
        ta_cpu_pause();
    else
        sched_yield();
}

ta_shim_ring *ta_shim_lane_create(uint32_t bytes) {
    ta_shim_ring *ring = calloc(1, sizeof *ring);
    if (ring == NULL) return NULL;
    if (ta_lane_create(bytes / (uint32_t)sizeof(ta_cell), NULL, &ring->lane) == TA_OK) return ring;
    free(ring);
    return NULL;
}

ta_shim_ring *ta_shim_ck_create(uint32_t bytes) {
    ta_shim_ring *ring = ta_allocate_zeroed(NULL, 1, sizeof *ring, TA_CACHE_LINE);
    if (ring == NULL) return NULL;
    ring->buffer = ta_allocate(NULL, bytes, TA_CACHE_LINE);
    if (ring->buffer != NULL) {
        ck_ring_init(&ring->ck, bytes / (uint32_t)sizeof *ring->buffer);
        return ring;
    }
    free(ring);
    return NULL;
}

void ta_shim_destroy(ta_shim_ring *ring) {
    if (ring == NULL) return;
    ta_lane_destroy(ring->lane);
    free(ring->buffer);
    free(ring);
}

void ta_shim_lane64_send(ta_shim_ring *ring, uint64_t count) {
    unsigned turns = 0;
    for (uint64_t k = 0; k < count; k++) {
        ta_cell *cell;
        while ((cell = ta_lane_reserve(ring->lane)) == NULL) ta_shim_wait(&turns);
        uint64_t line[WORDS];
        for (uint64_t i = 0; i < WORDS; i++) line[i] = ta_shim_word(k) + i;
        memcpy(cell->bytes, line, sizeof line);
        ta_lane_commit(ring->lane);
    }
}

uint64_t ta_shim_lane64_receive(ta_shim_ring *ring, uint64_t count) {
    uint64_t bad = 0;
    unsigned turns = 0;
    for (uint64_t k = 0; k < count; k++) {
        ta_cell cell;
        while (!ta_lane_receive(ring->lane, &cell)) ta_shim_wait(&turns);
        uint64_t line[WORDS], wrong = 0;
        memcpy(line, cell.bytes, sizeof line);
        for (uint64_t i = 0; i < WORDS; i++) wrong |= line[i] ^ (ta_shim_word(k) + i);
        bad += wrong != 0;
    }
    return bad;
}

void ta_shim_lane8_send(ta_shim_ring *ring, uint64_t count) {
    unsigned turns = 0;
    for (uint64_t k = 0; k < count; k += WORDS) {
        ta_cell *cell;
        while ((cell = ta_lane_reserve(ring->lane)) == NULL) ta_shim_wait(&turns);
        uint64_t line[WORDS];
        for (uint64_t i = 0; i < WORDS; i++) line[i] = ta_shim_word(k + i);
        memcpy(cell->bytes, line, sizeof line);
        ta_lane_commit(ring->lane);
    }
}

uint64_t ta_shim_lane8_receive(ta_shim_ring *ring, uint64_t count) {
    uint64_t bad = 0;
    unsigned turns = 0;
    for (uint64_t k = 0; k < count; k += WORDS) {
        ta_cell cell;
        while (!ta_lane_receive(ring->lane, &cell)) ta_shim_wait(&turns);
        uint64_t line[WORDS];
        memcpy(line, cell.bytes, sizeof line);
        for (uint64_t i = 0; i < WORDS; i++) bad += line[i] != ta_shim_word(k + i);
    }
    return bad;
}

void ta_shim_ck_send(ta_shim_ring *ring, uint64_t count) {
    unsigned turns = 0;
    for (uint64_t k = 0; k < count; k++) {
        void *message = (void *)(uintptr_t)ta_shim_word(k);
        while (!ck_ring_enqueue_spsc(&ring->ck, ring->buffer, message)) ta_shim_wait(&turns);
    }
}

uint64_t ta_shim_ck_receive(ta_shim_ring *ring, uint64_t count) {
    uint64_t bad = 0;
    unsigned turns = 0;
    for (uint64_t k = 0; k < count; k++) {
        void *message;
        while (!ck_ring_dequeue_spsc(&ring->ck, ring->buffer, &message)) ta_shim_wait(&turns);
        bad += (uint64_t)(uintptr_t)message != ta_shim_word(k);
    }
    return bad;
}
