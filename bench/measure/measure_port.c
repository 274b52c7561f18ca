/* SPDX-License-Identifier: MIT
 *
 * Closures and calls between two ports, by the public functions alone.
 */
#include "measure.h"

#include "ta/call.h"
#include "ta/scalar.h"

enum {
    WARM_UP = 1024,
    CLOSURES = WARM_UP + 8192,
    TRIPS_WARM_UP = 32,
    TRIPS = TRIPS_WARM_UP + 512,
    BUDGET = 256
};

typedef struct port_job {
    ta_mesh *mesh;
    uint64_t count, warm_up;
    struct {
        _Alignas(TA_CACHE_LINE) uint64_t done, wrong; /* the side's own */
    } from, to;
    int64_t start_ns, end_ns;
} port_job;

/* The two ports, with memory from the registry, near each of them. */
static bool open_ports(measure_duo *duo, port_job *job) {
    ta_mesh_options options = {
        .registry = duo->registry, .affinities = duo->place, .affinity_count = 2, .calls = 8};
    return ta_mesh_create(&options, &job->mesh) == TA_OK;
}

/* The side's port, with the calling thread as its owner; NULL: it cannot be. */
static ta_port *attach(measure_duo *duo, const port_job *job, duo_side side) {
    ta_port *port = ta_mesh_port(job->mesh, side == DUO_FROM ? 0 : 1);
    if (ta_port_attach(port, NULL) != TA_OK) {
        duo_give_up(duo);
        return NULL;
    }
    return port;
}

/* Polls, and waits where there was nothing; false: give up. */
static bool poll_or_wait(measure_duo *duo, ta_port *port, unsigned *tries) {
    if (ta_port_poll(port, BUDGET) == 0) return duo_wait(duo, tries);
    *tries = 0;
    return true;
}

static measure_outcome run_ports(measure_duo *duo, duo_part *part, port_job *job, double *ns) {
    if (!open_ports(duo, job)) return MEASURE_SYSTEM;
    bool has_run = duo_run(duo, part, job);
    (void)ta_mesh_destroy(job->mesh, NULL); /* both sides have detached */
    if (!has_run) return MEASURE_GAVE_UP;
    if (job->from.wrong + job->to.wrong != 0) return MEASURE_BROKEN;
    *ns = (double)(job->end_ns - job->start_ns) / (double)(job->count - job->warm_up);
    return MEASURE_OK;
}

/* ---- closures --------------------------------------------------------------------------------- */

/* 40 bytes, which stand in the closure. */
struct parcel {
    port_job *job;
    uint64_t words[4];
};
TA_UNAWARE_TYPE(parcel, struct parcel);

static uint64_t parcel_word(uint64_t n, uint64_t i) {
    return (4 * n + i) * UINT64_C(0x9e3779b97f4a7c15);
}

static void open_parcel(struct parcel *parcel) {
    port_job *job = parcel->job;
    for (uint64_t i = 0; i < 4; i++)
        job->to.wrong |= parcel->words[i] ^ parcel_word(job->to.done, i);
    job->to.done++;
}
TA_FN_ONCE_VOID(opening, parcel, open_parcel);

static void send_closures(measure_duo *duo, port_job *job, ta_port *port) {
    unsigned tries = 0;
    for (uint64_t n = 0; n < job->count; n++) {
        struct parcel parcel = {.job = job};
        ta_fn_once closure;
        if (n == job->warm_up) job->start_ns = duo_now();
        for (uint64_t i = 0; i < 4; i++) parcel.words[i] = parcel_word(n, i);
        (void)opening(&closure, parcel, NULL); /* in place: it cannot fail */
        while (ta_port_send(port, 1, &closure) != TA_OK) {
            ta_port_flush(port);
            if (!duo_wait(duo, &tries)) return;
        }
    }
    ta_port_flush(port);
}

static void closures_part(measure_duo *duo, duo_side side, void *argument) {
    port_job *job = argument;
    unsigned tries = 0;
    ta_port *port = attach(duo, job, side);
    if (duo_meet(duo, side) && port != NULL) {
        if (side == DUO_FROM)
            send_closures(duo, job, port);
        else
            while (job->to.done < job->count && poll_or_wait(duo, port, &tries)) continue;
        if (side == DUO_TO) job->end_ns = duo_now();
    }
    if (port != NULL) (void)ta_port_detach(port);
}

measure_outcome measure_closures(measure_duo *duo, double *closure_ns) {
    port_job job = {.count = CLOSURES, .warm_up = WARM_UP};
    return run_ports(duo, closures_part, &job, closure_ns);
}

/* ---- calls ------------------------------------------------------------------------------------ */

struct question {
    port_job *job;
    uint64_t word;
};
TA_UNAWARE_TYPE(question, struct question);

static uint64_t answer(struct question *question) {
    question->job->to.done++;
    return question->word + 1;
}

static void hear(struct question *asked, ta_status status, uint64_t *result) {
    asked->job->from.wrong += status != TA_OK || *result != asked->word + 1;
    asked->job->from.done++;
}
TA_CALL(ask, question, ta_uint64, answer, question, hear);

static void make_calls(measure_duo *duo, port_job *job, ta_port *port) {
    unsigned tries = 0;
    for (uint64_t n = 0; n < job->count; n++) {
        struct question question = {job, n << 1};
        if (n == job->warm_up) job->start_ns = duo_now();
        if (ask(port, 1, question, question, NULL, NULL) != TA_OK) {
            duo_give_up(duo);
            return;
        }
        while (job->from.done == n)
            if (!poll_or_wait(duo, port, &tries)) return;
    }
    job->end_ns = duo_now();
}

static void calls_part(measure_duo *duo, duo_side side, void *argument) {
    port_job *job = argument;
    unsigned tries = 0;
    ta_port *port = attach(duo, job, side);
    if (duo_meet(duo, side) && port != NULL) {
        if (side == DUO_FROM)
            make_calls(duo, job, port);
        else
            while (job->to.done < job->count && poll_or_wait(duo, port, &tries)) continue;
    }
    if (port != NULL) (void)ta_port_detach(port);
}

measure_outcome measure_call(measure_duo *duo, double *round_trip_ns) {
    port_job job = {.count = TRIPS, .warm_up = TRIPS_WARM_UP};
    return run_ports(duo, calls_part, &job, round_trip_ns);
}
