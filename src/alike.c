/* SPDX-License-Identifier: MIT
 *
 * Whether two descriptors are of one C type, as far as descriptors tell.
 */
#include "ta/closure.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

/* What values of the arithmetic types that have a descriptor in ta/scalar.h are like; the rest of
 * its lists are NEITHER. */
typedef enum arithmetic { NEITHER, TRUTH, SIGNED, UNSIGNED, REAL } arithmetic;

#define ARITHMETIC_OF(T)                                                                           \
    _Generic(*(T *)0, bool                                                                         \
             : TRUTH, char                                                                         \
             : (char)-1 < 0 ? SIGNED : UNSIGNED, signed char                                       \
             : SIGNED, short                                                                       \
             : SIGNED, int                                                                         \
             : SIGNED, long                                                                        \
             : SIGNED, long long                                                                   \
             : SIGNED, unsigned char                                                               \
             : UNSIGNED, unsigned short                                                            \
             : UNSIGNED, unsigned int                                                              \
             : UNSIGNED, unsigned long                                                             \
             : UNSIGNED, unsigned long long                                                        \
             : UNSIGNED, float                                                                     \
             : REAL, double                                                                        \
             : REAL, long double                                                                   \
             : REAL, default                                                                       \
             : NEITHER)

static arithmetic arithmetic_of(const char *name) {
    static const struct {
        const char *name;
        arithmetic is;
    } types[] = {
#define ROW(word, T) {#T, ARITHMETIC_OF(T)},
        TA_ARITHMETIC_LIST(ROW) TA_TRIVIAL_LIST(ROW)
#undef ROW
            {"_Bool", TRUTH}, /* as the preprocessor spells it in places */
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].name, name) == 0) return types[i].is;
    return NEITHER;
}

/* C++ knows the type by its tag alone. */
static const char *without_keyword(const char *name) {
    static const char *const keywords[] = {"struct ", "union ", "enum "};
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
        size_t length = strlen(keywords[i]);
        if (strncmp(name, keywords[i], length) == 0) return name + length;
    }
    return name;
}

/* A descriptor that a header makes by macro is another one in each source file that includes it. */
bool ta_closure_results_alike(const ta_type *one, const ta_type *other) {
    if (one == other) return true;
    if (one == NULL || other == NULL) return false;
    if (one->size != other->size || one->alignment != other->alignment) return false;
    if (one->traits != other->traits) return false;
    if (strcmp(without_keyword(one->name), without_keyword(other->name)) == 0) return true;
    if (one->traits != 0) return false;
    arithmetic is = arithmetic_of(one->name);
    return is != NEITHER && is == arithmetic_of(other->name);
}
