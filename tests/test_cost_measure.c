/* SPDX-License-Identifier: MIT
 *
 * The measurements of `ta cost`: two threads that run a part, that give up and never hang, and
 * figures that come from messages which arrived whole. No figure itself is looked at.
 */
#include "harness.h"

#include "measure.h"

#include <stdlib.h>

typedef struct fixture {
    ta_registry *registry;
    measure_duo *duo;
    atomic_bool stop;
    ta_affinity here, there; /* the same one on a machine with one processor */
} fixture;

static int set_up(void **state) {
    fixture *all = calloc(1, sizeof *all);
    const ta_registry_options options = {.processors = TA_PROCESSORS_ALL};

    if (all == NULL || ta_registry_create(&options, &all->registry) != TA_OK) return -1;
    if (duo_create(all->registry, &all->stop, &all->duo) != TA_OK) return -1;
    all->here = ta_registry_affinity(all->registry, 0);
    all->there =
        ta_registry_affinity(all->registry, ta_registry_processor_count(all->registry) > 1 ? 1 : 0);
    *state = all;
    return 0;
}

static int tear_down(void **state) {
    fixture *all = *state;

    duo_destroy(all->duo);
    ta_unpin();
    ta_registry_destroy(all->registry);
    free(all);
    return 0;
}

/* ---- the duo --------------------------------------------------------------------------------- */

typedef struct encounter {
    pthread_t thread[2];
    ta_affinity place[2];
    unsigned meetings[2];
} encounter;

static void part_meet(measure_duo *duo, duo_side side, void *job) {
    encounter *all = job;

    all->thread[side] = pthread_self();
    all->place[side] = ta_current_affinity();
    while (all->meetings[side] < 10 && duo_meet(duo, side)) all->meetings[side]++;
}

static void assert_both_run(fixture *all, ta_affinity from, ta_affinity to) {
    encounter met = {.meetings = {0, 0}};

    assert_int_equal(duo_place(all->duo, from, to), TA_OK);
    assert_true(duo_run(all->duo, part_meet, &met));
    assert_false(pthread_equal(met.thread[DUO_FROM], met.thread[DUO_TO]));
    assert_true(pthread_equal(met.thread[DUO_FROM], pthread_self()));
    assert_int_equal(met.meetings[DUO_FROM], 10);
    assert_int_equal(met.meetings[DUO_TO], 10);
    assert_true(ta_affinity_equal(met.place[DUO_FROM], from));
    assert_true(ta_affinity_equal(met.place[DUO_TO], to));
}

static void both_sides_run_in_their_places(void **state) {
    fixture *all = *state;

    assert_both_run(all, all->here, all->there);
    assert_both_run(all, all->there, all->here);
    assert_both_run(all, all->here, all->here);
    assert_both_run(all, all->here, all->there);
}

static void an_unknown_place_is_refused(void **state) {
    fixture *all = *state;

    assert_int_equal(duo_place(all->duo, all->here, TA_AFFINITY_UNKNOWN), TA_E_UNKNOWN_AFFINITY);
    assert_int_equal(duo_place(all->duo, TA_AFFINITY_UNKNOWN, all->here), TA_E_UNKNOWN_AFFINITY);
    assert_both_run(all, all->here, all->there);
}

/* `to` waits for a meeting to which nobody comes. */
static void part_stood_up(measure_duo *duo, duo_side side, void *job) {
    bool *came = job;

    if (side == DUO_TO) *came = duo_meet(duo, side);
}

static void who_waits_in_vain_gives_up(void **state) {
    fixture *all = *state;
    bool came = true;

    assert_int_equal(duo_place(all->duo, all->here, all->there), TA_OK);
    assert_false(duo_run(all->duo, part_stood_up, &came));
    assert_false(came);
    assert_both_run(all, all->here, all->there); /* and it can go on after it */
}

static void stop_ends_every_measurement(void **state) {
    fixture *all = *state;
    double ns, sender_ns;

    assert_int_equal(duo_place(all->duo, all->here, all->there), TA_OK);
    atomic_store(&all->stop, true);
    assert_int_equal(measure_wake(all->duo, MEASURE_WAKE_FUTEX, &ns, &sender_ns), MEASURE_GAVE_UP);
    assert_int_equal(measure_wake(all->duo, MEASURE_WAKE_EVENTFD, &ns, &sender_ns),
                     MEASURE_GAVE_UP);
    bool came = true;
    assert_false(duo_run(all->duo, part_stood_up, &came));
    atomic_store(&all->stop, false);
    assert_both_run(all, all->here, all->there);
}

static void usage_is_counted_once(void **state) {
    fixture *all = *state;

    assert_both_run(all, all->here, all->there);
    duo_usage usage = duo_take_usage(all->duo, DUO_FROM);
    assert_true(usage.wall_ns > 0);
    assert_true(usage.cpu_ns > 0);
    usage = duo_take_usage(all->duo, DUO_FROM);
    assert_int_equal(usage.wall_ns, 0);
    assert_int_equal(usage.cpu_ns, 0);
}

/* ---- the measurements ------------------------------------------------------------------------ */

/* Another program may keep a processor busy for so long that a sample is given up; not always. */
#define TRIES 20
#define assert_measured(call)                                                                      \
    do {                                                                                           \
        measure_outcome outcome_ = MEASURE_GAVE_UP;                                                \
        for (int i_ = 0; i_ < TRIES && outcome_ == MEASURE_GAVE_UP; i_++) outcome_ = (call);       \
        assert_int_equal(outcome_, MEASURE_OK);                                                    \
    } while (0)

static void line_and_probe_have_figures(void **state) {
    fixture *all = *state;
    group_probe probe = {0, 0};
    double ns = 0;

    if (ta_affinity_equal(all->here, all->there)) skip(); /* takes two processors */
    assert_int_equal(duo_place(all->duo, all->here, all->there), TA_OK);
    assert_measured(measure_line(all->duo, &ns));
    assert_true(ns > 0);
    assert_measured(measure_probe(all->duo, &probe));
    assert_true(probe.floor_ns > 0);
    assert_true(probe.share > 0);
}

/* A lane for each try: one that was given up leaves messages behind. */
static measure_outcome try_lanes(fixture *all, unsigned bytes, double *ns) {
    ta_lane *forth, *back;

    assert_int_equal(ta_lane_create(MEASURE_LANE_CELLS, NULL, &forth), TA_OK);
    assert_int_equal(ta_lane_create(MEASURE_LANE_CELLS, NULL, &back), TA_OK);
    measure_outcome outcome = bytes == 0 ? measure_lane_round_trip(all->duo, forth, back, ns)
                                         : measure_lane_stream(all->duo, forth, bytes, ns);
    ta_cell left;
    if (outcome == MEASURE_OK) {
        assert_false(ta_lane_receive(forth, &left));
        assert_false(ta_lane_receive(back, &left));
    }
    ta_lane_destroy(forth);
    ta_lane_destroy(back);
    return outcome;
}

static void lanes_have_figures_and_end_empty(void **state) {
    fixture *all = *state;
    double ns = 0;

    if (ta_affinity_equal(all->here, all->there)) skip(); /* takes two processors */
    assert_int_equal(duo_place(all->duo, all->here, all->there), TA_OK);
    for (unsigned bytes = 0; bytes <= 64; bytes = bytes == 0 ? 8 : bytes * 8) {
        assert_measured(try_lanes(all, bytes, &ns));
        assert_true(ns > 0);
    }
}

static void one_processor_streams_to_itself(void **state) {
    fixture *all = *state;
    double ns = 0;

    assert_int_equal(duo_place(all->duo, all->here, all->here), TA_OK);
    for (unsigned bytes = 8; bytes <= 64; bytes *= 8) {
        assert_measured(try_lanes(all, bytes, &ns));
        assert_true(ns > 0);
    }
}

/* A message too many at the front: every word that follows is another than was sent. */
static void a_damaged_message_is_found(void **state) {
    fixture *all = *state;
    ta_lane *lane;
    double ns = 0;

    for (unsigned bytes = 8; bytes <= 64; bytes *= 8) {
        assert_int_equal(duo_place(all->duo, all->here, all->here), TA_OK);
        assert_int_equal(ta_lane_create(MEASURE_LANE_CELLS, NULL, &lane), TA_OK);
        memset(ta_lane_reserve(lane)->words, 1, TA_CELL_WORDS_COUNT * sizeof(uint64_t));
        ta_lane_commit(lane, 2);
        assert_int_equal(measure_lane_stream(all->duo, lane, bytes, &ns), MEASURE_BROKEN);
        ta_lane_destroy(lane);
    }
}

static void assert_wakes(fixture *all, ta_affinity from, ta_affinity to) {
    for (measure_wake_by by = MEASURE_WAKE_FUTEX; by <= MEASURE_WAKE_EVENTFD; by++) {
        double wake_ns = 0, sender_ns = 0;
        assert_int_equal(duo_place(all->duo, from, to), TA_OK);
        if (all->duo->helper_stat < 0) skip(); /* no /proc */
        assert_measured(measure_wake(all->duo, by, &wake_ns, &sender_ns));
        assert_true(wake_ns > 0);
        assert_true(sender_ns > 0);
    }
}

static void messages_and_moves_have_figures(void **state) {
    fixture *all = *state;
    double ns[4] = {0, 0, 0, 0};

    if (ta_affinity_equal(all->here, all->there)) skip(); /* they are of two processors */
    assert_int_equal(duo_place(all->duo, all->here, all->there), TA_OK);
    assert_int_equal(measure_closures(all->duo, &ns[0]), MEASURE_OK);
    assert_int_equal(measure_call(all->duo, &ns[1]), MEASURE_OK);
    assert_int_equal(measure_relocation(all->duo, &ns[2]), MEASURE_OK);
    assert_int_equal(measure_first_relocation(all->duo, &ns[3]), MEASURE_OK);
    for (int i = 0; i < 4; i++) assert_true(ns[i] > 0);
}

static void wakes_have_figures(void **state) {
    fixture *all = *state;

    assert_wakes(all, all->here, all->there);
    assert_wakes(all, all->here, all->here);
}

/* Without sight of the receiver's sleep the figure would mean something else. */
static void a_blind_sender_measures_no_wake(void **state) {
    fixture *all = *state;
    double wake_ns, sender_ns;
    int stat = all->duo->helper_stat;

    all->duo->helper_stat = -1;
    measure_outcome outcome = measure_wake(all->duo, MEASURE_WAKE_FUTEX, &wake_ns, &sender_ns);
    all->duo->helper_stat = stat;
    assert_int_equal(outcome, MEASURE_BLIND);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(both_sides_run_in_their_places, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_unknown_place_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_waits_in_vain_gives_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stop_ends_every_measurement, set_up, tear_down),
        cmocka_unit_test_setup_teardown(usage_is_counted_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(line_and_probe_have_figures, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lanes_have_figures_and_end_empty, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_processor_streams_to_itself, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_damaged_message_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(messages_and_moves_have_figures, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wakes_have_figures, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_blind_sender_measures_no_wake, set_up, tear_down),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
