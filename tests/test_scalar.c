/* SPDX-License-Identifier: MIT
 *
 * The descriptors of trivial types: what they say, and that values of theirs travel as they are.
 */
#include "relocate_checks.h"

#include "ta/scalar.h"

#include <arpa/inet.h>
#include <limits.h>
#include <math.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

/* ---- what the descriptors say ---------------------------------------------------------------- */

static void check_trivial(const ta_type *type, const char *word, size_t size, size_t alignment,
                          uint32_t traits) {
    if (type->size != size || type->alignment != alignment)
        fail_msg("%s: size %zu, alignment %zu", word, type->size, type->alignment);
    assert_int_equal(traits, 0);
    assert_int_equal(type->traits, 0);
    assert_int_equal(type->part_count, 0);
    assert_null(type->parts);
    assert_true(type->relocate == NULL && type->clone == NULL && type->destroy == NULL);
    assert_non_null(type->name);
}

/* The trio of a word: the C type is the one that the list names, and so is the descriptor's
 * name. */
#define CHECK_TRIO(word, T)                                                                        \
    _Static_assert(__builtin_types_compatible_p(ta_##word##_value, T), #word);                     \
    check_trivial(&ta_##word##_type, #word, sizeof(T), _Alignof(T), ta_##word##_traits);           \
    assert_string_equal(ta_##word##_type.name, #T);

static void each_arithmetic_type_has_its_trio(void **state) {
    (void)state;
    TA_ARITHMETIC_LIST(CHECK_TRIO)
}

static void each_trivial_type_has_its_trio(void **state) {
    (void)state;
    TA_TRIVIAL_LIST(CHECK_TRIO)
}

/* The list holds each arithmetic type of C11 once: _Generic refuses a type that comes twice, and
 * the default is taken for one that is missing. */
#define ASSOCIATION(word, T) , T : #word
#define WORD_OF(value) _Generic((value)TA_ARITHMETIC_LIST(ASSOCIATION), default : "none")

static void the_arithmetic_types_are_distinct_and_complete(void **state) {
    (void)state;
    static const bool truth = true;
    assert_string_equal(WORD_OF(truth), "bool");
    assert_string_equal(WORD_OF((char)'a'), "char");
    assert_string_equal(WORD_OF((int8_t)1), "schar");
    assert_string_equal(WORD_OF((uint8_t)1), "uchar");
    assert_string_equal(WORD_OF((int16_t)1), "short");
    assert_string_equal(WORD_OF((uint16_t)1), "ushort");
    assert_string_equal(WORD_OF((int32_t)1), "int");
    assert_string_equal(WORD_OF((uint32_t)1), "uint");
    assert_string_equal(WORD_OF(1L), "long");
    assert_string_equal(WORD_OF(1UL), "ulong");
    assert_string_equal(WORD_OF(1LL), "llong");
    assert_string_equal(WORD_OF(1ULL), "ullong");
    assert_string_equal(WORD_OF(1.0F), "float");
    assert_string_equal(WORD_OF(1.0), "double");
    assert_string_equal(WORD_OF(1.0L), "ldouble");
    assert_string_equal(WORD_OF((size_t)1), "ulong");
    assert_string_equal(WORD_OF((ptrdiff_t)1), "long");
    assert_string_equal(WORD_OF((char16_t)1), "ushort");
    assert_string_equal(WORD_OF((char32_t)1), "uint");
    assert_string_equal(WORD_OF((time_t)1), "long");
}

/* ---- values ---------------------------------------------------------------------------------- */

/* Through every move, by value and in place, and cloned: the bits stay, and no memory is asked
 * for. */
static void check_travels(const ta_type *type, const void *original) {
    static const ta_allocator *const nobody = &empty_allocator;
    ta_move moves[] = {far_move(nobody), near_move(nobody),
                       ta_move_between(place(HOME), place(HOME), nobody),
                       ta_move_between(TA_AFFINITY_UNKNOWN, place(AWAY), nobody)};
    _Alignas(64) char value[256], out[256];
    assert_in_range(type->size, 1, sizeof value);
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
        memcpy(value, original, type->size);
        memset(out, 0x5a, sizeof out);
        assert_int_equal(ta_relocate(type, value, &moves[i]), TA_OK);
        assert_memory_equal(value, original, type->size);
        assert_int_equal(ta_relocate_into(type, out, value, &moves[i]), TA_OK);
        assert_memory_equal(out, original, type->size);
        assert_int_equal(out[type->size], 0x5a);
    }
    memset(out, 0x5a, sizeof out);
    assert_int_equal(ta_clone(type, value, out, nobody), TA_OK);
    assert_memory_equal(out, original, type->size);
    assert_int_equal(out[type->size], 0x5a);
    ta_destroy(type, out);
    assert_memory_equal(out, original, type->size);
}

#define CHECK_VALUE(word, ...)                                                                     \
    do {                                                                                           \
        static const ta_##word##_value value_ = __VA_ARGS__;                                       \
        check_travels(&ta_##word##_type, &value_);                                                 \
    } while (0)

static void integers_travel(void **state) {
    (void)state;
    CHECK_VALUE(bool, true);
    CHECK_VALUE(char, 'x');
    CHECK_VALUE(schar, SCHAR_MIN);
    CHECK_VALUE(uchar, UCHAR_MAX);
    CHECK_VALUE(short, SHRT_MIN);
    CHECK_VALUE(ushort, USHRT_MAX);
    CHECK_VALUE(int, INT_MIN);
    CHECK_VALUE(uint, UINT_MAX);
    CHECK_VALUE(long, LONG_MIN);
    CHECK_VALUE(ulong, ULONG_MAX);
    CHECK_VALUE(llong, LLONG_MIN);
    CHECK_VALUE(ullong, ULLONG_MAX);
    CHECK_VALUE(int8, INT8_MIN);
    CHECK_VALUE(int64, INT64_MIN);
    CHECK_VALUE(uint64, UINT64_MAX);
    CHECK_VALUE(size, SIZE_MAX);
    CHECK_VALUE(ptrdiff, PTRDIFF_MIN);
    CHECK_VALUE(char16, u'\u20ac');
    CHECK_VALUE(char32, U'\U0001f600');
    CHECK_VALUE(wchar, L'\u20ac');
}

static void floating_values_keep_every_bit(void **state) {
    (void)state;
    CHECK_VALUE(float, -0.0F);
    CHECK_VALUE(float, NAN);
    CHECK_VALUE(double, 5e-324); /* denormal */
    CHECK_VALUE(double, -INFINITY);
    CHECK_VALUE(ldouble, 1.0L / 3.0L);
}

static void a_function(void) {}

/* Pointers that are not owned are not followed, wherever they lead. */
static void borrowed_pointers_travel(void **state) {
    (void)state;
    CHECK_VALUE(static_string, "a literal");
    CHECK_VALUE(static_string, NULL);
    CHECK_VALUE(function, a_function);
    CHECK_VALUE(uintptr, 1);
}

static void posix_structs_travel(void **state) {
    (void)state;
    CHECK_VALUE(timespec, {.tv_sec = -1, .tv_nsec = 999999999});
    CHECK_VALUE(timeval, {.tv_sec = 1, .tv_usec = 999999});
    CHECK_VALUE(uuid, {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255}});
    ta_affinity away = place(AWAY);
    check_travels(&ta_affinity_type, &away);

    struct sockaddr_storage storage = {0};
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(443)};
    assert_int_equal(inet_pton(AF_INET6, "2001:db8::17", &address.sin6_addr), 1);
    memcpy(&storage, &address, sizeof address);
    check_travels(&ta_sockaddr_storage_type, &storage);
}

/* ---- unaware --------------------------------------------------------------------------------- */

/* Of a type that knows nothing of affinities; with a pointer that nobody may follow. */
typedef struct stranger {
    char *elsewhere;
    _Alignas(32) uint8_t bytes[33];
} stranger;

TA_UNAWARE_TYPE(stranger, stranger);

static void an_unaware_type_is_described_by_its_size(void **state) {
    (void)state;
    stranger value = {.elsewhere = (char *)(uintptr_t)1, .bytes = {1, 2, 3}};
    check_trivial(&stranger_type, "stranger", sizeof(stranger), 32, stranger_traits);
    assert_string_equal(stranger_type.name, "stranger");
    check_travels(&stranger_type, &value);

    const ta_type *type = TA_UNAWARE(stranger);
    check_trivial(type, "unaware", sizeof(stranger), 32, 0);
    assert_string_equal(type->name, "stranger");
    check_travels(type, &value);
    check_travels(TA_UNAWARE(stranger *), &(stranger *){&value});
}

/* The wrapper is no wrapper: a value is in and out by being what it is. */
static void an_unaware_value_is_the_value(void **state) {
    (void)state;
    _Static_assert(__builtin_types_compatible_p(stranger_value, stranger), "");
    assert_int_equal(TA_UNAWARE(char[7])->size, 7);
    assert_int_equal(TA_UNAWARE(char[7])->alignment, 1);
    assert_int_equal(TA_UNAWARE(struct {
                         double x;
                         double y;
                     })->size,
                     16);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_arithmetic_type_has_its_trio),
        cmocka_unit_test(each_trivial_type_has_its_trio),
        cmocka_unit_test(the_arithmetic_types_are_distinct_and_complete),
        cmocka_unit_test(integers_travel),
        cmocka_unit_test(floating_values_keep_every_bit),
        cmocka_unit_test(borrowed_pointers_travel),
        cmocka_unit_test(posix_structs_travel),
        cmocka_unit_test(an_unaware_type_is_described_by_its_size),
        cmocka_unit_test(an_unaware_value_is_the_value),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
