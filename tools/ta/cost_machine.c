/* SPDX-License-Identifier: MIT
 *
 * What the report says about the machine, and what the hypervisor took from it.
 */
#include "cost.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/* The value of a line "name : value" of /proc/cpuinfo, or NULL. Ends the line before its
 * newline. */
static const char *value_of(char *line, const char *name) {
    size_t length = strlen(name);

    if (strncmp(line, name, length) != 0) return NULL;
    char *at = line + length;
    while (isspace((unsigned char)*at)) at++;
    if (*at++ != ':') return NULL;
    while (isspace((unsigned char)*at)) at++;
    at[strcspn(at, "\n")] = 0;
    return at;
}

static bool has_word(const char *text, const char *word) {
    size_t length = strlen(word);

    for (const char *at = text; (at = strstr(at, word)) != NULL; at += length)
        if ((at == text || at[-1] == ' ') && (at[length] == ' ' || at[length] == 0)) return true;
    return false;
}

static void read_cpuinfo(cost_machine *machine) {
    char line[8192];
    FILE *file = fopen("/proc/cpuinfo", "re");

    if (file == NULL) return;
    while (fgets(line, sizeof line, file) != NULL && *line != '\n') { /* the first processor */
        const char *value = value_of(line, "model name");
        if (value != NULL) snprintf(machine->cpu, sizeof machine->cpu, "%s", value);
        value = value_of(line, "flags");
        if (value != NULL && has_word(value, "hypervisor")) machine->is_virtual = true;
    }
    fclose(file);
}

void cost_read_machine(cost_machine *machine) {
    struct utsname system;
    time_t now = time(NULL);
    struct tm utc;

    read_cpuinfo(machine);
    if (access("/sys/hypervisor/type", R_OK) == 0) machine->is_virtual = true;
    bool known = uname(&system) == 0;
    if (*machine->cpu == 0)
        snprintf(machine->cpu, sizeof machine->cpu, "%s", known ? system.machine : "unknown");
    if (known)
        snprintf(machine->kernel, sizeof machine->kernel, "%.60s %.60s", system.sysname,
                 system.release);
    if (gmtime_r(&now, &utc) != NULL)
        strftime(machine->date, sizeof machine->date, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

/* "cpu7 user nice system idle iowait irq softirq steal ...": the processor and its stolen ticks. */
static bool parse_steal(const char *line, uint32_t *os_processor, uint64_t *steal) {
    char *at;

    if (strncmp(line, "cpu", 3) != 0 || !isdigit((unsigned char)line[3])) return false;
    *os_processor = (uint32_t)strtoul(line + 3, &at, 10);
    for (int i = 0; i < 8; i++) {
        const char *field = at;
        *steal = strtoull(field, &at, 10);
        if (at == field) return false;
    }
    return true;
}

void cost_read_steal(cost_run *run, bool before) {
    char line[512];
    FILE *file = fopen("/proc/stat", "re");

    if (file == NULL) return;
    while (fgets(line, sizeof line, file) != NULL) {
        uint32_t os_processor;
        uint64_t steal;
        if (!parse_steal(line, &os_processor, &steal)) continue;
        ta_affinity place = ta_registry_find_os_processor(run->registry, os_processor);
        if (ta_affinity_is_unknown(place)) continue;
        cost_load *load = &run->load[ta_affinity_processor(place)];
        *(before ? &load->steal_before : &load->steal_after) = steal;
    }
    fclose(file);
}
