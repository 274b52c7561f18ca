/* SPDX-License-Identifier: MIT
 *
 * kvd_pipe PORT [CHUNK]: sends standard input to a server on 127.0.0.1, in random pieces of up to
 * CHUNK bytes, and writes what comes back, until the server ends the connection. Exits 1 when
 * nothing happens for 20 seconds.
 */
#include "kvd_net.h"

#include <fcntl.h>
#include <poll.h>

typedef struct text {
    char *bytes;
    size_t length;
} text;

static text read_input(void) {
    size_t capacity = 1 << 16;
    text all = {malloc(capacity), 0};
    for (ssize_t got; all.bytes != NULL; all.length += (size_t)got) {
        if (all.length == capacity) all.bytes = realloc(all.bytes, capacity *= 2);
        if (all.bytes == NULL) break;
        got = read(STDIN_FILENO, all.bytes + all.length, capacity - all.length);
        if (got <= 0) return all;
    }
    give_up("memory");
}

int main(int argc, char **argv) {
    static char replies[1 << 16];
    if (argc < 2) return 2;
    int fd = connect_to(strtoul(argv[1], NULL, 10));
    size_t chunk = argc > 2 ? strtoul(argv[2], NULL, 10) : sizeof replies, sent = 0;
    text input = read_input();
    if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0) give_up("fcntl");
    for (;;) {
        struct pollfd wanted = {.fd = fd, .events = POLLIN};
        if (sent < input.length) wanted.events = POLLIN | POLLOUT;
        if (poll(&wanted, 1, 20000) <= 0) give_up("nothing happens");
        if ((wanted.revents & POLLOUT) != 0) {
            size_t most = 1 + (size_t)random() % chunk, left = input.length - sent;
            ssize_t taken = send(fd, input.bytes + sent, most < left ? most : left, MSG_NOSIGNAL);
            if (taken > 0) sent += (size_t)taken;
            if (taken < 0 && errno != EAGAIN) sent = input.length; /* it has ended: read the rest */
        }
        if ((wanted.revents & (POLLIN | POLLHUP | POLLERR)) == 0) continue;
        ssize_t got = recv(fd, replies, sizeof replies, 0);
        if (got == 0) break;
        if (got < 0 && errno != EAGAIN) give_up("recv");
        if (got > 0) fwrite(replies, 1, (size_t)got, stdout);
    }
    free(input.bytes);
    close(fd);
    return 0;
}
