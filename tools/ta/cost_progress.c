/* SPDX-License-Identifier: MIT
 *
 * The progress bar, on standard error when that is a terminal.
 */
#include "cost.h"

#include <unistd.h>

#define WIDTH 30
#define EVERY_NS 200000000

static bool shown;

void cost_progress(const cost_run *run, const cost_pair *pair) {
    static int64_t next_ns;
    char bar[WIDTH + 1];
    int64_t now = duo_now();

    if (now < next_ns || isatty(STDERR_FILENO) == 0) return;
    next_ns = now + EVERY_NS;
    shown = true;
    double part = (double)(now - run->start_ns) / (double)(run->deadline_ns - run->start_ns);
    if (part > 1) part = 1;
    for (int i = 0; i < WIDTH; i++) bar[i] = i < (int)(part * WIDTH) ? '#' : '.';
    bar[WIDTH] = 0;
    double left_s = (double)(run->deadline_ns - now) * 1e-9;
    fprintf(stderr, "\r\033[K[%s] %3.0f %%  %.0f s left  repetition %u  %u:%u", bar, 100 * part,
            left_s > 0 ? left_s : 0, run->repetition + 1, pair->from, pair->to);
    fflush(stderr);
}

void cost_progress_end(void) {
    if (shown) fputs("\r\033[K", stderr);
    shown = false;
}
