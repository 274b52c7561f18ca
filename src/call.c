/* SPDX-License-Identifier: MIT
 *
 * Calls: the caller's requests, the receiver's replies, and the continuations.
 *
 * Why a reply finds room. In the lane that replies take, let N be the cells of other messages, that
 * of gathered words among them, and R those of replies, neither given back. Other messages are sent
 * only where N, as far as the sender knows (room.c), which is not below the truth, leaves `reserve`
 * cells; so N <= cells - reserve at any time. A call has a place in the caller's table from
 * before its request is sent until its reply's cell has been given back (F0 in lane.h), and the
 * table has `reserve` places, for urgent calls, too, so R, with the one that is to be sent, is at
 * most `reserve`. The sender of the reply knows of enough of the cells that were given back: the
 * place had been freed after those of its reply before, and the request, which came afterwards,
 * brought the news (D0, D1). For the same reason replies, however many, keep no room from others.
 */
#include "call.h"

#include "os/event.h"

#include <string.h>

/* A request of up to five words travels in one cell with its token and deadline; a result, in the
 * cell of the reply. */
#define CELL_WORDS 5u
#define CELL_BYTES (CELL_WORDS * sizeof(uint64_t))
_Static_assert(CELL_WORDS + 2 == TA_CELL_WORDS_COUNT, "two words of a cell are for token and more");

/* The second word of a reply: a status, and whether the result stands in a box. */
#define REPLY_BOXED (UINT64_C(1) << 32)

/* ---- tables ----------------------------------------------------------------------------------- */

static size_t table_size(uint32_t count) {
    return sizeof(ta_calls) + count * (sizeof(ta_continuation) + sizeof(ta_call_place));
}

static void do_returned(ta_port *port, ta_chore *chore);

/* The table of a link that has none, with a link for the replies where there is none. */
static ta_calls *create_table(ta_port *port, ta_link *link) {
    const uint32_t count = port->mesh->calls;
    ta_calls *calls = ta_allocate(port->allocator, table_size(count), _Alignof(ta_calls));
    if (calls == NULL) return NULL;
    *calls = (ta_calls){.chore = {NULL, do_returned},
                        .port = port,
                        .link = link,
                        .places = (ta_call_place *)(void *)&calls->continuations[count],
                        .count = count,
                        .first_returned = TA_CALL_NONE,
                        .waiting = {.chore = {NULL, ta_fan_go_on}}};
    for (uint32_t i = 0; i < count; i++)
        calls->places[i] = (ta_call_place){1 << 2 | TA_CALL_FREE, i + 1};
    calls->places[count - 1].next = TA_CALL_NONE;
    if (ta_link_between(port->mesh, link->to->seat, port->seat, false) == NULL) {
        calls->spare = ta_link_create(link->to, port, false);
        if (calls->spare == NULL) {
            ta_release(port->allocator, calls, table_size(count), _Alignof(ta_calls));
            return NULL;
        }
    }
    return calls;
}

void ta_calls_destroy(ta_link *link) {
    ta_calls *calls = link->out.calls;
    if (calls == NULL) return;
    ta_link_destroy(calls->spare);
    ta_release(calls->port->allocator, calls, table_size(calls->count), _Alignof(ta_calls));
}

/* Where calls by a link stand; NULL without memory. */
static inline ta_calls *find_table(ta_port *port, ta_link *link) {
    if (__builtin_expect(link->out.calls != NULL, 1)) return link->out.calls;
    /* The table is the ordinary link's, which is there: the urgent one hangs at it. */
    ta_link *ordinary = *ta_link_place(port->mesh, port->seat, link->to->seat);
    if (ordinary->out.calls == NULL) ordinary->out.calls = create_table(port, ordinary);
    link->out.calls = ordinary->out.calls;
    return link->out.calls;
}

/* Gives a place another state, of the same generation. Relaxed: the receiver looks at it when it
 * has the request, and not after it sent the reply. */
static inline void set_state(ta_call_place *place, uint32_t state) {
    uint32_t generation = ta_load_relaxed_u32(&place->state) >> 2;
    ta_store_relaxed_u32(&place->state, generation << 2 | state);
}

/* The call is over but for its continuation, and its place free. */
static inline void end_call(ta_calls *calls, uint32_t index, ta_continuation *continuation) {
    ta_call_place *place = &calls->places[index];
    uint32_t generation = ta_load_relaxed_u32(&place->state) >> 2;
    *continuation = calls->continuations[index];
    ta_store_relaxed_u32(&place->state, ta_call_next_generation(generation) << 2 | TA_CALL_FREE);
    place->next = calls->free;
    calls->free = index;
    calls->port->under_way--;
    ta_calls_go_on(calls);
}

/* ---- requests --------------------------------------------------------------------------------- */

/* One cell or two? */
static inline uint32_t cells_of(const ta_callable *callable) {
    bool is_small = callable->is_boxed != 0 || callable->captured == NULL ||
                    callable->captured->size <= CELL_BYTES;
    return is_small ? 1 : 2;
}

static bool takes_result(const ta_continuation *continuation, const ta_type *result) {
    if (continuation == NULL || continuation->continuable == NULL) return true;
    const ta_type *wanted = continuation->continuable->result;
    if (wanted == NULL || wanted == result) return true;
    return result != NULL && ta_closure_results_alike(wanted, result);
}

/* The word that goes with the request; false: what the options say is none. */
static inline bool read_options(const ta_call_options *options, uint64_t *deadline,
                                bool *is_urgent) {
    *deadline = 0;
    *is_urgent = false;
    if (options == NULL) return true;
    if ((options->deadline & TA_CALL_CANCELLABLE) != 0 || options->reserved[0] != 0 ||
        options->reserved[1] != 0)
        return false;
    *deadline = options->deadline | (options->is_cancellable ? TA_CALL_CANCELLABLE : 0);
    *is_urgent = options->is_urgent;
    return true;
}

/* There is room for so many cells. */
static inline void send_request(ta_link *link, ta_closure *request, uint32_t cells, uint64_t token,
                                uint64_t deadline) {
    uint64_t callable = (uint64_t)(uintptr_t)request->callable;
    ta_link_end_words(link);
    ta_cell *cell = ta_link_cell(link);
    if (__builtin_expect(cells == 1, 1)) {
        link->out.credit--;
        ta_copy_fresh_words(cell->words, request->storage, CELL_WORDS);
        cell->words[CELL_WORDS] = token;
        cell->words[CELL_WORDS + 1] = deadline;
        ta_link_commit(link, callable | TA_CELL_CALL);
    } else {
        link->out.credit -= 2;
        ta_cell *more = ta_link_second_cell(link);
        memcpy(cell->words, request->storage, sizeof cell->words);
        more->words[0] = token;
        more->words[1] = deadline;
        ta_link_commit_two(link, callable | TA_CELL_BIG_CALL, TA_CELL_MORE);
    }
    request->callable = NULL;
    ta_count(&link->out.sent, 1);
}

/* There is room. What only the reply needs is written when the request is on its way. */
static inline __attribute__((always_inline)) uint64_t start_call(ta_link *link, ta_closure *request,
                                                                 uint32_t cells,
                                                                 ta_continuation *continuation,
                                                                 uint64_t deadline) {
    ta_calls *calls = link->out.calls;
    const uint32_t index = calls->free;
    ta_call_place *place = &calls->places[index];
    calls->free = place->next;
    set_state(place, (deadline & TA_CALL_CANCELLABLE) != 0 ? TA_CALL_PENDING : TA_CALL_STARTED);
    uint64_t token = ta_call_token(link->to->seat, index, ta_load_relaxed_u32(&place->state) >> 2);
    TA_PROBE4(call, link->from->seat, link->out.to_index, request->callable->name, token);
    send_request(link, request, cells, token, deadline);

    calls->port->under_way++;
    if (continuation != NULL) {
        calls->continuations[index] = *continuation;
        continuation->continuable = NULL;
    } else {
        calls->continuations[index].continuable = NULL;
    }
    return token;
}

/* Room in a link that has a table, and in that. */
static inline ta_status check_room(ta_link *link, uint32_t cells) {
    ta_status status = ta_link_room(link, cells);
    if (__builtin_expect(status != TA_OK, 0)) return status;
    if (__builtin_expect(link->out.calls->free == TA_CALL_NONE, 0)) {
        ta_count(&link->out.refused, 1);
        return TA_E_FULL;
    }
    return TA_OK;
}

/* The link for a request, with a table, and room in both. */
static inline __attribute__((always_inline)) ta_status
find_room(ta_port *port, uint32_t to, bool is_urgent, uint32_t cells, ta_link **link) {
    if (__builtin_expect(ta_port_is_closed(port), 0)) return TA_E_CLOSED;
    ta_status status = ta_link_find(port, to, is_urgent, link);
    if (__builtin_expect(status != TA_OK, 0)) return status;
    if (__builtin_expect(find_table(port, *link) == NULL, 0)) return TA_E_NOMEM;
    return check_room(*link, cells);
}

ta_status ta_port_call(ta_port *port, uint32_t to, ta_fn_once *request,
                       ta_continuation *continuation, const ta_call_options *options,
                       ta_call_id *id) {
    uint64_t deadline;
    bool is_urgent;
    ta_link *link;
    if (__builtin_expect(port == NULL || ta_fn_once_is_empty(request), 0)) return TA_E_INVALID;
    TA_CHECK_OWNER(port);
    const ta_callable *callable = request->closure.callable;
    if (__builtin_expect(!read_options(options, &deadline, &is_urgent) ||
                             !takes_result(continuation, callable->result),
                         0))
        return TA_E_INVALID;
    const uint32_t cells = cells_of(callable);
    ta_status status = find_room(port, to, is_urgent, cells, &link);
    if (__builtin_expect(status != TA_OK, 0)) return status;
    uint64_t token = start_call(link, &request->closure, cells, continuation, deadline);
    if (id != NULL) *id = token;
    return TA_OK;
}

ta_status ta_call_room(ta_port *port, uint32_t to, const ta_callable *request, ta_link **link) {
    return find_room(port, to, false, cells_of(request), link);
}

ta_status ta_call_by(ta_link *link, ta_fn_once *request, ta_continuation *continuation) {
    const uint32_t cells = cells_of(request->closure.callable);
    ta_status status = check_room(link, cells);
    if (status == TA_OK) (void)start_call(link, &request->closure, cells, continuation, 0);
    return status;
}

/* Plain: this thread is its sender. */
static ta_link *link_to(const ta_port *port, uint32_t to) {
    return *ta_link_place(port->mesh, port->seat, TA_SEAT(to));
}

ta_call_queue *ta_call_waiting(ta_port *port, uint32_t to) {
    ta_calls *calls = find_table(port, link_to(port, to));
    return calls == NULL ? NULL : &calls->waiting;
}

bool ta_call_is_waited(const ta_port *port, uint32_t to) {
    const ta_link *link = link_to(port, to);
    return link != NULL && link->out.calls != NULL && link->out.calls->waiting.first != NULL;
}

void ta_call_want_room(ta_port *port, uint32_t to, bool is_urgent) {
    ta_link *link = link_to(port, to);
    ta_link_want_room(is_urgent ? link->out.urgent : link);
}

void ta_calls_hear_of_room(ta_link *link) {
    if (link != NULL && link->out.calls != NULL) ta_calls_go_on(link->out.calls);
}

void ta_calls_hear_of_all(ta_port *port) {
    for (uint32_t seat = 0; seat < port->mesh->seat_count; seat++)
        ta_calls_hear_of_room(link_to(port, seat));
}

bool ta_calls_are_full(const ta_link *link) {
    return link->out.calls != NULL && link->out.calls->free == TA_CALL_NONE;
}

uint64_t ta_port_calls_under_way(const ta_port *port) { return port == NULL ? 0 : port->under_way; }

ta_status ta_call_cancel(ta_port *port, ta_call_id id) {
    const uint32_t seat = TA_SEAT((uint32_t)id);
    const uint32_t index = ta_call_index(id);
    if (port == NULL || id == 0 || seat >= port->mesh->seat_count) return TA_E_INVALID;
    TA_CHECK_OWNER(port);
    const ta_link *link = *ta_link_place(port->mesh, port->seat, seat); /* plain: its sender */
    if (link == NULL || link->out.calls == NULL || index >= link->out.calls->count)
        return TA_E_INVALID;
    ta_call_place *place = &link->out.calls->places[index];
    uint32_t generation = ta_call_generation(id) << 2;
    uint32_t state = generation | TA_CALL_PENDING;
    /* K1: pairs with K2 in claim(). */
    if (ta_compare_exchange_relaxed_u32(&place->state, &state, generation | TA_CALL_CANCELLED))
        return TA_OK;
    if (state == (generation | TA_CALL_CANCELLED)) return TA_OK;
    return state == (generation | TA_CALL_STARTED) ? TA_E_BUSY : TA_E_INVALID;
}

/* ---- at the receiver -------------------------------------------------------------------------- */

/* The first request by this link. Its sender's `out` is read here and never again. */
static __attribute__((noinline)) void meet_caller(ta_port *port, ta_link *link) {
    ta_calls *calls = link->out.calls; /* plain: was written before the request, and stays */
    ta_link *spare = calls->spare;
    link->in.calls = calls;
    if (spare == NULL) return; /* there is one; or another link's first request brought it */
    calls->spare = NULL;
    ta_link **place = ta_link_place(port->mesh, port->seat, link->from->seat);
    if (*place == NULL) {
        spare->out.to_index = ta_load_relaxed_u32(&link->from->index);
        ta_link_begin_sender(spare); /* it may have been made for an earlier guest on this seat */
        /* L1: pairs with L2 in ta_link_between(). */
        TA_STORE_RELEASE_(place, spare);
    } else {
        ta_link_destroy(spare);
    }
}

/* Nobody has cancelled it, and nobody will. */
static inline bool claim(ta_calls *calls, uint64_t token) {
    ta_call_place *place = &calls->places[ta_call_index(token)];
    uint32_t generation = ta_call_generation(token) << 2;
    uint32_t state = generation | TA_CALL_PENDING;
    /* K2: pairs with K1 in ta_call_cancel(). */
    return ta_compare_exchange_relaxed_u32(&place->state, &state, generation | TA_CALL_STARTED);
}

/* What keeps a request from running. */
static inline ta_status check_request(const ta_link *link, ta_fn_once *request, uint64_t token,
                                      uint64_t deadline) {
    if (__builtin_expect(deadline != 0, 0)) {
        if ((deadline & TA_CALL_CANCELLABLE) != 0 && !claim(link->in.calls, token))
            return TA_E_CANCELLED;
        deadline &= ~TA_CALL_CANCELLABLE;
        if (deadline != 0 && ta_os_clock() >= deadline) return TA_E_EXPIRED;
    }
    return ta_fn_once_relocate(request, &link->in.move);
}

static inline bool is_boxed_result(const ta_type *type) {
    return type != NULL && (type->size > CELL_BYTES || type->alignment > TA_CLOSURE_ALIGNMENT);
}

/* There is a link, since meet_caller(), and room in it: see above. It may still be one to an
 * earlier guest on the caller's seat, made too late for that guest's last look: then the reply goes
 * into it all the same, comes back when the caller has found it, and goes again. `result`:
 * CELL_BYTES. */
static inline void send_reply(ta_port *port, const ta_link *link, const ta_callable *callable,
                              uint64_t token, uint64_t how, const ta_closure_word result[]) {
    ta_link *back;
    if (ta_link_find(port, ta_load_relaxed_u32(&link->from->index), false, &back) != TA_OK)
        back = *ta_link_place(port->mesh, port->seat, link->from->seat);
    ta_link_end_words(back);
    ta_cell *cell = ta_link_reply_cell(back);
    cell->words[0] = token;
    cell->words[1] = how;
    ta_copy_fresh_words(&cell->words[2], result, CELL_WORDS);
    ta_link_commit(back, (uint64_t)(uintptr_t)callable | TA_CELL_REPLY);
    ta_count(&back->out.sent, 1);
}

void ta_call_reply_again(ta_link *link, const ta_cell *cell) {
    ta_lane_release(link->lane); /* there is room: this cell's */
    memcpy(ta_link_reply_cell(link)->words, cell->words, sizeof cell->words);
    ta_link_commit(link, cell->head);
}

/* What goes with the request that a cell, or two, hold; the first becomes the request. */
static inline ta_fn_once *take_request(ta_arrival *message, const ta_cell *more, uint64_t *token,
                                       uint64_t *deadline) {
    const ta_cell *cell = &message->cell;
    bool is_big = (cell->head & TA_CELL_KINDS) == TA_CELL_BIG_CALL;
    *token = is_big ? more->words[0] : cell->words[CELL_WORDS];
    *deadline = is_big ? more->words[1] : cell->words[CELL_WORDS + 1];
    return ta_arrival_closure(message);
}

bool ta_call_run(ta_port *port, ta_link *link, ta_arrival *message, const ta_cell *more) {
    uint64_t token, deadline;
    ta_fn_once *request = take_request(message, more, &token, &deadline);
    const ta_callable *callable = request->closure.callable;
    ta_closure_word result[CELL_WORDS];
    __asm__("" : "=m"(result)); /* the words behind a short result are copied, too */
    void *place = result;
    if (__builtin_expect(link->in.calls == NULL, 0)) meet_caller(port, link);

    ta_status status = check_request(link, request, token, deadline);
    bool is_boxed = status == TA_OK && is_boxed_result(callable->result);
    if (__builtin_expect(is_boxed, 0)) {
        place = ta_box_allocate(callable->result, &port->returning);
        result[0] = (uint64_t)(uintptr_t)place;
        if (place == NULL) status = TA_E_NOMEM;
    }
    TA_PROBE4(run_call, port->seat, callable->name, token, status);
    if (__builtin_expect(status == TA_OK, 1)) ta_closure_run(&request->closure, place);
    ta_closure_destroy(&request->closure);
    TA_PROBE3(reply, port->seat, token, status);
    /* Whoever gets the reply may call again at once, and has the request's cell for that. */
    ta_lane_release(link->lane);
    uint64_t how = (uint32_t)status | (is_boxed && status == TA_OK ? REPLY_BOXED : 0);
    send_reply(port, link, callable, token, how, result);
    return status == TA_OK;
}

/* ---- at the caller again ---------------------------------------------------------------------- */

/* Calls a continuation, and destroys what it left. `type`: of the result, which is whole if there
 * is one. What it hangs on may be gone after the call, so everything is read before. */
static inline void continue_with(ta_continuation *continuation, ta_status status,
                                 const ta_type *type, void *result) {
    const ta_continuable *continuable = continuation->continuable;
    bool is_taken = false;
    if (continuable != NULL) {
        const ta_type *context = continuable->context;
        bool is_wanted = result != NULL && continuable->result != NULL;
        is_taken = is_wanted && continuable->takes_result != 0;
        continuable->call(continuation->storage, status, is_wanted ? result : NULL);
        ta_destroy(context, continuation->storage);
    }
    if (result != NULL && !is_taken) ta_destroy(type, result);
}

/* The result in a reply; NULL: there is none. */
static inline void *result_of(ta_cell *cell, const ta_type *type) {
    if ((uint32_t)cell->words[1] != (uint32_t)TA_OK || type == NULL) return NULL;
    if (__builtin_expect((cell->words[1] & REPLY_BOXED) == 0, 1)) return &cell->words[2];
    return (void *)(uintptr_t)cell->words[2];
}

static inline void release_box(const ta_cell *cell, const ta_type *type, void *result) {
    if (__builtin_expect((cell->words[1] & REPLY_BOXED) != 0, 0)) ta_box_release(type, result);
}

void ta_call_finish(ta_port *port, ta_link *link, ta_cell *cell) {
    ta_continuation continuation;
    const ta_type *type = ta_cell_callable(cell)->result;
    /* Plain: this thread is its sender. It is there: a request went by it. */
    ta_link *there = *ta_link_place(port->mesh, port->seat, link->from->seat);
    end_call(there->out.calls, ta_call_index(cell->words[0]), &continuation);

    ta_status status = (ta_status)(int32_t)(uint32_t)cell->words[1];
    TA_PROBE3(answer, port->seat, cell->words[0], status);
    void *result = result_of(cell, type);
    void *whole = result;
    if (result != NULL && continuation.continuable != NULL &&
        continuation.continuable->result != NULL)
        status = ta_relocate(type, result, &link->in.move);
    if (__builtin_expect(whole != NULL && status != TA_OK, 0)) {
        ta_destroy(type, whole);
        result = NULL;
    }
    continue_with(&continuation, status, type, result);
    release_box(cell, type, whole);
    ta_link_has_room(port, there); /* after the continuation, which may have called again */
}

void ta_call_drop_reply(ta_cell *cell) {
    const ta_type *type = ta_cell_callable(cell)->result;
    void *result = result_of(cell, type);
    if (result == NULL) return;
    ta_destroy(type, result);
    release_box(cell, type, result);
}

/* ---- calls without a reply -------------------------------------------------------------------- */

/* Ends a call whose request will not run, or nobody knows. */
static void end_without_reply(ta_calls *calls, uint32_t index) {
    ta_continuation continuation;
    uint32_t state = ta_load_relaxed_u32(&calls->places[index].state) & TA_CALL_STATES;
    end_call(calls, index, &continuation);
    continue_with(&continuation, state == TA_CALL_CANCELLED ? TA_E_CANCELLED : TA_E_CLOSED, NULL,
                  NULL);
    ta_link_has_room(calls->port, calls->link);
}

/* The chore. Those that come back meanwhile wait for the next one. */
static void do_returned(ta_port *port, ta_chore *chore) {
    ta_calls *calls = (ta_calls *)(void *)chore;
    uint32_t index = calls->first_returned;
    (void)port;
    calls->first_returned = TA_CALL_NONE;
    while (index != TA_CALL_NONE) {
        uint32_t next = calls->places[index].next;
        end_without_reply(calls, index);
        index = next;
    }
}

void ta_call_return(ta_port *port, ta_link *link, ta_arrival *message, const ta_cell *more) {
    uint64_t token, deadline;
    ta_calls *calls = link->out.calls;
    ta_fn_once_destroy(take_request(message, more, &token, &deadline));
    uint32_t index = ta_call_index(token);
    /* Its caller may have left, and so ended it, before. */
    uint32_t state = ta_load_relaxed_u32(&calls->places[index].state);
    if ((state & TA_CALL_STATES) == TA_CALL_FREE || state >> 2 != ta_call_generation(token)) return;
    calls->places[index].next = TA_CALL_NONE;
    if (calls->first_returned == TA_CALL_NONE) {
        calls->first_returned = index;
        ta_port_add_chore(port, &calls->chore);
    } else {
        calls->places[calls->last_returned].next = index;
    }
    calls->last_returned = index;
}

void ta_calls_abandon(ta_link *link) {
    ta_calls *calls = link->out.calls;
    for (uint32_t i = 0; calls != NULL && i < calls->count; i++)
        if ((ta_load_relaxed_u32(&calls->places[i].state) & TA_CALL_STATES) != TA_CALL_FREE)
            end_without_reply(calls, i);
}
