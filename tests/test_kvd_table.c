/* SPDX-License-Identifier: MIT
 *
 * kvd's commands before they run: how they are found, what is asked of their arguments.
 */
#include "kvd_shards.h"

static void every_command_is_found(void **state) {
    (void)state;
    for (size_t i = 0; i < KVD_COMMANDS; i++) {
        const kvd_command *command = &kvd_command_table[i];
        char name[32];
        size_t length = strlen(command->name);
        for (size_t j = 0; j <= length; j++) {
            char c = command->name[j];
            name[j] = j % 2 == 0 && c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
        }
        assert_int_equal(command->id, i);
        assert_ptr_equal(kvd_command_find((kvd_slice){name, length}), command);
        assert_ptr_not_equal(kvd_command_find((kvd_slice){name, length - 1}), command);
        if (i > 0) assert_true(strcmp(kvd_command_table[i - 1].name, command->name) < 0);
    }
    assert_null(kvd_command_find(KVD_SLICE("")));
    assert_null(kvd_command_find(KVD_SLICE("get\0")));
    assert_null(kvd_command_find(KVD_SLICE("zzz")));
}

static void a_command_says_how_it_runs(void **state) {
    (void)state;
    for (size_t i = 0; i < KVD_COMMANDS; i++) {
        const kvd_command *command = &kvd_command_table[i];
        bool is_parted = command->route == KVD_KEYS || command->route == KVD_EVERY;
        assert_int_equal(command->run == NULL, command->route == KVD_HERE);
        assert_int_equal(command->part != NULL, is_parted);
        assert_int_equal(command->first > 0,
                         command->route == KVD_KEY || command->route == KVD_KEYS);
        assert_int_equal(command->step > 0, command->first > 0);
        assert_int_not_equal(command->arity, 0);
        assert_false(command->flags & KVD_WRITE && command->flags & KVD_READONLY);
    }
}

static void the_number_of_arguments_is_checked(void **state) {
    (void)state;
    kvd_slice args[8];
    for (size_t i = 0; i < KVD_COMMANDS; i++) {
        const kvd_command *command = &kvd_command_table[i];
        for (int count = 1; count <= 6; count++) {
            bool fits = command->arity < 0 ? count >= -command->arity : count == command->arity;
            char wanted[80];
            kvd_bytes reply = kvd_bytes_make(1000, NULL);
            for (int j = 0; j < count; j++) args[j] = KVD_SLICE("1");
            args[0] = (kvd_slice){command->name, strlen(command->name)};
            assert_int_equal(kvd_command_fits(command, args, (uint32_t)count), fits);
            assert_ptr_equal(kvd_command_lookup(args, (uint32_t)count, &reply),
                             fits ? command : NULL);
            snprintf(wanted, sizeof wanted, "-ERR wrong number of arguments for '%s' command\r\n",
                     command->name);
            check_reply(command->name, &reply, fits ? "" : wanted);
            kvd_bytes_clear(&reply);
        }
    }
}

static void errors_show_a_bounded_part_of_a_request(void **state) {
    (void)state;
    static char large[100000];
    kvd_slice args[] = {{large, sizeof large}, {large, sizeof large}, KVD_SLICE("x")};
    kvd_bytes reply = kvd_bytes_make(1 << 20, NULL);
    memset(large, 'a', sizeof large);
    assert_null(kvd_command_lookup(args, 3, &reply));
    assert_in_range(kvd_bytes_length(&reply), 200, 400);
    assert_memory_equal(kvd_bytes_data(&reply) + kvd_bytes_length(&reply) - 2, "\r\n", 2);
    kvd_bytes_clear(&reply);
    assert_true(kvd_command_is_http(KVD_SLICE("POST")));
    assert_true(kvd_command_is_http(KVD_SLICE("Host:")));
    assert_false(kvd_command_is_http(KVD_SLICE("GET")));
}

static bool parse_hello(const char *line, kvd_hello *hello, const char *error) {
    kvd_bytes reply = kvd_bytes_make(1000, NULL);
    static request r; /* what `hello` refers to */
    drop_request(&r);
    read_request(&r, line);
    bool is_right = kvd_hello_parse(r.args, r.count, hello, &reply);
    check_reply(line, &reply, error);
    kvd_bytes_clear(&reply);
    return is_right;
}

static void hello_is_parsed(void **state) {
    (void)state;
    kvd_hello hello;
    assert_true(parse_hello("HELLO", &hello, ""));
    assert_int_equal(hello.protocol, 0);
    assert_true(parse_hello("HELLO 3 setname me AUTH default secret", &hello, ""));
    assert_int_equal(hello.protocol, 3);
    assert_true(hello.has_auth && hello.has_name);
    assert_true(kvd_slice_equal(hello.user, KVD_SLICE("default")));
    assert_true(kvd_slice_equal(hello.password, KVD_SLICE("secret")));
    assert_true(kvd_slice_equal(hello.name, KVD_SLICE("me")));
    assert_true(parse_hello("HELLO 2", &hello, ""));
    assert_false(hello.has_auth || hello.has_name);
    assert_false(parse_hello("HELLO 4", &hello, "-NOPROTO unsupported protocol version\r\n"));
    assert_false(parse_hello("HELLO 1", &hello, "-NOPROTO unsupported protocol version\r\n"));
    assert_false(parse_hello("HELLO x", &hello,
                             "-ERR Protocol version is not an integer or out of range\r\n"));
    assert_false(
        parse_hello("HELLO 3 AUTH a", &hello, "-ERR Syntax error in HELLO option 'AUTH'\r\n"));
    assert_false(
        parse_hello("HELLO 3 SETNAME", &hello, "-ERR Syntax error in HELLO option 'SETNAME'\r\n"));
    assert_false(parse_hello("HELLO 3 SETNAME \"a b\"", &hello,
                             "-ERR Client names cannot contain spaces, newlines or special "
                             "characters.\r\n"));
    (void)parse_hello("HELLO", &hello, "");
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_is_found),
        cmocka_unit_test(a_command_says_how_it_runs),
        cmocka_unit_test(the_number_of_arguments_is_checked),
        cmocka_unit_test(errors_show_a_bounded_part_of_a_request),
        cmocka_unit_test(hello_is_parsed),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
