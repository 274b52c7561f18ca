/* SPDX-License-Identifier: MIT
 *
 * Senders without an affinity: one ring of cells that all of them contend for (ck's
 * multi-producer ring), or a lane for each, of which the receiver looks at one after the other.
 * One to three senders and the receiver on two processors: the receiver on the second, senders by
 * turns on the first and the second, as threads come that nobody pins. Over-committed, so whoever
 * cannot go on yields.
 */
#include "lane_bench.h"

#include "lane.h"
#include "stats.h"

#include <ck_ring.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

CK_RING_PROTOTYPE(many_cell, ta_cell)

#define SENDERS_MAX 3u
#define PER_SENDER UINT64_C(4000)
#define REPEATS_MAX 11u

typedef struct contended {
    ck_ring_t ring;
    ta_cell cells[LANE_CAPACITY];
} contended;

typedef struct many_job {
    const ta_registry *registry;
    contended *ring; /* or, if NULL */
    ta_lane *lanes[SENDERS_MAX];
    unsigned senders;
    bool spread;    /* over both processors; else all on the first */
    uint32_t ready; /* M0: counted, acq_rel -> M1: awaited, acquire */
} many_job;

typedef struct many_sender {
    many_job *many;
    unsigned number;
} many_sender;

static void wait_turn(unsigned *turns) {
    if (++*turns % 64 != 0)
        ta_cpu_pause();
    else
        sched_yield();
}

static bool put(many_job *many, unsigned sender, const ta_cell *cell) {
    if (many->ring != NULL)
        return ck_ring_enqueue_mpsc_many_cell(&many->ring->ring, many->ring->cells,
                                              (ta_cell *)(uintptr_t)cell);
    ta_cell *to = ta_lane_reserve(many->lanes[sender]);
    if (to == NULL) return false;
    for (unsigned i = 0; i < TA_CELL_WORDS_COUNT; i++) to->words[i] = cell->words[i];
    ta_lane_commit(many->lanes[sender], cell->head);
    return true;
}

static void stand_ready(many_job *many, unsigned processor) {
    unsigned turns = 0;
    ta_registry_pin(many->registry, ta_registry_affinity(many->registry, processor));
    ta_fetch_add_acq_rel_u32(&many->ready, 1);                                        /* M0 */
    while (ta_load_acquire_u32(&many->ready) != many->senders + 1) wait_turn(&turns); /* M1 */
}

static void *send_all(void *argument) {
    many_sender *sender = argument;
    unsigned turns = 0;
    stand_ready(sender->many, sender->many->spread ? sender->number % 2 : 0);
    for (uint64_t k = 0; k < PER_SENDER; k++) {
        ta_cell cell = {.head = (uint64_t)sender->number << 4};
        for (uint64_t i = 0; i < TA_CELL_WORDS_COUNT; i++) cell.words[i] = lane_word(k) + i;
        while (!put(sender->many, sender->number, &cell)) wait_turn(&turns);
    }
    return NULL;
}

/* The next cell of any; lanes are looked at in turn. */
static bool take(many_job *many, unsigned *at, ta_cell *cell) {
    if (many->ring != NULL)
        return ck_ring_dequeue_mpsc_many_cell(&many->ring->ring, many->ring->cells, cell);
    for (unsigned i = 0; i < many->senders; i++) {
        if (ta_lane_receive(many->lanes[*at], cell)) return true;
        *at = (*at + 1) % many->senders;
    }
    return false;
}

static double receive_all(many_job *many, uint64_t *bad) {
    uint64_t next[SENDERS_MAX] = {0};
    unsigned at = 0, turns = 0;
    stand_ready(many, 1);
    int64_t start = duo_now();
    for (uint64_t k = 0; k < many->senders * PER_SENDER; k++) {
        ta_cell cell;
        while (!take(many, &at, &cell)) wait_turn(&turns);
        unsigned sender = (unsigned)(cell.head >> 4) % SENDERS_MAX;
        uint64_t word = lane_word(next[sender]++), wrong = 0;
        for (uint64_t i = 0; i < TA_CELL_WORDS_COUNT; i++) wrong |= cell.words[i] ^ (word + i);
        *bad += wrong != 0;
    }
    return (double)(duo_now() - start) / (double)(many->senders * PER_SENDER);
}

static void close_many(many_job *many) {
    ta_release(NULL, many->ring, sizeof *many->ring, _Alignof(contended));
    for (unsigned i = 0; i < SENDERS_MAX; i++) ta_lane_destroy(many->lanes[i]);
}

static double sample(const ta_registry *registry, bool has_ring, unsigned senders, bool spread) {
    many_job many = {.registry = registry, .senders = senders, .spread = spread};
    many_sender each[SENDERS_MAX];
    pthread_t threads[SENDERS_MAX];
    uint64_t bad = 0;
    bool good = true;
    if (has_ring) {
        many.ring = ta_allocate_zeroed(NULL, 1, sizeof *many.ring, _Alignof(contended));
        good = many.ring != NULL;
        if (good) ck_ring_init(&many.ring->ring, LANE_CAPACITY);
    }
    for (unsigned i = 0; !has_ring && i < senders; i++)
        good &= ta_lane_create(LANE_CAPACITY, NULL, &many.lanes[i]) == TA_OK;
    for (unsigned i = 0; i < senders; i++) {
        each[i] = (many_sender){&many, i};
        good = good && pthread_create(&threads[i], NULL, send_all, &each[i]) == 0;
    }
    if (!good) {
        fprintf(stderr, "bench_lane: no memory or no thread\n");
        exit(1);
    }
    double ns = receive_all(&many, &bad);
    for (unsigned i = 0; i < senders; i++) pthread_join(threads[i], NULL);
    close_many(&many);
    if (bad != 0) {
        fprintf(stderr, "bench_lane: many senders: messages arrived wrong\n");
        exit(1);
    }
    return ns;
}

void lane_measure_many(const ta_registry *registry, unsigned repeats) {
    static double ns[2][2][SENDERS_MAX][REPEATS_MAX]; /* kind, spread, senders */
    static const char *const kinds[] = {"a lane for each", "ck_ring mpsc of cells"};
    if (repeats > REPEATS_MAX) repeats = REPEATS_MAX;
    for (unsigned i = 0; i < repeats; i++)
        for (unsigned at = 0; at < 4 * SENDERS_MAX; at++)
            ns[at & 1][at >> 1 & 1][at >> 2][i] =
                sample(registry, (at & 1) != 0, (at >> 2) + 1, (at >> 1 & 1) != 0);
    printf(
        "\n| many senders, 64 bytes, ns per message: median (middle half; %u samples) | 1 | 2 | 3 "
        "|\n|---|---|---|---|\n",
        repeats);
    for (unsigned at = 0; at < 4; at++) {
        printf("| %s, senders %s ", kinds[at & 1],
               at >> 1 ? "on both processors" : "on the other processor");
        for (unsigned senders = 0; senders < SENDERS_MAX; senders++) {
            stats_summary summary = stats_summarise(ns[at & 1][at >> 1][senders], repeats);
            printf("| %.1f (%.1f to %.1f) ", summary.median, summary.p25, summary.p75);
        }
        printf("|\n");
    }
}
