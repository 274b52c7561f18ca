/* SPDX-License-Identifier: MIT
 *
 * A sample of what passes between two threads.
 */
#include "pair_take.h"

#include "stage_duo.h"

/* Did nobody else have a processor of ours? Who spins runs all the time. Who may sleep, or yields,
 * is not displaced at least; a side that is to sleep does so for nine of ten messages. */
static bool counts(measure_duo *duo, const pair_contender *contender, const pair_job *job) {
    int64_t least = (int64_t)(job->count - job->count / 10);
    bool is_displaced = false, runs = true;
    for (duo_side side = DUO_FROM; side <= DUO_TO; side++) {
        duo_usage usage = duo_take_usage(duo, side);
        is_displaced |= usage.involuntary != 0;
        runs &= usage.cpu_ns > usage.wall_ns - usage.wall_ns / 20;
    }
    if (contender->sleep == PAIR_SLEEPS)
        return job->sleeps[DUO_FROM] >= least && job->sleeps[DUO_TO] >= least;
    return !is_displaced && (runs || contender->sleep == PAIR_MAY_SLEEP);
}

/* Forgets what was used so far. */
static void forget_usage(measure_duo *duo) {
    (void)duo_take_usage(duo, DUO_FROM);
    (void)duo_take_usage(duo, DUO_TO);
}

static pair_outcome outcome_of(pair_end end) {
    switch (end) {
    case PAIR_CAME:
        return PAIR_OK;
    case PAIR_DAMAGED:
        return PAIR_WRONG;
    case PAIR_NOT_OPENED:
        return PAIR_FAILED;
    default:
        return PAIR_BUSY;
    }
}

/* The probe after a sample: did the two stay where they were? */
static pair_outcome stayed(measure_duo *duo, const group_probe *before, pair_sample *out) {
    group_probe after;
    if (measure_probe(duo, &after) != MEASURE_OK) return PAIR_BUSY;
    if (!group_stayed(before, &after, BENCH_FAR_NS, &out->group)) return PAIR_MOVED;
    out->floor_ns = (before->floor_ns + after.floor_ns) / 2;
    return PAIR_OK;
}

pair_outcome pair_take(bench_stage *stage, const pair_contender *contender, bool is_brief,
                       pair_sample *out) {
    measure_duo *duo = bench_stage_duo(stage);
    pair_job job = {.warm_up = is_brief ? 0 : contender->warm_up,
                    .count = is_brief ? contender->warm_up : contender->count};
    group_probe before;
    if (is_brief) return outcome_of(pair_run(duo, contender, &job));
    if (measure_probe(duo, &before) != MEASURE_OK) return PAIR_BUSY;
    forget_usage(duo);
    pair_outcome outcome = outcome_of(pair_run(duo, contender, &job));
    if (outcome != PAIR_OK) return outcome;
    if (!counts(duo, contender, &job)) return PAIR_BUSY;
    out->ns = pair_ns(&job);
    return stayed(duo, &before, out);
}

pair_outcome pair_take_wake(bench_stage *stage, bool is_futex, bool is_sender, pair_sample *out) {
    measure_duo *duo = bench_stage_duo(stage);
    measure_wake_by by = is_futex ? MEASURE_WAKE_FUTEX : MEASURE_WAKE_EVENTFD;
    double wake_ns, sender_ns;
    group_probe before;
    if (measure_probe(duo, &before) != MEASURE_OK) return PAIR_BUSY;
    measure_outcome outcome = measure_wake(duo, by, &wake_ns, &sender_ns);
    if (outcome == MEASURE_BLIND || outcome == MEASURE_SYSTEM) return PAIR_FAILED;
    if (outcome != MEASURE_OK) return PAIR_BUSY;
    out->ns = is_sender ? sender_ns : wake_ns;
    return stayed(duo, &before, out);
}
