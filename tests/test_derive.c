/* SPDX-License-Identifier: MIT
 *
 * Derived descriptors: what the macros read from a list of fields, and that values of such types
 * relocate, clone and are destroyed whole. What must not compile is in tests/compile_fail.
 */
#include "harness.h"
#include "derive_types.h"
#include "ledger.h"

#include <pthread.h>

/* ---- places and memory ----------------------------------------------------------------------- */

enum { HERE, NEAR, FAR }; /* two processors of one region, and one of another */

static ta_affinity place(unsigned processor) {
    static const uint32_t counts[] = {2, 1};
    ta_affinity places[3];
    assert_int_equal(ta_affinity_create_manual(counts, 2, places, 3, NULL), TA_OK);
    return places[processor];
}

/* Memory here and there, counted. */
typedef struct world {
    ledger here_book, there_book;
    ta_allocator here, there;
    ta_move_figures figures;
    ta_move far, near, nowhere;
} world;

static void world_make(world *w) {
    memset(w, 0, sizeof *w);
    w->here = ledger_allocator(&w->here_book);
    w->there = ledger_allocator(&w->there_book);
    w->far = ta_move_between(place(HERE), place(FAR), &w->there);
    w->near = ta_move_between(place(HERE), place(NEAR), &w->there);
    w->nowhere = ta_move_between(place(HERE), place(HERE), &w->there);
    w->far.figures = &w->figures;
}

static void assert_world_empty(world *w) {
    assert_balanced(&w->here_book);
    assert_balanced(&w->there_book);
}

static size_t blocks(const ledger *book) { return atomic_load(&book->blocks); }

static char *text(world *w, const char *words) {
    char *string = ta_string_make(words, &w->here);
    assert_non_null(string);
    return string;
}

/* ---- descriptors ----------------------------------------------------------------------------- */

static void traits_are_those_of_the_fields(void **state) {
    (void)state;
    assert_int_equal(point_traits, 0);
    assert_int_equal(scalars_traits, 0);
    assert_int_equal(timer_traits, 0);
    assert_int_equal(borrowed_bytes_traits, 0);
    assert_int_equal(internet_address_traits, 0);
    assert_int_equal(session_traits, TA_TRAIT_OWNS);
    assert_int_equal(node_traits, TA_TRAIT_OWNS);
    assert_int_equal(shape_traits, TA_TRAIT_OWNS);
    assert_int_equal(reply_traits, TA_TRAIT_OWNS);
    assert_int_equal(tree_traits, TA_TRAIT_OWNS | TA_TRAIT_RELOCATES | TA_TRAIT_RESOURCE);
    assert_int_equal(wife_traits, TA_TRAIT_OWNS | TA_TRAIT_RELOCATES | TA_TRAIT_RESOURCE);
    assert_int_equal(session_type.traits, session_traits);
    assert_int_equal(point_type.size, sizeof(struct point));
    assert_int_equal(scalars_type.alignment, _Alignof(struct scalars));
    assert_string_equal(session_type.name, "struct session");
}

static void every_scalar_finds_its_descriptor(void **state) {
    (void)state;
    static const struct {
        const char *name;
        const ta_type *type;
    } expected[] = {
        {"a", &ta_bool_type},  {"b", &ta_char_type},   {"c", &ta_schar_type},
        {"d", &ta_uchar_type}, {"e", &ta_short_type},  {"f", &ta_ushort_type},
        {"g", &ta_int_type},   {"h", &ta_uint_type},   {"i", &ta_long_type},
        {"j", &ta_ulong_type}, {"k", &ta_llong_type},  {"l", &ta_ullong_type},
        {"m", &ta_float_type}, {"n", &ta_double_type}, {"o", &ta_ldouble_type},
        {"p", &ta_uint_type},  {"q", &ta_int_type},    {"r", &ta_long_type},
        {"s", &ta_int_type},   {"t", &ta_short_type},
    };
    assert_int_equal(scalars_type.part_count, sizeof expected / sizeof *expected);
    for (size_t i = 0; i < scalars_type.part_count; i++) {
        const ta_part *part = &scalars_type.parts[i];
        assert_string_equal(part->name, expected[i].name);
        assert_ptr_equal(part->type, expected[i].type);
        assert_int_equal(part->kind, TA_PART_INLINE);
        assert_int_equal(part->count, 1);
        assert_int_equal(part->traits, 0);
    }
    assert_int_equal(scalars_type.parts[14].offset, offsetof(struct scalars, o));
}

static const ta_part *part_named(const ta_type *type, const char *name) {
    for (uint32_t i = 0; i < type->part_count; i++)
        if (strcmp(type->parts[i].name, name) == 0) return &type->parts[i];
    return NULL;
}

static void the_table_says_where_and_how_many(void **state) {
    (void)state;
    const ta_part *grid = part_named(&session_type, "grid");
    assert_int_equal(grid->kind, TA_PART_INLINE);
    assert_int_equal(grid->count, 16);
    assert_ptr_equal(grid->type, &ta_int_type);
    const ta_part *names = part_named(&session_type, "names");
    assert_int_equal(names->count, 6);
    assert_ptr_equal(names->type, &ta_string_type);
    const ta_part *bytes = part_named(&session_type, "bytes");
    assert_int_equal(bytes->kind, TA_PART_COUNTED);
    assert_ptr_equal(bytes->type, &ta_uchar_type);
    assert_int_equal(bytes->length_offset, offsetof(struct session, bytes_length));
    assert_int_equal(bytes->width, 2);
    const ta_part *children = part_named(&session_type, "children");
    assert_ptr_equal(children->type, &session_type);
    assert_int_equal(children->width, 4);
    assert_int_equal(part_named(&session_type, "next")->kind, TA_PART_OWNED);
    assert_ptr_equal(part_named(&session_type, "hook")->type, &ta_function_type);
    /* What is skipped, and what has no address, is not in it. */
    assert_null(part_named(&session_type, "scratch"));
    assert_null(part_named(&session_type, "borrowed"));
    assert_null(part_named(&session_type, "open"));
    assert_int_equal(borrowed_bytes_type.part_count, 1);
    assert_int_equal(sixty_four_type.part_count, 64);
    assert_string_equal(sixty_four_type.parts[63].name, "h7");
}

/* ---- structs --------------------------------------------------------------------------------- */

static void hook(int number) { (void)number; }

static struct session session_make(world *w, int number, bool family) {
    static int scratch;
    struct session s = {.id = (uint64_t)number, .scratch = &scratch, .open = 1, .seen = 99};
    s.user = text(w, "somebody");
    s.at = (struct point){number, -number};
    s.last = ta_box_allocate(&point_type, &w->here);
    *s.last = (struct point){1, 2};
    s.trail = ta_array_allocate(&point_type, 3, &w->here);
    s.trail_length = 3;
    for (int i = 0; i < 3; i++) s.trail[i] = (struct point){i, i * i};
    for (int i = 0; i < 16; i++) s.grid[i / 4][i % 4] = i;
    s.hook = hook;
    s.bytes = ta_array_allocate(&ta_uchar_type, 10, &w->here);
    s.bytes_capacity = 10;
    s.bytes_length = 4;
    memcpy(s.bytes, "abcd", 4);
    s.names[1][2] = text(w, "last of six");
    s.greeting = "hello";
    s.borrowed[1] = &scratch;
    if (!family) return s;
    s.next = ta_box_allocate(&session_type, &w->here);
    *s.next = session_make(w, number + 1, false);
    s.children = ta_array_allocate(&session_type, 2, &w->here);
    s.child_count = 2;
    s.children[0] = session_make(w, number + 2, false);
    s.children[1] = session_make(w, number + 3, false);
    return s;
}

static void session_check(const struct session *s, int number, bool family) {
    assert_int_equal(s->id, number);
    assert_string_equal(s->user, "somebody");
    assert_int_equal(s->at.y, -number);
    assert_int_equal(s->last->y, 2);
    assert_int_equal(s->trail_length, 3);
    for (int i = 0; i < 3; i++) assert_int_equal(s->trail[i].y, i * i);
    for (int i = 0; i < 16; i++) assert_int_equal(s->grid[i / 4][i % 4], i);
    assert_non_null(s->scratch);
    assert_int_equal(s->open, 1);
    assert_int_equal(s->seen, 99);
    assert_true(s->hook == hook);
    assert_int_equal(s->bytes_capacity, 10);
    assert_memory_equal(s->bytes, "abcd", s->bytes_length);
    assert_null(s->names[0][0]);
    assert_string_equal(s->names[1][2], "last of six");
    assert_string_equal(s->greeting, "hello");
    assert_ptr_equal(s->borrowed[1], s->scratch);
    assert_int_equal(s->child_count, family ? 2 : 0);
    if (!family) return;
    session_check(s->next, number + 1, false);
    session_check(&s->children[0], number + 2, false);
    session_check(&s->children[1], number + 3, false);
}

static void a_far_move_takes_all_that_is_owned(void **state) {
    (void)state;
    world w;
    world_make(&w);
    struct session s = session_make(&w, 7, true);
    size_t owned = blocks(&w.here_book);
    assert_int_equal(owned, 4 * 5 + 2);
    void *scratch = s.scratch;
    assert_int_equal(session_relocate(&s, &w.far), TA_OK);
    assert_ptr_equal(s.scratch, scratch);
    session_check(&s, 7, true);
    assert_int_equal(blocks(&w.here_book), 0);
    assert_int_equal(blocks(&w.there_book), owned);
    assert_int_equal(w.figures.blocks, owned);
    session_destroy(&s);
    assert_world_empty(&w);
}

static void a_near_move_keeps_what_is_owned(void **state) {
    (void)state;
    world w;
    world_make(&w);
    struct session s = session_make(&w, 7, true), before = s;
    assert_int_equal(session_relocate(&s, &w.near), TA_OK);
    assert_int_equal(session_relocate(&s, &w.nowhere), TA_OK);
    assert_memory_equal(&s, &before, sizeof s);
    assert_int_equal(blocks(&w.there_book), 0);
    session_destroy(&s);
    assert_world_empty(&w);
}

static void a_clone_owns_its_own(void **state) {
    (void)state;
    world w;
    world_make(&w);
    struct session s = session_make(&w, 7, true), copy;
    size_t owned = blocks(&w.here_book);
    assert_int_equal(session_clone(&s, &copy, &w.there), TA_OK);
    session_check(&copy, 7, true);
    assert_ptr_not_equal(copy.next, s.next);
    assert_ptr_equal(copy.scratch, s.scratch);
    assert_int_equal(blocks(&w.there_book), owned);
    session_destroy(&s);
    session_check(&copy, 7, true);
    session_destroy(&copy);
    assert_world_empty(&w);
}

/* Of a clone that finds no memory nothing stays; a move that finds none keeps the block. */
static void without_memory_nothing_is_lost(void **state) {
    (void)state;
    for (size_t n = 1;; n++) {
        world w;
        world_make(&w);
        struct session s = session_make(&w, 7, true), copy;
        w.there_book.fail_at = n;
        ta_status status = session_clone(&s, &copy, &w.there);
        if (status == TA_OK) session_destroy(&copy);
        bool enough = status == TA_OK;
        if (!enough) assert_int_equal(status, TA_E_NOMEM);
        assert_balanced(&w.there_book);

        atomic_store(&w.there_book.calls, 0);
        assert_int_equal(session_relocate(&s, &w.far), TA_OK);
        assert_int_equal(w.figures.kept, enough ? 0 : 1);
        session_check(&s, 7, true);
        w.there_book.fail_at = 0;
        assert_int_equal(session_relocate(&s, &w.far), TA_OK); /* fetches the one that stayed */
        assert_int_equal(blocks(&w.here_book), 0);
        session_check(&s, 7, true);
        session_destroy(&s);
        assert_world_empty(&w);
        if (enough) break;
    }
}

static void into_other_storage(void **state) {
    (void)state;
    world w;
    world_make(&w);
    struct session s = session_make(&w, 3, true), out;
    ta_move wrong = ta_move_between(place(HERE), ta_affinity_unknown(), NULL);
    memset(&out, 0x5a, sizeof out);
    assert_int_equal(session_relocate_into(&out, &s, &wrong), TA_E_UNKNOWN_AFFINITY);
    for (size_t i = 0; i < sizeof out; i++) assert_int_equal(((unsigned char *)&out)[i], 0x5a);
    session_check(&s, 3, true);
    assert_int_equal(session_relocate_into(&out, &s, &w.far), TA_OK);
    session_check(&out, 3, true);
    session_destroy(&out);
    assert_world_empty(&w);
}

static void by_value(void **state) {
    (void)state;
    world w;
    world_make(&w);
    struct point p = point_relocated((struct point){5, 9}, &w.far, NULL);
    assert_int_equal(p.x, 5);
    assert_int_equal(p.y, 9);

    ta_status status = TA_OK;
    ta_move wrong = ta_move_between(place(HERE), ta_affinity_unknown(), NULL);
    struct session s = session_relocated(session_make(&w, 3, true), &wrong, &status);
    assert_int_equal(status, TA_E_UNKNOWN_AFFINITY);
    session_check(&s, 3, true); /* it comes back whole */
    s = session_relocated(s, &w.far, &status);
    assert_int_equal(status, TA_OK);
    session_check(&s, 3, true);
    assert_int_equal(blocks(&w.here_book), 0);
    session_destroy(&s);
    assert_world_empty(&w);
}

static void structs_of_the_system(void **state) {
    (void)state;
    world w;
    world_make(&w);
    struct itimerspec timer = {{1, 2}, {3, 4}}, later;
    assert_int_equal(timer_relocate_into(&later, &timer, &w.far), TA_OK);
    assert_int_equal(later.it_value.tv_nsec, 4);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = 80}, copy;
    assert_int_equal(internet_address_clone(&address, &copy, NULL), TA_OK);
    assert_int_equal(copy.sin_port, 80);
    char bytes[4];
    struct iovec borrowed = {bytes, sizeof bytes};
    assert_int_equal(borrowed_bytes_relocate(&borrowed, &w.far), TA_OK);
    assert_ptr_equal(borrowed.iov_base, bytes);
    assert_world_empty(&w);
}

static void odd_layouts(void **state) {
    (void)state;
    world w;
    world_make(&w);
    struct odd_layout odd = {.far_off = 'x', .bits = 3, .last = text(&w, "end")};
    assert_int_equal(odd_layout_relocate(&odd, &w.far), TA_OK);
    assert_string_equal(odd.last, "end");
    assert_int_equal(odd.bits, 3);
    assert_int_equal(blocks(&w.there_book), 1);
    odd_layout_destroy(&odd);
    assert_int_equal(packed_layout_type.parts[2].offset, 5);
    struct sixty_four many = {.a0 = 1, .h6 = 2, .h7 = text(&w, "end")};
    assert_int_equal(sixty_four_relocate(&many, &w.far), TA_OK);
    assert_int_equal(blocks(&w.there_book), 1);
    sixty_four_destroy(&many);
    assert_world_empty(&w);
}

static void structs_that_the_macro_declares(void **state) {
    (void)state;
    world w;
    world_make(&w);
    job j = {.priority = 4, .codes = {1, 2, 3}, .name = text(&w, "job")};
    j.route = ta_array_allocate(&point_type, 2, &w.here);
    j.route[0] = j.route[1] = (struct point){8, 9};
    j.route_length = 2;
    j.next = ta_box_allocate(&job_type, &w.here);
    *j.next = (job){.name = text(&w, "next")};
    assert_int_equal(job_relocate(&j, &w.far), TA_OK);
    assert_int_equal(blocks(&w.here_book), 0);
    assert_int_equal(j.route[1].y, 9);
    assert_string_equal(j.next->name, "next");
    job copy;
    assert_int_equal(job_clone(&j, &copy, &w.here), TA_OK);
    assert_int_equal(copy.codes[2], 3);
    job_destroy(&copy);
    job_destroy(&j);
    assert_world_empty(&w);
}

/* ---- types of a program's own as fields ------------------------------------------------------- */

/* Keeps a diary of its relocations, and refuses some. */
static char diary[64];
static int refuse;

static ta_status writer_relocate(int *value, const ta_move *move) {
    (void)move;
    if (*value == refuse) return TA_E_SYSTEM;
    char word[2] = {(char)('0' + *value), '\0'};
    strcat(diary, word);
    return TA_OK;
}
TA_TYPE(writer, int, writer_relocate, NULL, NULL);

struct desk {
    int first;
    char *paper;
    int second[3];
    int *third;
    int unaware;
    struct desk *next;
};
TA_DERIVE(desk, struct desk, TA_AS(first, writer), TA_AS(paper, ta_string),
          TA_ARRAY_AS(second, writer), TA_OWNED(third, writer), unaware, TA_LINK(next));

static struct desk desk_make(world *w) {
    struct desk d = {.first = 1, .second = {2, 3, 4}, .unaware = 9, .paper = text(w, "paper")};
    d.third = ta_box_allocate(&writer_type, &w->here);
    *d.third = 5;
    return d;
}

static void fields_are_visited_in_their_order(void **state) {
    (void)state;
    world w;
    world_make(&w);
    refuse = -1;
    struct desk d = desk_make(&w);
    assert_int_equal(desk_traits, TA_TRAIT_OWNS | TA_TRAIT_RELOCATES);
    d.next = ta_box_allocate(&desk_type, &w.here);
    *d.next = desk_make(&w);
    d.next->first = 6;
    diary[0] = '\0';
    assert_int_equal(desk_relocate(&d, &w.far), TA_OK);
    assert_string_equal(diary, "1234562345");
    diary[0] = '\0';
    assert_int_equal(desk_relocate(&d, &w.near), TA_OK); /* through links, too */
    assert_string_equal(diary, "1234562345");
    diary[0] = '\0';
    assert_int_equal(desk_relocate(&d, &w.nowhere), TA_OK);
    assert_string_equal(diary, "");
    desk_destroy(&d);
    assert_world_empty(&w);
}

static void a_field_that_fails_leaves_the_value_whole(void **state) {
    (void)state;
    for (refuse = 1; refuse <= 5; refuse++) {
        world w;
        world_make(&w);
        struct desk d = desk_make(&w), out;
        diary[0] = '\0';
        assert_int_equal(desk_relocate_into(&out, &d, &w.far), TA_E_SYSTEM);
        assert_int_equal(strlen(diary), refuse - 1);
        assert_string_equal(d.paper, "paper");
        assert_int_equal(*d.third, 5);
        int refused = refuse;
        refuse = -1;
        assert_int_equal(desk_relocate_into(&out, &d, &w.far), TA_OK);
        refuse = refused;
        assert_string_equal(out.paper, "paper");
        assert_int_equal(*out.third, 5);
        assert_int_equal(blocks(&w.here_book), 0);
        desk_destroy(&out);
        assert_world_empty(&w);
    }
}

static void descriptors_of_other_headers_get_typed_functions(void **state) {
    (void)state;
    world w;
    world_make(&w);
    point_pointer_value p = point_pointer_make((struct point){1, 2}, &w.here), q;
    assert_int_equal(point_pointer_relocate(&p, &w.far), TA_OK);
    assert_int_equal(blocks(&w.there_book), 1);
    assert_int_equal(point_pointer_clone(&p, &q, &w.here), TA_OK);
    assert_int_equal(q->y, 2);
    point_pointer_destroy(&p);
    point_pointer_destroy(&q);

    sessions all = {NULL, 0, 0}, moved;
    for (int i = 0; i < 5; i++)
        assert_true(sessions_push(&all, session_make(&w, i, false), &w.here));
    assert_int_equal(sessions_relocate_into(&moved, &all, &w.far), TA_OK);
    for (int i = 0; i < 5; i++) session_check(&moved.items[i], i, false);
    sessions_destroy(&moved);
    assert_world_empty(&w);
}

/* ---- types that contain themselves ------------------------------------------------------------ */

enum { LINKS = 100000, STACK = 64 * 1024 };

static struct node *list_make(world *w, int length) {
    struct node *first = NULL;
    for (int i = length; i > 0; i--) {
        struct node *n = ta_box_allocate(&node_type, &w->here);
        if (n == NULL) break;
        *n = (struct node){first, i};
        first = n;
    }
    return first;
}

static void list_check(const struct node *list, int length) {
    int seen = 0;
    for (const struct node *n = list; n != NULL; n = n->next) assert_int_equal(n->value, ++seen);
    assert_int_equal(seen, length);
}

typedef struct long_list {
    world w;
    struct node first, copy;
    ta_status moved, cloned;
    size_t left_here;
} long_list;

static void *walk_long_list(void *argument) { /* cmocka cannot fail in a thread: no assertions */
    long_list *list = argument;
    list->moved = node_relocate(&list->first, &list->w.far);
    list->left_here = blocks(&list->w.here_book);
    list->cloned = node_clone(&list->first, &list->copy, &list->w.here);
    return NULL;
}

static void *destroy_long_list(void *argument) {
    long_list *list = argument;
    node_destroy(&list->copy);
    node_destroy(&list->first);
    return NULL;
}

static void run_on_a_small_stack(void *(*function)(void *), void *argument) {
    pthread_attr_t attributes;
    pthread_t thread;
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstacksize(&attributes, STACK), 0);
    assert_int_equal(pthread_create(&thread, &attributes, function, argument), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attributes);
}

static void long_lists_need_no_stack(void **state) {
    (void)state;
    static long_list list;
    world_make(&list.w);
    list.first = (struct node){list_make(&list.w, LINKS), 0};
    run_on_a_small_stack(walk_long_list, &list);
    assert_int_equal(list.moved, TA_OK);
    assert_int_equal(list.left_here, 0);
    assert_int_equal(list.cloned, TA_OK);
    list_check(list.first.next, LINKS);
    list_check(list.copy.next, LINKS);
    run_on_a_small_stack(destroy_long_list, &list);
    assert_world_empty(&list.w);
}

static struct tree *tree_make(world *w, int depth) {
    if (depth == 0) return NULL;
    struct tree *t = ta_box_allocate(&tree_type, &w->here);
    *t = (struct tree){{tree_make(w, depth - 1), tree_make(w, depth - 1)}, text(w, "leaf")};
    return t;
}

static int tree_count(const struct tree *t) {
    if (t == NULL) return 0;
    assert_string_equal(t->name, "leaf");
    return 1 + tree_count(t->child[0]) + tree_count(t->child[1]);
}

static void trees_and_couples(void **state) {
    (void)state;
    world w;
    world_make(&w);
    struct tree *t = tree_make(&w, 10), copy;
    struct tree root = *t;
    ta_box_release(&tree_type, t);
    assert_int_equal(tree_relocate(&root, &w.far), TA_OK);
    assert_int_equal(blocks(&w.here_book), 0);
    assert_int_equal(tree_clone(&root, &copy, &w.here), TA_OK);
    assert_int_equal(tree_count(&root), 1023);
    assert_int_equal(tree_count(&copy), 1023);
    tree_destroy(&root);
    tree_destroy(&copy);

    struct husband he = {ta_box_allocate(&wife_type, &w.here), 40};
    *he.wife = (struct wife){ta_box_allocate(&husband_type, &w.here), text(&w, "she")};
    *he.wife->husband = (struct husband){NULL, 41};
    assert_int_equal(husband_relocate(&he, &w.far), TA_OK);
    assert_int_equal(blocks(&w.here_book), 0);
    assert_string_equal(he.wife->name, "she");
    assert_int_equal(he.wife->husband->age, 41);
    husband_destroy(&he);
    assert_world_empty(&w);
}

/* ---- tagged unions ---------------------------------------------------------------------------- */

/* Every case, each with something in it. */
static size_t shapes_make(world *w, struct shape out[]) {
    static int somewhere;
    size_t n = 0;
    out[n++] = (struct shape){.kind = NOTHING};
    out[n++] = (struct shape){.kind = CIRCLE, .as.radius = 1.5};
    out[n++] = (struct shape){.kind = NAMED, .as.name = text(w, "square")};
    out[n++] = (struct shape){.kind = PLACED, .as.place = ta_box_allocate(&point_type, &w->here)};
    *out[n - 1].as.place = (struct point){1, 2};
    out[n++] = (struct shape){.kind = MANY};
    out[n - 1].as.many.items = ta_array_allocate(&shape_type, 2, &w->here);
    out[n - 1].as.many.items[0] = (struct shape){.kind = NAMED, .as.name = text(w, "one")};
    out[n - 1].as.many.items[1] = (struct shape){.kind = CIRCLE, .as.radius = 2.5};
    out[n - 1].as.many.length = 2;
    out[n++] = (struct shape){.kind = NESTED, .as.nested = ta_box_allocate(&shape_type, &w->here)};
    *out[n - 1].as.nested = (struct shape){.kind = NAMED, .as.name = text(w, "inner")};
    out[n++] = (struct shape){.kind = BORROWED, .as.borrowed = &somewhere};
    out[n++] = (struct shape){.kind = MATRIX, .as.matrix = {{1, 2}, {3, 4}}};
    out[n++] = (struct shape){.kind = SCALED, .as.scale = {6, 7}};
    return n;
}

static void shapes_check(const struct shape s[]) {
    assert_true(s[1].as.radius == 1.5);
    assert_string_equal(s[2].as.name, "square");
    assert_int_equal(s[3].as.place->y, 2);
    assert_string_equal(s[4].as.many.items[0].as.name, "one");
    assert_true(s[4].as.many.items[1].as.radius == 2.5);
    assert_string_equal(s[5].as.nested->as.name, "inner");
    assert_non_null(s[6].as.borrowed);
    assert_true(s[7].as.matrix[1][1] == 4);
    assert_int_equal(s[8].as.scale.y, 7);
}

static void every_case_of_a_union_moves(void **state) {
    (void)state;
    world w;
    world_make(&w);
    struct shape shapes[9], copies[9];
    assert_int_equal(shapes_make(&w, shapes), 9);
    size_t owned = blocks(&w.here_book);
    for (size_t i = 0; i < 9; i++) {
        assert_int_equal(shape_relocate(&shapes[i], &w.far), TA_OK);
        assert_int_equal(shape_clone(&shapes[i], &copies[i], &w.here), TA_OK);
        assert_int_equal(copies[i].kind, shapes[i].kind);
    }
    assert_int_equal(blocks(&w.here_book), owned);
    assert_int_equal(blocks(&w.there_book), owned);
    shapes_check(shapes);
    shapes_check(copies);
    for (size_t i = 0; i < 9; i++) {
        shape_destroy(&shapes[i]);
        shape_destroy(&copies[i]);
    }
    assert_world_empty(&w);
}

static void a_tag_that_is_no_case_is_an_answer(void **state) {
    (void)state;
    world w;
    world_make(&w);
    struct shape odd = {.kind = (enum shape_kind)1234}, copy;
    assert_int_equal(shape_relocate(&odd, &w.far), TA_E_TAG);
    assert_int_equal(shape_clone(&odd, &copy, NULL), TA_E_TAG);
    shape_destroy(&odd);

    struct option some = {.has = 255, .as.text = text(&w, "some")}, none = {.has = 0};
    struct option wrong = {.has = 7};
    assert_int_equal(option_relocate(&some, &w.far), TA_OK);
    assert_int_equal(option_relocate(&none, &w.far), TA_OK);
    assert_int_equal(option_relocate(&wrong, &w.far), TA_E_TAG);
    assert_string_equal(some.as.text, "some");
    assert_int_equal(blocks(&w.here_book), 0);
    option_destroy(&some);
    option_destroy(&none);
    assert_world_empty(&w);
}

static void unions_are_fields_like_others(void **state) {
    (void)state;
    world w;
    world_make(&w);
    struct reply r = {.number = 5,
                      .result = {FAILED, {.error = text(&w, "no such thing")}},
                      .comment = {.has = 255, .as.text = text(&w, "sorry")},
                      .shapes = {{.kind = CIRCLE, .as.radius = 1},
                                 {.kind = NAMED, .as.name = text(&w, "second")}}},
                 copy;
    assert_int_equal(reply_relocate(&r, &w.far), TA_OK);
    assert_int_equal(blocks(&w.here_book), 0);
    assert_int_equal(reply_clone(&r, &copy, &w.here), TA_OK);
    assert_string_equal(copy.result.as.error, "no such thing");
    assert_string_equal(copy.comment.as.text, "sorry");
    assert_string_equal(copy.shapes[1].as.name, "second");
    reply_destroy(&r);
    reply_destroy(&copy);
    struct result done = {DONE, {.ok = {1, 2}}};
    assert_int_equal(result_relocate(&done, &w.far), TA_OK);
    assert_int_equal(done.as.ok.y, 2);
    assert_world_empty(&w);
}

static void a_bool_is_a_tag(void **state) {
    (void)state;
    world w;
    world_make(&w);
    struct verdict good = {true, {.value = 5}}, bad = {false, {.error = text(&w, "no")}}, copy;
    assert_int_equal(verdict_relocate(&good, &w.far), TA_OK);
    assert_int_equal(good.value, 5);
    assert_int_equal(verdict_relocate(&bad, &w.far), TA_OK);
    assert_int_equal(blocks(&w.here_book), 0);
    assert_int_equal(verdict_clone(&bad, &copy, &w.here), TA_OK);
    assert_string_equal(copy.error, "no");
    verdict_destroy(&good);
    verdict_destroy(&bad);
    verdict_destroy(&copy);
    assert_world_empty(&w);
}

static void a_union_needs_no_name(void **state) {
    (void)state;
    world w;
    world_make(&w);
    struct holder some = {.what = SOME}, copy, couple = {.what = COUPLE};
    some.some.length = 2;
    some.some.items = ta_array_allocate(&ta_string_type, 2, &w.here);
    for (int i = 0; i < 2; i++) some.some.items[i] = text(&w, "one of two");
    couple.couple.one = text(&w, "one");
    couple.couple.other = text(&w, "other");
    assert_int_equal(holder_relocate(&some, &w.far), TA_OK);
    assert_int_equal(holder_relocate(&couple, &w.far), TA_OK);
    assert_int_equal(blocks(&w.here_book), 0);
    assert_int_equal(holder_clone(&some, &copy, &w.here), TA_OK);
    assert_string_equal(copy.some.items[1], "one of two");
    assert_string_equal(couple.couple.other, "other");
    holder_destroy(&some);
    holder_destroy(&couple);
    holder_destroy(&copy);
    assert_world_empty(&w);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(traits_are_those_of_the_fields),
        cmocka_unit_test(every_scalar_finds_its_descriptor),
        cmocka_unit_test(the_table_says_where_and_how_many),
        cmocka_unit_test(a_far_move_takes_all_that_is_owned),
        cmocka_unit_test(a_near_move_keeps_what_is_owned),
        cmocka_unit_test(a_clone_owns_its_own),
        cmocka_unit_test(without_memory_nothing_is_lost),
        cmocka_unit_test(into_other_storage),
        cmocka_unit_test(by_value),
        cmocka_unit_test(structs_of_the_system),
        cmocka_unit_test(odd_layouts),
        cmocka_unit_test(structs_that_the_macro_declares),
        cmocka_unit_test(fields_are_visited_in_their_order),
        cmocka_unit_test(a_field_that_fails_leaves_the_value_whole),
        cmocka_unit_test(descriptors_of_other_headers_get_typed_functions),
        cmocka_unit_test(long_lists_need_no_stack),
        cmocka_unit_test(trees_and_couples),
        cmocka_unit_test(every_case_of_a_union_moves),
        cmocka_unit_test(a_tag_that_is_no_case_is_an_answer),
        cmocka_unit_test(unions_are_fields_like_others),
        cmocka_unit_test(a_bool_is_a_tag),
        cmocka_unit_test(a_union_needs_no_name),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
