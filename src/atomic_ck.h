/* SPDX-License-Identifier: MIT
 *
 * The order that ck's rings leave out on processors that are not total-store-order. On x86-64 it is
 * a compiler barrier and costs no instruction; x86-64 is what the tests run on, other processors
 * rest on the argument here.
 *
 * One order is missing and needs nothing: ck 0.7.1 (before commit c7945fe) orders the store of the
 * consumer's index after the copy's stores only, not after its loads. The ring always keeps one
 * cell spare, so a producer comes to that cell only after the *next* store of the index, and the
 * load fence of that dequeue (arm64 dmb ishld, POWER lwsync: both order loads before later stores)
 * stands between.
 */
#ifndef TA_SRC_ATOMIC_CK_H
#define TA_SRC_ATOMIC_CK_H

#include <ck_pr.h>

/* Before a ring's commit, which orders stores only (arm64: dmb ishst). A message may hand over more
 * than its bytes: what the sender last *read* of an object that it gives away must also be done
 * before the receiver writes there. A fence, against the rule of order on the access itself,
 * because the access is ck's; the sanitizer is told by tsan.h. */
static inline void ta_ck_release_before_commit(void) { ck_pr_fence_release(); }

#endif
