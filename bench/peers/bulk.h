/* SPDX-License-Identifier: MIT
 *
 * The row of queues that pass words on in bulk, for each that says what PEER_PUSH_BULK(ring, words,
 * count) and PEER_POP_BULK(ring, words, count) are, which return how many they passed on: included
 * by the peers' files behind queue.h. C and C++.
 */

static void peer_send_bulk(measure_duo *duo, pair_job *job) {
    PEER_TYPE *ring = (PEER_TYPE *)job->forth;
    for (uint64_t k = 0; k < job->count; k += PAIR_BULK) {
        uint64_t words[PAIR_BULK];
        for (uint64_t i = 0; i < PAIR_BULK; i++) words[i] = pair_word(k + i);
        size_t sent = 0;
        for (unsigned tries = 0; sent < PAIR_BULK;) {
            size_t more = PEER_PUSH_BULK(ring, words + sent, PAIR_BULK - sent);
            sent += more;
            if (more == 0 && !pair_wait(duo, &tries)) return;
        }
    }
}

static void peer_receive_bulk(measure_duo *duo, pair_job *job) {
    PEER_TYPE *ring = (PEER_TYPE *)job->forth;
    uint64_t bad = 0;
    for (uint64_t k = 0; k < job->count;) {
        uint64_t words[PAIR_BULK];
        pair_start_at(job, k);
        size_t n;
        for (unsigned tries = 0; (n = PEER_POP_BULK(ring, words, PAIR_BULK)) == 0;)
            if (!pair_wait(duo, &tries)) return;
        for (size_t i = 0; i < n; i++) bad += words[i] != pair_word(k++);
    }
    job->end_ns = duo_now();
    job->wrong = bad;
    job->finished = true;
}

/* clang-format off */
#define PEER_BULK_ENTRY                                                                            \
    {"words_bulk", PEER_NAME, peer_send_bulk, peer_receive_bulk, PEER_CREATE, PEER_DESTROY,        \
     PAIR_SMALL_WARM_UP, PAIR_SMALL_MESSAGES, false, false, PEER_SLEEP}
/* clang-format on */
