/* SPDX-License-Identifier: MIT
 *
 * The values that the rows of relocate_rows.h move: value number k is made of k alone, so that
 * either side can tell whether it arrived.
 */
#ifndef TA_BENCH_RELOCATE_VALUES_H
#define TA_BENCH_RELOCATE_VALUES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { BENCH_TEXT = 32 /* bytes of a string, without its NUL */ };

static inline uint64_t bench_word(uint64_t k) { return k * UINT64_C(0x9e3779b97f4a7c15) | 1; }

/* Text number k: letters and a NUL. */
static inline void bench_text(char text[BENCH_TEXT + 1], uint64_t k) {
    for (int i = 0; i < BENCH_TEXT; i++)
        text[i] = (char)('a' + (bench_word(k + (uint64_t)i) >> 40) % 26);
    text[BENCH_TEXT] = '\0';
}

static inline bool bench_is_text(const char *text, uint64_t k) {
    char expected[BENCH_TEXT + 1];
    bench_text(expected, k);
    return text != NULL && strcmp(text, expected) == 0;
}

static inline void bench_int_make(int *value, uint64_t k) { *value = (int)(bench_word(k) >> 33); }
static inline bool bench_int_is(const int *value, uint64_t k) {
    return *value == (int)(bench_word(k) >> 33);
}

/* A plain struct of one cache line. */
typedef struct bench_line {
    uint64_t words[8];
} bench_line;

static inline void bench_line_make(bench_line *line, uint64_t k) {
    for (uint64_t i = 0; i < 8; i++) line->words[i] = bench_word(8 * k + i);
}

static inline bool bench_line_is(const bench_line *line, uint64_t k) {
    for (uint64_t i = 0; i < 8; i++)
        if (line->words[i] != bench_word(8 * k + i)) return false;
    return true;
}

/* A struct of twelve scalars. */
typedef struct bench_twelve {
    bool flag;
    char letter;
    short small;
    float half;
    int whole;
    unsigned count;
    double real;
    long moment;
    uint64_t size;
    int64_t distance;
    uint16_t port;
    uint8_t kind;
} bench_twelve;

static inline void bench_twelve_make(bench_twelve *value, uint64_t k) {
    *value = (bench_twelve){.flag = k % 2 == 1,
                            .letter = (char)('a' + k % 26),
                            .small = (short)k,
                            .half = (float)k / 2,
                            .whole = (int)k,
                            .count = (unsigned)k + 1,
                            .real = (double)k / 3,
                            .moment = (long)k + 2,
                            .size = bench_word(k),
                            .distance = -(int64_t)k,
                            .port = (uint16_t)(k + 3),
                            .kind = (uint8_t)(k + 4)};
}

static inline bool bench_twelve_is(const bench_twelve *value, uint64_t k) {
    return value->flag == (k % 2 == 1) && value->letter == (char)('a' + k % 26) &&
           value->small == (short)k && value->half == (float)k / 2 && value->whole == (int)k &&
           value->count == (unsigned)k + 1 && value->real == (double)k / 3 &&
           value->moment == (long)k + 2 && value->size == bench_word(k) &&
           value->distance == -(int64_t)k && value->port == (uint16_t)(k + 3) &&
           value->kind == (uint8_t)(k + 4);
}

/* What closures capture: 40 bytes and 100. Calling one adds up five words, from end to end. */
typedef struct bench_five {
    uint64_t words[5];
} bench_five;

typedef struct bench_hundred {
    uint32_t words[25];
} bench_hundred;

static inline void bench_five_make(bench_five *five) {
    for (uint64_t i = 0; i < 5; i++) five->words[i] = bench_word(i);
}

static inline uint64_t bench_five_sum(const bench_five *five) {
    const uint64_t *words = five->words;
    return words[0] + words[1] + words[2] + words[3] + words[4];
}

static inline void bench_hundred_make(bench_hundred *hundred) {
    for (uint64_t i = 0; i < 25; i++) hundred->words[i] = (uint32_t)bench_word(i);
}

static inline uint64_t bench_hundred_sum(const bench_hundred *hundred) {
    const uint32_t *words = hundred->words;
    return (uint64_t)words[0] + words[6] + words[12] + words[18] + words[24];
}

#endif
