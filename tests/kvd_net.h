/* SPDX-License-Identifier: MIT
 *
 * What the clients of the kvd tests share: connecting to 127.0.0.1, and giving up with a message.
 */
#ifndef TA_TESTS_KVD_NET_H
#define TA_TESTS_KVD_NET_H

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static inline _Noreturn void give_up(const char *what) {
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

/* -1: nobody listens there. */
static inline int try_to_connect(unsigned long port) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) give_up("socket");
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
    close(fd);
    return -1;
}

static inline int connect_to(unsigned long port) {
    int fd = try_to_connect(port);
    if (fd < 0) give_up("connect");
    return fd;
}

/* Reads just so much; false: the end came first. */
static inline int read_whole(int fd, char *out, size_t size) {
    while (size > 0) {
        ssize_t got = recv(fd, out, size, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return 0;
        out += got;
        size -= (size_t)got;
    }
    return 1;
}

static inline int write_whole(int fd, const char *in, size_t size) {
    while (size > 0) {
        ssize_t sent = send(fd, in, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return 0;
        in += sent;
        size -= (size_t)sent;
    }
    return 1;
}

/* Sends a request and reads a reply of known length: is it that? */
static inline int asks(int fd, const char *request, const char *reply) {
    char got[512];
    size_t length = strlen(reply);
    if (length > sizeof got || !write_whole(fd, request, strlen(request)) ||
        !read_whole(fd, got, length))
        return 0;
    if (memcmp(got, reply, length) == 0) return 1;
    fprintf(stderr, "asked '%s', expected '%s', got '%.*s'\n", request, reply, (int)length, got);
    return 0;
}

#endif
