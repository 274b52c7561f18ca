/* SPDX-License-Identifier: MIT
 *
 * The parser of requests: arrays of bulk strings, and inline commands, as redis takes them.
 *
 * It is incremental: fed with what a connection has received so far, it says that it needs more,
 * or gives one command, or an error; what it has looked at it does not look at again. It owns the
 * array of arguments and nothing else: arguments are slices of the buffer it was fed with, so a
 * length that lies costs no memory.
 *
 *     for (;;) {
 *         size_t consumed;
 *         kvd_parse parse = kvd_parser_next(&parser, data, length, &consumed);
 *         if (parse == KVD_PARSE_COMMAND) run(parser.args, parser.count);
 *         drop `consumed` bytes at the front of data     // whatever it said
 *         if (parse == KVD_PARSE_MORE) break;            // read more behind what is left
 *         if (parse == KVD_PARSE_ERROR) reply parser.error and close
 *     }
 */
#ifndef KVD_RESP_H
#define KVD_RESP_H

#include "bytes.h"

enum {
    KVD_LINE_MAX = 64 * 1024,          /* a line without its end, which is then no line */
    KVD_ARGS_MAX = 1024 * 1024,        /* the default; each costs 16 bytes in the parser */
    KVD_BULK_MAX = 512 * 1024 * 1024,  /* the default; redis' proto-max-bulk-len */
    KVD_STRANGER_BULK_MAX = 16 * 1024, /* of a client that has not authenticated, and must */
    KVD_STRANGER_ARGS_MAX = 10
};

typedef enum kvd_parse {
    KVD_PARSE_MORE,    /* incomplete: call again with the same bytes and some more behind them */
    KVD_PARSE_COMMAND, /* args and count are set, until the bytes are dropped or the next call */
    KVD_PARSE_ERROR    /* error is set; the connection is beyond help */
} kvd_parse;

typedef struct kvd_parser {
    /* What it gives. count >= 1. */
    kvd_slice *args;
    uint32_t count;
    char error[64]; /* a whole error reply without '-' and line end: "ERR Protocol error: ..." */

    /* Set by its owner, at any time between calls. */
    size_t bulk_max;
    uint32_t args_max; /* of an array; a line has as many words as fit into it */
    bool is_stranger;  /* authentication is required and has not happened */

    /* Its own. Offsets count from the begin of the bytes that were not consumed. */
    const ta_allocator *allocator;
    uint32_t capacity; /* of args */
    uint32_t expected; /* arguments of the array that is being read; 0: between commands */
    size_t bulk;       /* length of the bulk string that is being read, or SIZE_MAX */
    size_t at;         /* everything before is understood */
    size_t scanned;    /* no line end in [at, scanned) */
} kvd_parser;

/* It may move in the middle of a command, `args` holds no pointers then. */
TA_DERIVE(kvd_parser, kvd_parser, TA_COUNTED(args, count, kvd_slice), count, TA_ARRAY(error),
          bulk_max, args_max, is_stranger, TA_SKIP(allocator), capacity, expected, bulk, at,
          scanned);

/* `allocator` (NULL: the default one) for the array of arguments. Takes no memory yet. */
void kvd_parser_init(kvd_parser *parser, const ta_allocator *allocator);
void kvd_parser_clear(kvd_parser *parser);

/* Looks at [data, data + length), which begins with the byte behind those that the calls before
 * said to drop. Quotes of inline commands are resolved in place. *consumed bytes are done with, for
 * KVD_PARSE_COMMAND after the command has run (or its arguments were copied). */
kvd_parse kvd_parser_next(kvd_parser *parser, char *data, size_t length, size_t *consumed);

/* How many bytes are missing at least before it can give a command: never more than one bulk
 * string, 1 if it does not know. A hint for the size of the next read, made of what the client
 * says: bound it. */
size_t kvd_parser_wants(const kvd_parser *parser, size_t length);

#endif
