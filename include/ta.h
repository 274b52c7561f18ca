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
#include "ta/move.h"
#include "ta/type.h"
#include "ta/scalar.h"
#include "ta/owned.h"
#include "ta/derive.h"
#include "ta/map.h"
#include "ta/closure.h"
#include "ta/per_affinity.h"
#include "ta/storage.h"
#include "ta/validator.h"
#include "ta/port.h"
#include "ta/call.h"
#include "ta/fan.h"
#include "ta/runtime.h"

#endif
