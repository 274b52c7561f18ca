/* SPDX-License-Identifier: MIT
 *
 * Values that nest 100,000 blocks deep, on a thread with a small stack: lists, trees, and trees
 * with short and long branches in boxes and arrays. Everything is visited exactly once, also where
 * a failure cuts the visit short.
 */
#include "relocate_checks.h"

#include "ta/owned.h"

#include <pthread.h>
#include <stdlib.h>

/* 64 KiB is less than a byte per block. Sanitizers take more for each frame and for the
 * allocator. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifdef SANITIZED
enum { STACK = 512 * 1024 };
#else
enum { STACK = 64 * 1024 };
#endif

enum { DEEP = 100000, SHALLOW = 70 };

/* ---- the value ------------------------------------------------------------------------------- */

/* Three ways to a next block. It has a mark between them. */
typedef struct node {
    probe mark;
    struct node *left;
    uint32_t length;
    struct node *items;
    char *text;
    struct node *right;
} node;
TA_TYPE_FORWARD(node);
static const ta_part node_parts[] = {
    TA_PART_OWNED_INIT("left", ALL_TRAITS, &node_type, offsetof(node, left)),
    TA_PART_INLINE_INIT("mark", probe_traits, &probe_type, offsetof(node, mark), 1),
    TA_PART_COUNTED_INIT("items", ALL_TRAITS, &node_type, offsetof(node, items),
                         offsetof(node, length), 4),
    TA_PART_OWNED_INIT("text", 0, &ta_char_type, offsetof(node, text)),
    TA_PART_OWNED_INIT("right", ALL_TRAITS, &node_type, offsetof(node, right))};
TYPE_OF_PARTS(node, ALL_TRAITS);

/* What hangs at each node along the deep path. */
typedef enum shape {
    LIST,        /* boxes alone */
    VECTORS,     /* arrays of three, the middle one goes on */
    CATERPILLAR, /* by turns in each of the three ways, with short branches in the others */
    COMB,        /* boxes, with a branch of 20 blocks at every 50th */
    SHAPES
} shape;

static const char *const shape_names[] = {"list", "vectors", "caterpillar", "comb"};

typedef struct builder {
    const ta_allocator *memory;
    uint32_t nodes; /* so far: the next node's id */
    size_t blocks;
} builder;

static node new_node(builder *b) { return (node){.mark = probe_make(b->nodes++)}; }

static node *new_box(builder *b) {
    node *box = ta_box_allocate(&node_type, b->memory);
    assert_non_null(box);
    *box = new_node(b);
    b->blocks++;
    return box;
}

static void new_items(builder *b, node *at, uint32_t length) {
    at->items = ta_array_allocate(&node_type, length, b->memory);
    assert_non_null(at->items);
    at->length = length;
    b->blocks++;
    for (uint32_t i = 0; i < length; i++) at->items[i] = new_node(b);
}

static void new_branch(builder *b, node **slot, int blocks) {
    for (; blocks > 0; blocks--) {
        *slot = new_box(b);
        slot = &(*slot)->left;
    }
}

/* Lets the value grow at `at` by one block; returns where it goes on. */
static node *grow(builder *b, node *at, shape form, uint32_t level) {
    switch (form) {
    case VECTORS:
        new_items(b, at, 3);
        return &at->items[1];
    case CATERPILLAR:
        if (level % 3 != 0) new_branch(b, &at->left, 2);
        if (level % 3 != 1) new_items(b, at, 1 + level % 4);
        if (level % 3 != 2) new_branch(b, &at->right, 1);
        at->text = ta_string_make("leaf", b->memory);
        b->blocks++;
        if (level % 3 == 0) return at->left = new_box(b);
        if (level % 3 == 2) return at->right = new_box(b);
        new_items(b, at, 3);
        return &at->items[level % 2 == 0 ? 0 : 2];
    case COMB:
        if (level % 50 == 0) new_branch(b, &at->left, 20);
        return at->right = new_box(b);
    case LIST:
    default:
        return at->left = new_box(b);
    }
}

static builder build(node *root, shape form, uint32_t depth, const ta_allocator *memory) {
    builder b = {memory, 0, 0};
    *root = new_node(&b);
    for (uint32_t level = 0; level < depth; level++) root = grow(&b, root, form, level);
    return b;
}

/* ---- checking -------------------------------------------------------------------------------- */

/* Walks the value without recursion: each of `nodes` nodes is there once, alive, and was told of
 * `least` to `most` moves. Returns the moves in total. */
static size_t check(const node *root, uint32_t nodes, uint32_t least, uint32_t most) {
    const node **todo = calloc(nodes, sizeof *todo);
    bool *seen = calloc(nodes, sizeof *seen);
    size_t count = 0, pending = 0, moves = 0;
    assert_true(todo != NULL && seen != NULL);
    todo[pending++] = root;
    while (pending > 0) {
        const node *at = todo[--pending];
        if (at->mark.state != PROBE_ALIVE || at->mark.id >= nodes || seen[at->mark.id])
            fail_msg("node %u is no node, or a second one", at->mark.id);
        if (at->mark.moves < least || at->mark.moves > most)
            fail_msg("node %u: %u moves", at->mark.id, at->mark.moves);
        if (at->text != NULL) assert_string_equal(at->text, "leaf");
        seen[at->mark.id] = true;
        count++;
        moves += at->mark.moves;
        if (at->left != NULL) todo[pending++] = at->left;
        if (at->right != NULL) todo[pending++] = at->right;
        for (uint32_t i = 0; i < at->length; i++) todo[pending++] = &at->items[i];
    }
    assert_int_equal(count, nodes);
    assert_int_equal(probes.damaged, 0);
    free(todo);
    free(seen);
    return moves;
}

/* ---- a small stack --------------------------------------------------------------------------- */

typedef struct job {
    enum { RELOCATE, CLONE, DESTROY } what;
    node *value, *out;
    const ta_move *move;
    const ta_allocator *memory;
    ta_status status;
} job;

static void *run_job(void *argument) {
    job *todo = argument;
    switch (todo->what) {
    case RELOCATE:
        todo->status = ta_relocate(&node_type, todo->value, todo->move);
        break;
    case CLONE:
        todo->status = ta_clone(&node_type, todo->value, todo->out, todo->memory);
        break;
    case DESTROY:
        ta_destroy(&node_type, todo->value);
        break;
    }
    return NULL;
}

static ta_status on_a_small_stack(job todo) {
    pthread_attr_t attributes;
    pthread_t thread;
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstacksize(&attributes, STACK), 0);
    assert_int_equal(pthread_create(&thread, &attributes, run_job, &todo), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(pthread_attr_destroy(&attributes), 0);
    return todo.status;
}

static ta_status relocate(node *value, const ta_move *move) {
    return on_a_small_stack((job){.what = RELOCATE, .value = value, .move = move});
}

static ta_status copy_of(node *value, node *out, const ta_allocator *memory) {
    return on_a_small_stack((job){.what = CLONE, .value = value, .out = out, .memory = memory});
}

/* Destroys the value: each node once. */
static void destroy(node *value, uint32_t nodes) {
    size_t before = probes.destroyed;
    (void)on_a_small_stack((job){.what = DESTROY, .value = value});
    assert_int_equal(probes.destroyed - before, nodes);
    assert_int_equal(probes.damaged, 0);
}

/* ---- what is done to each shape -------------------------------------------------------------- */

static void check_moves(shape form, uint32_t depth) {
    LEDGER(here);
    LEDGER(there);
    ta_move_figures figures = {0};
    ta_move far = far_move(there_memory), near = near_move(there_memory);
    node value;
    builder built = build(&value, form, depth, here_memory);
    assert_int_equal(built.blocks, blocks_of(&here));
    probes_reset();
    assert_int_equal(relocate(&value, &near), TA_OK);
    assert_int_equal(probes.relocated, built.nodes);
    check(&value, built.nodes, 1, 1);
    assert_int_equal(blocks_of(&here), built.blocks);
    assert_int_equal(calls_of(&there), 0);

    far.figures = &figures;
    assert_int_equal(relocate(&value, &far), TA_OK);
    assert_int_equal(probes.relocated, 2 * (size_t)built.nodes);
    check(&value, built.nodes, 2, 2);
    assert_balanced(&here);
    assert_int_equal(blocks_of(&there), built.blocks);
    assert_int_equal(calls_of(&there), built.blocks);
    assert_int_equal(figures.blocks, built.blocks);
    assert_int_equal(figures.kept, 0);
    destroy(&value, built.nodes);
    assert_balanced(&there);
}

static void check_clone(shape form, uint32_t depth) {
    LEDGER(here);
    LEDGER(there);
    node value, copy;
    builder built = build(&value, form, depth, here_memory);
    probes_reset();
    assert_int_equal(copy_of(&value, &copy, there_memory), TA_OK);
    assert_int_equal(probes.cloned, built.nodes);
    assert_int_equal(blocks_of(&there), built.blocks);
    check(&value, built.nodes, 0, 0);
    destroy(&value, built.nodes);
    assert_balanced(&here);
    check(&copy, built.nodes, 0, 0);
    destroy(&copy, built.nodes);
    assert_balanced(&there);
}

/* Clones once with the n-th allocation failing, or the n-th clone function. */
static void check_failing_clone(node *value, const builder *built, size_t n, bool is_memory) {
    LEDGER(there);
    node copy;
    probes_reset();
    if (is_memory)
        there.fail_at = n;
    else
        probes.clone_fails_at = n;
    assert_int_equal(copy_of(value, &copy, there_memory), is_memory ? TA_E_NOMEM : TA_E_RANGE);
    assert_int_equal(probes.destroyed, probes.cloned);
    assert_balanced(&there);
    check(value, built->nodes, 0, 0);
}

/* Relocates with the n-th relocate function failing, and then again. */
static void check_failing_relocate(shape form, uint32_t depth, size_t n) {
    LEDGER(here);
    LEDGER(there);
    ta_move far = far_move(there_memory);
    node value;
    builder built = build(&value, form, depth, here_memory);
    probes_reset();
    probes.relocate_fails_at = n;
    assert_int_equal(relocate(&value, &far), TA_E_SYSTEM);
    assert_int_equal(check(&value, built.nodes, 0, 1), n - 1);
    assert_int_equal(blocks_of(&here) + blocks_of(&there), built.blocks);
    if (n % 2 == 0) {
        assert_int_equal(relocate(&value, &far), TA_OK);
        assert_int_equal(check(&value, built.nodes, 1, 2), built.nodes + n - 1);
        assert_balanced(&here);
        assert_int_equal(calls_of(&there), built.blocks); /* each once, in both moves together */
    }
    destroy(&value, built.nodes);
    assert_balanced(&here);
    assert_balanced(&there);
}

/* Some of the numbers from 1 to `count`: around the depths at which the way of walking changes,
 * and spread over the rest. */
static size_t next_sample(size_t n, size_t count) {
    if (n < 40) return n + 13;
    return n < count ? (n * 7 < count ? n * 7 : count) : count + 1;
}

static void check_deep_failures(shape form) {
    LEDGER(here);
    node value;
    builder built = build(&value, form, DEEP, here_memory);
    for (size_t n = 1; n <= built.blocks; n = next_sample(n, built.blocks))
        check_failing_clone(&value, &built, n, true);
    for (size_t n = 1; n <= built.nodes; n = next_sample(n, built.nodes))
        check_failing_clone(&value, &built, n, false);
    destroy(&value, built.nodes);
    assert_balanced(&here);
    for (size_t n = 2; n <= built.nodes; n = next_sample(n, built.nodes))
        check_failing_relocate(form, DEEP, n);
}

/* ---- deep ------------------------------------------------------------------------------------ */

static void a_list_moves(void **state) {
    (void)state;
    check_moves(LIST, DEEP);
}

static void vectors_of_vectors_move(void **state) {
    (void)state;
    check_moves(VECTORS, DEEP);
}

static void a_caterpillar_moves(void **state) {
    (void)state;
    check_moves(CATERPILLAR, DEEP);
}

static void a_comb_moves(void **state) {
    (void)state;
    check_moves(COMB, DEEP);
}

static void a_list_is_cloned(void **state) {
    (void)state;
    check_clone(LIST, DEEP);
}

static void vectors_of_vectors_are_cloned(void **state) {
    (void)state;
    check_clone(VECTORS, DEEP);
}

static void a_caterpillar_is_cloned(void **state) {
    (void)state;
    check_clone(CATERPILLAR, DEEP);
}

static void a_comb_is_cloned(void **state) {
    (void)state;
    check_clone(COMB, DEEP);
}

static void failures_deep_in_a_list_are_undone(void **state) {
    (void)state;
    check_deep_failures(LIST);
}

static void failures_deep_in_vectors_are_undone(void **state) {
    (void)state;
    check_deep_failures(VECTORS);
}

static void failures_deep_in_a_caterpillar_are_undone(void **state) {
    (void)state;
    check_deep_failures(CATERPILLAR);
}

static void failures_deep_in_a_comb_are_undone(void **state) {
    (void)state;
    check_deep_failures(COMB);
}

/* Half of the blocks find no memory and stay. */
static void *every_other(void *context, size_t size, size_t alignment) {
    ledger *book = context;
    if (calls_of(book) % 2 == 0) book->fail_at = calls_of(book) + 1;
    return ledger_allocate(context, size, alignment);
}

static void blocks_that_find_no_memory_stay(void **state) {
    (void)state;
    for (int s = 0; s < SHAPES; s++) {
        LEDGER(here);
        ledger there = {0};
        ta_allocator half = {every_other, ledger_release, &there};
        ta_move_figures figures = {0};
        ta_move far = far_move(&half);
        node value;
        builder built = build(&value, (shape)s, DEEP, here_memory);
        far.figures = &figures;
        probes_reset();
        assert_int_equal(relocate(&value, &far), TA_OK);
        check(&value, built.nodes, 1, 1);
        assert_int_equal(calls_of(&there), built.blocks);
        assert_int_equal(figures.blocks, built.blocks / 2);
        assert_int_equal(figures.kept, built.blocks - built.blocks / 2);
        assert_int_equal(blocks_of(&here), figures.kept);
        destroy(&value, built.nodes);
        assert_balanced(&here);
        assert_balanced(&there);
    }
}

/* ---- every failure --------------------------------------------------------------------------- */

/* Deep enough that pending blocks bring forth pending blocks. */
static void each_allocation_of_a_nested_clone_may_fail(void **state) {
    (void)state;
    for (int s = 0; s < SHAPES; s++) {
        LEDGER(here);
        node value;
        builder built = build(&value, (shape)s, SHALLOW, here_memory);
        print_message("%s: %zu blocks, %u nodes\n", shape_names[s], built.blocks, built.nodes);
        for (size_t n = 1; n <= built.blocks; n++) check_failing_clone(&value, &built, n, true);
        destroy(&value, built.nodes);
        assert_balanced(&here);
    }
}

static void each_clone_function_of_a_nested_value_may_fail(void **state) {
    (void)state;
    for (int s = 0; s < SHAPES; s++) {
        LEDGER(here);
        node value;
        builder built = build(&value, (shape)s, SHALLOW, here_memory);
        for (size_t n = 1; n <= built.nodes; n++) check_failing_clone(&value, &built, n, false);
        destroy(&value, built.nodes);
        assert_balanced(&here);
    }
}

static void each_relocate_function_of_a_nested_value_may_fail(void **state) {
    (void)state;
    for (int s = 0; s < SHAPES; s++) {
        LEDGER(here);
        node value;
        builder built = build(&value, (shape)s, SHALLOW, here_memory);
        destroy(&value, built.nodes);
        assert_balanced(&here);
        for (size_t n = 1; n <= built.nodes; n++) check_failing_relocate((shape)s, SHALLOW, n);
    }
}

/* Every depth near those at which the way of walking changes. */
static void every_small_depth_works(void **state) {
    (void)state;
    for (int s = 0; s < SHAPES; s++)
        for (uint32_t depth = 0; depth <= SHALLOW; depth++) {
            check_moves((shape)s, depth);
            check_clone((shape)s, depth);
        }
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_moves),
        cmocka_unit_test(vectors_of_vectors_move),
        cmocka_unit_test(a_caterpillar_moves),
        cmocka_unit_test(a_comb_moves),
        cmocka_unit_test(a_list_is_cloned),
        cmocka_unit_test(vectors_of_vectors_are_cloned),
        cmocka_unit_test(a_caterpillar_is_cloned),
        cmocka_unit_test(a_comb_is_cloned),
        cmocka_unit_test(failures_deep_in_a_list_are_undone),
        cmocka_unit_test(failures_deep_in_vectors_are_undone),
        cmocka_unit_test(failures_deep_in_a_caterpillar_are_undone),
        cmocka_unit_test(failures_deep_in_a_comb_are_undone),
        cmocka_unit_test(blocks_that_find_no_memory_stay),
        cmocka_unit_test(each_allocation_of_a_nested_clone_may_fail),
        cmocka_unit_test(each_clone_function_of_a_nested_value_may_fail),
        cmocka_unit_test(each_relocate_function_of_a_nested_value_may_fail),
        cmocka_unit_test(every_small_depth_works),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
