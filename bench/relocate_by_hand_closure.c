/* SPDX-License-Identifier: MIT
 *
 * The rows of relocate_rows.h by hand: jobs, which are closures of one cache line that all return a
 * word.
 *
 * A job is a pointer to the functions of its kind and what it captured, in place where it fits;
 * relocating and destroying are NULL where a kind has nothing to do.
 */
#include "relocate_block.h"
#include "relocate_rows.h"
#include "relocate_values.h"

typedef uint64_t __attribute__((may_alias)) job_word;

typedef struct job_kind {
    uint64_t (*call)(const job_word *storage);
    void (*relocate_far)(job_word *storage, const ta_move *move);
    void (*destroy)(job_word *storage);
} job_kind;

typedef struct job {
    const job_kind *kind; /* NULL: empty */
    job_word storage[7];
} job;

static inline ta_status job_relocate(job *each, const ta_move *move) {
    if (each->kind != NULL && each->kind->relocate_far != NULL && ta_move_is_far(move)) {
        each->kind->relocate_far(each->storage, move);
        return TA_OK;
    }
    return ta_move_status(move);
}

static inline bool job_call(const job *each, uint64_t *result) {
    if (each->kind == NULL) return false;
    *result = each->kind->call(each->storage);
    return true;
}

static inline void job_destroy(job *each) {
    if (each->kind == NULL) return;
    if (each->kind->destroy != NULL) each->kind->destroy(each->storage);
    each->kind = NULL;
}

/* ---- what is captured in place ------------------------------------------------------------------ */

static uint64_t five_call(const job_word *storage) {
    return bench_five_sum((const bench_five *)storage);
}

static const job_kind five_kind = {five_call, NULL, NULL};

static inline ta_status five_create(job *out, bench_five captured, const ta_allocator *allocator) {
    (void)allocator;
    out->kind = &five_kind;
    *(bench_five *)out->storage = captured;
    return TA_OK;
}

BENCH_CLOSURE_ROWS(by_hand_closure_40, job, bench_five, bench_five_make, bench_five_sum,
                   five_create, job_relocate, job_call, job_destroy);

/* ---- what is captured in a block ---------------------------------------------------------------- */

static inline bench_hundred *hundred_of(const job_word *storage) {
    bench_hundred *hundred;
    memcpy(&hundred, storage, sizeof hundred);
    return hundred;
}

static uint64_t hundred_call(const job_word *storage) {
    return bench_hundred_sum(hundred_of(storage));
}

static void hundred_relocate_far(job_word *storage, const ta_move *move) {
    bench_hundred *hundred = block_rehome(hundred_of(storage), sizeof *hundred, move);
    memcpy(storage, &hundred, sizeof hundred);
}

static void hundred_destroy(job_word *storage) { block_release(hundred_of(storage)); }

static const job_kind hundred_kind = {hundred_call, hundred_relocate_far, hundred_destroy};

static inline ta_status hundred_create(job *out, bench_hundred captured,
                                       const ta_allocator *allocator) {
    bench_hundred *hundred = block_allocate(allocator, sizeof *hundred);
    out->kind = NULL;
    if (hundred == NULL) return TA_E_NOMEM;
    *hundred = captured;
    out->kind = &hundred_kind;
    memcpy(out->storage, &hundred, sizeof hundred);
    return TA_OK;
}

BENCH_CLOSURE_ROWS(by_hand_closure_100, job, bench_hundred, bench_hundred_make, bench_hundred_sum,
                   hundred_create, job_relocate, job_call, job_destroy);
