/* SPDX-License-Identifier: MIT
 *
 * Validators: home, and what an assertion says of a value that is not there.
 */
#undef NDEBUG /* here TA_ASSERT_HOME asserts */
#include "harness.h"

#include "ta/derive.h"
#include "ta/validator.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct session {
    int id;
    ta_validator home;
} session;
TA_DERIVE(session, session, id, TA_AS(home, ta_validator));

static ta_registry *machine(void) {
    uint32_t counts[] = {2, 2};
    ta_registry_options options = {
        .machine = TA_MACHINE_COUNTS, .counts = counts, .counts_length = 2};
    ta_registry *registry = NULL;
    assert_int_equal(ta_registry_create(&options, &registry), TA_OK);
    return registry;
}

static void be_at(const ta_registry *registry, uint32_t processor) {
    ta_affinity place = ta_registry_affinity(registry, processor);
    assert_int_equal(ta_registry_adopt(registry, place), TA_OK);
}

static void home_is_where_it_was_made(void **state) {
    (void)state;
    ta_registry *registry = machine();
    be_at(registry, 1);
    ta_validator here = ta_validator_here();
    ta_validator there = ta_validator_at(ta_registry_affinity(registry, 2));
    assert_true(ta_validator_is_home(&here));
    assert_false(ta_validator_is_home(&there));
    be_at(registry, 2);
    assert_false(ta_validator_is_home(&here));
    assert_true(ta_validator_is_home(&there));
    assert_int_equal(ta_unpin(), TA_OK);
    ta_registry_destroy(registry);
}

static void nobody_is_at_home_in_an_unknown_place(void **state) {
    (void)state;
    ta_registry *registry = machine();
    ta_validator nowhere = ta_validator_here(), there = {ta_registry_affinity(registry, 2)};
    ta_validator zero = {TA_AFFINITY_UNKNOWN_INIT};
    assert_false(ta_validator_is_home(&nowhere));
    assert_false(ta_validator_is_home(&zero));
    assert_false(ta_validator_is_home(&there));
    assert_false(ta_validator_is_home(NULL));
    be_at(registry, 0);
    assert_false(ta_validator_is_home(&zero));
    assert_int_equal(ta_unpin(), TA_OK);
    ta_registry_destroy(registry);
}

static void relocation_brings_home(void **state) {
    (void)state;
    ta_registry *registry = machine();
    be_at(registry, 3);
    session value = {7, ta_validator_at(ta_registry_affinity(registry, 0))}, clone;
    assert_false(ta_validator_is_home(&value.home));
    ta_move move = ta_registry_move(registry, ta_registry_affinity(registry, 0),
                                    ta_registry_affinity(registry, 3));
    assert_int_equal(session_relocate(&value, &move), TA_OK);
    assert_true(ta_validator_is_home(&value.home));
    assert_int_equal(session_clone(&value, &clone, NULL), TA_OK);
    assert_true(ta_validator_is_home(&clone.home));

    /* Within a region, too, and from an unknown place. */
    move = ta_registry_move(registry, TA_AFFINITY_UNKNOWN, ta_registry_affinity(registry, 2));
    assert_int_equal(session_relocate(&value, &move), TA_OK);
    assert_false(ta_validator_is_home(&value.home));
    be_at(registry, 2);
    assert_true(ta_validator_is_home(&value.home));
    move = ta_registry_move(registry, ta_registry_affinity(registry, 2),
                            ta_registry_affinity(registry, 3));
    assert_int_equal(session_relocate(&value, &move), TA_OK);
    assert_false(ta_validator_is_home(&value.home));

    /* A move that fails leaves the home. */
    be_at(registry, 3);
    move = ta_registry_move(registry, ta_registry_affinity(registry, 3), TA_AFFINITY_UNKNOWN);
    assert_int_equal(session_relocate(&value, &move), TA_E_UNKNOWN_AFFINITY);
    assert_true(ta_validator_is_home(&value.home));
    assert_int_equal(ta_unpin(), TA_OK);
    ta_registry_destroy(registry);
}

static void an_assertion_at_home_is_silent(void **state) {
    (void)state;
    ta_registry *registry = machine();
    be_at(registry, 1);
    session value = {1, ta_validator_here()};
    unsigned evaluated = 0;
    TA_ASSERT_HOME((evaluated++, &value.home));
    assert_int_equal(evaluated, 1);
    assert_int_equal(ta_unpin(), TA_OK);
    ta_registry_destroy(registry);
}

/* What a child that `act` ends says on stderr; it must have been ended by SIGABRT. */
static void last_words(void (*act)(void *), void *context, char *text, size_t size) {
    int ends[2], status = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        if (dup2(ends[1], STDERR_FILENO) < 0) _exit(1);
        act(context);
        _exit(0);
    }
    close(ends[1]);
    size_t used = 0;
    ssize_t got;
    while (used + 1 < size && (got = read(ends[0], text + used, size - used - 1)) > 0)
        used += (size_t)got;
    text[used] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void assert_home(void *validator) { TA_ASSERT_HOME((const ta_validator *)validator); }

static void an_assertion_elsewhere_tells_all(void **state) {
    (void)state;
    char text[1024];
    ta_registry *registry = machine();
    be_at(registry, 1);
    ta_validator there = ta_validator_at(ta_registry_affinity(registry, 2));
    last_words(assert_home, &there, text, sizeof text);
    assert_non_null(strstr(text, "test_validator.c:"));
    assert_non_null(strstr(text, "assert_home: "));
    assert_non_null(strstr(text, "at home at processor 2 of 4, cache 1 of 2, region 1 of 2"));
    assert_non_null(strstr(text, "thread is at processor 1 of 4, cache 0 of 2, region 0 of 2\n"));
    assert_int_equal(ta_unpin(), TA_OK);
    last_words(assert_home, &there, text, sizeof text);
    assert_non_null(strstr(text, "thread is at an unknown place\n"));
    last_words(assert_home, NULL, text, sizeof text);
    assert_non_null(strstr(text, "at home at an unknown place"));
    ta_registry_destroy(registry);
}

/* ---- destroyed on the wrong core --------------------------------------------------------------- */

/* A type whose own function destroys it, ... */
typedef struct buffer {
    ta_validator home;
    char *bytes;
} buffer;
static ta_status relocate_buffer(buffer *value, const ta_move *move) {
    return ta_relocate(&ta_validator_type, &value->home, move);
}
static void destroy_buffer(buffer *value) {
    TA_ASSERT_HOME(&value->home);
    free(value->bytes);
}
TA_TYPE(buffer, buffer, relocate_buffer, NULL, destroy_buffer);

/* ... and a derived struct, as validator.h shows it. */
static ta_status bring_home(ta_validator *home, const ta_move *move) {
    return ta_relocate(&ta_validator_type, home, move);
}
static void end_at_home(ta_validator *home) { TA_ASSERT_HOME(home); }
TA_TYPE(guarded_home, ta_validator, bring_home, NULL, end_at_home);

typedef struct guarded {
    ta_validator home;
    int id;
    buffer part;
} guarded;
TA_DERIVE(guarded, guarded, TA_AS(home, guarded_home), id, TA_AS(part, buffer));

static void destroy_the_buffer(void *value) { ta_destroy(&buffer_type, value); }
static void destroy_the_guarded(void *value) { ta_destroy(&guarded_type, value); }

static void a_value_that_is_destroyed_elsewhere_is_found(void **state) {
    (void)state;
    char text[1024];
    ta_registry *registry = machine();
    ta_affinity home = ta_registry_affinity(registry, 2);
    guarded value = {ta_validator_at(home), 1, {ta_validator_at(home), malloc(1)}};
    be_at(registry, 1);
    last_words(destroy_the_buffer, &value.part, text, sizeof text);
    assert_non_null(strstr(text, "destroy_buffer: "));
    assert_non_null(strstr(text, "at home at processor 2 of 4"));
    assert_non_null(strstr(text, "thread is at processor 1 of 4"));
    last_words(destroy_the_guarded, &value, text, sizeof text);
    assert_non_null(strstr(text, "end_at_home: "));

    /* Relocated, it is at home there, and its end is silent. */
    ta_move move = ta_registry_move(registry, home, ta_registry_affinity(registry, 1));
    assert_int_equal(guarded_relocate(&value, &move), TA_OK);
    ta_destroy(&guarded_type, &value);
    assert_int_equal(ta_unpin(), TA_OK);
    ta_registry_destroy(registry);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(home_is_where_it_was_made),
        cmocka_unit_test(nobody_is_at_home_in_an_unknown_place),
        cmocka_unit_test(relocation_brings_home),
        cmocka_unit_test(an_assertion_at_home_is_silent),
        cmocka_unit_test(an_assertion_elsewhere_tells_all),
        cmocka_unit_test(a_value_that_is_destroyed_elsewhere_is_found),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
