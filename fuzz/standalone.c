/* SPDX-License-Identifier: MIT
 *
 * Runs a fuzz target without libFuzzer: on the files named on the command line, or, with
 * `--random N SEED [BYTES]`, on N inputs of up to so many bytes made from the seed. For compilers
 * without libFuzzer, for AFL, and for replaying a crash in a debugger.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t next_random(uint64_t *state) {
    *state += UINT64_C(0x9e3779b97f4a7c15); /* SplitMix64 */
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static int run_random(const char *count_text, const char *seed_text, const char *bytes_text) {
    static uint8_t data[LARGEST];
    uint64_t count = strtoull(count_text, NULL, 10), state = strtoull(seed_text, NULL, 10);
    uint64_t bytes = strtoull(bytes_text, NULL, 10);
    if (bytes > sizeof data) bytes = sizeof data;
    printf("%" PRIu64 " inputs from seed %" PRIu64 "\n", count, state);
    for (uint64_t i = 0; i < count; i++) {
        size_t size = next_random(&state) % (bytes + 1);
        for (size_t j = 0; j < size; j++) data[j] = (uint8_t)next_random(&state);
        LLVMFuzzerTestOneInput(data, size);
    }
    return 0;
}

static int run_file(const char *path) {
    static uint8_t data[LARGEST];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return 1;
    }
    size_t size = fread(data, 1, sizeof data, file);
    fclose(file);
    LLVMFuzzerTestOneInput(data, size);
    return 0;
}

int main(int argc, char **argv) {
    int result = 0;
    if ((argc == 4 || argc == 5) && strcmp(argv[1], "--random") == 0)
        return run_random(argv[2], argv[3], argc == 5 ? argv[4] : "64");
    if (argc < 2) {
        fprintf(stderr, "usage: %s FILE... | --random N SEED [BYTES]\n", argv[0]);
        return 2;
    }
    for (int i = 1; i < argc; i++) result |= run_file(argv[i]);
    return result;
}
