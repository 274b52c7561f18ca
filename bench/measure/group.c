/* SPDX-License-Identifier: MIT
 *
 * Classes of distance.
 */
#include "group.h"

group_kind group_of(const group_probe *probe, double far_ns) {
    if (probe->share < GROUP_SIBLING_SHARE) return GROUP_SIBLING;
    return probe->floor_ns < far_ns ? GROUP_NEAR : GROUP_FAR;
}

bool group_stayed(const group_probe *before, const group_probe *after, double far_ns,
                  group_kind *out) {
    group_kind first = group_of(before, far_ns);

    if (group_of(after, far_ns) != first) return false;
    double a = before->floor_ns, b = after->floor_ns;
    double low = a < b ? a : b, high = a < b ? b : a;
    if (high - low > GROUP_FLOOR_CHANGE * low) return false;
    *out = first;
    return true;
}

const char *group_name(group_kind group) {
    static const char *const names[GROUP_COUNT] = {"sibling", "near", "far", "self"};

    return names[group];
}
