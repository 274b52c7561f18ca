/* SPDX-License-Identifier: MIT
 *
 * The measurements: what a transfer from one processor to another costs. Each takes one sample,
 * between the two processors on which a duo is placed, in nanoseconds.
 *
 * How they are used so that the figures mean something: measure.h takes one sample; group.h tells
 * whether the processors stayed where they were while it was taken; the caller repeats, with the
 * repetitions outermost, and takes medians within a group.
 */
#ifndef TA_MEASURE_H
#define TA_MEASURE_H

#include "group.h"
#include "lane.h"
#include "measure_duo.h"

typedef enum measure_outcome {
    MEASURE_OK,
    MEASURE_GAVE_UP, /* it took too long, or the program is to stop */
    MEASURE_BLIND,   /* nothing tells whether the receiver sleeps */
    MEASURE_SYSTEM,  /* the operating system refused something */
    MEASURE_BROKEN   /* a message arrived with another content */
} measure_outcome;

/* Cells of a lane that the lane's measurements use: 64 KiB. */
#define MEASURE_LANE_CELLS 1024

/* The distance of the two processors, in some 50 to 150 us: both figures of a group_probe. Two
 * processors only, not one with itself. */
measure_outcome measure_probe(measure_duo *duo, group_probe *out);

/* One cache line that goes to the other processor and back: the physical floor of all the others.
 * Two processors only. */
measure_outcome measure_line(measure_duo *duo, double *round_trip_ns);

/* A message through one lane, its answer through the other. Two processors only. */
measure_outcome measure_lane_round_trip(measure_duo *duo, ta_lane *forth, ta_lane *back,
                                        double *round_trip_ns);

/* Per message of `message_bytes` (8: seven to a cell, 64: one to a cell) while the sender never
 * pauses and the receiver never rests; every message's content is checked. On one processor: by
 * one thread, which sends a burst and then receives it. The lane is empty before and after. */
measure_outcome measure_lane_stream(measure_duo *duo, ta_lane *lane, unsigned message_bytes,
                                    double *message_ns);

/* By the public functions, as a daemon uses them. Two processors only. Per closure with 40 captured
 * bytes, from sending it until it has run, at full stream; a call with a reply, while both poll. */
measure_outcome measure_closures(measure_duo *duo, double *closure_ns);
measure_outcome measure_call(measure_duo *duo, double *round_trip_ns);

/* A handle of a slot array that goes from the one place to the other, by the caller's thread: to a
 * value that is there, and to one that is made for it (8 bytes, in memory of the other place). Two
 * processors only. */
measure_outcome measure_relocation(measure_duo *duo, double *relocation_ns);
measure_outcome measure_first_relocation(measure_duo *duo, double *relocation_ns);

/* Waking a thread that sleeps. */
typedef enum measure_wake_by {
    MEASURE_WAKE_FUTEX,  /* it sleeps in FUTEX_WAIT */
    MEASURE_WAKE_EVENTFD /* it sleeps in poll() on an eventfd, as an event loop does */
} measure_wake_by;

/* wake_ns: from just before the sender's call until the receiver, which really slept, runs again
 * in user space. sender_ns: what the call took the sender. */
measure_outcome measure_wake(measure_duo *duo, measure_wake_by by, double *wake_ns,
                             double *sender_ns);

#endif
