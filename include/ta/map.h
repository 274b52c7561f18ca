/* SPDX-License-Identifier: MIT
 *
 * ta/map.h - hash tables with typed keys and values, which relocate with all that they hold.
 *
 *     TA_MAP(ages, ta_string, ta_int);
 *
 *     ages map = {0};
 *     char *name = ta_string_make("Ada", allocator);
 *     if (name == NULL || !ages_put(&map, name, 36, allocator)) {    // no memory: nothing is taken
 *         ta_destroy(&ta_string_type, &name);
 *         return false;
 *     }
 *     int *age = ages_get(&map, "Ada");
 *     ta_status status = ta_relocate(&ages_type, &map, &move);
 *     ta_destroy(&ages_type, &map);
 *
 * A map owns its keys and values. It is a pointer; all zero is the empty map, which has no memory.
 * The table is one of Concurrency Kit's hash sets; the entries lie in chunks beside it and stay
 * where they are until they are removed or the map moves, so a pointer to a value stays good while
 * others are put and removed. The memory of removed entries is used for later ones, and goes back
 * to the allocator when the map moves, is cleared or is destroyed. A moved map keeps the room that
 * it had; a clone has room for its entries.
 *
 * All memory of a map comes from one allocator: the one of the call that first needed memory, and
 * after a far move the move's. A far move takes a map as a whole or, when the destination has not
 * the memory, leaves it as a whole where it is (what the entries own moves by itself in either
 * case).
 *
 * Keys: the descriptor KEY comes with two functions,
 *     uint64_t KEY_hash(const KEY_value *key, uint64_t seed);
 *     bool KEY_equal(const KEY_value *a, const KEY_value *b);
 * which stand below for strings, integers and UUIDs, and which the author of any other key type
 * writes (ta_hash_bytes and ta_hash_integer help). Equal keys hash equal under each seed. Neither
 * relocation nor cloning may change what a key is equal to, or its hash: go by content, not by
 * address. Keys and values that are arrays stand in a struct.
 *
 * Thread rules: a map is used by one thread at a time; a lookup, too, is a use. Progress: that of
 * the allocator and of KEY's functions. Cost: constant for lookup, put and remove, but for puts
 * that make room, which cost O(count), and which the doubling makes rare; iteration O(count +
 * removed).
 */
#ifndef TA_MAP_H
#define TA_MAP_H

#include "ta/owned.h"

#ifdef __cplusplus
#include <type_traits>
#endif

TA_BEGIN_DECLS

/* ---- hashes ---------------------------------------------------------------------------------- */

/* SipHash-1-3 (Aumasson and Bernstein; the variant with one and three rounds), keyed with the seed:
 * someone who chooses the bytes and does not know the seed cannot choose collisions. The value
 * may change between versions of the library, and differs between byte orders: do not store it.
 * Wait-free. */
TA_API uint64_t ta_hash_bytes(const void *bytes, size_t length, uint64_t seed);

/* Two multiplications to 128 bits, folded, with the seed on both sides of the first. Quick, well
 * mixed in all bits; it has no proof behind it: where an adversary chooses integers, and the map's
 * cost matters, write a KEY_hash with ta_hash_bytes. Wait-free. */
TA_INLINE uint64_t ta_hash_integer(uint64_t value, uint64_t seed) {
    __extension__ typedef unsigned __int128 wide;
    /* The first fractional digits of pi, which nobody chose. */
    wide product = (wide)(value ^ seed ^ UINT64_C(0x243f6a8885a308d3)) *
                   ((seed << 32 | seed >> 32) ^ UINT64_C(0x13198a2e03707344));
    product = (wide)((uint64_t)product ^ UINT64_C(0xa4093822299f31d0)) *
              ((uint64_t)(product >> 64) ^ UINT64_C(0x082efa98ec4e6c89));
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Strings and paths as keys: the bytes before the first NUL. The key of a lookup need not be an
 * owned string, any `char *` will do. NULL is a key of its own, equal to itself alone.
 * Wait-free. */
TA_API uint64_t ta_string_hash(const ta_string_value *key, uint64_t seed);
TA_API bool ta_string_equal(const ta_string_value *a, const ta_string_value *b);
TA_API uint64_t ta_path_hash(const ta_path_value *key, uint64_t seed);
TA_API bool ta_path_equal(const ta_path_value *a, const ta_path_value *b);
TA_API uint64_t ta_static_string_hash(const ta_static_string_value *key, uint64_t seed);
TA_API bool ta_static_string_equal(const ta_static_string_value *a,
                                   const ta_static_string_value *b);

TA_API uint64_t ta_uuid_hash(const ta_uuid_value *key, uint64_t seed);
TA_API bool ta_uuid_equal(const ta_uuid_value *a, const ta_uuid_value *b);

/* The integers, by ta_hash_integer. */
#define TA_INTEGER_KEY_LIST(X)                                                                     \
    X(bool)                                                                                        \
    X(char)                                                                                        \
    X(schar)                                                                                       \
    X(uchar)                                                                                       \
    X(short)                                                                                       \
    X(ushort)                                                                                      \
    X(int)                                                                                         \
    X(uint)                                                                                        \
    X(long)                                                                                        \
    X(ulong)                                                                                       \
    X(llong)                                                                                       \
    X(ullong)                                                                                      \
    X(int8)                                                                                        \
    X(int16)                                                                                       \
    X(int32)                                                                                       \
    X(int64)                                                                                       \
    X(uint8)                                                                                       \
    X(uint16)                                                                                      \
    X(uint32)                                                                                      \
    X(uint64)                                                                                      \
    X(intptr)                                                                                      \
    X(uintptr)                                                                                     \
    X(intmax)                                                                                      \
    X(uintmax)                                                                                     \
    X(size)                                                                                        \
    X(ptrdiff)                                                                                     \
    X(wchar)                                                                                       \
    X(char16)                                                                                      \
    X(char32)

#define TA_INTEGER_KEY_(word)                                                                      \
    TA_INLINE uint64_t ta_##word##_hash(const ta_##word##_value *key, uint64_t seed) {             \
        return ta_hash_integer((uint64_t)*key, seed);                                              \
    }                                                                                              \
    TA_INLINE bool ta_##word##_equal(const ta_##word##_value *a, const ta_##word##_value *b) {     \
        return *a == *b;                                                                           \
    }
TA_INTEGER_KEY_LIST(TA_INTEGER_KEY_)
#undef TA_INTEGER_KEY_

/* ---- what the macro stands on ---------------------------------------------------------------- */

typedef struct ta_map_core ta_map_core;

/* What the library knows of a typed map. An entry begins with its key. */
struct ta_map_class {
    const ta_type *entry;
    uint64_t (*hash)(const void *key, uint64_t seed);
    bool (*equal)(const void *a, const void *b);
};

/* Where an iteration stands. Begin with all zero. */
typedef struct ta_map_cursor {
    const void *chunk;
    size_t index;
} ta_map_cursor;

/* The untyped functions below the typed ones, which say what they do. */
TA_API void *ta_map_find(const ta_map_core *core, const ta_map_class *map_class, const void *key);
/* The same by `length` bytes of text, for keys that are text as ta_string's are, with its hash. */
TA_API void *ta_map_find_text(const ta_map_core *core, const char *text, size_t length);
/* The entry of `key`, and whether it was there; if it was not, the caller writes key and value. */
TA_API void *ta_map_insert(ta_map_core **core, const ta_map_class *map_class, const void *key,
                           const ta_allocator *allocator, bool *present) TA_WARN_UNUSED;
TA_API bool ta_map_take(ta_map_core *core, const ta_map_class *map_class, const void *key,
                        void *out);
TA_API void *ta_map_next(const ta_map_core *core, ta_map_cursor *cursor);
TA_API size_t ta_map_count(const ta_map_core *core);
TA_API bool ta_map_reserve(ta_map_core **core, const ta_map_class *map_class, size_t count,
                           const ta_allocator *allocator) TA_WARN_UNUSED;
TA_API bool ta_map_seed(ta_map_core **core, const ta_map_class *map_class, uint64_t seed,
                        const ta_allocator *allocator) TA_WARN_UNUSED;

TA_END_DECLS

/* ---- descriptors ----------------------------------------------------------------------------- */

/* The initialiser of a ta_part; what each word means stands at its struct. */
#define TA_PART_MAP_INIT(name, traits, type, offset, map)                                          \
    { name, TA_PART_MAP, (uint32_t)(traits) | TA_TRAIT_OWNS, type, offset, 0, 0, 0, NULL, map }

/* TA_MAP(NAME, KEY, VALUE); declares `NAME`, a map from the descriptor KEY to the descriptor VALUE,
 * with the descriptor NAME, and `struct NAME_entry { KEY_value key; VALUE_value value; }` with the
 * descriptor NAME_entry. Also:
 *     bool NAME_put(NAME *map, KEY_value key, VALUE_value value, const ta_allocator *allocator);
 *         takes key and value, or returns false without memory and takes nothing, with the map
 *         as it was. A key that is there already: the map keeps its own key and destroys the given
 *         one and the old value, and needs no memory. (To have the old value back, exchange it
 *         through NAME_get.) `key` must not be the map's own, got by NAME_next.
 *     VALUE_value *NAME_get(const NAME *map, KEY_value key);
 *         the value in the map, to read and to change, or NULL. Takes nothing: the key stays
 *         the caller's, and one that is a char * may be a const char * here. The pointer is good
 *         until the key is removed or the map moves.
 *     bool NAME_remove(NAME *map, KEY_value key, struct NAME_entry *out);
 *         moves key and value out to *out, or destroys them when `out` is NULL; false when the key
 *         is not there. Takes no key either, and a const char * for a char *.
 *     size_t NAME_count(const NAME *map);
 *     struct NAME_entry *NAME_next(const NAME *map, ta_map_cursor *cursor);
 *         the next entry, or NULL at the end; begin with a cursor of all zero. Do not change the
 *         key. In the order in which the keys were put, as long as none is removed. Keys may be put
 *         and removed on the way: who is there all the time is visited once, who comes on the way
 *         perhaps.
 *     bool NAME_reserve(NAME *map, size_t count, const ta_allocator *allocator);
 *         room for at least so many; false without memory, with the map's entries as they were.
 *     void NAME_clear(NAME *map);
 *         destroys the entries and gives back all memory: the map is all zero.
 *     bool NAME_seed(NAME *map, uint64_t seed, const ta_allocator *allocator);
 *         an empty map that hashes with `seed`; false without memory, and for a map that has memory
 *         already.
 * A map that is NULL holds nothing and takes nothing: NULL, 0 or false.
 *
 * `allocator` (NULL: the default one) serves a map that has no memory yet; later memory comes from
 * the same one. A map holds up to 2^30 entries; beyond, there is no memory.
 *
 * The seed of a map that was given none is SipHash-1-3 of its address, keyed with the 16 random
 * bytes that Linux hands to each process at its start (AT_RANDOM). It cannot be guessed from
 * outside, nor can those bytes be found from it; a process that can read this one's memory can read
 * it. Forked children share the bytes. A map keeps its seed when it moves, and its clones have the
 * same. Iteration does not depend on it. */
#define TA_MAP(NAME, KEY, VALUE)                                                                   \
    TA_NO_ARRAY_(NAME, KEY##_value);                                                               \
    TA_NO_ARRAY_(NAME, VALUE##_value);                                                             \
    struct NAME##_entry {                                                                          \
        KEY##_value key;                                                                           \
        VALUE##_value value;                                                                       \
    };                                                                                             \
    typedef struct NAME##_entry NAME##_entry_value;                                                \
    enum { NAME##_entry_traits = (int)((unsigned)KEY##_traits | (unsigned)VALUE##_traits) };       \
    static const ta_part NAME##_entry_parts_[]                                                     \
        __attribute__((unused)) = {TA_PART_INLINE_INIT("key", KEY##_traits, &KEY##_type,           \
                                                       offsetof(struct NAME##_entry, key), 1),     \
                                   TA_PART_INLINE_INIT("value", VALUE##_traits, &VALUE##_type,     \
                                                       offsetof(struct NAME##_entry, value), 1)};  \
    TA_TYPE_DEFINE_(NAME##_entry, #NAME "_entry", sizeof(struct NAME##_entry),                     \
                    TA_ALIGNOF(struct NAME##_entry), NAME##_entry_traits, 2, NAME##_entry_parts_,  \
                    NULL, NULL, NULL, NULL);                                                       \
    TA_MAP_CLASS_(NAME, KEY);                                                                      \
    typedef TA_MAP_SOUGHT_(KEY##_value) NAME##_sought_;                                            \
    typedef struct NAME {                                                                          \
        ta_map_core *core;                                                                         \
    } NAME, NAME##_value;                                                                          \
    typedef VALUE##_value NAME##_mapped_;                                                          \
    TA_ONE_PART_TYPE_(NAME, #NAME, (unsigned)NAME##_entry_traits | TA_TRAIT_OWNS,                  \
                      TA_PART_MAP_INIT("core", NAME##_entry_traits, &NAME##_entry_type,            \
                                       offsetof(NAME, core), &NAME##_class_));                     \
    TA_MAP_WRITERS_(NAME, KEY, VALUE);                                                             \
    TA_MAP_READERS_(NAME, KEY, VALUE)

/* TA_MAP_BY_TEXT(NAME); behind the TA_MAP of a map whose keys are ta_string, ta_path or
 * ta_static_string: lookups by text that is not NUL-terminated, as a parser has it, without a copy:
 *     VALUE_value *NAME_get_text(const NAME *map, const char *text, size_t length);
 * NULL for a `text` that is NULL. */
#define TA_MAP_BY_TEXT(NAME)                                                                       \
    TA_GENERATED NAME##_mapped_ *NAME##_get_text(const NAME *map, const char *text,                \
                                                 size_t length) {                                  \
        if (map == NULL) return NULL;                                                              \
        struct NAME##_entry *entry =                                                               \
            (struct NAME##_entry *)ta_map_find_text(map->core, text, length);                      \
        const char *first = entry == NULL ? NULL : entry->key; /* no other keys compile */         \
        return first == NULL ? NULL : &entry->value;                                               \
    }                                                                                              \
    TA_SWALLOW_SEMICOLON_

/* The type of a key that is only looked for. */
#ifdef __cplusplus
#define TA_MAP_SOUGHT_(T) std::conditional_t<std::is_same<T, char *>::value, const char *, T>
#else
#define TA_MAP_SOUGHT_(T)                                                                          \
    __typeof__(*_Generic((T *)0, char ** : (const char **)0, default : (T *)0))
#endif

#define TA_MAP_CLASS_(NAME, KEY)                                                                   \
    TA_GENERATED uint64_t NAME##_hash_(const void *key, uint64_t seed) {                           \
        return KEY##_hash((const KEY##_value *)key, seed);                                         \
    }                                                                                              \
    TA_GENERATED bool NAME##_equal_(const void *a, const void *b) {                                \
        return KEY##_equal((const KEY##_value *)a, (const KEY##_value *)b);                        \
    }                                                                                              \
    static const ta_map_class NAME##_class_                                                        \
        __attribute__((unused)) = {&NAME##_entry_type, NAME##_hash_, NAME##_equal_}

#define TA_MAP_WRITERS_(NAME, KEY, VALUE)                                                          \
    TA_GENERATED bool NAME##_put(NAME *map, KEY##_value key, VALUE##_value value,                  \
                                 const ta_allocator *allocator) {                                  \
        bool present = false;                                                                      \
        if (map == NULL) return false;                                                             \
        struct NAME##_entry *entry = (struct NAME##_entry *)ta_map_insert(                         \
            &map->core, &NAME##_class_, &key, allocator, &present);                                \
        if (entry == NULL) return false;                                                           \
        if (present) {                                                                             \
            VALUE##_value previous = entry->value;                                                 \
            entry->value = value;                                                                  \
            ta_destroy(&KEY##_type, &key);                                                         \
            ta_destroy(&VALUE##_type, &previous);                                                  \
        } else {                                                                                   \
            entry->key = key;                                                                      \
            entry->value = value;                                                                  \
        }                                                                                          \
        return true;                                                                               \
    }                                                                                              \
    TA_GENERATED bool NAME##_remove(NAME *map, NAME##_sought_ sought, struct NAME##_entry *out) {  \
        KEY##_value key;                                                                           \
        __builtin_memcpy((void *)&key, &sought, sizeof key);                                       \
        struct NAME##_entry entry;                                                                 \
        if (map == NULL || !ta_map_take(map->core, &NAME##_class_, &key, &entry)) return false;    \
        if (out != NULL)                                                                           \
            *out = entry;                                                                          \
        else                                                                                       \
            ta_destroy(&NAME##_entry_type, &entry);                                                \
        return true;                                                                               \
    }                                                                                              \
    TA_GENERATED bool NAME##_reserve(NAME *map, size_t count, const ta_allocator *allocator) {     \
        return map != NULL && ta_map_reserve(&map->core, &NAME##_class_, count, allocator);        \
    }                                                                                              \
    TA_GENERATED bool NAME##_seed(NAME *map, uint64_t seed, const ta_allocator *allocator) {       \
        return map != NULL && ta_map_seed(&map->core, &NAME##_class_, seed, allocator);            \
    }                                                                                              \
    TA_GENERATED void NAME##_clear(NAME *map) {                                                    \
        if (map == NULL) return;                                                                   \
        ta_destroy(&NAME##_type, map);                                                             \
        map->core = NULL;                                                                          \
    }                                                                                              \
    TA_SWALLOW_SEMICOLON_

#define TA_MAP_READERS_(NAME, KEY, VALUE)                                                          \
    TA_GENERATED VALUE##_value *NAME##_get(const NAME *map, NAME##_sought_ sought) {               \
        KEY##_value key;                                                                           \
        __builtin_memcpy((void *)&key, &sought, sizeof key);                                       \
        if (map == NULL) return NULL;                                                              \
        struct NAME##_entry *entry =                                                               \
            (struct NAME##_entry *)ta_map_find(map->core, &NAME##_class_, &key);                   \
        return entry == NULL ? NULL : &entry->value;                                               \
    }                                                                                              \
    TA_GENERATED size_t NAME##_count(const NAME *map) {                                            \
        return map == NULL ? 0 : ta_map_count(map->core);                                          \
    }                                                                                              \
    TA_GENERATED struct NAME##_entry *NAME##_next(const NAME *map, ta_map_cursor *cursor) {        \
        if (map == NULL || cursor == NULL) return NULL;                                            \
        return (struct NAME##_entry *)ta_map_next(map->core, cursor);                              \
    }                                                                                              \
    TA_SWALLOW_SEMICOLON_

#endif
