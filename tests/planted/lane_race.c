/* SPDX-License-Identifier: MIT
 *
 * Bugs of a lane's user, planted: does ThreadSanitizer see them?
 *
 *   lane_race clean    objects change hands as they should: no report, exit 0
 *   lane_race object   the sender writes an object after it gave it away: a data race, exit 66
 *   lane_race cell     the sender writes a cell after its commit: a data race, exit 66
 *
 * Without ThreadSanitizer every mode exits 0.
 */
#include "lane.h"

#include "ta/detail/atomic.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#define MESSAGES 1000

enum mode { CLEAN, OBJECT, CELL };

struct shared {
    ta_lane *lane;
    enum mode mode;
    uint32_t written; /* objects that the sender is done with, bugs included */
    uint64_t objects[MESSAGES];
};

static void *send_all(void *argument) {
    struct shared *shared = argument;
    for (uint32_t i = 0; i < MESSAGES; i++) {
        ta_cell *cell;
        while ((cell = ta_lane_reserve(shared->lane)) == NULL) sched_yield();
        uint64_t *object = &shared->objects[i];
        *object = i;
        cell->words[0] = (uint64_t)(uintptr_t)object;
        cell->words[TA_CELL_WORDS_COUNT - 1] = 0;
        ta_lane_commit(shared->lane, 0);
        if (shared->mode == OBJECT) *object = i + 1;
        if (shared->mode == CELL) cell->words[TA_CELL_WORDS_COUNT - 1] = 1;
        /* Relaxed: puts the receiver's access later in time, and gives no order that could excuse
         * it. */
        ta_store_relaxed_u32(&shared->written, i + 1);
    }
    return NULL;
}

static void *receive_all(void *argument) {
    struct shared *shared = argument;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < MESSAGES; i++) {
        ta_cell cell;
        while (ta_load_relaxed_u32(&shared->written) <= i) sched_yield();
        while (!ta_lane_receive(shared->lane, &cell)) sched_yield();
        uint64_t *object = (uint64_t *)(uintptr_t)cell.words[0];
        sum += *object;
        /* A word that nobody looks at is not even copied, where receive() is inlined. */
        sum += cell.words[TA_CELL_WORDS_COUNT - 1];
        *object = 0;
    }
    printf("sum %llu\n", (unsigned long long)sum);
    return NULL;
}

int main(int argc, char **argv) {
    static const char *const names[] = {"clean", "object", "cell"};
    static struct shared shared;
    size_t mode = 0;
    while (mode < 3 && (argc != 2 || strcmp(argv[1], names[mode]) != 0)) mode++;
    if (mode == 3) {
        fprintf(stderr, "usage: lane_race clean|object|cell\n");
        return 2;
    }
    shared.mode = (enum mode)mode;
    /* With a bug, a lane that never fills: the sanitizer does not report what happened before a
     * long wait, since it no longer knows where. */
    if (ta_lane_create(mode == CLEAN ? 8 : 1024, NULL, &shared.lane) != TA_OK) return 1;
    pthread_t threads[2];
    if (pthread_create(&threads[0], NULL, send_all, &shared) != 0) return 1;
    if (pthread_create(&threads[1], NULL, receive_all, &shared) != 0) return 1;
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    ta_lane_destroy(shared.lane);
    return 0;
}
