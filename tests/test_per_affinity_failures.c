/* SPDX-License-Identifier: MIT
 *
 * Constructors that fail: whose text the caller finds; and those that do not return, because their
 * thread exits or is cancelled in them. Exceptions are in test_per_affinity_cxx.cc.
 */
#include "per_affinity_checks.h"

#include <pthread.h>
#include <unistd.h>

/* ---- texts ------------------------------------------------------------------------------------ */

/* What a constructor answers, and with which text. */
typedef struct answer {
    ta_status status;
    const char *text; /* NULL: none */
} answer;

static ta_status answer_so(item *out, const ta_site *site, void *context) {
    const answer *said = context;
    (void)out, (void)site;
    return said->text == NULL ? said->status : ta_set_last_error(said->status, said->text);
}

static items make_answering(ta_status (*make)(item *, const ta_site *, void *), void *context) {
    ta_per_affinity_options options = {.shape = place(0)};
    items array;
    assert_int_equal(items_create(&array, &options, make, context), TA_OK);
    return array;
}

static const ta_status statuses[] = {
    TA_E_RANGE, TA_E_UNKNOWN_AFFINITY, TA_E_FOREIGN_AFFINITY, TA_E_EMPTY,
    TA_E_NOMEM, TA_E_REENTERED,        TA_E_SYSTEM,           TA_E_INVALID};
enum { STATUSES = sizeof statuses / sizeof *statuses };

static void the_text_of_a_constructor_stays(void **state) {
    (void)state;
    ta_affinity first = place(0);
    for (size_t i = 0; i < STATUSES; i++) {
        answer said = {statuses[i], "no route to the server"};
        items array = make_answering(answer_so, &said);
        item *value;
        items_handle handle;
        assert_int_equal(items_resolve(array, first, &value), said.status);
        assert_string_equal(ta_last_error(), said.text);
        ta_set_last_error(TA_E_CLOSED, "another one");
        assert_int_equal(items_fill(array, &first, 1), said.status);
        assert_string_equal(ta_last_error(), said.text);
        ta_set_last_error(TA_E_CLOSED, "another one");
        assert_int_equal(items_handle_make(array, first, &handle), said.status);
        assert_string_equal(ta_last_error(), said.text);
        items_destroy(&array);
    }
}

/* An older text is not taken for the constructor's, and no reason of ours is given for it. */
static void a_constructor_without_a_text_is_named(void **state) {
    (void)state;
    for (size_t i = 0; i < STATUSES; i++) {
        answer said = {statuses[i], NULL};
        items array = make_answering(answer_so, &said);
        item *value;
        ta_set_last_error(said.status, "an older one");
        assert_int_equal(items_resolve(array, place(0), &value), said.status);
        check_text("ta_per_affinity_resolve", "the constructor failed: ");
        check_text("ta_per_affinity_resolve", ta_status_message(said.status));
        ta_set_last_error(said.status, "an older one");
        assert_null(items_get(array, place(0))); /* which leaves none itself */
        assert_string_equal(ta_last_error(), "an older one");
        items_destroy(&array);
    }
}

/* It fails for a reason of its own, after something else failed that it could do without. */
static ta_status fail_twice(item *out, const ta_site *site, void *context) {
    ta_affinity made;
    (void)out, (void)site, (void)context;
    assert_int_equal(ta_affinity_make(7, 4, 0, 1, 0, 1, &made), TA_E_RANGE);
    return TA_E_SYSTEM;
}

static void a_text_of_another_failure_is_not_the_constructors(void **state) {
    (void)state;
    items array = make_answering(fail_twice, NULL);
    item *value;
    assert_int_equal(items_resolve(array, place(0), &value), TA_E_SYSTEM);
    check_text("ta_per_affinity_resolve", ta_status_message(TA_E_SYSTEM));
    items_destroy(&array);
}

/* ---- constructors that do not return ---------------------------------------------------------- */

/* What a thread's constructor does: nothing the second time. */
typedef struct leaving {
    items array;
    bool cancels; /* else exits */
    atomic_uint calls;
} leaving;

static void leave_once(leaving *how) {
    if (atomic_fetch_add(&how->calls, 1) > 0) return;
    if (!how->cancels) pthread_exit(NULL);
    (void)pthread_cancel(pthread_self());
    pthread_testcancel();
}

static ta_status make_or_leave(item *out, const ta_site *site, void *context) {
    leave_once(context);
    *out = (item){.slot = site->slot};
    return TA_OK;
}

/* Captured: a value that is cloned, and one whose clone leaves instead. */
typedef struct parcel {
    char *text;
    leaving *how;
    bool leaves_when_cloned;
    char large[300]; /* not on the stack of who constructs */
} parcel;
static ta_status clone_parcel(const parcel *value, parcel *out, const ta_allocator *allocator) {
    *out = *value;
    if (value->leaves_when_cloned) leave_once(value->how);
    out->text = ta_string_make(value->text, allocator);
    return out->text == NULL ? TA_E_NOMEM : TA_OK;
}
static void destroy_parcel(parcel *value) { ta_destroy(&ta_string_type, &value->text); }
TA_TYPE(parcel, parcel, NULL, clone_parcel, destroy_parcel);

static ta_status make_from_parcel(item *out, const ta_site *site, parcel *captured) {
    return make_or_leave(out, site, captured->how);
}
TA_PER_AFFINITY_WITH(items_of_parcel, items, parcel, make_from_parcel);

static void *ask(void *context) { return items_get(((leaving *)context)->array, place(1)); }

/* The first thread leaves in its constructor; then others get a value, made once; nothing leaks. */
static void check_leaving(leaving *how) {
    pthread_t thread;
    void *got;
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(pthread_create(&thread, NULL, ask, how), 0);
        assert_int_equal(pthread_join(thread, &got), 0);
        if (i == 0)
            assert_true(got == (how->cancels ? PTHREAD_CANCELED : NULL));
        else
            assert_ptr_equal(got, items_peek(how->array, place(1)));
        assert_int_equal(items_ready_count(how->array), i > 0);
    }
    assert_true(atomic_load(&how->calls) >= 2);
    items_destroy(&how->array);
}

static void a_slot_outlives_a_thread_that_leaves_its_constructor(void **state) {
    (void)state;
    for (int cancels = 0; cancels < 2; cancels++) {
        ledger memory = {0};
        ta_allocator allocator = ledger_allocator(&memory);
        ta_per_affinity_options options = {.shape = place(0), .allocator = &allocator};
        leaving how = {.cancels = cancels != 0};
        assert_int_equal(items_create(&how.array, &options, make_or_leave, &how), TA_OK);
        check_leaving(&how);
        assert_balanced(&memory);
    }
}

static void nothing_captured_leaks_when_a_thread_leaves(void **state) {
    (void)state;
    for (int i = 0; i < 4; i++) {
        ledger memory = {0};
        ta_allocator allocator = ledger_allocator(&memory);
        ta_per_affinity_options options = {.shape = place(0), .allocator = &allocator};
        leaving how = {.cancels = i % 2 != 0};
        parcel captured = {ta_string_make("text", &allocator), &how, i < 2, {0}};
        assert_int_equal(items_of_parcel(&how.array, &options, captured), TA_OK);
        check_leaving(&how);
        assert_balanced(&memory);
    }
}

/* One that waits for the constructor of a thread that leaves tries for itself. */
static ta_status leave_under_a_waiter(item *out, const ta_site *site, void *context) {
    leaving *how = context;
    if (atomic_load(&how->calls) == 0)
        for (int i = 0; i < 50; i++) sched_yield(); /* so that the other one comes meanwhile */
    return make_or_leave(out, site, context);
}

static void who_waits_for_a_thread_that_leaves_makes_the_value(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++) {
        leaving how = {.cancels = i % 2 != 0};
        how.array = make_answering(leave_under_a_waiter, &how);
        pthread_t threads[2];
        void *got[2];
        for (unsigned j = 0; j < 2; j++)
            assert_int_equal(pthread_create(&threads[j], NULL, ask, &how), 0);
        for (unsigned j = 0; j < 2; j++) assert_int_equal(pthread_join(threads[j], &got[j]), 0);
        item *value = items_peek(how.array, place(1));
        assert_non_null(value);
        assert_int_equal((got[0] == value) + (got[1] == value), 1);
        assert_int_equal(atomic_load(&how.calls), 2);
        items_destroy(&how.array);
    }
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_of_a_constructor_stays),
        cmocka_unit_test(a_constructor_without_a_text_is_named),
        cmocka_unit_test(a_text_of_another_failure_is_not_the_constructors),
        cmocka_unit_test(a_slot_outlives_a_thread_that_leaves_its_constructor),
        cmocka_unit_test(nothing_captured_leaks_when_a_thread_leaves),
        cmocka_unit_test(who_waits_for_a_thread_that_leaves_makes_the_value),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
