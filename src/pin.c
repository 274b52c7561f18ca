/* SPDX-License-Identifier: MIT
 *
 * The calling thread's place: pinning, adopting, undoing both.
 */
#include "registry.h"

#include <pthread.h>
#include <string.h>

__thread ta_affinity ta_current_affinity_value __attribute__((tls_model("initial-exec")));

extern inline ta_affinity ta_current_affinity(void);

/* ---- the mask from before the first pin -------------------------------------------------------- */

/* Carries its allocator: the registry may be gone when the thread ends. */
typedef struct saved_mask {
    ta_allocator allocator;
    size_t bytes;
    unsigned long words[];
} saved_mask;

/* The truth is the variable; the key exists for its destructor alone, which frees the record of a
 * thread that ends without ta_unpin(). */
static __thread saved_mask *saved;
static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static int key_error = -1; /* written once, before any thread comes out of pthread_once() */

static void free_saved(void) {
    saved_mask *record = saved;
    if (record == NULL) return;
    ta_allocator allocator = record->allocator;
    saved = NULL;
    ta_release(&allocator, record, sizeof *record + record->bytes, _Alignof(saved_mask));
}

static void thread_ends(void *record) {
    (void)record;
    free_saved();
}

static void make_key(void) { key_error = pthread_key_create(&key, thread_ends); }

/* When the library is unloaded, so that no thread that ends later calls what is no longer there.
 * The records of threads that are still pinned stay: their allocators may be gone at exit. */
__attribute__((destructor)) static void drop_key(void) {
    if (key_error == 0) pthread_key_delete(key);
    key_error = -1;
}

/* Makes `saved` for a thread that has none. */
static ta_status save_mask(const ta_allocator *allocator, const char *function) {
    size_t bytes;
    int error = ta_os_mask_bytes(&bytes);
    if (error != 0)
        return ta_fail_(TA_E_SYSTEM, function, "reading the affinity mask: %s", strerror(error));
    saved_mask *record = ta_allocate(allocator, sizeof *record + bytes, _Alignof(saved_mask));
    if (record == NULL) return ta_fail_(TA_E_NOMEM, function, "no memory for the thread's mask");
    record->allocator = *allocator;
    record->bytes = bytes;
    saved = record;
    error = ta_os_get_mask(record->words, bytes);
    if (error == 0) {
        pthread_once(&key_once, make_key);
        error = key_error;
    }
    if (error == 0) error = pthread_setspecific(key, record);
    if (error == 0) return TA_OK;
    free_saved();
    return ta_fail_(TA_E_SYSTEM, function, "keeping the thread's mask: %s", strerror(error));
}

static void forget_mask(void) {
    if (saved == NULL) return;
    pthread_setspecific(key, NULL); /* setting NULL needs no memory */
    free_saved();
}

/* ---- public ----------------------------------------------------------------------------------- */

ta_status ta_registry_pin(const ta_registry *registry, ta_affinity affinity) {
    ta_status status = ta_registry_check(registry, affinity);
    if (status != TA_OK) return status;
    if (registry->described)
        return ta_fail(TA_E_DESCRIBED, "the registry describes another machine; accepted: a "
                                       "registry of this one, or ta_registry_adopt()");
    bool first = saved == NULL;
    if (first) status = save_mask(&registry->allocator, __func__);
    if (status != TA_OK) return status;
    uint32_t os_processor = registry->os_processors[affinity.processor];
    int error = ta_os_pin(os_processor);
    if (error != 0) {
        if (first) forget_mask();
        return ta_fail(TA_E_SYSTEM, "pinning to processor %u: %s", os_processor, strerror(error));
    }
    ta_current_affinity_value = affinity;
    return TA_OK;
}

ta_status ta_registry_adopt(const ta_registry *registry, ta_affinity affinity) {
    ta_status status = ta_registry_check(registry, affinity);
    if (status == TA_OK) ta_current_affinity_value = affinity;
    return status;
}

ta_status ta_unpin(void) {
    ta_current_affinity_value = ta_affinity_unknown();
    if (saved == NULL) return TA_OK;
    int error = ta_os_set_mask(saved->words, saved->bytes);
    forget_mask();
    if (error != 0) return ta_fail(TA_E_SYSTEM, "restoring the thread's mask: %s", strerror(error));
    return TA_OK;
}

bool ta_registry_is_bound(const ta_registry *registry, ta_affinity affinity) {
    if (registry == NULL || registry->described) return false;
    if (ta_registry_judge(registry, affinity) != TA_OK) return false;
    return ta_os_is_pinned(registry->os_processors[affinity.processor]);
}
