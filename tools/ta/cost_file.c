/* SPDX-License-Identifier: MIT
 *
 * A file that is there whole or not at all: written under another name beside it, then renamed.
 * What is no regular file (a device, a pipe) is written to directly.
 */
#include "cost.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct cost_file {
    char *target;    /* what the path means, symbolic links followed */
    char *temporary; /* NULL: written to directly */
    mode_t mode;
    int descriptor;
} cost_file;

static mode_t default_mode(void) {
    mode_t mask = umask(0);

    umask(mask);
    return 0666 & ~mask;
}

static void file_close(cost_file *file, bool keep) {
    if (file->descriptor >= 0) close(file->descriptor);
    if (file->temporary != NULL && !keep) unlink(file->temporary);
    free(file->temporary);
    free(file->target);
}

/* Opens the place to write to. 0, or an errno value. */
static int file_open(cost_file *file, const char *path) {
    struct stat status;
    bool exists = stat(path, &status) == 0;

    *file = (cost_file){.descriptor = -1, .mode = default_mode()};
    if (*path == 0) return ENOENT;
    if (path[strlen(path) - 1] == '/' && !exists) return EISDIR;
    file->target = exists ? realpath(path, NULL) : strdup(path);
    if (file->target == NULL) return errno;
    if (exists && S_ISDIR(status.st_mode)) return EISDIR;
    if (exists && access(path, W_OK) != 0) return errno;
    if (exists && !S_ISREG(status.st_mode)) {
        file->descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        if (file->descriptor < 0) return errno;
        return fcntl(file->descriptor, F_SETFL, 0) == 0 ? 0 : errno;
    }
    if (exists) file->mode = status.st_mode & 0777;
    char *temporary;
    if (asprintf(&temporary, "%s.XXXXXX", file->target) < 0) return ENOMEM;
    file->descriptor = mkostemp(temporary, O_CLOEXEC);
    if (file->descriptor >= 0) {
        file->temporary = temporary;
        return 0;
    }
    int error = errno;
    free(temporary);
    return error;
}

static int failed(const char *path, int error) {
    return tool_failure(COST_COMMAND, "cannot write %s: %s", path, strerror(error));
}

int cost_file_check(const char *path, const char *option) {
    cost_file file;

    if (path == NULL || strcmp(path, "-") == 0) return TOOL_OK;
    if (*path == 0)
        return tool_usage_error(COST_COMMAND,
                                "--%s: the value is empty; accepted: the path of a file, or - for "
                                "standard output",
                                option);
    int error = file_open(&file, path);
    file_close(&file, false);
    return error == 0 ? TOOL_OK : failed(path, error);
}

/* 0, or an errno value. */
static int write_to(int descriptor, cost_writer *writer, const cost_run *run) {
    int own = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    FILE *stream = own >= 0 ? fdopen(own, "w") : NULL;

    if (stream == NULL) {
        int error = errno;
        if (own >= 0) close(own);
        return error;
    }
    errno = 0;
    bool written = writer(stream, run) && !ferror(stream);
    int error = written ? 0 : errno != 0 ? errno : EIO;
    if (fclose(stream) != 0 && error == 0) error = errno;
    return error;
}

int cost_file_write(const char *path, cost_writer *writer, const cost_run *run) {
    cost_file file;

    if (path == NULL) return TOOL_OK;
    if (strcmp(path, "-") == 0)
        return writer(stdout, run) ? tool_finish_stdout(COST_COMMAND) : failed(path, errno);
    int error = file_open(&file, path);
    if (error == 0) error = write_to(file.descriptor, writer, run);
    if (error == 0 && file.temporary != NULL &&
        (fchmod(file.descriptor, file.mode) != 0 || rename(file.temporary, file.target) != 0))
        error = errno;
    file_close(&file, error == 0);
    return error == 0 ? TOOL_OK : failed(path, error);
}
