/* SPDX-License-Identifier: MIT
 *
 * Where two processors stand to each other while a sample is taken. A virtual machine's processors
 * move between the cores of its host, and nothing tells the guest, so the distance is probed before
 * and after every sample; samples of different distances are kept apart and never averaged.
 */
#ifndef TA_GROUP_H
#define TA_GROUP_H

#include "ta/base.h"

TA_BEGIN_DECLS

typedef enum group_kind {
    GROUP_SIBLING, /* two hardware threads of one core */
    GROUP_NEAR,    /* a line's round trip takes less than far_ns */
    GROUP_FAR,
    GROUP_SELF, /* one processor with itself: nothing to probe */
    GROUP_COUNT
} group_kind;

/* What a probe found. */
typedef struct group_probe {
    double floor_ns; /* a line's round trip between the two */
    /* The throughput that each has left of its own while the other one multiplies too: about 1 for
     * two cores, about a half for two hardware threads of one core. */
    double share;
} group_probe;

/* Below this share the two are siblings. */
#define GROUP_SIBLING_SHARE 0.75
/* A floor that changes by more than this, as a part of the smaller one, is another distance. */
#define GROUP_FLOOR_CHANGE 0.25

group_kind group_of(const group_probe *probe, double far_ns);

/* Did the two stay where they were, from one probe to the other? Then *out is their group. */
bool group_stayed(const group_probe *before, const group_probe *after, double far_ns,
                  group_kind *out);

/* "sibling", "near", "far", "self" */
const char *group_name(group_kind group);

TA_END_DECLS

#endif
