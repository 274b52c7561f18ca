/* SPDX-License-Identifier: MIT
 *
 * INFO: what the cores count of themselves, each in its slot of a ta_per_affinity, read where they
 * stand and added up.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "here.h"
#include "server.h"

static void say(kvd_bytes *text, const char *format, ...) TA_PRINTF(2, 3);
static void say(kvd_bytes *text, const char *format, ...) {
    char line[512];
    va_list values;
    va_start(values, format);
    int length = vsnprintf(line, sizeof line, format, values);
    va_end(values);
    if (length > 0)
        kvd_bytes_append(text, line,
                         (size_t)length < sizeof line ? (size_t)length : sizeof line - 1);
}

/* ---- the sum --------------------------------------------------------------------------------- */

typedef struct totals {
    unsigned long long commands, connections, rejected, bytes_in, bytes_out;
    unsigned long long clients, keys, timed, used, hits, misses, expired, evicted;
    unsigned long long crossing[KVD_CROSSING_BUCKETS];
    kvd_bytes *cores; /* a line for each, if anybody wants them */
} totals;

/* The time within which a share of the commands came back: the upper end of its bucket. */
static unsigned long long crossing_quantile(const unsigned long long buckets[], double share) {
    unsigned long long all = 0, sum = 0;
    for (unsigned i = 0; i < KVD_CROSSING_BUCKETS; i++) all += buckets[i];
    for (unsigned i = 0; i < KVD_CROSSING_BUCKETS; i++) {
        sum += buckets[i];
        if (all > 0 && (double)sum >= share * (double)all) return kvd_crossing_limit(i);
    }
    return 0;
}

static void describe_core(const kvd_core *core, kvd_bytes *out) {
    const kvd_figures *f = &core->figures;
    const kvd_server *server = core->server;
    unsigned long long crossing[KVD_CROSSING_BUCKETS];
    uint32_t processor = 0;
    for (unsigned i = 0; i < KVD_CROSSING_BUCKETS; i++) crossing[i] = kvd_figure(&f->crossing[i]);
    (void)ta_registry_os_processor(server->registry,
                                   ta_registry_affinity(server->registry, core->index), &processor);
    say(out,
        "core%u:cpu=%u,keys=%llu,commands=%llu,local=%llu,crossed_out=%llu,crossed_in=%llu,"
        "batches=%llu,clients=%llu,used_memory=%llu,crossing_p50_ns=%llu,crossing_p99_ns=%llu\r\n",
        core->index, processor, kvd_figure(&f->keys), kvd_figure(&f->commands),
        kvd_figure(&f->local), kvd_figure(&f->crossed_out), kvd_figure(&f->crossed_in),
        kvd_figure(&f->batches), kvd_figure(&f->clients), kvd_figure(&f->used),
        crossing_quantile(crossing, 0.5), crossing_quantile(crossing, 0.99));
}

static bool add_core(kvd_core *core, uint32_t slot, void *context) {
    totals *sum = context;
    const kvd_figures *f = &core->figures;
    (void)slot;
    sum->commands += kvd_figure(&f->commands);
    sum->connections += kvd_figure(&f->connections);
    sum->rejected += kvd_figure(&f->rejected);
    sum->bytes_in += kvd_figure(&f->bytes_in);
    sum->bytes_out += kvd_figure(&f->bytes_out);
    sum->clients += kvd_figure(&f->clients);
    sum->keys += kvd_figure(&f->keys);
    sum->timed += kvd_figure(&f->timed);
    sum->used += kvd_figure(&f->used);
    sum->hits += kvd_figure(&f->hits);
    sum->misses += kvd_figure(&f->misses);
    sum->expired += kvd_figure(&f->expired);
    sum->evicted += kvd_figure(&f->evicted);
    for (unsigned i = 0; i < KVD_CROSSING_BUCKETS; i++)
        sum->crossing[i] += kvd_figure(&f->crossing[i]);
    describe_core(core, sum->cores);
    return true;
}

/* ---- sections -------------------------------------------------------------------------------- */

typedef struct report {
    const kvd_core *core;
    const kvd_server *server;
    totals sum;
    kvd_bytes text;
} report;

static void say_server(report *r) {
    const kvd_server *server = r->server;
    long long up = (long long)(r->core->now - server->started) / 1000;
    say(&r->text,
        "redis_version:%s\r\nredis_mode:standalone\r\nkvd_version:%s\r\nos:Linux\r\n"
        "arch_bits:%zu\r\nprocess_id:%d\r\ntcp_port:%u\r\nuptime_in_seconds:%lld\r\n"
        "uptime_in_days:%lld\r\ncores:%u\r\n",
        KVD_REDIS_VERSION, ta_version(), sizeof(void *) * 8, (int)getpid(), server->options.port,
        up, up / 86400, server->core_count);
}

static void say_clients(report *r) {
    say(&r->text, "connected_clients:%llu\r\nmaxclients:%u\r\nclient_buffers:%llu\r\n",
        r->sum.clients, r->server->options.clients_max,
        atomic_load_explicit(&r->server->client_memory, memory_order_relaxed));
}

/* Pages of the process that are in memory; the second number of that file. */
static unsigned long long resident_bytes(void) {
    unsigned long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL) return 0;
    if (fscanf(file, "%*u %llu", &pages) != 1) pages = 0;
    fclose(file);
    return pages * (unsigned long long)sysconf(_SC_PAGESIZE);
}

static void say_memory(report *r) {
    say(&r->text,
        "used_memory:%llu\r\nused_memory_rss:%llu\r\nmaxmemory:%zu\r\n"
        "maxmemory_policy:allkeys-lru\r\n",
        r->sum.used, resident_bytes(), r->server->options.memory_max);
}

static void say_persistence(report *r) {
    say(&r->text, "loading:0\r\nrdb_changes_since_last_save:0\r\naof_enabled:0\r\n");
}

static void say_stats(report *r) {
    say(&r->text,
        "total_connections_received:%llu\r\ntotal_commands_processed:%llu\r\n"
        "total_net_input_bytes:%llu\r\ntotal_net_output_bytes:%llu\r\n"
        "rejected_connections:%llu\r\nexpired_keys:%llu\r\nevicted_keys:%llu\r\n"
        "keyspace_hits:%llu\r\nkeyspace_misses:%llu\r\n",
        r->sum.connections, r->sum.commands, r->sum.bytes_in, r->sum.bytes_out, r->sum.rejected,
        r->sum.expired, r->sum.evicted, r->sum.hits, r->sum.misses);
}

static void say_replication(report *r) { say(&r->text, "role:master\r\nconnected_slaves:0\r\n"); }

static void say_cpu(report *r) {
    struct rusage usage;
    memset(&usage, 0, sizeof usage);
    getrusage(RUSAGE_SELF, &usage);
    say(&r->text, "used_cpu_sys:%lld.%06ld\r\nused_cpu_user:%lld.%06ld\r\n",
        (long long)usage.ru_stime.tv_sec, (long)usage.ru_stime.tv_usec,
        (long long)usage.ru_utime.tv_sec, (long)usage.ru_utime.tv_usec);
}

static void say_keyspace(report *r) {
    if (r->sum.keys > 0)
        say(&r->text, "db0:keys=%llu,expires=%llu,avg_ttl=0\r\n", r->sum.keys, r->sum.timed);
}

static void say_cores(report *r) {
    kvd_bytes_append(&r->text, kvd_bytes_data(r->sum.cores), kvd_bytes_length(r->sum.cores));
}

/* Commands that crossed since the beginning, by the nanoseconds below which they were answered: who
 * looks twice has those of the time between. Long, so only for who names it. */
static void say_crossings(report *r) {
    for (unsigned i = 0; i < KVD_CROSSING_BUCKETS; i++)
        if (r->sum.crossing[i] > 0)
            say(&r->text, "below_%llu_ns:%llu\r\n", (unsigned long long)kvd_crossing_limit(i),
                r->sum.crossing[i]);
}

static const struct section {
    const char *name, *title;
    void (*say)(report *r);
} sections[] = {{"server", "Server", say_server}, {"clients", "Clients", say_clients},
                {"memory", "Memory", say_memory}, {"persistence", "Persistence", say_persistence},
                {"stats", "Stats", say_stats},    {"replication", "Replication", say_replication},
                {"cpu", "CPU", say_cpu},          {"keyspace", "Keyspace", say_keyspace},
                {"cores", "Cores", say_cores},    {"crossings", "Crossings", say_crossings}};

static bool is_asked_for(const char *name, const kvd_slice *args, uint32_t count) {
    bool is_common = strcmp(name, "crossings") != 0;
    if (count == 1) return is_common;
    for (uint32_t i = 1; i < count; i++)
        if (kvd_slice_is(args[i], name) ||
            (is_common && (kvd_slice_is(args[i], "all") || kvd_slice_is(args[i], "everything") ||
                           kvd_slice_is(args[i], "default"))))
            return true;
    return false;
}

void kvd_run_info(kvd_core *core, kvd_conn *conn, kvd_bytes *reply) {
    enum { TEXT_MAX = 1024 * 1024 };
    kvd_bytes cores = kvd_bytes_make(TEXT_MAX, NULL);
    report r = {.core = core,
                .server = core->server,
                .sum = {.cores = &cores},
                .text = kvd_bytes_make(TEXT_MAX, NULL)};
    kvd_core_publish(core);
    kvd_cores_each(core->server->cores, add_core, &r.sum);
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        if (!is_asked_for(sections[i].name, conn->parser.args, conn->parser.count)) continue;
        say(&r.text, "%s# %s\r\n", kvd_bytes_length(&r.text) > 0 ? "\r\n" : "", sections[i].title);
        sections[i].say(&r);
    }
    kvd_reply_verbatim(reply, conn->protocol, kvd_bytes_slice(&r.text));
    kvd_bytes_clear(&r.text);
    kvd_bytes_clear(&cores);
}
