/* SPDX-License-Identifier: MIT
 *
 * A lane between two threads. The main case moves ten million messages whose contents and order
 * follow a sequence that both ends compute for themselves, in every build of the tests. Threads
 * are pinned to two processors where there are two; on one they take turns.
 */
#include "harness.h"

#include "lane.h"

#include "ta/detail/atomic.h"
#include "ta/registry.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGES UINT64_C(10000000)

struct message {
    uint64_t number; /* travels in the head, above the lane's bit */
    uint64_t words[6];
    uint64_t checksum;
};

_Static_assert(sizeof(struct message) == sizeof(ta_cell), "a message fills a cell");

static void write_message(ta_cell *cell, const struct message *message) {
    memcpy(cell->words, message->words, sizeof message->words);
    cell->words[6] = message->checksum;
}
static void read_message(const ta_cell *cell, struct message *message) {
    message->number = cell->head >> 1;
    memcpy(message->words, cell->words, sizeof message->words);
    message->checksum = cell->words[6];
}

/* What one end of a run knows. `error` is written by the end and read after its join. */
struct end {
    ta_lane *lane;
    const ta_registry *registry; /* NULL: leave the thread where it is */
    uint64_t messages, seed, done;
    bool (*step)(struct end *end, uint64_t number);
    uint32_t processor;
    uint64_t random;
    const char *error;
};

static uint64_t seed(void) {
    const char *text = getenv("TA_SEED");
    uint64_t value = text == NULL ? UINT64_C(0x9b1a4e0f6d2c8357) : strtoull(text, NULL, 0);
    print_message("TA_SEED=0x%llx\n", (unsigned long long)value);
    return value | 1; /* a xorshift never leaves 0 */
}

static uint64_t next_random(uint64_t *random) {
    uint64_t x = *random;
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    return *random = x;
}

/* The `number`-th message of the sequence; `random` is where the sequence stands. */
static void make_message(struct message *message, uint64_t number, uint64_t *random) {
    uint64_t checksum = number;
    message->number = number;
    for (size_t i = 0; i < 6; i++) {
        message->words[i] = next_random(random);
        checksum = (checksum ^ message->words[i]) * UINT64_C(0x100000001b3);
    }
    message->checksum = checksum;
}

/* Waits a turn: briefly on the processor, then by giving it away, so that one processor will do. */
static void wait_turn(unsigned *turns) {
    if (++*turns % 64 != 0)
        ta_cpu_pause();
    else
        sched_yield();
}

static void *run_end(void *argument) {
    struct end *end = argument;
    if (end->registry != NULL &&
        ta_registry_pin(end->registry, ta_registry_affinity(end->registry, end->processor)) !=
            TA_OK) {
        end->error =
            "pinning failed"; /* the case fails; the run goes on, so that the other end ends */
    }
    end->random = end->seed;
    unsigned turns = 0;
    while (end->done < end->messages) {
        if (end->step(end, end->done))
            end->done++;
        else
            wait_turn(&turns);
    }
    return NULL;
}

static bool send_message(struct end *end, uint64_t number) {
    ta_cell *cell = ta_lane_reserve(end->lane);
    if (cell == NULL) return false;
    struct message message;
    make_message(&message, number, &end->random);
    write_message(cell, &message);
    ta_lane_commit(end->lane, number << 1);
    return true;
}

static void compare_message(struct end *end, const ta_cell *cell, uint64_t number) {
    struct message received, expected;
    read_message(cell, &received);
    make_message(&expected, number, &end->random);
    if (end->error != NULL) return; /* keep the first one, and drain */
    uint64_t checksum = received.number;
    for (size_t i = 0; i < 6; i++)
        checksum = (checksum ^ received.words[i]) * UINT64_C(0x100000001b3);
    if (checksum != received.checksum)
        end->error = "a message is torn";
    else if (received.number != expected.number)
        end->error = "a message is lost, doubled or out of order";
    else if (memcmp(&received, &expected, sizeof received) != 0)
        end->error = "a message has another's contents";
}

static bool receive_message(struct end *end, uint64_t number) {
    ta_cell cell;
    if (!ta_lane_receive(end->lane, &cell)) return false;
    compare_message(end, &cell, number);
    return true;
}

/* Every third message is one of two cells; `number` counts messages, and cells are made by it. */
static bool send_mixed(struct end *end, uint64_t number) {
    bool is_two = number % 3 == 0;
    ta_cell *cell = ta_lane_reserve(end->lane);
    ta_cell *more = is_two ? ta_lane_reserve_second(end->lane) : NULL;
    if (cell == NULL || (is_two && more == NULL)) return false;
    struct message message;
    make_message(&message, number, &end->random);
    write_message(cell, &message);
    if (is_two) {
        make_message(&message, number, &end->random);
        write_message(more, &message);
        ta_lane_commit_two(end->lane, number << 1, number << 1);
    } else {
        ta_lane_commit(end->lane, number << 1);
    }
    return true;
}

/* Releases now and then, and looks first now and then. */
static bool receive_mixed(struct end *end, uint64_t number) {
    ta_cell cell;
    if (number % 5 == 0 && ta_lane_is_empty(end->lane)) return false;
    if (!ta_lane_receive(end->lane, &cell)) return false;
    compare_message(end, &cell, number);
    if (number % 3 == 0) {
        if (ta_lane_receive(end->lane, &cell))
            compare_message(end, &cell, number);
        else
            end->error = "the second cell came later than the first";
    }
    if (number % 7 == 0) ta_lane_release(end->lane);
    return true;
}

/* A message that is a pointer: the object goes over to the receiver, which writes and frees it. */
static bool send_object(struct end *end, uint64_t number) {
    ta_cell *cell = ta_lane_reserve(end->lane);
    if (cell == NULL) return false;
    uint64_t *object = malloc(2 * sizeof *object);
    if (object == NULL) {
        end->error = "malloc failed";
    } else {
        object[0] = number;
        object[1] = next_random(&end->random);
    }
    cell->words[0] = (uint64_t)(uintptr_t)object;
    ta_lane_commit(end->lane, 0);
    return true;
}

static bool receive_object(struct end *end, uint64_t number) {
    ta_cell cell;
    if (!ta_lane_receive(end->lane, &cell)) return false;
    uint64_t *object = (uint64_t *)(uintptr_t)cell.words[0];
    if (object == NULL) return true;
    if (object[0] != number || object[1] != next_random(&end->random))
        end->error = "an object arrived with another's contents";
    object[0] = object[1] = 0; /* it is ours now */
    free(object);
    return true;
}

static void run_pair(uint32_t cells, uint64_t messages, bool (*send)(struct end *, uint64_t),
                     bool (*receive)(struct end *, uint64_t)) {
    ta_registry_options options = {.processors = TA_PROCESSORS_ALL};
    ta_registry *registry = NULL;
    assert_int_equal(ta_registry_create(&options, &registry), TA_OK);
    bool pinned = ta_registry_processor_count(registry) >= 2;
    if (!pinned) print_message("one processor: unpinned\n");

    struct end ends[2] = {{.step = send, .processor = 0}, {.step = receive, .processor = 1}};
    ta_lane *lane = NULL;
    pthread_t threads[2];
    assert_int_equal(ta_lane_create(cells, NULL, &lane), TA_OK);
    uint64_t start = seed();
    for (int i = 0; i < 2; i++) {
        ends[i].lane = lane;
        ends[i].registry = pinned ? registry : NULL;
        ends[i].messages = messages;
        ends[i].seed = start;
        assert_int_equal(pthread_create(&threads[i], NULL, run_end, &ends[i]), 0);
    }
    for (int i = 0; i < 2; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < 2; i++) {
        if (ends[i].error != NULL)
            fail_msg("%s: %s", i == 0 ? "sender" : "receiver", ends[i].error);
        assert_int_equal(ends[i].done, messages);
    }
    ta_cell rest;
    assert_false(ta_lane_receive(lane, &rest));
    ta_lane_destroy(lane);
    ta_registry_destroy(registry);
}

static void ten_million_messages_arrive_in_order(void **state) {
    (void)state;
    run_pair(1024, MESSAGES, send_message, receive_message);
}

/* Always at one of its two edges, full or empty. */
static void a_lane_of_two_cells_loses_none(void **state) {
    (void)state;
    run_pair(2, MESSAGES / 100, send_message, receive_message);
}

static void messages_of_two_cells_arrive_whole(void **state) {
    (void)state;
    run_pair(8, MESSAGES / 20, send_mixed, receive_mixed);
}

static void objects_change_hands(void **state) {
    (void)state;
    run_pair(64, MESSAGES / 100, send_object, receive_object);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_million_messages_arrive_in_order),
        cmocka_unit_test(a_lane_of_two_cells_loses_none),
        cmocka_unit_test(messages_of_two_cells_arrive_whole),
        cmocka_unit_test(objects_change_hands),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
