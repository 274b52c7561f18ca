/* SPDX-License-Identifier: MIT
 *
 * However a client's bytes are cut into pieces, kvd's parser sees the same commands in them, and the
 * same end.
 *
 * The first bytes of an input choose the limits and the pieces; the others are what the client
 * sends. They are parsed twice: as a whole, and in pieces, where each piece comes into a new block
 * of exactly its size, so that AddressSanitizer sees a step beyond it. In the pieces the parser is
 * moved to another place with another allocator now and then.
 */
#include "resp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition);                \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- an allocator that counts what is out ----------------------------------------------------- */

typedef struct ledger {
    size_t out, most;
} ledger;

static void *ledger_allocate(void *context, size_t size, size_t alignment) {
    ledger *book = context;
    void *memory = ta_allocate(NULL, size, alignment);
    if (memory == NULL) return NULL;
    book->out += size;
    if (book->out > book->most) book->most = book->out;
    return memory;
}

static void ledger_release(void *context, void *memory, size_t size, size_t alignment) {
    ledger *book = context;
    CHECK(book->out >= size);
    book->out -= size;
    ta_release(NULL, memory, size, alignment);
}

/* ---- an input --------------------------------------------------------------------------------- */

typedef struct choices {
    size_t bulk_max;
    uint32_t args_max;
    bool is_stranger;
    bool moves;
    uint64_t random; /* of the pieces */
} choices;

static uint64_t next_random(uint64_t *state) {
    *state += UINT64_C(0x9e3779b97f4a7c15); /* SplitMix64 */
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void set_limits(kvd_parser *parser, const choices *c) {
    parser->bulk_max = c->bulk_max;
    parser->args_max = c->args_max;
    parser->is_stranger = c->is_stranger;
}

/* ---- what the parser says, in one piece of text ----------------------------------------------- */

static void tell(kvd_bytes *heard, const kvd_parser *parser, kvd_parse parse) {
    uint64_t mark = parse;
    kvd_bytes_append(heard, &mark, sizeof mark);
    if (parse == KVD_PARSE_ERROR) {
        kvd_bytes_append(heard, parser->error, strlen(parser->error));
        return;
    }
    CHECK(parser->count >= 1);
    if (parser->expected > 0) /* an array, not a line */
        CHECK(parser->count == parser->expected && parser->count <= parser->args_max);
    for (uint32_t i = 0; i < parser->count; i++) {
        uint64_t length = parser->args[i].length;
        kvd_bytes_append(heard, &length, sizeof length);
        kvd_bytes_append(heard, parser->args[i].data, parser->args[i].length);
    }
}

/* Takes all that a block gives. Returns how many bytes of it are left, *has_ended after an error. */
static size_t drain(kvd_parser *parser, char *block, size_t length, kvd_bytes *heard,
                    bool *has_ended) {
    for (;;) {
        size_t consumed = SIZE_MAX;
        kvd_parse parse = kvd_parser_next(parser, block, length, &consumed);
        CHECK(consumed <= length);
        if (parse != KVD_PARSE_MORE) tell(heard, parser, parse);
        for (uint32_t i = 0; parse == KVD_PARSE_COMMAND && i < parser->count; i++)
            CHECK(parser->args[i].data >= block &&
                  parser->args[i].data + parser->args[i].length <= block + consumed);
        block += consumed;
        length -= consumed;
        *has_ended = parse == KVD_PARSE_ERROR;
        if (parse == KVD_PARSE_MORE) CHECK(kvd_parser_wants(parser, length) >= 1);
        if (parse != KVD_PARSE_COMMAND) return length;
    }
}

static void move_now_and_then(kvd_parser *parser, uint64_t random, const ta_allocator allocators[2],
                              const ta_affinity places[2]) {
    if (random % 4 != 0) return;
    size_t to = random >> 8 & 1;
    ta_move move = ta_move_between(places[1 - to], places[to], &allocators[to]);
    CHECK(kvd_parser_relocate(parser, &move) == TA_OK);
}

static void parse_pieces(const uint8_t *data, size_t size, const choices *c, kvd_bytes *heard) {
    ledger books[2] = {{0, 0}, {0, 0}};
    const ta_allocator allocators[2] = {{ledger_allocate, ledger_release, &books[0]},
                                        {ledger_allocate, ledger_release, &books[1]}};
    ta_affinity places[2];
    CHECK(ta_affinity_create_manual((const uint32_t[]){1, 1}, 2, places, 2, NULL) == TA_OK);
    kvd_parser parser;
    uint64_t random = c->random;
    size_t begin = 0, end = 0;
    bool has_ended = false;
    kvd_parser_init(&parser, &allocators[0]);
    set_limits(&parser, c);
    while (end < size && !has_ended) {
        size_t piece = 1 + next_random(&random) % (next_random(&random) % 8 == 0 ? 64 : 4);
        end += piece < size - end ? piece : size - end;
        char *block = malloc(end - begin);
        CHECK(block != NULL);
        memcpy(block, data + begin, end - begin);
        begin = end - drain(&parser, block, end - begin, heard, &has_ended);
        free(block);
        if (c->moves) move_now_and_then(&parser, next_random(&random), allocators, places);
    }
    kvd_parser_clear(&parser);
    CHECK(books[0].out == 0 && books[1].out == 0);
    /* An argument takes two bytes of the client's at least, and costs a slice, in an array that
     * has doubled, while it is copied, beside the one before. */
    CHECK(books[0].most + books[1].most <= 4096 + 4 * sizeof(kvd_slice) * size);
}

static void parse_whole(const uint8_t *data, size_t size, const choices *c, kvd_bytes *heard) {
    kvd_parser parser;
    bool has_ended;
    kvd_parser_init(&parser, NULL);
    set_limits(&parser, c);
    char *block = malloc(size > 0 ? size : 1);
    CHECK(block != NULL);
    if (size > 0) memcpy(block, data, size);
    (void)drain(&parser, block, size, heard, &has_ended);
    free(block);
    kvd_parser_clear(&parser);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    choices c = {KVD_BULK_MAX, KVD_ARGS_MAX, false, false, 0};
    enum { HEAD = 3 };
    if (size < HEAD) return 0;
    if (data[0] & 1) c.bulk_max = data[1];
    if (data[0] & 2) c.args_max = 1 + data[1] % 16;
    c.is_stranger = data[0] & 4;
    c.moves = data[0] & 8;
    c.random = data[2];
    kvd_bytes whole = kvd_bytes_make(SIZE_MAX, NULL), pieces = kvd_bytes_make(SIZE_MAX, NULL);
    parse_whole(data + HEAD, size - HEAD, &c, &whole);
    parse_pieces(data + HEAD, size - HEAD, &c, &pieces);
    CHECK(!whole.failed && !pieces.failed);
    CHECK(kvd_slice_equal(kvd_bytes_slice(&whole), kvd_bytes_slice(&pieces)));
    kvd_bytes_clear(&whole);
    kvd_bytes_clear(&pieces);
    return 0;
}
