/* SPDX-License-Identifier: MIT
 *
 * The command line: each value is checked as it is read; what is wrong is one line, and status 2.
 */
#include "options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WRONG_USAGE = 2 };

static const char usage[] =
    "Usage: kvd [option...]\n"
    "An in-memory cache, one thread per core, that speaks the protocol of Redis.\n"
    "\n"
    "  --port N                 TCP port (default 6380); 0: any\n"
    "  --bind ADDRESS           numeric address to listen at (default 127.0.0.1)\n"
    "  --cores LIST             processors, as in 0-3,6 (default: all that may be used)\n"
    "  --maxmemory BYTES        what keys and values may take, as in 512m or 1g (default 0: no "
    "limit)\n"
    "  --maxmemory-clients BYTES  what the buffers of connections may take, besides 1 MiB for each "
    "of them\n"
    "                           (default 4gb; 0: no limit)\n"
    "  --requirepass PASSWORD   clients must authenticate\n"
    "  --maxclients N           connections at once (default 10000)\n"
    "  --proto-max-bulk-len N   the longest key or value (default 512m, at most 1g)\n"
    "  --timeout SECONDS        close clients that are idle so long (default 0: never)\n"
    "  --tcp-keepalive SECONDS  ask so often whether a silent client is there (default 300; 0: "
    "never)\n"
    "  --drain-timeout SECONDS  how long an end waits for slow clients (default 10)\n"
    "  --help, --version\n";

static bool is_wrong(const char *option, const char *value, const char *expected) {
    fprintf(stderr, "kvd: --%s %s: expected %s\n", option, value, expected);
    return false;
}

static bool read_number(const char *text, uint64_t most, uint64_t *out, const char **rest) {
    char *end;
    if (*text < '0' || *text > '9') return false;
    errno = 0;
    *out = strtoull(text, &end, 10);
    *rest = end;
    return errno == 0 && *out <= most;
}

static bool read_count(const char *option, const char *text, uint32_t least, uint32_t most,
                       uint32_t *out) {
    uint64_t value;
    const char *rest;
    char expected[64];
    if (read_number(text, most, &value, &rest) && *rest == 0 && value >= least) {
        *out = (uint32_t)value;
        return true;
    }
    snprintf(expected, sizeof expected, "a number from %u to %u", least, most);
    return is_wrong(option, text, expected);
}

/* A number with a unit, in which we follow redis: k is 1000, kb is 1024, and m and g are powers of
 * 1000, too. */
static bool read_bytes(const char *option, const char *text, uint64_t most, size_t *out) {
    static const struct {
        const char *name;
        uint64_t bytes;
    } units[] = {{"", 1},           {"b", 1},
                 {"k", 1000},       {"kb", 1024},
                 {"m", 1000000},    {"mb", 1024 * 1024},
                 {"g", 1000000000}, {"gb", 1024 * 1024 * 1024}};
    uint64_t value;
    const char *unit;
    if (read_number(text, most, &value, &unit))
        for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
            if (strcasecmp(unit, units[i].name) == 0 && value <= most / units[i].bytes) {
                *out = value * units[i].bytes;
                return true;
            }
    return is_wrong(option, text, "a number of bytes, as in 1000, 64mb or 1g");
}

static bool read_address(const char *text, kvd_options *out) {
    unsigned char address[sizeof(struct in6_addr)];
    if (inet_pton(AF_INET, text, address) != 1 && inet_pton(AF_INET6, text, address) != 1)
        return is_wrong("bind", text, "a numeric address, as in 127.0.0.1");
    snprintf(out->bind, sizeof out->bind, "%s", text);
    return true;
}

enum option_id {
    PORT = 1,
    BIND,
    CORES,
    MAXMEMORY,
    MAXMEMORY_CLIENTS,
    REQUIREPASS,
    MAXCLIENTS,
    BULK_MAX,
    TIMEOUT,
    DRAIN_TIMEOUT,
    TCP_KEEPALIVE,
    HELP,
    VERSION
};

static bool read_option(int id, const char *value, kvd_options *out) {
    uint32_t number;
    switch (id) {
    case PORT:
        if (!read_count("port", value, 0, UINT16_MAX, &number)) return false;
        out->port = (uint16_t)number;
        return true;
    case BIND:
        return read_address(value, out);
    case CORES:
        out->cores = value; /* the registry judges it */
        return true;
    case MAXMEMORY:
        return read_bytes("maxmemory", value, (uint64_t)1 << 50, &out->memory_max);
    case MAXMEMORY_CLIENTS:
        return read_bytes("maxmemory-clients", value, (uint64_t)1 << 50, &out->client_memory_max);
    case REQUIREPASS:
        out->password = *value == 0 ? NULL : value;
        return true;
    case MAXCLIENTS:
        return read_count("maxclients", value, 1, 1000000, &out->clients_max);
    case BULK_MAX:
        if (!read_bytes("proto-max-bulk-len", value, (uint64_t)1 << 30, &out->bulk_max))
            return false;
        return out->bulk_max > 0 || is_wrong("proto-max-bulk-len", value, "at least 1");
    case TIMEOUT:
        return read_count("timeout", value, 0, 1u << 30, &out->timeout);
    case DRAIN_TIMEOUT:
        return read_count("drain-timeout", value, 0, 3600, &out->drain_timeout);
    case TCP_KEEPALIVE:
        return read_count("tcp-keepalive", value, 0, 32767, &out->keepalive);
    default:
        return false; /* getopt has said why */
    }
}

bool kvd_options_parse(int argc, char **argv, kvd_options *out, int *status) {
    static const struct option known[] = {
        {"port", required_argument, NULL, PORT},
        {"bind", required_argument, NULL, BIND},
        {"cores", required_argument, NULL, CORES},
        {"maxmemory", required_argument, NULL, MAXMEMORY},
        {"maxmemory-clients", required_argument, NULL, MAXMEMORY_CLIENTS},
        {"requirepass", required_argument, NULL, REQUIREPASS},
        {"maxclients", required_argument, NULL, MAXCLIENTS},
        {"proto-max-bulk-len", required_argument, NULL, BULK_MAX},
        {"timeout", required_argument, NULL, TIMEOUT},
        {"drain-timeout", required_argument, NULL, DRAIN_TIMEOUT},
        {"tcp-keepalive", required_argument, NULL, TCP_KEEPALIVE},
        {"help", no_argument, NULL, HELP},
        {"version", no_argument, NULL, VERSION},
        {NULL, 0, NULL, 0}};
    *out = (kvd_options){.bind = "127.0.0.1",
                         .port = 6380,
                         .client_memory_max = (size_t)4 << 30,
                         .clients_max = 10000,
                         .bulk_max = (size_t)512 << 20,
                         .drain_timeout = 10,
                         .keepalive = 300};
    *status = WRONG_USAGE;
    for (int id; (id = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        if (id == HELP || id == VERSION) {
            *status = EXIT_SUCCESS;
            fputs(id == HELP ? usage : "kvd of libta " TA_VERSION_STRING "\n", stdout);
            return false;
        }
        if (!read_option(id, optarg, out)) return false;
    }
    if (optind == argc) return true;
    fprintf(stderr, "kvd: %s: expected options alone\n", argv[optind]);
    return false;
}
