/* SPDX-License-Identifier: MIT
 *
 * What the library that slot arrays are modelled on was measured to do wrong, one case for each of
 * its six faults. Each fails where the fault is.
 */
#include "per_affinity_checks.h"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

static items_handle make_handle(items array, uint32_t processor) {
    items_handle handle;
    assert_int_equal(items_handle_make(array, place(processor), &handle), TA_OK);
    return handle;
}

static void move_handle(items_handle *handle, ta_move move) {
    assert_int_equal(items_handle_relocate(handle, &move), TA_OK);
}

/* ---- 1: a handle moved within its slot, or moved twice, got values of its own ---------------- */

/* Both handles begin at `from`, go to `there`, which is in the same slot, by moves that declare
 * these sources, and on to `away`. */
static void check_one_value(ta_per per, uint32_t from, uint32_t there, uint32_t away) {
    ta_move moves[] = {to(there), from_to(from, there), from_to(away, there), from_to(7, there)};
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
        log_book book = {0};
        items array = make_items(per, &book, NULL);
        items_handle first = make_handle(array, from), second = items_handle_clone(&first);
        item *value = items_handle_get(&first);
        move_handle(&first, moves[i]);
        assert_ptr_equal(items_handle_get(&first), value);
        assert_ptr_equal(items_handle_get(&second), value);
        move_handle(&second, moves[i]);
        assert_ptr_equal(items_handle_get(&second), value);
        assert_ptr_equal(items_get(array, place(there)), value);
        assert_int_equal(book.made, 1);

        move_handle(&first, from_to(there, away));
        move_handle(&second, to(away));
        assert_ptr_equal(items_handle_get(&first), items_handle_get(&second));
        assert_ptr_equal(items_handle_get(&first), items_get(array, place(away)));
        assert_int_equal(book.made, per == TA_PER_PROCESS ? 1 : 2);
        items_handle_drop(&first);
        items_handle_drop(&second);
        items_destroy(&array);
    }
}

static void fault_1_slots_do_not_split(void **state) {
    (void)state;
    check_one_value(TA_PER_PROCESS, 1, 6, 3);
    check_one_value(TA_PER_REGION, 1, 3, 6);
    check_one_value(TA_PER_CACHE, 2, 3, 5);
    check_one_value(TA_PER_CORE, 2, 2, 5);
}

/* ---- 2: a move from a place to itself broke the value, or made one too many ------------------ */

typedef struct holder {
    char *text;
    items_handle handle;
} holder;
TA_DERIVE(holder, holder, TA_AS(text, ta_string), TA_AS(handle, items_handle));

static void fault_2_a_move_to_the_same_place_changes_nothing(void **state) {
    (void)state;
    ledger memory = {0};
    ta_allocator allocator = ledger_allocator(&memory);
    log_book book = {0};
    items array = make_items(TA_PER_CORE, &book, &allocator);
    holder value = {ta_string_make("text", &allocator), make_handle(array, 3)};
    item *made = items_handle_get(&value.handle);
    ta_move same = from_to(3, 3), lie = from_to(5, 5);
    for (int i = 0; i < 3; i++) {
        move_handle(&value.handle, same);
        assert_int_equal(holder_relocate(&value, &same), TA_OK);
        assert_ptr_equal(items_handle_get(&value.handle), made);
    }
    assert_int_equal(book.calls, 1);

    /* Declared so, and not true: the value is whole, at its slot, and nothing is made. */
    assert_int_equal(holder_relocate(&value, &lie), TA_OK);
    assert_ptr_equal(items_handle_get(&value.handle), made);
    assert_int_equal(book.calls, 1);
    /* The handle itself goes by the destination, and one value is made there. */
    move_handle(&value.handle, lie);
    assert_ptr_equal(items_handle_get(&value.handle), items_peek(array, place(5)));
    assert_int_equal(book.calls, 2);
    assert_string_equal(value.text, "text");
    holder_destroy(&value);
    items_destroy(&array);
    assert_balanced(&memory);
}

/* ---- 3: after one failure no relocation succeeded any more ----------------------------------- */

static void fault_3_a_failed_constructor_spoils_nothing(void **state) {
    (void)state;
    log_book book = {.fail_at = 2, .status = TA_E_SYSTEM};
    items array = make_items(TA_PER_CORE, &book, NULL);
    items_handle first = make_handle(array, 0), second = items_handle_clone(&first);
    ta_move move = from_to(0, 4);
    assert_int_equal(items_handle_relocate(&first, &move), TA_E_SYSTEM);
    assert_int_equal(items_handle_get(&first)->slot, 0);
    for (uint32_t i = 1; i < PLACES; i++) move_handle(&second, to(i)); /* 4 among them */
    move_handle(&first, move);
    assert_int_equal(items_handle_get(&first)->slot, 4);
    assert_int_equal(book.made, PLACES);
    items_handle_drop(&first);
    items_handle_drop(&second);
    items_destroy(&array);
}

/* ---- 4: every hit took a lock, and constructors ran under it --------------------------------- */

/* Whole pages for each block, so that they can be made read-only. */
typedef struct pages {
    struct {
        void *memory;
        size_t size;
    } blocks[32];
    size_t count;
} pages;

static void *pages_allocate(void *context, size_t size, size_t alignment) {
    pages *all = context;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    assert_true(alignment <= page && all->count < 32);
    size = (size + page - 1) / page * page;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(memory != MAP_FAILED);
    all->blocks[all->count].memory = memory;
    all->blocks[all->count++].size = size;
    return memory;
}

/* Until the end of the test. */
static void pages_release(void *context, void *memory, size_t size, size_t alignment) {
    (void)context, (void)memory, (void)size, (void)alignment;
}

static void pages_protect(const pages *all, int protection) {
    for (size_t i = 0; i < all->count; i++)
        assert_int_equal(mprotect(all->blocks[i].memory, all->blocks[i].size, protection), 0);
}

/* Every way to a value that is there, with the array in memory that cannot be written. */
static void fault_4_a_hit_writes_nothing_shared(void **state) {
    (void)state;
    pages all = {.count = 0};
    ta_allocator allocator = {pages_allocate, pages_release, &all};
    log_book book = {0};
    items array = make_items(TA_PER_CORE, &book, &allocator);
    items_handle handle = make_handle(array, 0);
    ta_affinity places[PLACES];
    for (uint32_t i = 0; i < PLACES; i++) places[i] = place(i);
    assert_int_equal(items_fill(array, places, PLACES), TA_OK);

    pages_protect(&all, PROT_READ);
    for (uint32_t i = 0; i < PLACES; i++) {
        item *value;
        assert_non_null(items_get(array, places[i]));
        assert_non_null(ta_per_affinity_get_or_make(array.array, places[i]));
        assert_non_null(items_peek(array, places[i]));
        assert_non_null(items_at(array, i));
        assert_int_equal(items_resolve(array, places[i], &value), TA_OK);
        move_handle(&handle, to(i));
        ta_move move = from_to(7 - i, i);
        assert_int_equal(ta_relocate(&items_handle_type, &handle, &move), TA_OK);
        assert_int_equal(ta_handle_relocate_or_make(&handle.untyped, &move), TA_OK);
        assert_int_equal(items_handle_get(&handle)->slot, i);
    }
    assert_int_equal(items_fill(array, places, PLACES), TA_OK);
    assert_int_equal(items_ready_count(array), PLACES);
    pages_protect(&all, PROT_READ | PROT_WRITE);

    items_handle_drop(&handle);
    items_destroy(&array);
    for (size_t i = 0; i < all.count; i++) munmap(all.blocks[i].memory, all.blocks[i].size);
}

/* Two constructors that meet: neither can end before the other has begun. */
static ta_status make_together(item *out, const ta_site *site, void *context) {
    pthread_barrier_wait(context);
    *out = (item){.slot = site->slot};
    return TA_OK;
}

typedef struct getter {
    items array;
    uint32_t processor;
    const item *got;
} getter;

static void *get_one(void *argument) {
    getter *self = argument;
    self->got = items_get(self->array, place(self->processor));
    return NULL;
}

static void fault_4_constructors_of_two_slots_run_at_once(void **state) {
    (void)state;
    pthread_barrier_t both;
    pthread_t threads[2];
    ta_per_affinity_options options = {.shape = place(0)};
    items array;
    assert_int_equal(pthread_barrier_init(&both, NULL, 2), 0);
    assert_int_equal(items_create(&array, &options, make_together, &both), TA_OK);
    getter getters[2] = {{array, 1, NULL}, {array, 2, NULL}};
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, get_one, &getters[i]), 0);
    for (int i = 0; i < 2; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < 2; i++) assert_int_equal(getters[i].got->slot, getters[i].processor);
    items_destroy(&array);
    pthread_barrier_destroy(&both);
}

/* ---- 5: a handle that came from an unknown place lost its first value ------------------------ */

static void fault_5_an_unknown_source_loses_no_value(void **state) {
    (void)state;
    log_book book = {0};
    items array = make_items(TA_PER_REGION, &book, NULL);
    items_handle handle = make_handle(array, 1);
    item *first = items_handle_get(&handle);
    move_handle(&handle, to(6));
    item *second = items_handle_get(&handle);
    assert_ptr_not_equal(first, second);
    move_handle(&handle, to(1)); /* back, and nobody says where from */
    assert_ptr_equal(items_handle_get(&handle), first);
    move_handle(&handle, to(2));
    assert_ptr_equal(items_handle_get(&handle), first);
    move_handle(&handle, to(7));
    assert_ptr_equal(items_handle_get(&handle), second);
    assert_int_equal(book.made, 2);
    items_handle_drop(&handle);
    items_destroy(&array);
}

/* ---- 6: threads without a place were not provided for ---------------------------------------- */

static void *be_unpinned(void *argument) {
    items array = *(items *)argument;
    item *value;
    items_handle handle;
    assert_true(ta_affinity_is_unknown(ta_current_affinity()));
    assert_null(items_get_here(array));
    assert_int_equal(items_resolve(array, ta_current_affinity(), &value), TA_E_UNKNOWN_AFFINITY);
    assert_int_equal(items_handle_make_here(array, &handle), TA_OK);
    assert_null(items_handle_get(&handle));
    assert_non_null(items_get(array, place(3))); /* it may name a place all the same */
    move_handle(&handle, ta_move_between(ta_current_affinity(), place(3), NULL));
    assert_ptr_equal(items_handle_get(&handle), items_get(array, place(3)));
    items_handle_drop(&handle);
    return argument;
}

static void fault_6_unpinned_threads_have_a_representation(void **state) {
    (void)state;
    log_book book = {0};
    items array = make_items(TA_PER_CORE, &book, NULL);
    assert_ptr_equal(be_unpinned(&array), &array);
    pthread_t thread;
    void *result = NULL;
    assert_int_equal(pthread_create(&thread, NULL, be_unpinned, &array), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_ptr_equal(result, &array);
    assert_int_equal(book.made, 1);
    assert_int_equal(items_handle_count(array), 0);
    items_destroy(&array);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(fault_1_slots_do_not_split),
        cmocka_unit_test(fault_2_a_move_to_the_same_place_changes_nothing),
        cmocka_unit_test(fault_3_a_failed_constructor_spoils_nothing),
        cmocka_unit_test(fault_4_a_hit_writes_nothing_shared),
        cmocka_unit_test(fault_4_constructors_of_two_slots_run_at_once),
        cmocka_unit_test(fault_5_an_unknown_source_loses_no_value),
        cmocka_unit_test(fault_6_unpinned_threads_have_a_representation),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
