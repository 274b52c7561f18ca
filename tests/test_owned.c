/* SPDX-License-Identifier: MIT
 *
 * Owned memory by its functions: blocks, arrays, strings, pointers, vectors, shared pointers. How
 * whole values move and fail stands in test_relocation.c.
 */
#include "relocate_checks.h"

#include "ta/owned.h"

#include <sys/uio.h>

/* ---- blocks ---------------------------------------------------------------------------------- */

static void a_block_remembers_where_it_came_from(void **state) {
    (void)state;
    LEDGER(book);
    int *number = ta_box_allocate(&ta_int_type, book_memory);
    probe *marks = ta_array_allocate(&probe_type, 10, book_memory);
    char *text = ta_string_make("text", book_memory);
    assert_non_null(number);
    assert_non_null(marks);
    assert_non_null(text);
    assert_ptr_equal(ta_block_allocator(number), book_memory);
    assert_ptr_equal(ta_block_allocator(marks), book_memory);
    assert_ptr_equal(ta_block_allocator(text), book_memory);
    assert_int_equal(ta_block_size(number), sizeof(int));
    assert_int_equal(ta_block_size(marks), 10 * sizeof(probe));
    assert_int_equal(ta_block_size(text), 5);
    assert_int_equal(blocks_of(&book), 3);
    ta_box_release(&ta_int_type, number);
    ta_array_release(&probe_type, marks);
    ta_destroy(&ta_string_type, &text);
    assert_balanced(&book);
}

static void without_an_allocator_memory_is_the_defaults(void **state) {
    (void)state;
    int *number = ta_box_allocate(&ta_int_type, NULL);
    int *numbers = ta_array_allocate(&ta_int_type, 3, NULL);
    char *text = ta_string_make("text", NULL);
    assert_ptr_equal(ta_block_allocator(number), ta_allocator_default());
    assert_ptr_equal(ta_block_allocator(numbers), ta_allocator_default());
    assert_ptr_equal(ta_block_allocator(text), ta_allocator_default());
    ta_box_release(&ta_int_type, number);
    ta_array_release(&ta_int_type, numbers);
    ta_destroy(&ta_string_type, &text);
}

static void releasing_null_does_nothing(void **state) {
    (void)state;
    ta_box_release(&probe_type, NULL);
    ta_array_release(&ta_int_type, NULL);
}

/* A release gives the block back and leaves what was in it alone. */
static void releasing_does_not_destroy(void **state) {
    (void)state;
    LEDGER(book);
    probes_reset();
    probe *one = ta_box_allocate(&probe_type, book_memory);
    probe *many = ta_array_allocate(&probe_type, 2, book_memory);
    one[0] = many[0] = many[1] = probe_make(1);
    ta_box_release(&probe_type, one);
    ta_array_release(&probe_type, many);
    assert_int_equal(probes.destroyed, 0);
    assert_balanced(&book);
}

static void sizes_that_overflow_get_nothing(void **state) {
    (void)state;
    LEDGER(book);
    assert_null(ta_array_allocate(&ta_int_type, 0, book_memory));
    assert_null(ta_array_allocate(&probe_type, 0, book_memory));
    assert_null(ta_array_allocate(&ta_int_type, SIZE_MAX / 4 + 2, book_memory)); /* wraps to 4 */
    assert_null(ta_array_allocate(&ta_int_type, SIZE_MAX / 4, book_memory));
    for (size_t less = 0; less < 18; less++) { /* no room for the header */
        assert_null(ta_array_allocate(&ta_char_type, SIZE_MAX - less, book_memory));
        assert_null(ta_string_make_length("", SIZE_MAX - less, book_memory));
    }
    assert_null(ta_array_allocate(&probe_type, SIZE_MAX / sizeof(probe), book_memory));
    assert_balanced(&book);
}

static void without_memory_there_is_nothing(void **state) {
    (void)state;
    assert_null(ta_box_allocate(&probe_type, &empty_allocator));
    assert_null(ta_array_allocate(&probe_type, 3, &empty_allocator));
    assert_null(ta_string_make("text", &empty_allocator));
    assert_null(ta_string_make_length("text", 2, &empty_allocator));
    assert_null(ta_array_resize(&ta_int_type, NULL, 0, 3, &empty_allocator));
}

/* ---- resizing -------------------------------------------------------------------------------- */

static void an_array_is_resized_in_its_own_memory(void **state) {
    (void)state;
    LEDGER(book);
    /* An array that is NULL comes from the allocator; later memory from the array's own. */
    int *numbers = ta_array_resize(&ta_int_type, NULL, 0, 2, book_memory);
    assert_non_null(numbers);
    numbers[0] = 17, numbers[1] = 18;
    numbers = ta_array_resize(&ta_int_type, numbers, 2, 1000, &empty_allocator);
    assert_non_null(numbers);
    assert_int_equal(ta_block_size(numbers), 1000 * sizeof(int));
    assert_ptr_equal(ta_block_allocator(numbers), book_memory);
    assert_int_equal(numbers[0], 17);
    assert_int_equal(numbers[1], 18);
    numbers[999] = 19; /* the address sanitizer watches */
    numbers = ta_array_resize(&ta_int_type, numbers, 1, 1, NULL);
    assert_non_null(numbers);
    assert_int_equal(numbers[0], 17);
    assert_int_equal(ta_block_size(numbers), sizeof(int));
    assert_int_equal(blocks_of(&book), 1);
    ta_array_release(&ta_int_type, numbers);
    assert_balanced(&book);
}

static void resizing_calls_nobody(void **state) {
    (void)state;
    LEDGER(book);
    probes_reset();
    probe *marks = ta_array_allocate(&probe_type, 2, book_memory);
    marks[0] = probe_make(1), marks[1] = probe_make(2);
    marks = ta_array_resize(&probe_type, marks, 2, 50, NULL);
    assert_non_null(marks);
    assert_int_equal(marks[1].id, 2);
    assert_int_equal(probes.relocate_calls + probes.clone_calls + probes.destroyed, 0);
    ta_array_release(&probe_type, marks);
    assert_balanced(&book);
}

static void an_array_that_cannot_be_resized_stays(void **state) {
    (void)state;
    LEDGER(book);
    int *numbers = ta_array_allocate(&ta_int_type, 2, book_memory);
    assert_non_null(numbers);
    numbers[0] = 17, numbers[1] = 18;
    book.fail_at = calls_of(&book) + 1;
    assert_null(ta_array_resize(&ta_int_type, numbers, 2, 100, NULL));
    assert_null(ta_array_resize(&ta_int_type, numbers, 2, SIZE_MAX / 2, NULL));
    assert_int_equal(numbers[0], 17);
    assert_int_equal(numbers[1], 18);
    assert_int_equal(ta_block_size(numbers), 2 * sizeof(int));
    ta_array_release(&ta_int_type, numbers);
    assert_balanced(&book);
}

/* ---- strings --------------------------------------------------------------------------------- */

static void strings_are_copies(void **state) {
    (void)state;
    LEDGER(book);
    char source[] = "source";
    char *text = ta_string_make(source, book_memory), *empty = ta_string_make("", book_memory);
    source[0] = 'x';
    assert_string_equal(text, "source");
    assert_string_equal(empty, "");
    assert_int_equal(ta_block_size(empty), 1);
    char *part = ta_string_make_length("abcdef", 3, book_memory);
    assert_string_equal(part, "abc");
    char *none = ta_string_make_length("abc", 0, book_memory);
    assert_string_equal(none, "");
    char **const all[] = {&text, &empty, &part, &none};
    for (size_t i = 0; i < 4; i++) ta_destroy(&ta_string_type, all[i]);
    assert_balanced(&book);
}

static void the_string_of_null_is_null(void **state) {
    (void)state;
    LEDGER(book);
    ta_move move = far_move(book_memory);
    char *text = ta_string_make(NULL, book_memory), *clone = (char *)(uintptr_t)1;
    assert_null(text);
    assert_null(ta_string_make_length(NULL, 3, book_memory));
    assert_int_equal(ta_relocate(&ta_string_type, &text, &move), TA_OK);
    assert_null(text);
    assert_int_equal(ta_clone(&ta_string_type, &text, &clone, book_memory), TA_OK);
    assert_null(clone);
    ta_destroy(&ta_string_type, &text);
    assert_int_equal(calls_of(&book), 0);
}

/* Bytes behind a NUL belong to the string: it is relocated and cloned whole. */
static void strings_may_hold_nuls(void **state) {
    (void)state;
    LEDGER(here);
    LEDGER(there);
    static const char bytes[] = "a\0b\0\0c";
    ta_move move = far_move(there_memory);
    char *text = ta_string_make_length(bytes, sizeof bytes - 1, here_memory), *clone;
    assert_non_null(text);
    assert_memory_equal(text, bytes, sizeof bytes);
    assert_int_equal(ta_relocate(&ta_string_type, &text, &move), TA_OK);
    assert_memory_equal(text, bytes, sizeof bytes);
    assert_int_equal(ta_block_size(text), sizeof bytes);
    assert_int_equal(ta_clone(&ta_string_type, &text, &clone, here_memory), TA_OK);
    assert_memory_equal(clone, bytes, sizeof bytes);
    assert_int_equal(ta_block_size(clone), sizeof bytes);
    ta_destroy(&ta_string_type, &text);
    ta_destroy(&ta_string_type, &clone);
    assert_balanced(&here);
    assert_balanced(&there);
}

static void check_owned_type(const ta_type *type, size_t size, uint32_t traits) {
    assert_int_equal(type->size, size);
    assert_int_equal(type->alignment, _Alignof(void *));
    assert_int_equal(type->traits, TA_TRAIT_OWNS);
    assert_int_equal(traits, TA_TRAIT_OWNS);
    assert_int_equal(type->part_count, 1);
}

static void the_owned_types_have_their_trio(void **state) {
    (void)state;
    _Static_assert(__builtin_types_compatible_p(ta_string_value, char *), "");
    _Static_assert(__builtin_types_compatible_p(ta_path_value, char *), "");
    _Static_assert(__builtin_types_compatible_p(ta_iovec_value, struct iovec), "");
    check_owned_type(&ta_string_type, sizeof(char *), ta_string_traits);
    check_owned_type(&ta_path_type, sizeof(char *), ta_path_traits);
    check_owned_type(&ta_iovec_type, sizeof(struct iovec), ta_iovec_traits);
    assert_string_equal(ta_string_type.name, "string");
    assert_string_equal(ta_path_type.name, "path");
    assert_string_equal(ta_iovec_type.name, "struct iovec");
}

static void a_path_is_a_string(void **state) {
    (void)state;
    LEDGER(here);
    LEDGER(there);
    ta_move move = far_move(there_memory);
    ta_path_value path = ta_string_make("/etc/hosts", here_memory), clone;
    assert_int_equal(ta_relocate(&ta_path_type, &path, &move), TA_OK);
    assert_balanced(&here);
    assert_string_equal(path, "/etc/hosts");
    assert_int_equal(ta_clone(&ta_path_type, &path, &clone, here_memory), TA_OK);
    assert_string_equal(clone, "/etc/hosts");
    ta_destroy(&ta_path_type, &path);
    ta_destroy(&ta_path_type, &clone);
    assert_balanced(&here);
    assert_balanced(&there);
}

/* ---- pointers -------------------------------------------------------------------------------- */

TA_POINTER(string_pointer, ta_string);
TA_POINTER(probe_pointer, probe);

static void a_pointer_takes_and_gives_back(void **state) {
    (void)state;
    LEDGER(book);
    probes_reset();
    probe *box = probe_pointer_make(probe_make(7), book_memory);
    assert_non_null(box);
    assert_int_equal(box->id, 7);
    probe value = probe_pointer_take(box);
    assert_int_equal(value.id, 7);
    assert_int_equal(value.state, PROBE_ALIVE);
    assert_balanced(&book);
    assert_int_equal(probes.cloned + probes.destroyed, 0);
}

static void a_pointer_without_memory_takes_nothing(void **state) {
    (void)state;
    LEDGER(book);
    char *text = ta_string_make("mine", book_memory);
    assert_null(string_pointer_make(text, &empty_allocator));
    assert_string_equal(text, "mine");
    char **box = string_pointer_make(text, book_memory);
    assert_non_null(box);
    assert_ptr_equal(*box, text);
    ta_destroy(&string_pointer_type, &box);
    assert_balanced(&book);
}

/* ---- vectors --------------------------------------------------------------------------------- */

TA_VECTOR(numbers, ta_int);
TA_VECTOR(strings, ta_string);
TA_VECTOR(probe_vector, probe);

static void a_vector_grows_by_doubling(void **state) {
    (void)state;
    LEDGER(book);
    numbers vector = {0};
    for (int i = 0; i < 100; i++) assert_true(numbers_push(&vector, i, book_memory));
    assert_int_equal(vector.length, 100);
    assert_int_equal(vector.capacity, 128);
    assert_int_equal(calls_of(&book), 6); /* 4, 8, 16, 32, 64, 128 */
    assert_int_equal(blocks_of(&book), 1);
    for (int i = 0; i < 100; i++) assert_int_equal(vector.items[i], i);
    assert_true(numbers_reserve(&vector, 50, book_memory));
    assert_int_equal(vector.capacity, 128);
    for (int i = 99, last = 0; i >= 0; i--) {
        assert_true(numbers_pop(&vector, &last));
        assert_int_equal(last, i);
    }
    int untouched = 17;
    assert_false(numbers_pop(&vector, &untouched));
    assert_int_equal(untouched, 17);
    ta_destroy(&numbers_type, &vector);
    assert_balanced(&book);
}

static void a_vector_without_memory_stays(void **state) {
    (void)state;
    LEDGER(book);
    strings vector = {0};
    char *text = ta_string_make("mine", book_memory);
    assert_false(strings_push(&vector, text, &empty_allocator));
    assert_false(strings_reserve(&vector, 10, &empty_allocator));
    assert_true(vector.items == NULL && vector.length == 0 && vector.capacity == 0);
    for (int i = 0; i < 4; i++)
        assert_true(strings_push(&vector, ta_string_make("in", book_memory), book_memory));
    char **items = vector.items;
    book.fail_at = calls_of(&book) + 1;
    assert_false(strings_push(&vector, text, NULL)); /* from the vector's own allocator */
    assert_false(strings_reserve(&vector, SIZE_MAX / sizeof(char *), NULL));
    assert_false(strings_reserve(&vector, SIZE_MAX / sizeof(char *) + 2, NULL));
    assert_ptr_equal(vector.items, items);
    assert_int_equal(vector.length, 4);
    assert_int_equal(vector.capacity, 4);
    assert_string_equal(text, "mine");
    assert_true(strings_push(&vector, text, NULL));
    ta_destroy(&strings_type, &vector);
    assert_balanced(&book);
}

static void a_vector_that_is_null_takes_nothing(void **state) {
    (void)state;
    LEDGER(book);
    int out = 17;
    numbers vector = {0};
    assert_false(numbers_push(NULL, 1, book_memory));
    assert_false(numbers_reserve(NULL, 0, book_memory));
    assert_false(numbers_pop(NULL, &out));
    assert_true(numbers_push(&vector, 1, book_memory));
    assert_false(numbers_pop(&vector, NULL));
    assert_int_equal(vector.length, 1);
    assert_int_equal(out, 17);
    ta_destroy(&numbers_type, &vector);
    assert_balanced(&book);
}

/* A vector goes with its capacity; what lies behind its length is nobody's value. */
static void capacity_travels_and_is_not_visited(void **state) {
    (void)state;
    LEDGER(here);
    LEDGER(there);
    ta_move move = far_move(there_memory);
    probe_vector vector = {0}, clone;
    probes_reset();
    assert_true(probe_vector_reserve(&vector, 8, here_memory));
    for (uint32_t i = 0; i < 3; i++)
        assert_true(probe_vector_push(&vector, probe_make(i), here_memory));
    for (uint32_t i = 3; i < 8; i++) vector.items[i] = (probe){PROBE_GONE, i, 0};

    assert_int_equal(ta_relocate(&probe_vector_type, &vector, &move), TA_OK);
    assert_order(0, 1, 2);
    assert_int_equal(ta_clone(&probe_vector_type, &vector, &clone, here_memory), TA_OK);
    assert_int_equal(probes.cloned, 3);
    probe_vector *const both[] = {&vector, &clone};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(both[i]->length, 3);
        assert_int_equal(both[i]->capacity, 8);
        assert_int_equal(ta_block_size(both[i]->items), 8 * sizeof(probe));
        for (uint32_t id = 3; id < 8; id++)
            assert_true(probe_vector_push(both[i], probe_make(id), &empty_allocator));
        ta_destroy(&probe_vector_type, both[i]);
    }
    assert_int_equal(probes.destroyed, 16);
    assert_int_equal(probes.damaged, 0);
    assert_int_equal(calls_of(&here), 2);
    assert_int_equal(calls_of(&there), 1);
    assert_balanced(&here);
    assert_balanced(&there);
}

static void the_empty_vector_owns_nothing(void **state) {
    (void)state;
    LEDGER(book);
    ta_move move = far_move(book_memory);
    probe_vector vector = {0}, clone;
    assert_int_equal(ta_relocate(&probe_vector_type, &vector, &move), TA_OK);
    assert_int_equal(ta_clone(&probe_vector_type, &vector, &clone, book_memory), TA_OK);
    assert_null(clone.items);
    ta_destroy(&probe_vector_type, &vector);
    ta_destroy(&probe_vector_type, &clone);
    assert_int_equal(calls_of(&book), 0);
}

/* ---- lengths that are not true ---------------------------------------------------------------- */

TA_VECTOR(shelves, strings);

/* One more than there are; what overflows; what wraps to little. */
static const size_t false_lengths[] = {5, SIZE_MAX, SIZE_MAX / 4 + 2, SIZE_MAX / 8 + 2};
enum { FALSE_LENGTHS = sizeof false_lengths / sizeof *false_lengths };

static void a_length_beyond_its_block_is_an_answer(void **state) {
    (void)state;
    LEDGER(here);
    ta_move far = far_move(&empty_allocator), near = near_move(NULL);
    numbers plain = {0}, plain_clone;
    probe_vector visited = {0}, visited_clone;
    probes_reset();
    for (uint32_t i = 0; i < 4; i++) {
        assert_true(numbers_push(&plain, (int)i, here_memory));
        assert_true(probe_vector_push(&visited, probe_make(i), here_memory));
    }
    for (size_t i = 0; i < FALSE_LENGTHS; i++) {
        plain.length = visited.length = false_lengths[i];
        numbers plain_before = plain;
        assert_int_equal(ta_relocate(&numbers_type, &plain, &far), TA_E_RANGE);
        assert_string_equal(ta_last_error(),
                            "ta_relocate: the length of items is more than its block holds");
        assert_int_equal(ta_relocate(&numbers_type, &plain, &near), TA_OK); /* nobody looks */
        assert_int_equal(ta_relocate(&probe_vector_type, &visited, &far), TA_E_RANGE);
        assert_int_equal(ta_relocate(&probe_vector_type, &visited, &near), TA_E_RANGE);
        assert_int_equal(ta_clone(&numbers_type, &plain, &plain_clone, here_memory), TA_E_RANGE);
        assert_int_equal(ta_clone(&probe_vector_type, &visited, &visited_clone, here_memory),
                         TA_E_RANGE);
        assert_memory_equal(&plain, &plain_before, sizeof plain);
        assert_false(numbers_push(&plain, 1, NULL));
    }
    assert_int_equal(blocks_of(&here), 2);
    assert_int_equal(probes.relocate_calls + probes.cloned + probes.destroyed, 0);

    visited.length = 4; /* whole as it was */
    assert_int_equal(ta_relocate(&probe_vector_type, &visited, &near), TA_OK);
    assert_int_equal(probes.relocated, 4);
    visited.length = 5; /* the block goes, the elements are left alone */
    ta_destroy(&probe_vector_type, &visited);
    ta_destroy(&numbers_type, &plain);
    assert_int_equal(probes.destroyed, 0);
    assert_balanced(&here);
}

static void a_false_length_inside_leaves_the_rest_whole(void **state) {
    (void)state;
    LEDGER(here);
    LEDGER(there);
    ta_move far = far_move(there_memory);
    shelves library = {0}, clone;
    for (int i = 0; i < 3; i++) {
        strings shelf = {0};
        for (int j = 0; j < 4; j++)
            assert_true(strings_push(&shelf, ta_string_make("a book", here_memory), here_memory));
        assert_true(shelves_push(&library, shelf, here_memory));
    }
    size_t blocks = blocks_of(&here);
    library.items[1].length = 5;
    assert_int_equal(ta_clone(&shelves_type, &library, &clone, there_memory), TA_E_RANGE);
    assert_balanced(&there);
    assert_int_equal(ta_relocate(&shelves_type, &library, &far), TA_E_RANGE);
    assert_int_equal(blocks_of(&here) + blocks_of(&there), blocks);
    library.items[1].length = 4;
    assert_int_equal(ta_relocate(&shelves_type, &library, &far), TA_OK);
    assert_balanced(&here);
    assert_string_equal(library.items[2].items[3], "a book");
    ta_destroy(&shelves_type, &library);
    assert_balanced(&there);
}

/* ---- struct iovec ---------------------------------------------------------------------------- */

TA_VECTOR(iovecs, ta_iovec);

static void a_list_of_iovecs_travels(void **state) {
    (void)state;
    LEDGER(here);
    LEDGER(there);
    ta_move_figures figures = {0};
    ta_move move = far_move(there_memory);
    iovecs list = {0}, clone;
    move.figures = &figures;
    for (uint8_t i = 0; i < 3; i++) { /* of 0, 100 and 200 bytes; the first is NULL */
        size_t length = 100 * (size_t)i;
        struct iovec one = {ta_array_allocate(&ta_uchar_type, length, here_memory), length};
        if (length > 0) memset(one.iov_base, i, length);
        assert_true(iovecs_push(&list, one, here_memory));
    }
    assert_int_equal(ta_relocate(&iovecs_type, &list, &move), TA_OK);
    assert_balanced(&here);
    assert_int_equal(figures.blocks, 3);
    assert_int_equal(figures.bytes, 300 + 3 * sizeof(struct iovec));
    assert_int_equal(ta_clone(&iovecs_type, &list, &clone, here_memory), TA_OK);
    assert_null(clone.items[0].iov_base);
    for (size_t i = 1; i < 3; i++) {
        assert_int_equal(clone.items[i].iov_len, 100 * i);
        assert_memory_equal(clone.items[i].iov_base, list.items[i].iov_base, 100 * i);
        assert_int_equal(((uint8_t *)list.items[i].iov_base)[100 * i - 1], i);
    }
    ta_destroy(&iovecs_type, &list);
    ta_destroy(&iovecs_type, &clone);
    assert_balanced(&here);
    assert_balanced(&there);
}

/* ---- shared pointers ------------------------------------------------------------------------- */

typedef struct shared {
    int references, retained, released;
} shared;

static shared *shared_retain(shared *value) {
    value->retained++;
    value->references++;
    return value;
}

static void shared_release(shared *value) {
    value->released++;
    value->references--;
}

TA_SHARED_UNAWARE(shared_pointer, shared, shared_retain, shared_release);
TA_SLICE(shared_slice, shared_pointer);

static void a_shared_pointer_is_counted_and_stays(void **state) {
    (void)state;
    ta_move moves[] = {far_move(&empty_allocator), near_move(&empty_allocator)};
    shared value = {.references = 1};
    shared_pointer_value pointer = &value, clone = NULL;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(ta_relocate(&shared_pointer_type, &pointer, &moves[i]), TA_OK);
        assert_ptr_equal(pointer, &value);
    }
    assert_int_equal(value.retained + value.released, 0);
    assert_int_equal(ta_clone(&shared_pointer_type, &pointer, &clone, &empty_allocator), TA_OK);
    assert_ptr_equal(clone, &value);
    assert_int_equal(value.references, 2);
    ta_destroy(&shared_pointer_type, &clone);
    ta_destroy(&shared_pointer_type, &pointer);
    assert_int_equal(value.references, 0);
    assert_int_equal(value.retained, 1);
    assert_int_equal(value.released, 2);
}

static void shared_pointers_in_an_array_are_counted(void **state) {
    (void)state;
    LEDGER(here);
    LEDGER(there);
    ta_move move = far_move(there_memory);
    shared value = {.references = 2};
    shared_slice slice = {ta_array_allocate(&shared_pointer_type, 3, here_memory), 3}, clone;
    slice.items[0] = slice.items[2] = &value;
    slice.items[1] = NULL;
    assert_int_equal(ta_relocate(&shared_slice_type, &slice, &move), TA_OK);
    assert_balanced(&here);
    assert_int_equal(ta_clone(&shared_slice_type, &slice, &clone, here_memory), TA_OK);
    assert_int_equal(value.references, 4);
    assert_null(clone.items[1]);
    ta_destroy(&shared_slice_type, &slice);
    ta_destroy(&shared_slice_type, &clone);
    assert_int_equal(value.references, 0);
    assert_balanced(&here);
    assert_balanced(&there);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_remembers_where_it_came_from),
        cmocka_unit_test(without_an_allocator_memory_is_the_defaults),
        cmocka_unit_test(releasing_null_does_nothing),
        cmocka_unit_test(releasing_does_not_destroy),
        cmocka_unit_test(sizes_that_overflow_get_nothing),
        cmocka_unit_test(without_memory_there_is_nothing),
        cmocka_unit_test(an_array_is_resized_in_its_own_memory),
        cmocka_unit_test(resizing_calls_nobody),
        cmocka_unit_test(an_array_that_cannot_be_resized_stays),
        cmocka_unit_test(strings_are_copies),
        cmocka_unit_test(the_string_of_null_is_null),
        cmocka_unit_test(strings_may_hold_nuls),
        cmocka_unit_test(the_owned_types_have_their_trio),
        cmocka_unit_test(a_path_is_a_string),
        cmocka_unit_test(a_pointer_takes_and_gives_back),
        cmocka_unit_test(a_pointer_without_memory_takes_nothing),
        cmocka_unit_test(a_vector_grows_by_doubling),
        cmocka_unit_test(a_vector_without_memory_stays),
        cmocka_unit_test(a_vector_that_is_null_takes_nothing),
        cmocka_unit_test(capacity_travels_and_is_not_visited),
        cmocka_unit_test(the_empty_vector_owns_nothing),
        cmocka_unit_test(a_length_beyond_its_block_is_an_answer),
        cmocka_unit_test(a_false_length_inside_leaves_the_rest_whole),
        cmocka_unit_test(a_list_of_iovecs_travels),
        cmocka_unit_test(a_shared_pointer_is_counted_and_stays),
        cmocka_unit_test(shared_pointers_in_an_array_are_counted),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
