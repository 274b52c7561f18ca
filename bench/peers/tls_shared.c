/* SPDX-License-Identifier: MIT
 *
 * The peer of tls_shared.h. To be built as a shared object.
 */
#include "tls_shared.h"

static __thread uint64_t *value __attribute__((tls_model("initial-exec")));

uint64_t *peer_tls_value(void) { return value; }

void peer_tls_set_value(uint64_t *new_value) { value = new_value; }
