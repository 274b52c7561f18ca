/* SPDX-License-Identifier: MIT
 *
 * Derived types for the tests of ta/derive.h, in a header that C and C++ files include.
 */
#ifndef TA_TESTS_DERIVE_TYPES_H
#define TA_TESTS_DERIVE_TYPES_H

#include "ta/derive.h"

#include <netinet/in.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <wchar.h>

struct point {
    int x, y;
};
TA_DERIVE(point, struct point, x, y);

/* One of each kind of entry. */
struct session {
    uint64_t id;
    char *user;
    struct point at;
    struct point *last;
    struct point *trail;
    size_t trail_length;
    int grid[4][4];
    void *scratch;
    unsigned open : 1;
    unsigned seen : 7;
    void (*hook)(int);
    struct session *next;
    uint8_t *bytes;
    uint16_t bytes_length, bytes_capacity;
    char *names[2][3];
    const char *greeting;
    void *borrowed[2];
    int : 32;
    int : 32;
    struct session *children;
    int32_t child_count;
};
TA_DERIVE(session, struct session, id, TA_AS(user, ta_string), TA_AS(at, point),
          TA_OWNED(last, point), TA_COUNTED(trail, trail_length, point), trail_length,
          TA_ARRAY(grid), TA_SKIP(scratch), TA_BITS(open), TA_BITS(seen), TA_FUNCTION(hook),
          TA_LINK(next), TA_COUNTED_SCALARS(bytes, bytes_length), bytes_length, bytes_capacity,
          TA_ARRAY_AS(names, ta_string), TA_AS(greeting, ta_static_string), TA_SKIP_ARRAY(borrowed),
          TA_UNNAMED(), TA_LINKS(children, child_count), child_count);

/* Every arithmetic type, and an enum. */
enum colour { RED, GREEN };
struct scalars {
    bool a;
    char b;
    signed char c;
    unsigned char d;
    short e;
    unsigned short f;
    int g;
    unsigned h;
    long i;
    unsigned long j;
    long long k;
    unsigned long long l;
    float m;
    double n;
    long double o;
    enum colour p;
    const int q;
    time_t r;
    wchar_t s;
    volatile short t;
};
TA_DERIVE(scalars, struct scalars, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t);

/* Structs of the system's headers. */
TA_DERIVE(system_time, struct timespec, tv_sec, tv_nsec);
TA_DERIVE(timer, struct itimerspec, TA_AS(it_interval, ta_timespec), TA_AS(it_value, system_time));
TA_DERIVE(borrowed_bytes, struct iovec, TA_SKIP(iov_base), iov_len);
TA_DERIVE(internet_address, struct sockaddr_in, sin_family, sin_port, TA_SKIP(sin_addr),
          TA_ARRAY(sin_zero));

/* Layouts that are not the usual ones. */
struct odd_layout {
    char first;
    __attribute__((aligned(64))) char far_off;
    __attribute__((aligned(32))) int grid[1];
    unsigned : 3;
    unsigned bits : 2;
    char *last;
};
TA_DERIVE(odd_layout, struct odd_layout, first, far_off, TA_ARRAY(grid), TA_UNNAMED(),
          TA_BITS(bits), TA_AS(last, ta_string));
struct packed_layout {
    char first;
    int second;
    int64_t third;
} __attribute__((packed));
TA_DERIVE(packed_layout, struct packed_layout, first, second, third);

/* A list. */
struct node {
    struct node *next;
    int value;
};
TA_DERIVE(node, struct node, TA_LINK(next), value);

/* A tree with an array of links. */
struct tree {
    struct tree *child[2];
    char *name;
};
TA_POINTER_FORWARD(tree_link, struct tree, tree);
TA_DERIVE(tree, struct tree, TA_ARRAY_AS(child, tree_link), TA_AS(name, ta_string));

/* Two types that own each other. */
struct husband {
    struct wife *wife;
    int age;
};
struct wife {
    struct husband *husband;
    char *name;
};
TA_POINTER_FORWARD(wife_link, struct wife, wife);
TA_DERIVE(husband, struct husband, TA_AS(wife, wife_link), age);
TA_DERIVE(wife, struct wife, TA_OWNED(husband, husband), TA_AS(name, ta_string));

/* Tagged unions: one with each kind of case, a result, an option, tags of all sorts. */
enum shape_kind { NOTHING, CIRCLE, NAMED, PLACED, MANY, NESTED, BORROWED, MATRIX, SCALED = -5 };
struct shape {
    enum shape_kind kind;
    union {
        double radius;
        char *name;
        struct point *place;
        struct {
            struct shape *items;
            uint16_t length;
        } many;
        struct shape *nested;
        void *borrowed;
        float matrix[2][2];
        struct point scale;
    } as;
};
TA_DERIVE_UNION(shape, struct shape, kind, as, TA_CASE_EMPTY(NOTHING), TA_CASE(CIRCLE, radius),
                TA_CASE(NAMED, TA_AS(name, ta_string)), TA_CASE(PLACED, TA_OWNED(place, point)),
                TA_CASE(MANY, TA_LINKS(many.items, many.length)), TA_CASE(NESTED, TA_LINK(nested)),
                TA_CASE(BORROWED, TA_SKIP(borrowed)), TA_CASE(MATRIX, TA_ARRAY(matrix)),
                TA_CASE(SCALED, TA_AS(scale, point)));

enum outcome { DONE, FAILED };
struct result {
    enum outcome is;
    union {
        struct point ok;
        char *error;
    } as;
};
TA_DERIVE_UNION(result, struct result, is, as, TA_CASE(DONE, TA_AS(ok, point)),
                TA_CASE(FAILED, TA_AS(error, ta_string)));

/* A tag of one byte behind the union. */
struct option {
    union {
        char *text;
    } as;
    uint8_t has;
};
TA_DERIVE_UNION(option, struct option, has, as, TA_CASE_EMPTY(0),
                TA_CASE(255, TA_AS(text, ta_string)));

/* A tag that is a bool; and a union without a name, one of whose fields is all of a struct. */
struct verdict {
    bool ok;
    union {
        int value;
        char *error;
    };
};
TA_DERIVE_UNION(verdict, struct verdict, ok, , TA_CASE(true, value),
                TA_CASE(false, TA_AS(error, ta_string)));

struct couple {
    char *one, *other;
};
TA_DERIVE(couple, struct couple, TA_AS(one, ta_string), TA_AS(other, ta_string));

struct some {
    size_t length;
    char **items;
};
enum holding { NOBODY, SOME, COUPLE };
struct holder {
    enum holding what;
    union {
        struct some some;
        struct couple couple;
    };
};
TA_DERIVE_UNION(holder, struct holder, what, , TA_CASE_EMPTY(NOBODY),
                TA_CASE(SOME, TA_COUNTED(some.items, some.length, ta_string)),
                TA_CASE(COUPLE, TA_AS(couple, couple)));

/* Unions and results as fields. */
struct reply {
    int number;
    struct result result;
    struct option comment;
    struct shape shapes[2];
};
TA_DERIVE(reply, struct reply, number, TA_AS(result, result), TA_AS(comment, option),
          TA_ARRAY_AS(shapes, shape));

/* Declared by the macro. */
TA_STRUCT(job, TA_MEMBER(int, priority), TA_MEMBER_AS(ta_string, name),
          TA_MEMBER_OWNED(point, target), TA_MEMBER_COUNTED(point, route, route_length),
          TA_MEMBER_ARRAY(ta_int, codes, 7), TA_MEMBER_LINK(next),
          TA_MEMBER_FUNCTION(ta_any_function, run), TA_MEMBER_SKIP(void *, context));

/* The shortest and the longest list. */
struct one {
    char *only;
};
TA_DERIVE(one, struct one, TA_AS(only, ta_string));

struct sixty_four {
    int a0, a1, a2, a3, a4, a5, a6, a7, b0, b1, b2, b3, b4, b5, b6, b7;
    int c0, c1, c2, c3, c4, c5, c6, c7, d0, d1, d2, d3, d4, d5, d6, d7;
    int e0, e1, e2, e3, e4, e5, e6, e7, f0, f1, f2, f3, f4, f5, f6, f7;
    int g0, g1, g2, g3, g4, g5, g6, g7, h0, h1, h2, h3, h4, h5, h6;
    char *h7;
};
TA_DERIVE(sixty_four, struct sixty_four, a0, a1, a2, a3, a4, a5, a6, a7, b0, b1, b2, b3, b4, b5, b6,
          b7, c0, c1, c2, c3, c4, c5, c6, c7, d0, d1, d2, d3, d4, d5, d6, d7, e0, e1, e2, e3, e4,
          e5, e6, e7, f0, f1, f2, f3, f4, f5, f6, f7, g0, g1, g2, g3, g4, g5, g6, g7, h0, h1, h2,
          h3, h4, h5, h6, TA_AS(h7, ta_string));

/* Typed functions for descriptors that are not derived. */
TA_POINTER(point_pointer, point);
TA_VECTOR(sessions, session);
TA_TYPED(point_pointer);
TA_TYPED(sessions);

#endif
