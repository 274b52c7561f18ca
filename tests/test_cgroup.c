/* SPDX-License-Identifier: MIT
 *
 * CPU quotas, read from trees that stand in for /proc and /sys.
 */
#include "harness.h"

#include "os/os.h"

#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- trees ------------------------------------------------------------------------------------- */

static char root[64];

static int make_root(void **state) {
    (void)state;
    strcpy(root, "/tmp/ta-cgroup-XXXXXX");
    return mkdtemp(root) == NULL;
}

static int remove_one(const char *path, const struct stat *info, int flag, struct FTW *where) {
    (void)info;
    (void)flag;
    (void)where;
    return remove(path);
}

static int remove_root(void **state) {
    (void)state;
    return nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Writes a file below the root, with the directories above it. */
static void put(const char *name, const char *text) {
    char path[1024];
    snprintf(path, sizeof path, "%s%s", root, name);
    for (char *slash = path + strlen(root) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = 0;
        mkdir(path, 0755);
        *slash = '/';
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void expect(uint64_t quota, uint64_t period) {
    errno = 4242;
    ta_os_quota found = ta_os_cpu_quota(root);
    assert_int_equal(errno, 4242);
    assert_int_equal(found.quota_us, quota);
    assert_int_equal(found.period_us, period);
}

#define MOUNT_2 "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
#define MOUNT_1 "33 25 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
#define PROC "22 27 0:21 / /proc rw,relatime - proc proc rw\n"

/* ---- version 2 --------------------------------------------------------------------------------- */

static void version_2(void **state) {
    (void)state;
    put("/proc/self/cgroup", "0::/user.slice/job\n");
    put("/proc/self/mountinfo", PROC MOUNT_2);
    expect(0, 0);
    put("/sys/fs/cgroup/user.slice/job/cpu.max", "max 100000\n");
    expect(0, 0);
    put("/sys/fs/cgroup/user.slice/job/cpu.max", "150000 100000\n");
    expect(150000, 100000);
}

static void the_least_along_the_path(void **state) {
    (void)state;
    put("/proc/self/cgroup", "0::/a/b/c\n");
    put("/proc/self/mountinfo", MOUNT_2);
    put("/sys/fs/cgroup/a/b/c/cpu.max", "400000 100000\n");
    put("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
    put("/sys/fs/cgroup/a/cpu.max", "30000 10000\n");
    put("/sys/fs/cgroup/a/b/other/cpu.max", "1 100000\n");
    expect(30000, 10000);
    put("/sys/fs/cgroup/cpu.max", "50000 50000\n"); /* the mount point is part of the path */
    expect(50000, 50000);
    put("/sys/cpu.max", "1 100000\n"); /* above it is not */
    put("/cpu.max", "1 100000\n");
    expect(50000, 50000);
}

static void at_the_root_of_the_hierarchy(void **state) {
    (void)state;
    put("/proc/self/cgroup", "0::/\n");
    put("/proc/self/mountinfo", MOUNT_2);
    put("/sys/fs/cgroup/cpu.max", "70000 100000\n");
    put("/sys/fs/cpu.max", "1 100000\n");
    expect(70000, 100000);
}

/* ---- version 1 --------------------------------------------------------------------------------- */

static void version_1(void **state) {
    (void)state;
    put("/proc/self/cgroup", "5:memory:/m\n4:cpu,cpuacct:/job\n3:cpuset:/s\n1:name=systemd:/\n");
    put("/proc/self/mountinfo", PROC MOUNT_1);
    put("/sys/fs/cgroup/cpu/m/cpu.cfs_quota_us", "1\n");
    put("/sys/fs/cgroup/cpu/m/cpu.cfs_period_us", "1\n");
    put("/sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "-1\n");
    put("/sys/fs/cgroup/cpu/job/cpu.cfs_period_us", "100000\n");
    expect(0, 0);
    put("/sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "250000\n");
    expect(250000, 100000);
    put("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "100000\n");
    expect(250000, 100000); /* a quota without a period is none */
    put("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    expect(100000, 100000);
}

static void other_controllers_do_not_count(void **state) {
    (void)state;
    put("/proc/self/cgroup", "4:cpuacct:/job\n3:cpuset:/job\n2:xcpu:/job\n");
    put("/proc/self/mountinfo",
        MOUNT_1 "34 25 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n");
    put("/sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "250000\n");
    put("/sys/fs/cgroup/cpu/job/cpu.cfs_period_us", "100000\n");
    put("/sys/fs/cgroup/cpuset/job/cpu.cfs_quota_us", "250000\n");
    put("/sys/fs/cgroup/cpuset/job/cpu.cfs_period_us", "100000\n");
    expect(0, 0);
    put("/proc/self/cgroup", "4:cpuacct,cpu:/job\n");
    expect(250000, 100000);
}

static void both_versions_at_once(void **state) {
    (void)state;
    put("/proc/self/cgroup", "4:cpu:/one\n0::/two\n");
    put("/proc/self/mountinfo",
        MOUNT_1 "38 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
    put("/sys/fs/cgroup/cpu/one/cpu.cfs_quota_us", "300000\n");
    put("/sys/fs/cgroup/cpu/one/cpu.cfs_period_us", "100000\n");
    expect(300000, 100000);
    put("/sys/fs/cgroup/unified/two/cpu.max", "200000 100000\n");
    expect(200000, 100000);
}

/* ---- containers -------------------------------------------------------------------------------- */

static void the_container_is_the_mount_point(void **state) {
    (void)state;
    put("/proc/self/cgroup", "4:cpu:/docker/0123\n");
    put("/proc/self/mountinfo",
        "33 25 0:29 /docker/0123 /sys/fs/cgroup/cpu ro master:5 - cgroup cgroup rw,cpu\n");
    put("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000\n");
    put("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    expect(50000, 100000);
    put("/proc/self/cgroup", "4:cpu:/docker/0123/inner\n"); /* below it */
    put("/sys/fs/cgroup/cpu/inner/cpu.cfs_quota_us", "20000\n");
    put("/sys/fs/cgroup/cpu/inner/cpu.cfs_period_us", "100000\n");
    expect(20000, 100000);
    put("/sys/fs/cgroup/cpu4/cpu.cfs_quota_us", "10000\n");
    put("/sys/fs/cgroup/cpu4/cpu.cfs_period_us", "100000\n");
    put("/proc/self/cgroup", "4:cpu:/docker/01234\n"); /* a neighbour with a longer name */
    expect(0, 0);
    put("/proc/self/cgroup", "4:cpu:/docker\n"); /* above it: the mount does not bind us */
    expect(0, 0);
}

static void a_cgroup_namespace_hides_what_is_above(void **state) {
    (void)state;
    put("/sys/fs/cgroup/cpu.max", "80000 100000\n");
    put("/sys/fs/cgroup/x/cpu.max", "10000 100000\n");
    /* The mount was made outside: its root is an ancestor, and our way down has no name. */
    put("/proc/self/cgroup", "0::/\n");
    put("/proc/self/mountinfo", "30 23 0:26 /../.. /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n");
    expect(80000, 100000);
    put("/proc/self/cgroup", "0::/../x\n");
    expect(80000, 100000);
    put("/proc/self/mountinfo", "30 23 0:26 /.. /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n");
    expect(10000, 100000); /* now it has one */
    put("/proc/self/mountinfo", "30 23 0:26 /../y /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n");
    expect(0, 0);
    put("/proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n");
    expect(0, 0);                          /* we are outside of what is mounted */
    put("/proc/self/cgroup", "0::/..x\n"); /* an odd name, and no way up */
    put("/sys/fs/cgroup/..x/cpu.max", "60000 100000\n");
    expect(60000, 100000);
}

static void names_with_spaces(void **state) {
    (void)state;
    put("/proc/self/cgroup", "0::/a b/c\\d\n");
    put("/proc/self/mountinfo", "30 23 0:26 /a\\040b /mnt/c\\040g rw - cgroup2 cgroup2 rw\n");
    put("/mnt/c g/c\\d/cpu.max", "90000 100000\n");
    expect(90000, 100000);
}

static void mounted_at_the_top_and_twice(void **state) {
    (void)state;
    put("/proc/self/cgroup", "0::/a\n");
    put("/proc/self/mountinfo", "30 23 0:26 / / rw - cgroup2  rw\n" MOUNT_2);
    put("/a/cpu.max", "90000 100000\n");
    expect(90000, 100000);
    put("/sys/fs/cgroup/a/cpu.max", "80000 100000\n");
    expect(80000, 100000);
}

/* ---- nonsense ---------------------------------------------------------------------------------- */

static void malformed_values_are_no_quota(void **state) {
    (void)state;
    static const char *const values[] = {
        "",
        "\n",
        "max",
        "150000",
        "150000 ",
        "0 1000",
        "1000 0",
        "-5 100000",
        "1e5 100000",
        "150000 100000x",
        "x 1000",
        " 1 1",
        "1  1",
        "1\t1",
        "99999999999999999999999 100000",
        "1 99999999999999999999999",
        "+1 1",
        "0x10 16",
    };
    put("/proc/self/cgroup", "0::/a\n");
    put("/proc/self/mountinfo", MOUNT_2);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        put("/sys/fs/cgroup/a/cpu.max", values[i]);
        expect(0, 0);
    }
    put("/sys/fs/cgroup/a/cpu.max", "18446744073709551615 18446744073709551615\n");
    expect(UINT64_MAX, UINT64_MAX);
}

static void malformed_tables_are_no_quota(void **state) {
    (void)state;
    static const char *const cgroups[] = {
        "", "\n", "0", "0:", "0::", "0::a\n", ":::\n", "::/a\n", "1::/a\n", "0:cpuset:/a\n",
    };
    static const char *const mounts[] = {
        "",
        "\n",
        " - \n",
        " - cgroup2\n",
        "30 23 0:26 / - cgroup2 cgroup2 rw\n",
        "30 23 0:26 / /sys/fs/cgroup rw\n",
        "30 23 0:26 / /sys/fs/cgroup rw - \n",
        "30 23 0:26 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n",
        "30 23 0:26 relative /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
    };
    put("/sys/fs/cgroup/a/cpu.max", "10000 100000\n");
    put("/proc/self/mountinfo", MOUNT_2);
    for (size_t i = 0; i < sizeof cgroups / sizeof *cgroups; i++) {
        put("/proc/self/cgroup", cgroups[i]);
        expect(0, 0);
    }
    put("/proc/self/cgroup", "0::/a\n");
    for (size_t i = 0; i < sizeof mounts / sizeof *mounts; i++) {
        put("/proc/self/mountinfo", mounts[i]);
        expect(0, 0);
    }
}

static void nothing_at_all(void **state) {
    (void)state;
    expect(0, 0);
    put("/proc/self/cgroup", "0::/a\n");
    expect(0, 0);
}

static void long_lines_are_skipped(void **state) {
    (void)state;
    static char table[40000];
    size_t at = (size_t)sprintf(table, "9:cpuset:/");
    memset(table + at, 'x', 20000);
    strcpy(table + at + 20000, "\n0::/a\n");
    put("/proc/self/cgroup", table);
    at = (size_t)sprintf(table, "1 2 3:4 / /long rw - overlay overlay rw,lowerdir=");
    memset(table + at, 'y', 30000);
    strcpy(table + at + 30000, "\n" MOUNT_2);
    put("/proc/self/mountinfo", table);
    put("/sys/fs/cgroup/a/cpu.max", "10000 100000\n");
    expect(10000, 100000);
    at = (size_t)sprintf(table, "0::/"); /* a path that fits no buffer */
    memset(table + at, 'z', 5000);
    strcpy(table + at + 5000, "\n");
    put("/proc/self/cgroup", table);
    expect(0, 0);
}

static void the_tables_of_this_process(void **state) {
    (void)state;
    ta_os_quota quota = ta_os_cpu_quota("");
    assert_int_equal(quota.quota_us == 0, quota.period_us == 0);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(version_2, make_root, remove_root),
        cmocka_unit_test_setup_teardown(the_least_along_the_path, make_root, remove_root),
        cmocka_unit_test_setup_teardown(at_the_root_of_the_hierarchy, make_root, remove_root),
        cmocka_unit_test_setup_teardown(version_1, make_root, remove_root),
        cmocka_unit_test_setup_teardown(other_controllers_do_not_count, make_root, remove_root),
        cmocka_unit_test_setup_teardown(both_versions_at_once, make_root, remove_root),
        cmocka_unit_test_setup_teardown(the_container_is_the_mount_point, make_root, remove_root),
        cmocka_unit_test_setup_teardown(a_cgroup_namespace_hides_what_is_above, make_root,
                                        remove_root),
        cmocka_unit_test_setup_teardown(names_with_spaces, make_root, remove_root),
        cmocka_unit_test_setup_teardown(mounted_at_the_top_and_twice, make_root, remove_root),
        cmocka_unit_test_setup_teardown(malformed_values_are_no_quota, make_root, remove_root),
        cmocka_unit_test_setup_teardown(malformed_tables_are_no_quota, make_root, remove_root),
        cmocka_unit_test_setup_teardown(nothing_at_all, make_root, remove_root),
        cmocka_unit_test_setup_teardown(long_lines_are_skipped, make_root, remove_root),
        cmocka_unit_test(the_tables_of_this_process),
    };
    return ta_test_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
