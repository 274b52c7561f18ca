/* SPDX-License-Identifier: MIT
 *
 * Slot arrays among threads: first comers, constructors that fail while others wait, constructors
 * that wait for each other, and the end of an array whose handles are elsewhere.
 */
#include "per_affinity_checks.h"

#include "ta/detail/atomic.h"

#include <pthread.h>
#include <sched.h>

enum { THREADS = 8 };

/* What a thread is told, and what it found. */
typedef struct worker {
    items array;
    uint32_t processor;
    pthread_barrier_t *start;
    ta_status status;
    item *value;
    items_handle handle;
    void (*work)(struct worker *self);
} worker;

static void *run(void *argument) {
    worker *self = argument;
    pthread_barrier_wait(self->start);
    self->work(self);
    return NULL;
}

static void run_all(worker *workers, unsigned count) {
    pthread_t threads[THREADS];
    pthread_barrier_t start;
    assert_int_equal(pthread_barrier_init(&start, NULL, count), 0);
    for (unsigned i = 0; i < count; i++) {
        workers[i].start = &start;
        assert_int_equal(pthread_create(&threads[i], NULL, run, &workers[i]), 0);
    }
    for (unsigned i = 0; i < count; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    pthread_barrier_destroy(&start);
}

static void resolve(worker *self) {
    self->status = items_resolve(self->array, place(self->processor), &self->value);
}

/* ---- first comers ----------------------------------------------------------------------------- */

/* A slow constructor, so that the others come while it runs. */
static ta_status make_slowly(item *out, const ta_site *site, void *context) {
    for (int i = 0; i < 50; i++) sched_yield();
    return make_item(out, site, context);
}

static void concurrent_first_comers_get_one_value(void **state) {
    (void)state;
    ledger memory = {0};
    ta_allocator allocator = ledger_allocator(&memory);
    for (int round = 0; round < 50; round++) {
        log_book book = {0};
        ta_per_affinity_options options = {
            .shape = place(0), .strategy.per = TA_PER_CACHE, .allocator = &allocator};
        items array;
        assert_int_equal(items_create(&array, &options, round % 2 ? make_slowly : make_item, &book),
                         TA_OK);
        worker workers[THREADS];
        for (uint32_t i = 0; i < THREADS; i++)
            workers[i] = (worker){.array = array, .processor = i / 2 + 4, .work = resolve};
        run_all(workers, THREADS);
        for (uint32_t i = 0; i < THREADS; i++) {
            assert_int_equal(workers[i].status, TA_OK);
            assert_ptr_equal(workers[i].value, items_peek(array, place(workers[i].processor)));
            assert_string_equal(workers[i].value->text, "item");
        }
        assert_int_equal(book.calls, 2);
        items_destroy(&array);
        assert_balanced(&memory);
    }
}

/* ---- failures --------------------------------------------------------------------------------- */

/* The first calls fail, and end only when all other threads have asked. */
typedef struct failing {
    log_book book; /* first: for make_item() */
    atomic_uint asked;
    unsigned failures;
} failing;

static ta_status fail_first(item *out, const ta_site *site, void *context) {
    failing *plan = context;
    unsigned call = atomic_load(&plan->book.calls) + 1;
    if (call > plan->failures) return make_item(out, site, &plan->book);
    while (atomic_load(&plan->asked) < THREADS) sched_yield();
    for (int i = 0; i < 50; i++) sched_yield();
    atomic_fetch_add(&plan->book.calls, 1);
    return TA_E_SYSTEM;
}

static failing plan;
static void ask(worker *self) {
    atomic_fetch_add(&plan.asked, 1);
    resolve(self);
}

static void a_failure_is_reported_to_its_caller_alone(void **state) {
    (void)state;
    for (unsigned failures = 0; failures <= THREADS; failures++) {
        memset(&plan, 0, sizeof plan);
        plan.failures = failures;
        ta_per_affinity_options options = {.shape = place(0)};
        items array;
        assert_int_equal(items_create(&array, &options, fail_first, &plan), TA_OK);
        worker workers[THREADS];
        for (uint32_t i = 0; i < THREADS; i++)
            workers[i] = (worker){.array = array, .processor = 3, .work = ask};
        run_all(workers, THREADS);
        unsigned failed = 0;
        for (uint32_t i = 0; i < THREADS; i++) {
            failed += workers[i].status == TA_E_SYSTEM;
            if (workers[i].status == TA_OK)
                assert_ptr_equal(workers[i].value, items_peek(array, place(3)));
        }
        assert_int_equal(failed, failures);
        assert_int_equal(plan.book.made, failures < THREADS ? 1 : 0);
        assert_int_equal(items_ready_count(array), failures < THREADS ? 1 : 0);
        items_destroy(&array);
    }
}

/* ---- circles ---------------------------------------------------------------------------------- */

/* Constructors that ask for the next one's slot when all of them run. */
static struct circle {
    items arrays[THREADS];
    pthread_barrier_t inside;
    unsigned size;
    atomic_uint refused, calls;
} circle;

static ta_status make_after_next(item *out, const ta_site *site, void *context) {
    const items *self = context;
    unsigned index = (unsigned)(self - circle.arrays);
    unsigned next = (index + 1) % circle.size;
    item *value;
    if (atomic_fetch_add(&circle.calls, 1) < circle.size) pthread_barrier_wait(&circle.inside);
    *out = (item){.slot = site->slot};
    uint32_t slot = circle.arrays[0].array == circle.arrays[1].array ? next : 0;
    ta_status status = items_resolve(circle.arrays[next], place(slot), &value);
    if (status != TA_E_REENTERED) return status;
    atomic_fetch_add(&circle.refused, 1);
    return TA_OK; /* it can do without */
}

static ta_status make_after_next_slot(item *out, const ta_site *site, void *context) {
    (void)context;
    return make_after_next(out, site, &circle.arrays[site->slot]);
}

static void run_circle(unsigned size) {
    worker workers[THREADS];
    for (unsigned i = 0; i < size; i++) {
        bool one_array = circle.arrays[0].array == circle.arrays[1].array;
        workers[i] =
            (worker){.array = circle.arrays[i], .processor = one_array ? i : 0, .work = resolve};
    }
    run_all(workers, size);
    for (unsigned i = 0; i < size; i++) {
        assert_int_equal(workers[i].status, TA_OK);
        assert_non_null(workers[i].value);
    }
    assert_int_equal(circle.refused, 1);
    assert_int_equal(circle.calls, size);
}

static void start_circle(unsigned size) {
    memset(&circle, 0, sizeof circle);
    circle.size = size;
    assert_int_equal(pthread_barrier_init(&circle.inside, NULL, size), 0);
}

static void constructors_in_a_circle_do_not_hang(void **state) {
    (void)state;
    ta_per_affinity_options options = {.shape = place(0)};
    for (unsigned size = 2; size <= THREADS; size += 3) {
        start_circle(size);
        items array;
        assert_int_equal(items_create(&array, &options, make_after_next_slot, NULL), TA_OK);
        for (unsigned i = 0; i < size; i++) circle.arrays[i] = array;
        run_circle(size);
        items_destroy(&array);
        pthread_barrier_destroy(&circle.inside);
    }
}

static void circles_through_several_arrays_do_not_hang(void **state) {
    (void)state;
    ta_per_affinity_options options = {.shape = place(0)};
    for (unsigned size = 2; size <= THREADS; size += 3) {
        start_circle(size);
        for (unsigned i = 0; i < size; i++)
            assert_int_equal(
                items_create(&circle.arrays[i], &options, make_after_next, &circle.arrays[i]),
                TA_OK);
        run_circle(size);
        for (unsigned i = 0; i < size; i++) items_destroy(&circle.arrays[i]);
        pthread_barrier_destroy(&circle.inside);
    }
}

/* ---- the end ---------------------------------------------------------------------------------- */

/* Clones, moves, and drops all that it has, in another order. */
static void use_up(worker *self) {
    items_handle held[16];
    held[0] = items_handle_take(&self->handle);
    self->status = TA_OK;
    for (uint32_t i = 1; i < 16; i++) {
        held[i] = items_handle_clone(&held[i - 1]);
        ta_move move = to((self->processor + i) % PLACES);
        ta_status status = items_handle_relocate(&held[i], &move);
        if (status != TA_OK) self->status = status;
        if (i % 5 == 0) items_handle_drop(&held[i - 3]);
    }
    for (uint32_t i = 0; i < 16; i++) {
        const item *value = items_handle_get(&held[i]);
        if (held[i].untyped.array != NULL && strcmp(value->text, "item") != 0)
            self->status = TA_E_INVALID;
        items_handle_drop(&held[i]);
    }
}

static void destroy_it(worker *self) { items_destroy(&self->array); }

static void the_last_of_many_threads_tears_down(void **state) {
    (void)state;
    ledger memory = {0};
    ta_allocator allocator = ledger_allocator(&memory);
    for (int round = 0; round < 100; round++) {
        log_book book = {0};
        items array = make_items(TA_PER_CORE, &book, &allocator);
        worker workers[THREADS];
        for (uint32_t i = 0; i < THREADS; i++) {
            workers[i] = (worker){.array = array, .processor = i, .work = use_up};
            if (i > 0) {
                assert_int_equal(items_handle_make(array, place(i % 3), &workers[i].handle), TA_OK);
            }
        }
        workers[0].work = destroy_it;
        run_all(workers, THREADS);
        for (uint32_t i = 0; i < THREADS; i++) assert_int_equal(workers[i].status, TA_OK);
        assert_balanced(&memory);
        for (uint32_t i = 0; i < PLACES; i++) assert_true(book.made_in[i] <= 1);
    }
}

/* Drops its handle as soon as the first slot is closed, while the owner is busy with the others.
 * Looks at the slot's own count, which changes its size by the mark. */
static void drop_while_closing(worker *self) {
    const uint64_t *count = &self->handle.untyped.array->cells[0].handles;
    while (ta_load_relaxed_u64(count) < UINT64_C(1) << 61) ta_cpu_pause();
    items_handle_drop(&self->handle);
}

/* As long as the handle at the last slot is there, the array is. */
static void a_drop_in_the_middle_of_closing_ends_nothing(void **state) {
    (void)state;
    ledger memory = {0};
    ta_allocator allocator = ledger_allocator(&memory);
    ta_affinity first, last;
    assert_int_equal(ta_affinity_make(0, TA_AFFINITY_MAX, 0, 1, 0, 1, &first), TA_OK);
    assert_int_equal(ta_affinity_make(TA_AFFINITY_MAX - 1, TA_AFFINITY_MAX, 0, 1, 0, 1, &last),
                     TA_OK);
    for (int round = 0; round < 10; round++) {
        ta_per_affinity_options options = {.shape = first, .allocator = &allocator};
        items array;
        assert_int_equal(items_create_from(&array, &options, (item){.number = 5}), TA_OK);
        items_handle rest;
        worker workers[2] = {{.array = array, .work = destroy_it}, {.work = drop_while_closing}};
        assert_int_equal(items_handle_make(array, first, &workers[1].handle), TA_OK);
        assert_int_equal(items_handle_make(array, last, &rest), TA_OK);
        run_all(workers, 2);
        assert_int_equal(memory.blocks, 3);
        assert_int_equal(items_handle_get(&rest)->number, 5);
        items_handle_drop(&rest);
        assert_balanced(&memory);
    }
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(concurrent_first_comers_get_one_value),
        cmocka_unit_test(a_failure_is_reported_to_its_caller_alone),
        cmocka_unit_test(constructors_in_a_circle_do_not_hang),
        cmocka_unit_test(circles_through_several_arrays_do_not_hang),
        cmocka_unit_test(the_last_of_many_threads_tears_down),
        cmocka_unit_test(a_drop_in_the_middle_of_closing_ends_nothing),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
