/* SPDX-License-Identifier: MIT
 *
 * Values that move from one place to another: a type that says itself how it is relocated, one that
 * knows nothing of places, and one whose relocation is derived from its fields.
 */
#include <ta.h>

#include <stdio.h>
#include <stdlib.h>

static void check(ta_status status) {
    if (status == TA_OK) return;
    fprintf(stderr, "relocate: %s\n", ta_status_message(status));
    exit(EXIT_FAILURE);
}

static void expect(const char *what, int value, int expected) {
    printf("%s: %d\n", what, value);
    if (value == expected) return;
    fprintf(stderr, "relocate: %s should be %d\n", what, expected);
    exit(EXIT_FAILURE);
}

/* ---- a type with a relocation of its own ------------------------------------------------------ */

struct my_data {
    int value;
};

static ta_status my_data_relocate(struct my_data *self, const ta_move *move) {
    return ta_relocate(&ta_int_type, &self->value, move);
}

TA_TYPE(my_data, struct my_data, my_data_relocate, NULL, NULL);
TA_TYPED_BY_VALUE(my_data);

/* ---- a type that knows nothing of places ------------------------------------------------------ */

struct my_inert_data {
    int value;
};

static void do_transfer(void) {
    /* An invented machine: one region with two processors. */
    ta_affinity affinities[2];
    check(ta_affinity_create_manual((const uint32_t[]){2}, 1, affinities, 2, NULL));
    ta_move move = ta_move_between(affinities[0], affinities[1], NULL);
    ta_status status;

    struct my_data data = {.value = 42};
    struct my_data transferred_data = my_data_relocated(data, &move, &status);
    check(status);
    expect("my data", transferred_data.value, 42);

    struct my_inert_data inert_data = {100}, transferred_inert_data;
    check(ta_relocate_into(TA_UNAWARE(struct my_inert_data), &transferred_inert_data, &inert_data,
                           &move));
    expect("my inert data", transferred_inert_data.value, 100);
}

/* ---- a type whose relocation is derived ------------------------------------------------------- */

struct point {
    int x;
    int y;
};
TA_DERIVE(point, struct point, x, y);

static void derived_example(void) {
    ta_affinity affinities[2];
    check(ta_affinity_create_manual((const uint32_t[]){2}, 1, affinities, 2, NULL));
    ta_move move = ta_move_between(affinities[0], affinities[1], NULL);
    ta_status status;

    /* These two fields are simply copied; of others each is relocated in its own way. */
    struct point p = {.x = 5, .y = 9};
    struct point p2 = point_relocated(p, &move, &status);
    check(status);
    expect("point x", p2.x, 5);
    expect("point y", p2.y, 9);
}

int main(void) {
    do_transfer();
    derived_example();
    return EXIT_SUCCESS;
}
