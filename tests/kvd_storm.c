/* SPDX-License-Identifier: MIT
 *
 * Clients that a server must survive, on 127.0.0.1, and one that behaves and must not notice.
 *
 *   kvd_storm random PORT SECONDS SEED   pipelines, migrations, random bytes, half requests,
 *                                        connections that are cut
 *   kvd_storm many PORT COUNT            so many connections at once, each served
 *   kvd_storm announce PORT COUNT        so many connections, each announces a value of 500 MB and
 *                                        sends nothing of it
 *   kvd_storm hoard PORT COUNT MOST      so many connections, each sends most of a value of 3 MB; some
 *                                        and at most MOST of them may end it
 *   kvd_storm slow PORT                  readers that ask for much and do not read; then they do
 *   kvd_storm late PORT CORES EARLY LATE a command of key LATE behind others that keep its core
 *   busy, and
 *                                        100 of key EARLY, of 4 MB, behind that; they are all read
 *   kvd_storm busy PORT                  a pipeline of SCANs that each walk through all keys, here
 *   and at
 *                                        another core: others have their turns between
 *   kvd_storm fans PORT COUNT            so many connections at once ask for 60 values of 1 MB of
 *   all cores
 *                                        in one command; each is answered, refused, or left
 *   kvd_storm restarts PORT FILE         writes and reads until the server ends the connection: a
 *                                        reply is what this client wrote; appends to FILE how many
 *                                        rounds were right
 *
 * Exits 0 when everything was as it should be.
 */
#include "kvd_net.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <time.h>

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The client that behaves: its values are its own. */
static int behaves(int fd, unsigned long round) {
    char request[256], reply[64];
    int length = snprintf(NULL, 0, "%lu", round);
    snprintf(request, sizeof request, "SET good{%lu} %lu\r\nGET good{%lu}\r\nECHO x\r\n",
             round % 64, round, round % 64);
    snprintf(reply, sizeof reply, "+OK\r\n$%d\r\n%lu\r\n$1\r\nx\r\n", length, round);
    return asks(fd, request, reply);
}

/* ---- random ----------------------------------------------------------------------------------- */

enum { CONNECTIONS = 40, BUFFER = 70000 };

static unsigned below(unsigned n) { return (unsigned)random() % n; }

static size_t write_command(char *at, size_t room) {
    static const char *const formats[] = {
        "SET k%u %u\r\n",       "GET k%u\r\n",
        "MGET k%u k%u k9\r\n",  "DEL k%u k%u\r\n",
        "MSET k%u 1 k%u 2\r\n", "CLIENT MIGRATE %u\r\n",
        "DBSIZE\r\n",           "*2\r\n$3\r\nGET\r\n$2\r\nk7\r\n",
        "INCR counter\r\n",     "PING\r\n",
        "KEYS k1%u\r\n",        "APPEND k%u abc%u\r\n",
        "CLIENT LIST\r\n",      "INFO\r\n",
        "EXPIRE k%u 100%u\r\n",
    };
    unsigned which = below(below(10) == 0 ? 15 : 12); /* the last ones answer much */
    const char *format = formats[which];
    unsigned a = which == 5 ? below(3) : below(500), b = below(500);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
    int length = snprintf(at, room, format, a, b);
#pragma GCC diagnostic pop
    return length > 0 && (size_t)length < room ? (size_t)length : 0;
}

/* Something that a client may send; returns its length. */
static size_t write_anything(char *out) {
    size_t length = 0;
    unsigned kind = below(20);
    if (kind < 16) {
        for (unsigned i = below(60); i > 0; i--) length += write_command(out + length, 512);
    } else if (kind == 16) {
        length = below(3000);
        for (size_t i = 0; i < length; i++) out[i] = (char)random();
    } else if (kind == 17) { /* half a request, or a length that lies */
        length = (size_t)snprintf(out, BUFFER, "*%u\r\n$%u\r\n", below(5), below(2000000000));
    } else {
        length = (size_t)snprintf(out, BUFFER, "*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$60000\r\n");
        memset(out + length, 'x', 60000);
        length += 60000;
        memcpy(out + length, "\r\n", 2);
        length += 2;
    }
    return length;
}

static int connect_wild(unsigned long port) {
    int fd = connect_to(port);
    if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0) give_up("fcntl");
    return fd;
}

/* At once, with a reset. */
static void cut(int fd) {
    struct linger at_once = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
}

static int run_random(unsigned long port, double seconds, unsigned seed) {
    static char out[BUFFER], in[BUFFER];
    int fds[CONNECTIONS], good = connect_to(port);
    unsigned long rounds = 0;
    printf("seed %u\n", seed);
    srandom(seed);
    for (int i = 0; i < CONNECTIONS; i++) fds[i] = connect_wild(port);
    for (double end = seconds_now() + seconds; seconds_now() < end; rounds++) {
        int *fd = &fds[below(CONNECTIONS)];
        if (below(20) == 0) {
            if (below(2) == 0)
                cut(*fd);
            else
                close(*fd);
            *fd = connect_wild(port);
        }
        (void)send(*fd, out, write_anything(out), MSG_NOSIGNAL); /* or a part of it */
        ssize_t got = below(3) == 0 ? -1 : recv(*fd, in, sizeof in, 0);
        if (got == 0) {
            close(*fd);
            *fd = connect_wild(port);
        }
        if (rounds % 16 == 0 && !behaves(good, rounds)) return 1;
    }
    for (int i = 0; i < CONNECTIONS; i++) close(fds[i]);
    int is_served = behaves(good, rounds);
    printf("%lu rounds\n", rounds);
    close(good);
    return !is_served;
}

/* ---- many ------------------------------------------------------------------------------------- */

static int run_many(unsigned long port, size_t count) {
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) give_up("getrlimit");
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files);
    if (count + 64 > files.rlim_cur) count = files.rlim_cur - 64;
    int *fds = calloc(count, sizeof *fds);
    if (fds == NULL) give_up("memory");
    for (size_t i = 0; i < count; i++) fds[i] = connect_to(port);
    for (unsigned long round = 0; round < 2; round++)
        for (size_t i = 0; i < count; i++)
            if (!behaves(fds[i], round * count + i)) return 1;
    printf("%zu connections\n", count);
    for (size_t i = 0; i < count; i++) close(fds[i]);
    free(fds);
    return 0;
}

/* ---- announce -------------------------------------------------------------------------------- */

static int run_announce(unsigned long port, size_t count) {
    static const char text[] = "*3\r\n$3\r\nSET\r\n$4\r\nhuge\r\n$500000000\r\n";
    int good = connect_to(port), *fds = calloc(count, sizeof *fds);
    if (fds == NULL) give_up("memory");
    for (size_t i = 0; i < count; i++) {
        fds[i] = connect_to(port);
        if (!write_whole(fds[i], text, sizeof text - 1)) return 1;
        if (!behaves(good, i)) return 1;
    }
    if (!asks(good, "EXISTS huge\r\n", ":0\r\n")) return 1;
    for (size_t i = 0; i < count; i++) close(fds[i]);
    if (!behaves(good, count)) return 1;
    close(good);
    free(fds);
    return 0;
}

/* ---- hoard ----------------------------------------------------------------------------------- */

enum { HOARD = 3000000, MODEST = 500000, REST = 1000 };

/* All of a value but its last bytes; false: the server has ended the connection. */
static int begin_value(int fd, int key, int size, const char *bytes) {
    char text[64];
    snprintf(text, sizeof text, "*3\r\n$3\r\nSET\r\n$5\r\nh%04d\r\n$%d\r\n", key, size);
    return write_whole(fd, text, strlen(text)) && write_whole(fd, bytes, (size_t)(size - REST));
}

static int end_value(int fd, const char *bytes) {
    char reply[5];
    return write_whole(fd, bytes, REST) && write_whole(fd, "\r\n", 2) &&
           read_whole(fd, reply, sizeof reply) && memcmp(reply, "+OK\r\n", 5) == 0;
}

static int run_hoard(unsigned long port, int count, int most) {
    static char bytes[HOARD];
    int good = connect_to(port), modest = connect_to(port), ended = 0;
    int *fds = calloc((size_t)count, sizeof *fds);
    if (fds == NULL) give_up("memory");
    memset(bytes, 'a', sizeof bytes);
    if (!begin_value(modest, 9999, MODEST, bytes)) return 1;
    for (int i = 0; i < count; i++) {
        fds[i] = connect_to(port);
        (void)begin_value(fds[i], i, HOARD, bytes);
        if (!behaves(good, (unsigned long)i)) return 1;
    }
    for (int i = 0; i < count; i++) ended += end_value(fds[i], bytes);
    printf("%d of %d had room\n", ended, count);
    if (!end_value(modest, bytes) || !behaves(good, (unsigned long)count)) return 1;
    for (int i = 0; i < count; i++) close(fds[i]);
    close(modest);
    close(good);
    free(fds);
    return ended == 0 || ended > most;
}

/* ---- slow ------------------------------------------------------------------------------------- */

enum { SLOW = 4, ASKED = 64, VALUE = 1000000 };

static int is_value(int fd, char *value) {
    if (!read_whole(fd, value, 10) || memcmp(value, "$1000000\r\n", 10) != 0) return 0;
    if (!read_whole(fd, value, VALUE + 2)) return 0;
    for (size_t i = 1; i < VALUE; i += 4999)
        if (value[i] != value[0]) return 0;
    return memcmp(value + VALUE, "\r\n", 2) == 0;
}

static int run_slow(unsigned long port) {
    static char value[VALUE + 16];
    char text[64];
    int fds[SLOW], good = connect_to(port);
    for (int i = 0; i < 8; i++) {
        memset(value, 'a' + i, VALUE);
        snprintf(text, sizeof text, "*3\r\n$3\r\nSET\r\n$4\r\nbig%d\r\n$%d\r\n", i, VALUE);
        if (!write_whole(good, text, strlen(text)) || !write_whole(good, value, VALUE)) return 1;
        if (!asks(good, "\r\n", "+OK\r\n")) return 1;
    }
    for (int k = 0; k < SLOW; k++) {
        fds[k] = connect_to(port);
        for (int i = 0; i < ASKED; i++) {
            snprintf(text, sizeof text, "GET big%d\r\n", i % 8);
            if (!write_whole(fds[k], text, strlen(text))) return 1;
        }
    }
    for (unsigned long i = 0; i < 100; i++)
        if (!behaves(good, i)) return 1;
    for (int k = 0; k < SLOW; k++)
        for (int i = 0; i < ASKED; i++)
            if (!is_value(fds[k], value) || value[0] != 'a' + i % 8) return 1;
    for (int k = 0; k < SLOW; k++) close(fds[k]);
    close(good);
    return 0;
}

/* ---- fans ------------------------------------------------------------------------------------- */

/* 1: with all values, 0: otherwise; -1: that is no reply. */
static int read_values(int fd, char *value) {
    char head[8];
    if (!read_whole(fd, head, 5)) return 0;
    if (head[0] == '-') return 0;
    if (memcmp(head, "*60\r\n", 5) != 0) return -1;
    for (int i = 0; i < 60; i++)
        if (!is_value(fd, value)) return 0;
    return 1;
}

static int run_fans(unsigned long port, int count) {
    static char value[VALUE + 16], request[1024] = "MGET";
    int good = connect_to(port), *fds = calloc((size_t)count, sizeof *fds), answered = 0;
    if (fds == NULL) give_up("memory");
    for (int i = 0; i < 8; i++) {
        char text[64];
        memset(value, 'a' + i, VALUE);
        snprintf(text, sizeof text, "*3\r\n$3\r\nSET\r\n$4\r\nbig%d\r\n$%d\r\n", i, VALUE);
        if (!write_whole(good, text, strlen(text)) || !write_whole(good, value, VALUE)) return 1;
        if (!asks(good, "\r\n", "+OK\r\n")) return 1;
    }
    for (int i = 0; i < 60; i++) sprintf(request + strlen(request), " big%d", i % 8);
    strcat(request, "\r\n");
    for (int i = 0; i < count; i++) {
        fds[i] = connect_to(port);
        if (!write_whole(fds[i], request, strlen(request))) return 1;
    }
    for (unsigned long i = 0; i < 20; i++)
        if (!behaves(good, i)) return 1;
    for (int i = 0; i < count; i++) {
        int got = read_values(fds[i], value);
        if (got < 0) return 1;
        answered += got;
        close(fds[i]);
    }
    printf("%d of %d were answered\n", answered, count);
    /* One alone has room, as soon as the server has seen that the others are gone. */
    int is_good = 0;
    for (unsigned long i = 0; i < 1000 && !is_good; i++) {
        int fd = connect_to(port);
        is_good = write_whole(fd, request, strlen(request)) && read_values(fd, value) == 1;
        close(fd);
        if (!behaves(good, i)) return 1;
    }
    close(good);
    free(fds);
    return !is_good;
}

/* ---- busy ------------------------------------------------------------------------------------- */

/* A connection of the core; -1: there is no such connection. */
static int connect_at(unsigned long port, unsigned long core) {
    char request[64];
    int fd = connect_to(port);
    snprintf(request, sizeof request, "CLIENT MIGRATE %lu\r\n", core);
    return asks(fd, request, "+OK\r\n") ? fd : -1;
}

/* How many replies to SCAN have come, without waiting. */
static size_t count_scans(int fd) {
    char got[4096];
    size_t length = 0;
    for (ssize_t more; (more = recv(fd, got, sizeof got, MSG_DONTWAIT)) > 0;)
        length += (size_t)more;
    return length / strlen("*2\r\n$1\r\n0\r\n*0\r\n");
}

static int run_busy(unsigned long port) {
    enum { SCANS = 1000 };
    static const char scan[] = "SCAN 0 COUNT 100000000 MATCH no*zz\r\n";
    static char scans[SCANS * sizeof scan];
    int good = connect_at(port, 0), busy[2];
    if (good < 0) return 1;
    for (size_t i = 0; i < SCANS; i++) strcat(scans + i * strlen(scan), scan);
    for (int core = 0; core < 2; core++) {
        if ((busy[core] = connect_at(port, (unsigned long)core)) < 0) return 1;
        if (!write_whole(busy[core], scans, strlen(scans))) return 1;
    }
    for (unsigned long i = 0; i < 10; i++)
        if (!behaves(good, i)) return 1;
    int is_good = 1;
    for (int core = 0; core < 2; core++) {
        size_t ended = count_scans(busy[core]);
        printf("%zu of %d before\n", ended, SCANS);
        is_good = is_good && ended < SCANS / 2;
        cut(busy[core]);
    }
    close(good);
    return !is_good;
}

/* ---- late ------------------------------------------------------------------------------------- */

enum { LATE_VALUE = 4000000, LATE_ASKED = 100 };

static int reads_all(int fd, char *value) {
    char head[16];
    if (!read_whole(fd, head, 4) || memcmp(head, ":0\r\n", 4) != 0) return 0;
    for (int i = 0; i < LATE_ASKED; i++) {
        if (!read_whole(fd, head, 10) || memcmp(head, "$4000000\r\n", 10) != 0) return 0;
        if (!read_whole(fd, value, LATE_VALUE + 2)) return 0;
        for (size_t k = 0; k < LATE_VALUE; k += 4999)
            if (value[k] != 'v') return 0;
    }
    return 1;
}

/* Key LATE is one of core 1, and not there. */
static int run_late(unsigned long port, unsigned long cores, const char *early, const char *late) {
    enum { BUSY_MOST = 64, SCANS = 20 };
    char text[128], *value = malloc(LATE_VALUE + 2);
    int fd = connect_at(port, 0), busy[BUSY_MOST];
    if (value == NULL || fd < 0 || cores > BUSY_MOST) return 1;
    memset(value, 'v', LATE_VALUE);
    memcpy(value + LATE_VALUE, "\r\n", 2);
    snprintf(text, sizeof text, "*3\r\n$3\r\nSET\r\n$%zu\r\n%s\r\n$%d\r\n", strlen(early), early,
             LATE_VALUE);
    if (!write_whole(fd, text, strlen(text)) || !write_whole(fd, value, LATE_VALUE + 2) ||
        !asks(fd, "", "+OK\r\n"))
        return 1;
    for (unsigned long core = 0; core < cores; core++) {
        if ((busy[core] = connect_at(port, core)) < 0) return 1;
        for (int i = 0; i < SCANS; i++)
            if (!write_whole(busy[core], "SCAN 1 COUNT 100000000 MATCH no*zz\r\n", 36)) return 1;
    }
    snprintf(text, sizeof text, "EXISTS %s\r\n", late);
    if (!write_whole(fd, text, strlen(text))) return 1;
    snprintf(text, sizeof text, "GET %s\r\n", early);
    for (int i = 0; i < LATE_ASKED; i++)
        if (!write_whole(fd, text, strlen(text))) return 1;
    int is_good = reads_all(fd, value);
    for (unsigned long core = 0; core < cores; core++) close(busy[core]);
    close(fd);
    free(value);
    return !is_good;
}

/* ---- restarts --------------------------------------------------------------------------------- */

/* What this client wrote, it reads, now and fifty rounds later, until the end. No other one writes
 * its keys, so each reply is known. */
static int run_restarts(unsigned long port, const char *path) {
    enum { KEYS = 97, AGE = 50 };
    char request[192], reply[128], got[128];
    int fd = try_to_connect(port), own = (int)getpid();
    unsigned long right = 0;
    if (fd < 0) return 0; /* it has been ended already */
    for (;; right++) {
        unsigned long old = right < AGE ? right : right - AGE;
        int length = snprintf(NULL, 0, "%lu", right), old_length = snprintf(NULL, 0, "%lu", old);
        int sent =
            snprintf(request, sizeof request, "SET r%d:%lu %lu\r\nGET r%d:%lu\r\nGET r%d:%lu\r\n",
                     own, right % KEYS, right, own, right % KEYS, own, old % KEYS);
        int wanted = snprintf(reply, sizeof reply, "+OK\r\n$%d\r\n%lu\r\n$%d\r\n%lu\r\n", length,
                              right, old_length, old);
        if (!write_whole(fd, request, (size_t)sent) || !read_whole(fd, got, (size_t)wanted)) break;
        if (memcmp(got, reply, (size_t)wanted) == 0) continue;
        fprintf(stderr, "round %lu: '%.*s'\n", right, wanted, got);
        return 1;
    }
    FILE *file = fopen(path, "a");
    if (file == NULL) give_up(path);
    fprintf(file, "%lu\n", right);
    fclose(file);
    return 0;
}

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    unsigned long port = strtoul(argv[2], NULL, 10);
    if (strcmp(argv[1], "random") == 0 && argc == 5)
        return run_random(port, strtod(argv[3], NULL), (unsigned)strtoul(argv[4], NULL, 10));
    if (strcmp(argv[1], "many") == 0 && argc == 4)
        return run_many(port, strtoul(argv[3], NULL, 10));
    if (strcmp(argv[1], "announce") == 0 && argc == 4)
        return run_announce(port, strtoul(argv[3], NULL, 10));
    if (strcmp(argv[1], "hoard") == 0 && argc == 5)
        return run_hoard(port, atoi(argv[3]), atoi(argv[4]));
    if (strcmp(argv[1], "slow") == 0) return run_slow(port);
    if (strcmp(argv[1], "busy") == 0) return run_busy(port);
    if (strcmp(argv[1], "fans") == 0 && argc == 4) return run_fans(port, atoi(argv[3]));
    if (strcmp(argv[1], "late") == 0 && argc == 6)
        return run_late(port, strtoul(argv[3], NULL, 10), argv[4], argv[5]);
    if (strcmp(argv[1], "restarts") == 0 && argc == 4) return run_restarts(port, argv[3]);
    return 2;
}
