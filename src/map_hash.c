/* SPDX-License-Identifier: MIT
 *
 * Hashes and equality of keys, and the seed of a map that was given none.
 */
#include "map.h"

#include <errno.h>
#include <string.h>
#include <sys/auxv.h>

extern inline uint64_t ta_hash_integer(uint64_t value, uint64_t seed);
#define EMIT(word)                                                                                 \
    extern inline uint64_t ta_##word##_hash(const ta_##word##_value *key, uint64_t seed);          \
    extern inline bool ta_##word##_equal(const ta_##word##_value *a, const ta_##word##_value *b);
TA_INTEGER_KEY_LIST(EMIT)

/* ---- SipHash-1-3 ------------------------------------------------------------------------------ */

/* J.-P. Aumasson, D. J. Bernstein: SipHash: a fast short-input PRF, INDOCRYPT 2012. */
typedef struct siphash {
    uint64_t v[4];
} siphash;

static uint64_t rotate(uint64_t word, unsigned bits) { return word << bits | word >> (64 - bits); }

static inline __attribute__((always_inline)) void sip_round(siphash *s) {
    uint64_t *v = s->v;
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] = rotate(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] = rotate(v[2], 32);
}

static inline void sip_word(siphash *s, uint64_t word) {
    s->v[3] ^= word;
    sip_round(s);
    s->v[0] ^= word;
}

uint64_t ta_siphash13(const void *bytes, size_t length, const uint64_t key[2]) {
    siphash s = {{key[0] ^ UINT64_C(0x736f6d6570736575), key[1] ^ UINT64_C(0x646f72616e646f6d),
                  key[0] ^ UINT64_C(0x6c7967656e657261), key[1] ^ UINT64_C(0x7465646279746573)}};
    const char *at = bytes;
    uint64_t word;
    for (size_t left = length; left >= sizeof word; left -= sizeof word, at += sizeof word) {
        memcpy(&word, at, sizeof word);
        sip_word(&s, word);
    }
    word = 0;
    if (length % sizeof word != 0) memcpy(&word, at, length % sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word |= length & 0xff;
#else
    word |= (uint64_t)length << 56;
#endif
    sip_word(&s, word);
    s.v[2] ^= 0xff;
    for (int i = 0; i < 3; i++) sip_round(&s);
    return s.v[0] ^ s.v[1] ^ s.v[2] ^ s.v[3];
}

uint64_t ta_hash_bytes(const void *bytes, size_t length, uint64_t seed) {
    const uint64_t key[2] = {seed, rotate(seed, 32) ^ UINT64_C(0x243f6a8885a308d3)};
    return ta_siphash13(bytes, length, key);
}

/* ---- keys ------------------------------------------------------------------------------------- */

static uint64_t text_hash(const char *text, uint64_t seed) {
    return text == NULL ? seed : ta_hash_bytes(text, strlen(text), seed);
}

static bool text_equal(const char *a, const char *b) {
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

#define TEXT_KEY(word)                                                                             \
    uint64_t ta_##word##_hash(const ta_##word##_value *key, uint64_t seed) {                       \
        return text_hash(*key, seed);                                                              \
    }                                                                                              \
    bool ta_##word##_equal(const ta_##word##_value *a, const ta_##word##_value *b) {               \
        return text_equal(*a, *b);                                                                 \
    }
TEXT_KEY(string)
TEXT_KEY(path)
TEXT_KEY(static_string)

uint64_t ta_uuid_hash(const ta_uuid_value *key, uint64_t seed) {
    return ta_hash_bytes(key->bytes, sizeof key->bytes, seed);
}

bool ta_uuid_equal(const ta_uuid_value *a, const ta_uuid_value *b) {
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

/* ---- the seed --------------------------------------------------------------------------------- */

uint64_t ta_map_default_seed(const void *core) {
    uint64_t secret[2] = {0, 0};
    uint64_t address = (uintptr_t)core;
    const void *random;
    int saved = errno; /* getauxval sets it when the kernel handed over no such bytes */
    unsigned long entry = getauxval(AT_RANDOM);
    errno = saved;
    memcpy(&random, &entry, sizeof random); /* a pointer, as a number */
    if (random != NULL) memcpy(secret, random, sizeof secret);
    return ta_siphash13(&address, sizeof address, secret);
}
