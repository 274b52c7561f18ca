/* SPDX-License-Identifier: MIT
 *
 * The options that choose a machine and its processors.
 */
#include "args.h"

#include "tool.h"

#include <string.h>

static bool take_description(const tool_args *args, ta_machine machine,
                             ta_registry_options *options) {
    if (options->machine != TA_MACHINE_THIS) {
        tool_usage_error(args->command, "--synthetic and --xml together; accepted: one of them");
        return false;
    }
    if (*args->value == 0) {
        tool_usage_error(args->command, "--%s: the value is empty; accepted: %s",
                         machine == TA_MACHINE_XML ? "xml" : "synthetic",
                         machine == TA_MACHINE_XML
                             ? "the path of an hwloc XML file"
                             : "an hwloc synthetic description such as 'node:2 core:8 pu:2'");
        return false;
    }
    options->machine = machine;
    options->description = args->value;
    return true;
}

static bool take_processors(const tool_args *args, ta_registry_options *options) {
    const char *text = args->value;
    uint64_t count;

    if (strcmp(text, "auto") == 0) {
        options->processors = TA_PROCESSORS_AUTO;
        return true;
    }
    if (strcmp(text, "all") == 0) {
        options->processors = TA_PROCESSORS_ALL;
        return true;
    }
    bool at_most = strncmp(text, "<=", 2) == 0;
    if (!tool_parse_uint(at_most ? text + 2 : text, 1, TA_AFFINITY_MAX, &count)) {
        tool_usage_error(args->command,
                         "--processors: '%s' is none of the choices; accepted: auto, all, N, "
                         "or <=N, with N from 1 to %u",
                         text, TA_AFFINITY_MAX);
        return false;
    }
    options->processors = at_most ? TA_PROCESSORS_AT_MOST : TA_PROCESSORS_EXACTLY;
    options->count = (uint32_t)count;
    return true;
}

/* The library judges whether it is a list, on a machine that costs nothing and is not to blame. */
static bool take_list(const tool_args *args, ta_registry_options *options) {
    static const uint32_t counts[1] = {1};
    ta_registry_options probe = {.machine = TA_MACHINE_COUNTS,
                                 .counts = counts,
                                 .counts_length = 1,
                                 .os_processors = args->value};
    ta_registry *registry;
    ta_status status = ta_registry_create(&probe, &registry);

    ta_registry_destroy(registry);
    if (status == TA_E_FORMAT) {
        tool_usage_error(args->command,
                         "--os-processors: '%s' is no list of processors; accepted: the operating "
                         "system's numbers and ranges of them, as in 0-3,6",
                         args->value);
        return false;
    }
    options->os_processors = args->value;
    return true;
}

bool tool_machine_option(const tool_args *args, int id, ta_registry_options *options) {
    switch (id) {
    case TOOL_MACHINE_SYNTHETIC:
        return take_description(args, TA_MACHINE_SYNTHETIC, options);
    case TOOL_MACHINE_XML:
        return take_description(args, TA_MACHINE_XML, options);
    case TOOL_MACHINE_PROCESSORS:
        return take_processors(args, options);
    case TOOL_MACHINE_OS_PROCESSORS:
        return take_list(args, options);
    case TOOL_MACHINE_SPREAD:
        options->placement = TA_PLACEMENT_SPREAD;
        return true;
    case TOOL_MACHINE_ONE_PER_CORE:
        options->one_per_core = true;
        return true;
    default:
        return false;
    }
}
