/* SPDX-License-Identifier: MIT
 *
 * The CPU quota of the process's cgroup, version 1, version 2, or both at once.
 *
 * /proc/self/cgroup says in which cgroup the process is, per hierarchy; /proc/self/mountinfo says
 * where a hierarchy is mounted, and which cgroup stands at the mount point. The limits of the
 * process's cgroup and of all above it hold at once, so the least one counts. In a container only
 * the part below the mount point can be seen.
 *
 * Lines and paths that do not fit the buffers are skipped: they are not ours, or nothing that a
 * kernel writes there.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "os.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATH_SIZE 4096
#define LINE_SIZE 8192
#define VALUE_SIZE 64
#define FILE_LIMIT ((size_t)64 << 20) /* a mount table larger than this is not read to its end */

/* ---- reading ---------------------------------------------------------------------------------- */

struct reader {
    int file;
    size_t begin, end, total;
    char buffer[LINE_SIZE];
};

static int open_file(const char *path) {
    int file;
    do {
        file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    } while (file < 0 && errno == EINTR);
    return file;
}

static bool fill(struct reader *in) {
    ssize_t got;
    memmove(in->buffer, in->buffer + in->begin, in->end - in->begin);
    in->end -= in->begin;
    in->begin = 0;
    if (in->total >= FILE_LIMIT) return false;
    do {
        got = read(in->file, in->buffer + in->end, sizeof in->buffer - in->end);
    } while (got < 0 && errno == EINTR);
    if (got <= 0) return false;
    in->end += (size_t)got;
    in->total += (size_t)got;
    return true;
}

/* The next whole line, without its newline; NULL at the end. */
static char *next_line(struct reader *in) {
    bool skipping = false;
    for (;;) {
        char *line = in->buffer + in->begin;
        char *newline = memchr(line, '\n', in->end - in->begin);
        if (newline != NULL) {
            *newline = 0;
            in->begin = (size_t)(newline + 1 - in->buffer);
            if (!skipping) return line;
            skipping = false;
            continue;
        }
        if (in->begin == 0 && in->end == sizeof in->buffer) {
            skipping = true;
            in->end = 0;
        }
        if (!fill(in)) return NULL;
    }
}

/* A small file's first line. */
static bool read_value(const char *path, char value[VALUE_SIZE]) {
    int file = open_file(path);
    ssize_t got;
    if (file < 0) return false;
    do {
        got = read(file, value, VALUE_SIZE - 1);
    } while (got < 0 && errno == EINTR);
    close(file);
    if (got <= 0) return false;
    value[got] = 0;
    value[strcspn(value, "\n")] = 0;
    return true;
}

/* Digits, and nothing that does not fit: stops behind them. */
static bool parse_number(const char **text, uint64_t *number) {
    const char *start = *text;
    *number = 0;
    for (; **text >= '0' && **text <= '9'; ++*text)
        if (__builtin_mul_overflow(*number, 10, number) ||
            __builtin_add_overflow(*number, (uint64_t)(**text - '0'), number))
            return false;
    return *text != start;
}

/* ---- quotas ----------------------------------------------------------------------------------- */

static void take_least(ta_os_quota *least, uint64_t quota_us, uint64_t period_us) {
    __extension__ typedef unsigned __int128 wide;
    if (quota_us == 0 || period_us == 0) return;
    if (least->quota_us == 0 ||
        (wide)quota_us * least->period_us < (wide)least->quota_us * period_us) {
        least->quota_us = quota_us;
        least->period_us = period_us;
    }
}

static bool join(char path[PATH_SIZE], const char *a, const char *b, const char *c, const char *d) {
    int length = snprintf(path, PATH_SIZE, "%s%s%s%s", a, b, c, d);
    return length > 0 && length < PATH_SIZE;
}

/* cpu.max: "150000 100000", or "max 100000". */
static void read_version_2(const char *directory, ta_os_quota *least) {
    char path[PATH_SIZE], value[VALUE_SIZE];
    const char *at = value;
    uint64_t quota, period;
    if (!join(path, directory, "/cpu.max", "", "") || !read_value(path, value)) return;
    if (parse_number(&at, &quota) && *at++ == ' ' && parse_number(&at, &period) && *at == 0)
        take_least(least, quota, period);
}

/* cpu.cfs_quota_us: "150000", or "-1"; cpu.cfs_period_us: "100000". */
static void read_version_1(const char *directory, ta_os_quota *least) {
    char path[PATH_SIZE], value[VALUE_SIZE];
    const char *at = value;
    uint64_t quota, period;
    if (!join(path, directory, "/cpu.cfs_quota_us", "", "") || !read_value(path, value)) return;
    if (!parse_number(&at, &quota) || *at != 0) return;
    if (!join(path, directory, "/cpu.cfs_period_us", "", "") || !read_value(path, value)) return;
    at = value;
    if (parse_number(&at, &period) && *at == 0) take_least(least, quota, period);
}

/* ---- paths ------------------------------------------------------------------------------------ */

/* mountinfo writes space, tab, newline and backslash as three octal digits. */
static void unescape(char *text) {
    char *to = text;
    for (const char *from = text; *from != 0; to++) {
        if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] >= '0' &&
            from[2] <= '7' && from[3] >= '0' && from[3] <= '7') {
            *to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
            from += 4;
        } else {
            *to = *from++;
        }
    }
    *to = 0;
}

/* How many "/.." a path begins with, and what follows them. */
static size_t leading_ups(const char *path, const char **rest) {
    size_t ups = 0;
    while (strncmp(path, "/..", 3) == 0 && (path[3] == '/' || path[3] == 0)) {
        ups++;
        path += 3;
    }
    *rest = strcmp(path, "/") == 0 ? "" : path;
    return ups;
}

/* Where the cgroup `own` lies below the mount of the cgroup `mounted`: "" at the mount point, else
 * "/a/b"; NULL when the mount shows neither it nor one above it. Both are seen from the root of
 * the process's cgroup namespace; "/.." stands for what is above that, whose names are hidden. */
static const char *below_mount(const char *own, const char *mounted) {
    const char *own_rest, *mounted_rest;
    size_t own_ups = leading_ups(own, &own_rest);
    size_t mounted_ups = leading_ups(mounted, &mounted_rest);
    size_t length = strlen(mounted_rest);

    /* From further above: the mount point is an ancestor, and the way down has no name here. */
    if (mounted_ups > own_ups) return length == 0 ? "" : NULL;
    if (mounted_ups < own_ups || strncmp(own_rest, mounted_rest, length) != 0) return NULL;
    own_rest += length;
    return *own_rest == 0 || *own_rest == '/' ? own_rest : NULL;
}

/* The directory of the process's cgroup, and each above it up to the mount point. */
static void read_upwards(const char *root, const char *mount_point, const char *below,
                         void (*read_directory)(const char *, ta_os_quota *), ta_os_quota *least) {
    char path[PATH_SIZE];
    size_t stop = strlen(root) + strlen(mount_point);
    if (!join(path, root, mount_point, below, "")) return;
    for (;;) {
        read_directory(path, least);
        char *slash = strrchr(path, '/');
        if (slash == NULL || (size_t)(slash - path) < stop) return;
        *slash = 0;
    }
}

/* ---- the two tables --------------------------------------------------------------------------- */

struct cgroups {
    bool has_1, has_2;
    char own_1[PATH_SIZE]; /* the cgroup of version 1's cpu controller */
    char own_2[PATH_SIZE];
};

/* Is `word` one of the comma-separated words? */
static bool has_word(const char *list, const char *word) {
    size_t length = strlen(word);
    for (; *list != 0; list += strcspn(list, ","), list += *list == ',')
        if (strcspn(list, ",") == length && strncmp(list, word, length) == 0) return true;
    return false;
}

/* "4:cpu,cpuacct:/path" for version 1, "0::/path" for version 2. */
static void take_cgroup_line(char *line, struct cgroups *out) {
    char *controllers = strchr(line, ':');
    char *path = controllers == NULL ? NULL : strchr(controllers + 1, ':');
    if (path == NULL || path[1] != '/' || strlen(path + 1) >= PATH_SIZE) return;
    *controllers++ = 0;
    *path++ = 0;
    size_t size = strlen(path) + 1;
    if (*controllers == 0 && strcmp(line, "0") == 0) {
        memcpy(out->own_2, path, size);
        out->has_2 = true;
    } else if (has_word(controllers, "cpu")) {
        memcpy(out->own_1, path, size);
        out->has_1 = true;
    }
}

/* "36 35 98:0 /root /mount/point options [optional ...] - type source super,options" */
static void take_mount_line(const char *root, char *line, const struct cgroups *cgroups,
                            ta_os_quota *least) {
    char *save = NULL, *words[5];
    char *tail = strstr(line, " - ");
    if (tail == NULL) return;
    *tail = 0;
    for (size_t i = 0; i < 5; i++)
        if ((words[i] = strtok_r(i == 0 ? line : NULL, " ", &save)) == NULL) return;
    /* The source in the middle may be empty; the first word and the last are never. */
    char *type = tail + 3, *super = strrchr(type, ' ');
    if (super == NULL) return;
    super++;
    type[strcspn(type, " ")] = 0;
    unescape(words[3]);
    unescape(words[4]);
    if (strcmp(words[4], "/") == 0) words[4][0] = 0;

    if (strcmp(type, "cgroup2") == 0 && cgroups->has_2) {
        const char *below = below_mount(cgroups->own_2, words[3]);
        if (below != NULL) read_upwards(root, words[4], below, read_version_2, least);
    } else if (strcmp(type, "cgroup") == 0 && cgroups->has_1 && has_word(super, "cpu")) {
        const char *below = below_mount(cgroups->own_1, words[3]);
        if (below != NULL) read_upwards(root, words[4], below, read_version_1, least);
    }
}

static bool open_table(const char *root, const char *name, struct reader *in) {
    char path[PATH_SIZE];
    in->begin = in->end = in->total = 0;
    in->file = join(path, root, name, "", "") ? open_file(path) : -1;
    return in->file >= 0;
}

ta_os_quota ta_os_cpu_quota(const char *root) {
    ta_os_quota least = {0, 0};
    struct cgroups cgroups;
    struct reader in;
    char *line;
    int saved = errno;

    cgroups.has_1 = cgroups.has_2 = false;
    if (open_table(root, "/proc/self/cgroup", &in)) {
        while ((line = next_line(&in)) != NULL) take_cgroup_line(line, &cgroups);
        close(in.file);
    }
    if ((cgroups.has_1 || cgroups.has_2) && open_table(root, "/proc/self/mountinfo", &in)) {
        while ((line = next_line(&in)) != NULL) take_mount_line(root, line, &cgroups, &least);
        close(in.file);
    }
    errno = saved;
    return least;
}
