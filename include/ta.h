/* SPDX-License-Identifier: MIT
 *
 * ta.h - all of libta.
 */
#ifndef TA_H
#define TA_H

#include "ta/base.h"
#include "ta/memory.h"
#include "ta/affinity.h"
#include "ta/registry.h"

#endif
