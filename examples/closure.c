/* SPDX-License-Identifier: MIT
 *
 * Work that travels: closures of each kind are made at one place, relocated to another one with
 * what they captured, and called there.
 */
#include <ta.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void expect(bool holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "not so: %s\n", what);
    exit(EXIT_FAILURE);
}
#define EXPECT(condition) expect(condition, #condition)

/* ---- what is captured, and what is done with it ---------------------------------------------- */

struct point {
    int x, y;
};
TA_DERIVE(point, struct point, x, y);

/* Reads what it captured: a ta_fn. */
static int distance(const struct point *self) { return abs(self->x) + abs(self->y); }
TA_FN(distance_of, point, ta_int, distance);

/* Changes it: a ta_fn_mut. */
static int step_right(struct point *self) { return ++self->x; }
TA_FN_MUT(stepping_right, point, ta_int, step_right);

struct letter {
    char *text; /* owned */
    int stamps;
};
TA_DERIVE(letter, struct letter, TA_AS(text, ta_string), stamps);

/* Takes it apart: a ta_fn_once. What is taken out leaves NULL behind; the rest is destroyed. */
static char *open_letter(struct letter *self) {
    char *text = self->text;
    self->text = NULL;
    return text;
}
TA_FN_ONCE(opening, letter, ta_string, open_letter);

/* Captures nothing. */
static int answer(void) { return 42; }
TA_FN_BARE(answering, ta_int, answer);

/* Calls of closures by what they return. */
TA_CALLS(int_fn, ta_int);
TA_CALLS(string_fn, ta_string);

/* ---- there and back -------------------------------------------------------------------------- */

int main(void) {
    /* An invented machine: two regions of one processor each. */
    ta_affinity places[2];
    EXPECT(ta_affinity_create_manual((const uint32_t[]){1, 1}, 2, places, 2, NULL) == TA_OK);
    ta_move there = ta_move_between(places[0], places[1], NULL);
    ta_move back = ta_move_between(places[1], places[0], NULL);
    int result;

    /* A ta_fn is called as often as one likes. Nothing is allocated for so small a value. */
    ta_fn far_away;
    EXPECT(distance_of(&far_away, (struct point){3, -4}, NULL) == TA_OK);
    EXPECT(ta_fn_relocate(&far_away, &there) == TA_OK);
    EXPECT(int_fn_call(&far_away, &result) && result == 7);
    printf("distance: %d, and again: ", result);
    EXPECT(int_fn_call(&far_away, &result) && result == 7);
    printf("%d\n", result);
    ta_fn_destroy(&far_away);

    /* A ta_fn_mut has a state of its own, and so has its clone. */
    ta_fn_mut walker, twin;
    EXPECT(stepping_right(&walker, (struct point){0, 0}, NULL) == TA_OK);
    EXPECT(int_fn_call_mut(&walker, &result) && result == 1);
    EXPECT(ta_fn_mut_clone(&walker, &twin, NULL) == TA_OK);
    EXPECT(ta_fn_mut_relocate(&walker, &there) == TA_OK);
    EXPECT(int_fn_call_mut(&walker, &result) && result == 2);
    EXPECT(int_fn_call_mut(&walker, &result) && result == 3);
    printf("steps: %d, ", result);
    EXPECT(int_fn_call_mut(&twin, &result) && result == 2);
    printf("of its clone: %d\n", result);
    ta_fn_mut_destroy(&walker);
    ta_fn_mut_destroy(&twin);

    /* A ta_fn_once is called once, and what it returns comes back to the place that asked. */
    ta_fn_once reader, unread;
    char *text;
    struct letter sent = {ta_string_make("greetings from region 0", NULL), 2};
    EXPECT(sent.text != NULL);
    EXPECT(opening(&reader, sent, NULL) == TA_OK);
    EXPECT(ta_fn_once_clone(&reader, &unread, NULL) == TA_OK);
    EXPECT(ta_fn_once_relocate(&reader, &there) == TA_OK);
    EXPECT(string_fn_call_once_relocated(&reader, &text, &back) == TA_OK);
    EXPECT(strcmp(text, "greetings from region 0") == 0);
    printf("letter: %s\n", text);
    ta_destroy(&ta_string_type, &text);
    EXPECT(ta_fn_once_is_empty(&reader) && !string_fn_call_once(&reader, &text));
    ta_fn_once_destroy(&unread); /* never called: its letter goes with it */

    /* Every ta_fn is also a ta_fn_mut and a ta_fn_once. */
    ta_fn bare = answering();
    ta_fn_once last = ta_fn_into_once(&bare);
    EXPECT(ta_fn_is_empty(&bare));
    EXPECT(int_fn_call_once(&last, &result) && result == 42);
    printf("answer: %d\n", result);
    return EXIT_SUCCESS;
}
