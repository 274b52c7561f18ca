/* SPDX-License-Identifier: MIT
 *
 * ta/registry.h - this machine, or a described one: its places, pinning, and where am I.
 *
 * A registry reads the machine once, picks the processors that the caller asks for among those
 * that this process may really use, and never changes after. Threads share it without a lock: every
 * function that takes a `const ta_registry *` may be called by any thread at any time between
 * creation and destruction.
 */
#ifndef TA_REGISTRY_H
#define TA_REGISTRY_H

#include "ta/affinity.h"
#include "ta/memory.h"

TA_BEGIN_DECLS

typedef struct ta_registry ta_registry;

/* Which machine. */
typedef enum ta_machine {
    TA_MACHINE_THIS = 0,  /* the one that the process runs on */
    TA_MACHINE_SYNTHETIC, /* `description`: an hwloc synthetic string, "node:2 core:8 pu:2" */
    TA_MACHINE_XML,       /* `description`: the path of an hwloc XML file (lstopo machine.xml) */
    TA_MACHINE_COUNTS     /* `counts`: processors per region, as ta_affinity_create_manual() */
} ta_machine;

/* How many of the usable processors. */
typedef enum ta_processors {
    TA_PROCESSORS_AUTO = 0, /* min(usable, ceil(CPU quota of the cgroup)), at least 1 */
    TA_PROCESSORS_ALL,      /* all that are usable, whatever the quota */
    TA_PROCESSORS_EXACTLY,  /* `count`, else TA_E_TOO_FEW */
    TA_PROCESSORS_AT_MOST   /* min(usable, `count`) */
} ta_processors;

/* Which ones, when not all are taken. */
typedef enum ta_placement {
    TA_PLACEMENT_PACKED = 0, /* fill the first region before the second: neighbours */
    TA_PLACEMENT_SPREAD /* as even over regions as they allow, and over cores before siblings */
} ta_placement;

/* All zero means: this machine, AUTO, packed, the default allocator. Whatever is not needed for
 * the chosen machine or rule must be 0, and so must `reserved` (TA_E_INVALID), so that later
 * versions can give the words a meaning. */
typedef struct ta_registry_options {
    ta_machine machine;
    ta_processors processors;
    ta_placement placement;
    bool one_per_core;       /* at most one processor of each physical core */
    uint32_t count;          /* for EXACTLY and AT_MOST: 1 to TA_AFFINITY_MAX */
    const char *description; /* for SYNTHETIC and XML */
    const uint32_t *counts;  /* for COUNTS; a region of 0 processors becomes none */
    size_t counts_length;    /* for COUNTS */
    const ta_allocator
        *allocator; /* copied; NULL: the default; must outlive the registry, all that it
                                      allocated, and the threads it pinned */
    /* NULL: any; else the only candidates, as in "0-3,6": see below. */
    const char *os_processors;
    uint64_t reserved[3];
} ta_registry_options;

/* `os_processors` is a list as taskset(1) takes it and `ta topology` prints it: the operating
 * system's numbers, at most 1048575, in decimal, and ranges of them, with commas between and no
 * spaces; "0-62:2" is every second one of a range. The text is read during creation only. What is
 * listed twice counts once, and the order is of no account. Only the listed processors are
 * candidates, and the rules above choose among them as ever: AUTO takes as many as the CPU quota
 * pays for, ALL takes them all. Each must be usable, or else the registry is not made: a daemon
 * that was given processors is not to run on others, or fewer, in silence. */

/* Which NUMA node is a processor's region: of the nodes that hold it, normal memory before special
 * (HBM, NVM, CXL), then the node with the fewest processors, then one with memory, then the lowest
 * number. A node without memory is still the region of its processors; memory then falls back. A
 * node that the cpuset hides still tells its processors apart.
 *
 * hwloc's environment variables (HWLOC_XMLFILE, HWLOC_SYNTHETIC, ...) can put another machine in
 * place of THIS one; the registry is then of a described machine. About some XML files that
 * contradict themselves hwloc complains on stderr, unless HWLOC_HIDE_ERRORS=2 is in the
 * environment. hwloc takes long over synthetic machines of many thousand processors, longest where
 * all stand in one level; COUNTS costs no more than the places that it makes.
 *
 * Reads the machine and makes a registry; `options` NULL means all zero. Takes some milliseconds
 * (hwloc scans the system). The caller owns *out and destroys it. On failure *out is NULL, nothing
 * stays allocated, and ta_last_error() tells more:
 *   TA_E_INVALID      options that contradict themselves, or `out` is NULL;
 *   TA_E_NOT_FOUND    the XML file does not exist;
 *   TA_E_FORMAT       the XML file or the synthetic string makes no machine, or os_processors is
 *                     no list: the message has the text and the place;
 *   TA_E_TOO_FEW      EXACTLY more than are usable, or no usable processor at all, or os_processors
 *                     has one that is not there, offline, or outside of the cpuset or the affinity
 *                     mask: the message has the lowest such number, and why;
 *   TA_E_RANGE        more than TA_AFFINITY_MAX processors would be taken, or a synthetic string
 *                     names more;
 *   TA_E_UNSUPPORTED  SYNTHETIC or XML in a build without hwloc;
 *   TA_E_SYSTEM       the system would not tell (an unreadable file, a failed call);
 *   TA_E_NOMEM.
 * Blocking (file reads). hwloc's own short-lived memory comes from malloc, not from the
 * allocator. */
TA_API ta_status ta_registry_create(const ta_registry_options *options, ta_registry **out);

/* Frees the registry; NULL is allowed. No thread may be inside a call on it, and nothing may be in
 * use that its allocators gave out. Affinities stay what they are: values. Pinned threads stay
 * pinned and may still call ta_unpin(). */
TA_API void ta_registry_destroy(ta_registry *registry);

/* ---- places ---------------------------------------------------------------------------------- */

/* How many processors were taken, and how many last-level caches and regions they make; each at
 * least 1. Wait-free. */
TA_API uint32_t ta_registry_processor_count(const ta_registry *registry);
TA_API uint32_t ta_registry_cache_count(const ta_registry *registry);
TA_API uint32_t ta_registry_region_count(const ta_registry *registry);

/* The affinities, in the order of their processor index, ta_registry_processor_count() of them;
 * owned by the registry. Processors are in the machine's order (region by region, core by core);
 * regions and caches are numbered by first use. A processor without a cache in the description
 * counts its region as its cache. Wait-free. */
TA_API const ta_affinity *ta_registry_affinities(const ta_registry *registry);

/* The affinity of a processor index; unknown when the index is out of range. Wait-free. */
TA_API ta_affinity ta_registry_affinity(const ta_registry *registry, uint32_t processor);

/* The operating system's number of the affinity's processor, and of its region's NUMA node (-1:
 * the machine has none). TA_E_UNKNOWN_AFFINITY, TA_E_FOREIGN_AFFINITY, TA_E_INVALID as everywhere.
 * Wait-free. */
TA_API ta_status ta_registry_os_processor(const ta_registry *registry, ta_affinity affinity,
                                          uint32_t *out);
TA_API ta_status ta_registry_os_node(const ta_registry *registry, ta_affinity affinity,
                                     int32_t *out);

/* The affinity of the processor that the operating system calls `os_processor`; unknown when the
 * registry did not take it. O(log processors). Wait-free. */
TA_API ta_affinity ta_registry_find_os_processor(const ta_registry *registry,
                                                 uint32_t os_processor);

/* Is it another machine than this one? Then threads cannot be pinned and memory cannot be
 * placed. */
TA_API bool ta_registry_is_described(const ta_registry *registry);

/* The CPU quota of this process's cgroup, in processors (1.5: one and a half), or 0 where there is
 * none (and for described machines). Read at creation. */
TA_API double ta_registry_quota(const ta_registry *registry);

/* Why a processor of the machine was left out. */
typedef enum ta_left_out_reason {
    TA_LEFT_OUT_OFFLINE = 0, /* the operating system runs nothing there */
    TA_LEFT_OUT_CPUSET,      /* the cgroup's cpuset forbids it */
    TA_LEFT_OUT_MASK,        /* the affinity mask of the creating thread (taskset) lacks it */
    TA_LEFT_OUT_LIST,        /* os_processors does not have it */
    TA_LEFT_OUT_CORE,        /* one_per_core, and another processor of its core was preferred */
    TA_LEFT_OUT_QUOTA,       /* AUTO, and the CPU quota pays for no more */
    TA_LEFT_OUT_COUNT        /* EXACTLY or AT_MOST asked for fewer, or TA_AFFINITY_MAX are enough */
} ta_left_out_reason;

typedef struct ta_left_out {
    uint32_t os_processor;
    ta_left_out_reason reason;
} ta_left_out;

/* The processors that were not taken, in ascending order of the operating system's number; owned by
 * the registry. Where several reasons hold, the first of the list above is told: what the system
 * forbids before what the options leave out. */
TA_API size_t ta_registry_left_out_count(const ta_registry *registry);
TA_API const ta_left_out *ta_registry_left_out(const ta_registry *registry);
/* "offline", "cpuset", "mask", "list", "core", "quota", "count"; never NULL. */
TA_API const char *ta_left_out_reason_name(ta_left_out_reason reason);

/* ---- where am I ------------------------------------------------------------------------------ */

/* The calling thread's place. The variable is public so that the read below is one thread-local
 * access without a call; only ta_registry_pin(), ta_registry_adopt() and ta_unpin() write it.
 * initial-exec: the library takes 12 bytes of the static thread-local block, also when it is loaded
 * by dlopen(). */
extern TA_API __thread ta_affinity ta_current_affinity_value
    __attribute__((tls_model("initial-exec")));

/* Where the calling thread was pinned last, unknown when it was not. Does not ask the operating
 * system: see ta_registry_is_bound(). Wait-free. */
TA_INLINE ta_affinity ta_current_affinity(void) { return ta_current_affinity_value; }

/* Pins the calling thread to one processor and makes that its current affinity. The thread's mask
 * from before its first pin is kept for ta_unpin(), in memory of the registry's allocator that is
 * freed by ta_unpin() or at the thread's end. Pinning a pinned thread moves it. On failure the
 * thread stays where it was.
 *   TA_E_UNKNOWN_AFFINITY, TA_E_FOREIGN_AFFINITY, TA_E_INVALID (NULL);
 *   TA_E_DESCRIBED  the registry is of another machine;
 *   TA_E_SYSTEM     the system refused (the processor went offline, or left the cpuset);
 *   TA_E_NOMEM. */
TA_API ta_status ta_registry_pin(const ta_registry *registry, ta_affinity affinity);

/* Sets the calling thread's current affinity without touching its mask: for threads that somebody
 * else pinned, and for logical affinities of a described machine, several of which may live on one
 * processor. Errors as above, without TA_E_DESCRIBED, TA_E_SYSTEM and TA_E_NOMEM. */
TA_API ta_status ta_registry_adopt(const ta_registry *registry, ta_affinity affinity);

/* Undoes the pinning or adopting of the calling thread: its mask is again the one from before the
 * first ta_registry_pin() (if any), its affinity unknown. Without either it does nothing and
 * succeeds. TA_E_SYSTEM when the system refuses the old mask; the thread is unpinned in name and
 * keeps its processor. */
TA_API ta_status ta_unpin(void);

/* Asks the operating system: may the calling thread run on the affinity's processor and nowhere
 * else? False also for an unknown or foreign affinity and on a described machine. One system
 * call. */
TA_API bool ta_registry_is_bound(const ta_registry *registry, ta_affinity affinity);

/* ---- memory ---------------------------------------------------------------------------------- */

/* The allocator that places memory on the affinity's region, one for each processor, so that threads
 * which are pinned to theirs do not meet in it. For the unknown affinity, the registry's own
 * allocator, which places nothing; NULL for a foreign affinity. Lives as long as the registry. A
 * machine with one memory node has nothing to place: memory comes from the registry's own allocator
 * and counts as placed. Where the machine is described, or the system cannot place, it comes from
 * there too and counts as a fallback: placement is an optimisation, never a reason to fail. Any
 * thread may allocate and release; blocking (a mutex per processor, where memory is placed). Placed
 * memory comes from mmap: up to 32 KiB in blocks of a power of two, which go back to their
 * processor's allocator, and to the system when the registry is destroyed, above that in whole
 * pages, which go back to the system when they are released. */
TA_API const ta_allocator *ta_registry_allocator(const ta_registry *registry, ta_affinity affinity);

/* What a region's allocators did so far; each counter only grows. */
typedef struct ta_placement_figures {
    uint64_t placed;   /* allocations that the system agreed to place on the region's node, which it
                          keeps as long as the node has room */
    uint64_t fallback; /* allocations that it could not place there */
} ta_placement_figures;

/* TA_E_UNKNOWN_AFFINITY, TA_E_FOREIGN_AFFINITY, TA_E_INVALID. O(processors). */
TA_API ta_status ta_registry_placement(const ta_registry *registry, ta_affinity affinity,
                                       ta_placement_figures *out);

TA_END_DECLS

#endif
