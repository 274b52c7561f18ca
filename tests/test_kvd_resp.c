/* SPDX-License-Identifier: MIT
 *
 * kvd's parser of requests: what it takes, in pieces of any size; what it refuses, and with which
 * words; what it costs.
 */
#include "harness.h"
#include "ledger.h"

#include "resp.h"

#include <stdlib.h>

/* What the parser said, as text: [argument][argument]; for each command, and the error. */
typedef struct transcript {
    char text[4096];
    size_t length;
    bool has_ended; /* by an error */
} transcript;

static void put(transcript *t, const char *data, size_t length) {
    assert_true(t->length + length < sizeof t->text);
    memcpy(t->text + t->length, data, length);
    t->length += length;
    t->text[t->length] = 0;
}

static void put_command(transcript *t, const kvd_parser *parser) {
    for (uint32_t i = 0; i < parser->count; i++) {
        put(t, "[", 1);
        put(t, parser->args[i].data, parser->args[i].length);
        put(t, "]", 1);
    }
    put(t, ";", 1);
}

/* Everything that can be parsed of the bytes, each time in a block of their exact size, so that a
 * sanitizer sees what is read behind them. Returns how many are left. */
static size_t parse_all(kvd_parser *parser, transcript *t, const char *data, size_t length) {
    for (;;) {
        size_t consumed;
        char *block = malloc(length > 0 ? length : 1);
        memcpy(block, data, length);
        kvd_parse parse = kvd_parser_next(parser, block, length, &consumed);
        assert_true(consumed <= length);
        if (parse == KVD_PARSE_COMMAND) put_command(t, parser);
        if (parse == KVD_PARSE_ERROR) put(t, parser->error, strlen(parser->error));
        free(block);
        data += consumed;
        length -= consumed;
        t->has_ended = parse == KVD_PARSE_ERROR;
        if (parse != KVD_PARSE_COMMAND) return length;
    }
}

/* The bytes arrive in pieces of `piece`; the parser is initialised. */
static void feed(kvd_parser *parser, transcript *t, const char *data, size_t length, size_t piece) {
    size_t begin = 0, end = 0;
    t->length = 0;
    t->text[0] = 0;
    t->has_ended = false;
    while (end < length && !t->has_ended) {
        end += piece < length - end ? piece : length - end;
        begin = end - parse_all(parser, t, data + begin, end - begin);
    }
}

static const size_t pieces[] = {1, 2, 3, 5, 16, SIZE_MAX};
enum { PIECES = sizeof pieces / sizeof *pieces };

static void expect(const char *data, size_t length, const char *expected, bool is_stranger) {
    for (size_t i = 0; i < PIECES; i++) {
        kvd_parser parser;
        transcript t;
        kvd_parser_init(&parser, NULL);
        parser.is_stranger = is_stranger;
        feed(&parser, &t, data, length, pieces[i]);
        assert_string_equal(t.text, expected);
        kvd_parser_clear(&parser);
    }
}

#define EXPECT(literal, expected) expect(literal, sizeof(literal) - 1, expected, false)
#define EXPECT_STRANGER(literal, expected) expect(literal, sizeof(literal) - 1, expected, true)

/* ---- what it takes ---------------------------------------------------------------------------- */

static void arrays_of_bulk_strings(void **state) {
    (void)state;
    EXPECT("*1\r\n$4\r\nPING\r\n", "[PING];");
    EXPECT("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nv\r\nw \r\n", "[SET][k][v\r\nw ];");
    EXPECT("*2\r\n$0\r\n\r\n$1\r\n*\r\n", "[][*];");
    EXPECT("*1\r\n$1\r\na\r\n*1\r\n$1\r\nb\r\n*1\r\n$1\r\nc\r\n", "[a];[b];[c];");
    EXPECT("*1\r\n$1\r\na\r\n*2\r\n$1\r\nb\r\n$5\r\nhal", "[a];");
    EXPECT("*1\r\n$4\r\nPINGxy*1\r\n$1\r\nb\r\n", "[PING];[b];"); /* as in redis */
    EXPECT("*1\rx$1\ryq\r\n", "[q];");
}

static void empty_commands_are_no_commands(void **state) {
    (void)state;
    EXPECT("*0\r\n*-1\r\n*1\r\n$1\r\na\r\n", "[a];");
    EXPECT("\r\n\n  \r\nPING\n", "[PING];");
    EXPECT("*-99\r\n\r\n", "");
}

static void inline_commands(void **state) {
    (void)state;
    EXPECT("PING\r\n", "[PING];");
    EXPECT("  SET \t k  v\n", "[SET][k][v];");
    EXPECT("SET k \"a b\\x41\\n\\\"\\q\\\\\"\r\n", "[SET][k][a bA\n\"q\\];");
    EXPECT("SET k 'a \\'b\\n\"'\r\n", "[SET][k][a 'b\\n\"];");
    EXPECT("SET \"\" ''\n", "[SET][][];");
    EXPECT("a\"b c\"\n", "[ab c];");
    EXPECT("x \"\\xzz\\x4\"\n", "[x][xzzx4];");
    EXPECT("PING\n*1\r\n$1\r\na\r\nPONG\n", "[PING];[a];[PONG];");
    EXPECT("PING", "");
}

static void arguments_are_binary(void **state) {
    (void)state;
    static const char request[] = "*2\r\n$3\r\n\0\r\n\r\n$2\r\n\0\0\r\n";
    kvd_parser parser;
    size_t consumed;
    char block[sizeof request];
    memcpy(block, request, sizeof block);
    kvd_parser_init(&parser, NULL);
    assert_int_equal(kvd_parser_next(&parser, block, sizeof request - 1, &consumed),
                     KVD_PARSE_COMMAND);
    assert_int_equal(consumed, sizeof request - 1);
    assert_int_equal(parser.count, 2);
    assert_int_equal(parser.args[0].length, 3);
    assert_memory_equal(parser.args[0].data, "\0\r\n", 3);
    assert_int_equal(parser.args[1].length, 2);
    assert_memory_equal(parser.args[1].data, "\0\0", 2);
    kvd_parser_clear(&parser);
}

/* ---- what it refuses -------------------------------------------------------------------------- */

static void lengths_that_are_none(void **state) {
    (void)state;
    EXPECT("*x\r\n", "ERR Protocol error: invalid multibulk length");
    EXPECT("*\r\n", "ERR Protocol error: invalid multibulk length");
    EXPECT("*01\r\n", "ERR Protocol error: invalid multibulk length");
    EXPECT("*1048577\r\n", "ERR Protocol error: invalid multibulk length");
    EXPECT("*99999999999999999999\r\n", "ERR Protocol error: invalid multibulk length");
    EXPECT("*1\r\n$-1\r\n", "ERR Protocol error: invalid bulk length");
    EXPECT("*1\r\n$\r\n", "ERR Protocol error: invalid bulk length");
    EXPECT("*1\r\n$ 4\r\nPING\r\n", "ERR Protocol error: invalid bulk length");
    EXPECT("*1\r\n$536870913\r\n", "ERR Protocol error: invalid bulk length");
    EXPECT("*1\r\n$9223372036854775808\r\n", "ERR Protocol error: invalid bulk length");
    EXPECT("*1\r\n$1\r\na\r\n*1\r\n$x\r\n", "[a];ERR Protocol error: invalid bulk length");
}

static void what_should_be_a_bulk_string(void **state) {
    (void)state;
    EXPECT("*1\r\nabc\r\n", "ERR Protocol error: expected '$', got 'a'");
    EXPECT("*1\r\n*1\r\n", "ERR Protocol error: expected '$', got '*'");
    EXPECT("*2\r\n$1\r\na\r\n:", "ERR Protocol error: expected '$', got ':'");
}

static void unbalanced_quotes(void **state) {
    (void)state;
    static const char error[] = "ERR Protocol error: unbalanced quotes in request";
    EXPECT("GET \"a\n", error);
    EXPECT("GET 'a\n", error);
    EXPECT("GET \"a\"b\n", error);
    EXPECT("GET 'a'b\n", error);
    EXPECT("GET \"a\\\n", error);
    EXPECT("GET \"a\\\"\n", error);
}

static void lines_without_end(void **state) {
    (void)state;
    static char request[KVD_LINE_MAX + 100];
    static const char *const heads[] = {"x", "*", "*1\r\n$"};
    static const char *const errors[] = {"ERR Protocol error: too big inline request",
                                         "ERR Protocol error: too big mbulk count string",
                                         "ERR Protocol error: too big bulk count string"};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        memset(request, '1', sizeof request);
        memcpy(request, heads[i], strlen(heads[i]));
        for (size_t j = 0; j < 2; j++) {
            kvd_parser parser;
            transcript t;
            kvd_parser_init(&parser, NULL);
            feed(&parser, &t, request, sizeof request, j == 0 ? 4001 : SIZE_MAX);
            assert_string_equal(t.text, errors[i]);
            kvd_parser_clear(&parser);
        }
    }
}

static void strangers_may_send_little(void **state) {
    (void)state;
    EXPECT_STRANGER("*11\r\n", "ERR Protocol error: unauthenticated multibulk length");
    EXPECT_STRANGER("*1\r\n$16385\r\n", "ERR Protocol error: unauthenticated bulk length");
    EXPECT_STRANGER("*2\r\n$4\r\nAUTH\r\n$1\r\nx\r\n", "[AUTH][x];");
    EXPECT_STRANGER("*10\r\n$16384\r\n", "");
}

static void limits_are_settable(void **state) {
    (void)state;
    static const char fits[] = "*2\r\n$3\r\nabc\r\n$3\r\nabc\r\n";
    static const char many[] = "*3\r\n", large[] = "*1\r\n$4\r\n";
    kvd_parser parser;
    transcript t;
    kvd_parser_init(&parser, NULL);
    parser.bulk_max = 3;
    parser.args_max = 2;
    feed(&parser, &t, fits, sizeof fits - 1, 1);
    assert_string_equal(t.text, "[abc][abc];");
    feed(&parser, &t, many, sizeof many - 1, 1);
    assert_string_equal(t.text, "ERR Protocol error: invalid multibulk length");
    kvd_parser_clear(&parser);
    parser.bulk_max = 3;
    feed(&parser, &t, large, sizeof large - 1, 1);
    assert_string_equal(t.text, "ERR Protocol error: invalid bulk length");
    kvd_parser_clear(&parser);
}

/* ---- what it costs ---------------------------------------------------------------------------- */

static void lengths_that_lie_cost_nothing(void **state) {
    (void)state;
    static const char request[] = "*1048576\r\n$3\r\nSET\r\n$536870912\r\nabc";
    ledger book = {0};
    ta_allocator allocator = ledger_allocator(&book);
    kvd_parser parser;
    transcript t;
    kvd_parser_init(&parser, &allocator);
    feed(&parser, &t, request, sizeof request - 1, 1);
    assert_string_equal(t.text, "");
    assert_in_range(book.bytes, 0, 1024);
    kvd_parser_clear(&parser);
    assert_balanced(&book);
}

static void the_array_of_arguments_grows_and_goes(void **state) {
    (void)state;
    static char request[64 * 1024];
    enum { ARGUMENTS = 5000 };
    ledger book = {0};
    ta_allocator allocator = ledger_allocator(&book);
    kvd_parser parser;
    size_t consumed, length = (size_t)sprintf(request, "*%d\r\n", ARGUMENTS);
    for (size_t i = 0; i < ARGUMENTS; i++) {
        memcpy(request + length, "$1\r\nx\r\n", 7);
        length += 7;
    }
    kvd_parser_init(&parser, &allocator);
    assert_int_equal(kvd_parser_next(&parser, request, length, &consumed), KVD_PARSE_COMMAND);
    assert_int_equal(parser.count, ARGUMENTS);
    for (size_t i = 0; i < ARGUMENTS; i++) assert_int_equal(*parser.args[i].data, 'x');
    assert_true(book.bytes > ARGUMENTS * sizeof(kvd_slice));
    assert_int_equal(kvd_parser_next(&parser, request, 0, &consumed), KVD_PARSE_MORE);
    assert_balanced(&book);
    kvd_parser_clear(&parser);
}

static void memory_that_is_not_there_is_an_error(void **state) {
    (void)state;
    static const char request[] = "*1\r\n$4\r\nPING\r\n", line[] = "PING\n";
    for (size_t i = 0; i < 2; i++) {
        ledger book = {.fail_at = 1};
        ta_allocator allocator = ledger_allocator(&book);
        kvd_parser parser;
        transcript t;
        kvd_parser_init(&parser, &allocator);
        feed(&parser, &t, i == 0 ? request : line, strlen(i == 0 ? request : line), SIZE_MAX);
        assert_string_equal(t.text, "ERR Protocol error: out of memory");
        kvd_parser_clear(&parser);
        assert_balanced(&book);
    }
}

/* What has been looked at may be overwritten: it is not looked at again. */
static void it_looks_at_no_byte_twice(void **state) {
    (void)state;
    char line[] = "PING aaaa bbbb", array[] = "*1000000", bulk[] = "*1\r\n$100000";
    char *const requests[] = {line, array, bulk};
    for (size_t i = 0; i < 3; i++) {
        kvd_parser parser;
        size_t consumed, length = strlen(requests[i]);
        char end = i == 0 ? '\n' : '\r';
        kvd_parser_init(&parser, NULL);
        assert_int_equal(kvd_parser_next(&parser, requests[i], length - 3, &consumed),
                         KVD_PARSE_MORE);
        memset(requests[i] + length - 6, end, 3);
        assert_int_equal(kvd_parser_next(&parser, requests[i], length, &consumed), KVD_PARSE_MORE);
        assert_int_equal(consumed, 0);
        kvd_parser_clear(&parser);
    }
}

static void it_says_how_much_it_wants(void **state) {
    (void)state;
    char request[] = "*2\r\n$3\r\nSET\r\n$1000\r\nabc";
    kvd_parser parser;
    size_t consumed, length = strlen(request);
    kvd_parser_init(&parser, NULL);
    assert_int_equal(kvd_parser_wants(&parser, 0), 1);
    (void)kvd_parser_next(&parser, request, 5, &consumed);
    assert_int_equal(kvd_parser_wants(&parser, 5), 1);
    (void)kvd_parser_next(&parser, request, length, &consumed);
    assert_int_equal(kvd_parser_wants(&parser, length), 1000 + 2 - 3);
    kvd_parser_clear(&parser);
}

/* In the middle of a command, to another region with an allocator of its own. */
static void it_relocates(void **state) {
    (void)state;
    static const char request[] = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nhello\r\n";
    ta_affinity places[2];
    ledger here = {0}, there = {0};
    ta_allocator from = ledger_allocator(&here), to = ledger_allocator(&there);
    assert_int_equal(ta_affinity_create_manual((const uint32_t[]){1, 1}, 2, places, 2, NULL),
                     TA_OK);
    ta_move move = ta_move_between(places[0], places[1], &to);
    for (size_t cut = 0; cut < sizeof request - 1; cut++) {
        kvd_parser parser;
        transcript t;
        kvd_parser_init(&parser, &from);
        feed(&parser, &t, request, cut, SIZE_MAX);
        assert_int_equal(kvd_parser_relocate(&parser, &move), TA_OK);
        assert_balanced(&here);
        t.length = 0;
        assert_int_equal(parse_all(&parser, &t, request, sizeof request - 1), 0);
        assert_string_equal(t.text, "[SET][k][hello];");
        kvd_parser_clear(&parser);
        assert_balanced(&there);
        assert_balanced(&here);
    }
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_of_bulk_strings),
        cmocka_unit_test(empty_commands_are_no_commands),
        cmocka_unit_test(inline_commands),
        cmocka_unit_test(arguments_are_binary),
        cmocka_unit_test(lengths_that_are_none),
        cmocka_unit_test(what_should_be_a_bulk_string),
        cmocka_unit_test(unbalanced_quotes),
        cmocka_unit_test(lines_without_end),
        cmocka_unit_test(strangers_may_send_little),
        cmocka_unit_test(limits_are_settable),
        cmocka_unit_test(lengths_that_lie_cost_nothing),
        cmocka_unit_test(the_array_of_arguments_grows_and_goes),
        cmocka_unit_test(memory_that_is_not_there_is_an_error),
        cmocka_unit_test(it_looks_at_no_byte_twice),
        cmocka_unit_test(it_says_how_much_it_wants),
        cmocka_unit_test(it_relocates),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
