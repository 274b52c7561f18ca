#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Installs a build into a temporary prefix, moves it, since the tree must be relocatable, and builds
# and runs a consumer of it: by find_package, by pkg-config with the shared library, by pkg-config
# with the static one; each as C11 and as C++17. Usage: run.sh BUILD_DIR CC CXX
set -euo pipefail

build=${1:?build directory} cc=${2:?C compiler} cxx=${3:?C++ compiler}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

step() { printf '\n== %s\n' "$*"; }
fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# linked shared|static PROGRAM: does it load libta.so or not, as it should?
linked() {
    local needs
    needs=$(readelf -d "$2" | grep -c 'NEEDED.*\[libta\.so\.0\]' || true)
    case $1 in
    shared) [ "$needs" -eq 1 ] || fail "$2 does not need libta.so.0" ;;
    static) [ "$needs" -eq 0 ] || fail "$2 needs libta.so.0, and should hold the library itself" ;;
    esac
}

step "install"
cmake --install "$build" --prefix "$work/first" >"$work/log" 2>&1 ||
    { cat "$work/log"; fail "cmake --install"; }
mv "$work/first" "$work/prefix"
prefix=$work/prefix
cd "$prefix"
for file in include/ta.h include/ta/base.h include/ta/detail/atomic.h bin/ta share/man/man1/ta.1 \
    share/doc/ta/LICENSE; do
    [ -s "$file" ] || fail "$file was not installed"
done
library=$(find . -name libta.so -printf '%h\n')
[ -n "$library" ] || fail "libta.so was not installed"
library=$prefix/${library#./}
[ -s "$library/libta.a" ] || fail "libta.a was not installed"
readelf -d "$library/libta.so" | grep 'SONAME.*\[libta\.so\.0\]' >/dev/null || fail "the SONAME is not libta.so.0"
grep -rlF "$work/first" . && fail "these name the prefix of the installation"
bin/ta --version

step "find_package"
find_package() {
    cmake -S "$here/consumer" -B "$work/build" -DCMAKE_PREFIX_PATH="$prefix" \
        -DCMAKE_C_COMPILER="$cc" -DCMAKE_CXX_COMPILER="$cxx" \
        -DCMAKE_C_FLAGS=-Werror -DCMAKE_CXX_FLAGS=-Werror || return
    cmake --build "$work/build"
}
find_package >"$work/log" 2>&1 || { cat "$work/log"; fail "find_package"; }
for language in c cxx; do
    linked shared "$work/build/${language}_ta"
    linked static "$work/build/${language}_ta_static"
    "$work/build/${language}_ta"
    "$work/build/${language}_ta_static"
done

export PKG_CONFIG_PATH=$library/pkgconfig
version=$(sed -nE 's/^#define TA_VERSION_(MAJOR|MINOR|PATCH) ([0-9]+)$/\2/p' include/ta/base.h | paste -sd.)
[ "$(pkg-config --modversion ta)" = "$version" ] || fail "ta.pc is not of version $version"
warnings=(-Wall -Wextra -Wpedantic -Werror)

step "pkg-config, shared"
# The flags are lists of words.
# shellcheck disable=SC2046
"$cc" -std=c11 "${warnings[@]}" "$here/consumer/consumer.c" -o "$work/c_shared" \
    $(pkg-config --cflags --libs ta)
# shellcheck disable=SC2046
"$cxx" -std=c++17 "${warnings[@]}" -x c++ "$here/consumer/consumer.c" -x none -o "$work/cxx_shared" \
    $(pkg-config --cflags --libs ta)
for program in c_shared cxx_shared; do
    linked shared "$work/$program"
    LD_LIBRARY_PATH=$library "$work/$program"
done

step "pkg-config, static"
# -l takes the shared library where there are both, so libta.a alone stands in the directory.
mkdir "$work/static"
cp "$library/libta.a" "$work/static"
# shellcheck disable=SC2046
"$cc" -std=c11 "${warnings[@]}" "$here/consumer/consumer.c" -o "$work/c_static" \
    $(pkg-config --static --cflags ta) -L"$work/static" $(pkg-config --static --libs ta)
# shellcheck disable=SC2046
"$cxx" -std=c++17 "${warnings[@]}" -x c++ "$here/consumer/consumer.c" -x none \
    -o "$work/cxx_static" \
    $(pkg-config --static --cflags ta) -L"$work/static" $(pkg-config --static --libs ta)
for program in c_static cxx_static; do
    linked static "$work/$program"
    "$work/$program"
done

step "passed"
