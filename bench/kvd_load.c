/* SPDX-License-Identifier: MIT
 *
 * Load for cache servers on 127.0.0.1, the same for each: so many connections, each with a pipeline of
 * so many commands, one command after the other answered by so many new ones. Keys are chosen at
 * random among those that were written first; every reply is compared with what it must be.
 *
 *   kvd_load resp|memcached PORT get|set SECONDS CONNECTIONS PIPELINE
 *
 * Prints: commands per second, and of the time from sending a batch until its last reply has come,
 * in microseconds, the median and the 99th percentile. Exits 1 when a reply was wrong.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { KEYS = 20000, VALUE = 64, PIPELINE_MAX = 64, TIMES_MAX = 1 << 20, ONE_MAX = 256 };

typedef struct protocol {
    const char *name;
    size_t (*write_get)(char *out, unsigned key);
    size_t (*write_set)(char *out, unsigned key);
    size_t (*write_got)(char *out, unsigned key); /* the reply to get */
    const char *stored;                           /* the reply to set */
} protocol;

/* 64 bytes that only this key has. */
static void write_value(char *out, unsigned key) {
    memset(out, 'a' + (int)(key % 26), VALUE);
    snprintf(out, 16, "%08u", key);
    out[8] = '-';
}

static size_t resp_get(char *out, unsigned key) {
    return (size_t)sprintf(out, "*2\r\n$3\r\nGET\r\n$12\r\nkey:%08u\r\n", key);
}
static size_t resp_set(char *out, unsigned key) {
    size_t length =
        (size_t)sprintf(out, "*3\r\n$3\r\nSET\r\n$12\r\nkey:%08u\r\n$%d\r\n", key, VALUE);
    write_value(out + length, key);
    memcpy(out + length + VALUE, "\r\n", 2);
    return length + VALUE + 2;
}
static size_t resp_got(char *out, unsigned key) {
    size_t length = (size_t)sprintf(out, "$%d\r\n", VALUE);
    write_value(out + length, key);
    memcpy(out + length + VALUE, "\r\n", 2);
    return length + VALUE + 2;
}

static size_t memcached_get(char *out, unsigned key) {
    return (size_t)sprintf(out, "get key:%08u\r\n", key);
}
static size_t memcached_set(char *out, unsigned key) {
    size_t length = (size_t)sprintf(out, "set key:%08u 0 0 %d\r\n", key, VALUE);
    write_value(out + length, key);
    memcpy(out + length + VALUE, "\r\n", 2);
    return length + VALUE + 2;
}
static size_t memcached_got(char *out, unsigned key) {
    size_t length = (size_t)sprintf(out, "VALUE key:%08u 0 %d\r\n", key, VALUE);
    write_value(out + length, key);
    memcpy(out + length + VALUE, "\r\nEND\r\n", 7);
    return length + VALUE + 7;
}

static const protocol protocols[] = {
    {"resp", resp_get, resp_set, resp_got, "+OK\r\n"},
    {"memcached", memcached_get, memcached_set, memcached_got, "STORED\r\n"},
};

/* A batch is sent as one, and the next one when all its replies are there. */
typedef struct connection {
    int fd;
    char *wanted; /* the replies that it waits for */
    size_t wanted_length, got;
    uint64_t sent_at;
} connection;

typedef struct load {
    const protocol *protocol;
    bool writes;
    unsigned pipeline;
    uint64_t commands;
    uint32_t *times; /* of batches, in tenths of a microsecond */
    size_t time_count;
} load;

static _Noreturn void give_up(const char *what) {
    fprintf(stderr, "kvd_load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static unsigned next_key(void) {
    static uint64_t state = 1;
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(state >> 40) % KEYS;
}

static void send_all(int fd, const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) give_up("send");
        bytes += sent;
        length -= (size_t)sent;
    }
}

static void send_batch(load *all, connection *c) {
    char out[PIPELINE_MAX * ONE_MAX];
    size_t length = 0;
    c->wanted_length = c->got = 0;
    for (unsigned i = 0; i < all->pipeline; i++) {
        unsigned key = next_key();
        char *reply = c->wanted + c->wanted_length;
        if (all->writes) {
            length += all->protocol->write_set(out + length, key);
            c->wanted_length += (size_t)sprintf(reply, "%s", all->protocol->stored);
        } else {
            length += all->protocol->write_get(out + length, key);
            c->wanted_length += all->protocol->write_got(reply, key);
        }
    }
    c->sent_at = now_ns();
    send_all(c->fd, out, length);
}

/* Takes what has come; true: the batch is answered. */
static bool take_replies(load *all, connection *c) {
    char in[PIPELINE_MAX * ONE_MAX];
    ssize_t got = recv(c->fd, in, c->wanted_length - c->got, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    if (got <= 0) give_up("the server has ended the connection");
    if (memcmp(in, c->wanted + c->got, (size_t)got) != 0) {
        fprintf(stderr, "kvd_load: a wrong reply: %.*s\n", (int)(got < 100 ? got : 100), in);
        exit(1);
    }
    c->got += (size_t)got;
    if (c->got < c->wanted_length) return false;
    all->commands += all->pipeline;
    if (all->time_count < TIMES_MAX)
        all->times[all->time_count++] = (uint32_t)((now_ns() - c->sent_at) / 100);
    return true;
}

static int connect_to(unsigned long port) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) give_up("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

/* So that a get finds something. */
static void write_keys(const load *all, int fd) {
    enum { AT_ONCE = 50 };
    char out[AT_ONCE * ONE_MAX], in[AT_ONCE * 16];
    size_t reply = strlen(all->protocol->stored);
    for (unsigned key = 0; key < KEYS; key += AT_ONCE) {
        size_t length = 0;
        for (unsigned i = 0; i < AT_ONCE; i++)
            length += all->protocol->write_set(out + length, key + i);
        send_all(fd, out, length);
        if (recv(fd, in, AT_ONCE * reply, MSG_WAITALL) != (ssize_t)(AT_ONCE * reply))
            give_up("set");
        for (size_t i = 0; i < AT_ONCE; i++)
            if (memcmp(in + i * reply, all->protocol->stored, reply) != 0) give_up("set: refused");
    }
}

static void run(load *all, connection *connections, int count, double seconds) {
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event events[64];
    if (epoll < 0) give_up("epoll");
    for (int i = 0; i < count; i++) {
        struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = &connections[i]};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, connections[i].fd, &wanted) != 0) give_up("epoll");
        send_batch(all, &connections[i]);
    }
    uint64_t warm = now_ns() + UINT64_C(100000000), begin = 0, end = UINT64_MAX;
    while (now_ns() < end) {
        int ready = epoll_wait(epoll, events, 64, 2000);
        if (ready == 0) give_up("no reply for two seconds");
        for (int i = 0; i < ready; i++)
            if (take_replies(all, events[i].data.ptr)) send_batch(all, events[i].data.ptr);
        if (begin == 0 && now_ns() >= warm) {
            begin = now_ns();
            end = begin + (uint64_t)(seconds * 1e9);
            all->commands = all->time_count = 0;
        }
    }
    printf("%.0f ", (double)all->commands / ((double)(now_ns() - begin) / 1e9));
    close(epoll);
}

static int by_size(const void *a, const void *b) {
    uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
    return (one > other) - (one < other);
}

int main(int argc, char **argv) {
    load all = {.pipeline = argc == 7 ? (unsigned)strtoul(argv[6], NULL, 10) : 0};
    int count = argc == 7 ? atoi(argv[5]) : 0;
    for (size_t i = 0; argc == 7 && i < 2; i++)
        if (strcmp(argv[1], protocols[i].name) == 0) all.protocol = &protocols[i];
    if (all.protocol == NULL || all.pipeline < 1 || all.pipeline > PIPELINE_MAX || count < 1) {
        fprintf(stderr,
                "usage: kvd_load resp|memcached PORT get|set SECONDS CONNECTIONS PIPELINE\n");
        return 2;
    }
    all.writes = strcmp(argv[3], "set") == 0;
    all.times = calloc(TIMES_MAX, sizeof *all.times);
    connection *connections = calloc((size_t)count, sizeof *connections);
    if (all.times == NULL || connections == NULL) give_up("memory");
    for (int i = 0; i < count; i++) {
        connections[i].fd = connect_to(strtoul(argv[2], NULL, 10));
        connections[i].wanted = malloc(PIPELINE_MAX * ONE_MAX);
        if (connections[i].wanted == NULL) give_up("memory");
    }
    write_keys(&all, connections[0].fd);
    run(&all, connections, count, strtod(argv[4], NULL));
    qsort(all.times, all.time_count, sizeof *all.times, by_size);
    if (all.time_count == 0) give_up("nothing was answered");
    printf("%.1f %.1f\n", all.times[all.time_count / 2] / 10.0,
           all.times[all.time_count * 99 / 100] / 10.0);
    return 0;
}
