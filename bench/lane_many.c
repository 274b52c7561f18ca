/* SPDX-License-Identifier: MIT
 *
 * Senders without an affinity: one ring of cells that all of them contend for (ck's
 * multi-producer ring), or a lane for each, of which the receiver looks at one after the other.
 * One to three senders and the receiver on two processors: senders all on the other processor, or by
 * turns on it and on the receiver's, as threads come that nobody pins. Over-committed, so whoever
 * cannot go on yields.
 */
#include "lanes.h"

#include "lane.h"

#include <ck_ring.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

CK_RING_PROTOTYPE(many_cell, ta_cell)

#define PER_SENDER UINT64_C(4000)
#define PER_SENDER_BRIEF UINT64_C(400)

typedef struct contended {
    ck_ring_t ring;
    ta_cell cells[PAIR_CAPACITY];
} contended;

typedef struct many_job {
    const ta_registry *registry;
    contended *ring; /* or, if NULL */
    ta_lane *lanes[LANE_SENDERS_MAX];
    unsigned senders;
    uint64_t per_sender;
    bool spread;    /* over both processors; else all on the other one */
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

static void stand_ready(many_job *many) {
    unsigned turns = 0;
    ta_fetch_add_acq_rel_u32(&many->ready, 1);                                        /* M0 */
    while (ta_load_acquire_u32(&many->ready) != many->senders + 1) wait_turn(&turns); /* M1 */
}

static void *send_all(void *argument) {
    many_sender *sender = argument;
    unsigned turns = 0;
    /* The receiver is on the last processor. */
    uint32_t last = ta_registry_processor_count(sender->many->registry) - 1;
    bool is_with_receiver = sender->many->spread && sender->number % 2 == 1;
    (void)ta_registry_pin(
        sender->many->registry,
        ta_registry_affinity(sender->many->registry, is_with_receiver ? last : last - 1));
    stand_ready(sender->many);
    for (uint64_t k = 0; k < sender->many->per_sender; k++) {
        ta_cell cell = {.head = (uint64_t)sender->number << 4};
        for (uint64_t i = 0; i < TA_CELL_WORDS_COUNT; i++) cell.words[i] = pair_word(k) + i;
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
    uint64_t next[LANE_SENDERS_MAX] = {0};
    unsigned at = 0, turns = 0;
    stand_ready(many);
    int64_t start = duo_now();
    for (uint64_t k = 0; k < many->senders * many->per_sender; k++) {
        ta_cell cell;
        while (!take(many, &at, &cell)) wait_turn(&turns);
        unsigned sender = (unsigned)(cell.head >> 4) % LANE_SENDERS_MAX;
        uint64_t word = pair_word(next[sender]++), wrong = 0;
        for (uint64_t i = 0; i < TA_CELL_WORDS_COUNT; i++) wrong |= cell.words[i] ^ (word + i);
        *bad += wrong != 0;
    }
    return (double)(duo_now() - start) / (double)(many->senders * many->per_sender);
}

static void close_many(many_job *many) {
    ta_release(pair_memory(), many->ring, sizeof *many->ring, _Alignof(contended));
    for (unsigned i = 0; i < LANE_SENDERS_MAX; i++) ta_lane_destroy(many->lanes[i]);
}

static bool open_many(many_job *many, bool has_ring) {
    bool all = true;
    if (has_ring) {
        many->ring = ta_allocate_zeroed(pair_memory(), 1, sizeof *many->ring, _Alignof(contended));
        if (many->ring == NULL) return false;
        ck_ring_init(&many->ring->ring, PAIR_CAPACITY);
        return true;
    }
    for (unsigned i = 0; i < many->senders; i++)
        all &= ta_lane_create(PAIR_CAPACITY, pair_memory(), &many->lanes[i]) == TA_OK;
    return all;
}

pair_outcome lane_take_many(bench_stage *stage, bool has_ring, unsigned senders, bool spread,
                            bool is_brief, double *ns) {
    many_job many = {.registry = bench_stage_registry(stage),
                     .senders = senders,
                     .per_sender = is_brief ? PER_SENDER_BRIEF : PER_SENDER,
                     .spread = spread};
    many_sender each[LANE_SENDERS_MAX];
    pthread_t threads[LANE_SENDERS_MAX];
    uint64_t bad = 0;
    unsigned started = 0;
    bench_stage_settle(stage);
    if (open_many(&many, has_ring))
        for (; started < senders; started++) {
            each[started] = (many_sender){&many, started};
            if (pthread_create(&threads[started], NULL, send_all, &each[started]) != 0) abort();
        }
    if (started == senders) *ns = receive_all(&many, &bad);
    for (unsigned i = 0; i < started; i++) pthread_join(threads[i], NULL);
    close_many(&many);
    if (started < senders) return PAIR_FAILED;
    return bad == 0 ? PAIR_OK : PAIR_WRONG;
}
