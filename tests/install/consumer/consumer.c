/* SPDX-License-Identifier: MIT
 *
 * A user of the installed library: compiled as C11 and as C++17, linked in three ways.
 */
#include <ta.h>

#include <stdio.h>
#include <string.h>

/* Macros of installed headers, and ck behind the map: the whole of relocation links. */
struct user {
    char *name;
    int age;
};
TA_DERIVE(user, struct user, TA_AS(name, ta_string), age);
TA_MAP(users, ta_uint64, user);

static int age_of(const struct user *self) { return self->age; }
TA_FN(asking_age, user, ta_int, age_of);

static int relocate_something(ta_move move) {
    struct user ada = {ta_string_make("Ada", NULL), 36};
    users all = {NULL};
    ta_fn ask;
    int age = 0, wrong = asking_age(&ask, ada, NULL) != TA_OK;
    struct user clone;
    wrong +=
        user_clone((const struct user *)ta_closure_captured(&ask.closure), &clone, NULL) != TA_OK;
    wrong += !users_put(&all, 1, clone, NULL);
    wrong += ta_relocate(&users_type, &all, &move) != TA_OK;
    wrong += ta_fn_relocate(&ask, &move) != TA_OK;
    wrong += !ta_fn_call(&ask, &age) || age != 36;
    wrong += users_get(&all, 1) == NULL || strcmp(users_get(&all, 1)->name, "Ada") != 0;
    ta_fn_destroy(&ask);
    users_clear(&all);
    return wrong;
}

int main(void) {
    ta_registry *registry = NULL;
    ta_affinity place = TA_AFFINITY_UNKNOWN_INIT;
    int wrong = strcmp(ta_version(), TA_VERSION_STRING) != 0;

    if (ta_registry_create(NULL, &registry) != TA_OK) {
        fprintf(stderr, "%s\n", ta_last_error());
        return 1;
    }
    place = ta_registry_affinity(registry, 0);
    wrong += ta_registry_pin(registry, place) != TA_OK;
    wrong += !ta_affinity_equal(ta_current_affinity(), place);
    wrong += relocate_something(ta_registry_move(registry, TA_AFFINITY_UNKNOWN, place));
    wrong += ta_unpin() != TA_OK;
    printf("libta %s: %u processors, %d wrong\n", ta_version(),
           ta_registry_processor_count(registry), wrong);
    ta_registry_destroy(registry);
    return wrong != 0;
}
