/* SPDX-License-Identifier: MIT
 *
 * A NUMA-aware task scheduler: each core has a queue of jobs that own memory. All jobs come in at
 * region 0. Neighbours in the other region tell each other how long their queues are; who has more,
 * gives jobs away, and what a job owns is allocated anew in the region where it then runs.
 *
 * The machine is an invented one, of two regions, so that this shows something anywhere.
 */
#include <ta.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { CORES = 2, JOBS = 500, SAMPLES = 1000 }; /* cores per region, jobs per core */

struct job {
    uint32_t *samples; /* owned */
    size_t length;
};
TA_DERIVE(job, struct job, TA_COUNTED(samples, length, ta_uint32), length);
TA_VECTOR(jobs, job);

/* What a core has; its thread alone touches it. */
struct core {
    jobs queue;
    uint64_t neighbours;                    /* jobs that its neighbour has, or will have */
    uint64_t told;                          /* the last word to the neighbour */
    uint64_t ran, came, went, strayed, sum; /* jobs, and what they found */
};
static struct core cores[2 * CORES];

static void expect(ta_status status) {
    if (status == TA_OK) return;
    fprintf(stderr, "%s: %s\n", ta_status_name(status), ta_last_error());
    exit(EXIT_FAILURE);
}

static struct core *core_of(const ta_port *port) { return &cores[ta_port_index(port)]; }

/* The core of the same number in the other region. */
static uint32_t neighbour_of(const ta_port *port) {
    return (ta_port_index(port) + CORES) % (2 * CORES);
}

/* A job arrives, and has been relocated. */
static void take_in(struct job *arrived) {
    ta_port *port = ta_port_running();
    if (!jobs_push(&core_of(port)->queue, *arrived, ta_port_allocator(port))) expect(TA_E_NOMEM);
    *arrived = (struct job){0};
    core_of(port)->came++;
}
TA_FN_ONCE_VOID(taking_in, job, take_in);

/* Gives the last job to the neighbour; false: there is no room on the way, and it stays here. */
static bool give_away(struct core *mine, ta_port *port) {
    ta_fn_once fn;
    expect(taking_in(&fn, mine->queue.items[mine->queue.length - 1], NULL));
    ta_status status = ta_port_send(port, neighbour_of(port), &fn);
    if (status == TA_E_FULL) return false; /* and `fn` is forgotten */
    expect(status);
    mine->queue.length--, mine->went++, mine->neighbours++;
    return true;
}

/* Runs one job; it should find its samples in memory of this region. */
static void run_job(struct core *mine, const ta_port *port) {
    struct job *last = &mine->queue.items[--mine->queue.length];
    for (size_t i = 0; i < last->length; i++) mine->sum += last->samples[i];
    if (ta_block_allocator(last->samples) != ta_port_allocator(port)) mine->strayed++;
    mine->ran++;
    job_destroy(last);
}

/* ---- hooks: what each thread does besides polling its port ----------------------------------- */

static ta_status bring_jobs(void *context, ta_port *port) {
    const ta_allocator *allocator = ta_port_allocator(port);
    (void)context;
    if (ta_affinity_region(ta_port_affinity(port)) != 0) return TA_OK;
    for (uint32_t i = 0; i < JOBS; i++) {
        struct job made = {ta_array_allocate(&ta_uint32_type, SAMPLES, allocator), SAMPLES};
        if (made.samples == NULL) return TA_E_NOMEM;
        for (uint32_t j = 0; j < SAMPLES; j++) made.samples[j] = i + j;
        if (!jobs_push(&core_of(port)->queue, made, allocator)) return TA_E_NOMEM;
    }
    return TA_OK;
}

static uint32_t work(void *context, ta_port *port) {
    struct core *mine = core_of(port);
    (void)context;
    while (mine->queue.length > mine->neighbours + 1 && give_away(mine, port)) continue;
    uint64_t word = mine->came << 32 | mine->queue.length;
    if (word != mine->told && ta_port_send_word(port, neighbour_of(port), word) == TA_OK)
        mine->told = word;
    if (mine->queue.length == 0) return 0;
    run_job(mine, port);
    return 1;
}

/* The neighbour says how many came and how many it has; the last word counts. */
static void hear(void *context, ta_port *port, uint32_t from, const uint64_t words[],
                 uint32_t count) {
    struct core *mine = core_of(port);
    uint64_t came = words[count - 1] >> 32, has = (uint32_t)words[count - 1];
    (void)context, (void)from;
    mine->neighbours = has + (mine->went - came);
}

/* Nothing comes but by the port: sleep until it does. */
static uint64_t sleep_on(void *context, ta_port *port) {
    (void)context, (void)port;
    return UINT64_MAX;
}

static void put_queue_away(void *context, ta_port *port) {
    (void)context;
    ta_array_release(&job_type, core_of(port)->queue.items); /* nothing is left in it */
}

int main(void) {
    const uint32_t counts[] = {CORES, CORES};
    ta_registry_options machine = {
        .machine = TA_MACHINE_COUNTS, .counts = counts, .counts_length = 2};
    ta_registry *registry;
    ta_runtime *runtime;
    expect(ta_registry_create(&machine, &registry));
    ta_runtime_options options = {.mesh = {.registry = registry},
                                  .hooks = {.start = bring_jobs,
                                            .poll = work,
                                            .idle = sleep_on,
                                            .stop = put_queue_away,
                                            .ports = {.words = hear}},
                                  .unpinned = true,
                                  .grace = UINT64_MAX};
    expect(ta_runtime_create(&options, &runtime));
    ta_runtime_stop(runtime); /* which waits until all jobs are done */
    expect(ta_runtime_join(runtime, NULL));

    struct core all = {0};
    for (uint32_t i = 0; i < 2 * CORES; i++) {
        const struct core *it = &cores[i];
        printf("region %u, core %u: %" PRIu64 " jobs ran, %" PRIu64 " came, %" PRIu64 " went\n",
               i / CORES, i, it->ran, it->came, it->went);
        all.ran += it->ran, all.came += it->came, all.went += it->went;
        all.strayed += it->strayed, all.sum += it->sum;
    }
    for (uint32_t region = 0; region < 2; region++) {
        ta_placement_figures memory;
        expect(ta_registry_placement(registry, ta_registry_affinity(registry, region * CORES),
                                     &memory));
        printf("region %u: its allocator served %" PRIu64 " times\n", region,
               memory.placed + memory.fallback);
    }
    ta_registry_destroy(registry);
    const uint64_t right = (uint64_t)CORES * SAMPLES * JOBS * (JOBS - 1 + SAMPLES - 1) / 2;
    printf("all: %" PRIu64 " jobs, %" PRIu64 " far from their memory; sum %" PRIu64
           ", which is %s\n",
           all.ran, all.strayed, all.sum, all.sum == right ? "right" : "wrong");
    bool is_right = all.ran == CORES * JOBS && all.came == all.went && all.came > 0 &&
                    all.strayed == 0 && all.sum == right;
    return is_right ? EXIT_SUCCESS : EXIT_FAILURE;
}
