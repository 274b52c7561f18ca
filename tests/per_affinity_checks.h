/* SPDX-License-Identifier: MIT
 *
 * What tests of slot arrays share: a machine of eight processors, a value with a memory of its own,
 * and constructors that keep a log and fail when told.
 */
#ifndef TA_TESTS_PER_AFFINITY_CHECKS_H
#define TA_TESTS_PER_AFFINITY_CHECKS_H

#include "harness.h"
#include "ledger.h"

#include "ta/derive.h"
#include "ta/per_affinity.h"

#include <stdatomic.h>
#include <stdlib.h>

/* Two processors under each cache, two caches in each region. */
enum { PLACES = 8, CACHES = 4, REGIONS = 2 };

static inline ta_affinity place(uint32_t processor) {
    ta_affinity made;
    assert_int_equal(
        ta_affinity_make(processor, PLACES, processor / 2, CACHES, processor / 4, REGIONS, &made),
        TA_OK);
    return made;
}

static inline ta_move to(uint32_t processor) {
    return ta_move_between(TA_AFFINITY_UNKNOWN, place(processor), NULL);
}

static inline ta_move from_to(uint32_t source, uint32_t destination) {
    return ta_move_between(place(source), place(destination), NULL);
}

/* ---- a value ---------------------------------------------------------------------------------- */

typedef struct item {
    uint32_t slot, processor;
    uint64_t number; /* of the construction, from 1 */
    char *text;
} item;
TA_DERIVE(item, item, slot, processor, number, TA_AS(text, ta_string));
TA_PER_AFFINITY(items, item);

/* What constructors did, and what they are to do. */
typedef struct log_book {
    atomic_uint calls, made;
    atomic_uint made_in[PLACES];
    unsigned fail_at; /* this call fails, counted from 1; 0: none */
    ta_status status; /* ... with this */
} log_book;

static inline ta_status make_item(item *out, const ta_site *site, void *context) {
    log_book *book = context;
    unsigned call = atomic_fetch_add(&book->calls, 1) + 1;
    if (call == book->fail_at) return book->status;
    out->text = ta_string_make("item", site->allocator);
    if (out->text == NULL) return TA_E_NOMEM;
    out->slot = site->slot;
    out->processor = ta_affinity_processor(site->affinity);
    out->number = atomic_fetch_add(&book->made, 1) + 1;
    atomic_fetch_add(&book->made_in[site->slot], 1);
    return TA_OK;
}

static inline items make_items(ta_per per, log_book *book, const ta_allocator *allocator) {
    ta_per_affinity_options options = {
        .shape = place(0), .strategy.per = per, .allocator = allocator};
    items array = {NULL};
    ta_status status = items_create(&array, &options, make_item, book);
    if (status != TA_OK) print_error("%s\n", ta_last_error());
    assert_int_equal(status, TA_OK);
    return array;
}

/* ta_last_error() begins with the function's name and says `text`. */
static inline void check_text(const char *function, const char *text) {
    size_t length = strlen(function);
    if (strncmp(ta_last_error(), function, length) != 0 || ta_last_error()[length] != ':')
        fail_msg("'%s' does not begin with '%s:'", ta_last_error(), function);
    if (strstr(ta_last_error(), text) == NULL) fail_msg("'%s' in '%s'", text, ta_last_error());
}

#endif
