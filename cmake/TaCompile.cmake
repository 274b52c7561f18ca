# SPDX-License-Identifier: MIT
#
# How everything here is compiled: language, warnings, sanitizers, coverage.

# Each also for C++ where it means something there.
set(ta_warnings
    -Wall -Wextra -Wconversion -Wundef -Wshadow
    $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes -Wmissing-prototypes>
    $<$<BOOL:${TA_WERROR}>:-Werror>)

# MemorySanitizer: ck's inline assembly hides its stores, so the compiler's builtins stand in.
set(ta_sanitizers "")
set(ta_sanitizer_definitions "")
if(TA_SANITIZE)
    list(APPEND ta_sanitizers -fsanitize=${TA_SANITIZE} -fno-sanitize-recover=all
        -fno-omit-frame-pointer)
    if(TA_SANITIZE MATCHES memory)
        # param-retval: what is passed must be initialised (the default since clang 16). It also spares
        # false reports where a library that is not instrumented, cmocka, calls back.
        list(APPEND ta_sanitizers -fsanitize-memory-track-origins -fsanitize-memory-param-retval)
        list(APPEND ta_sanitizer_definitions CK_USE_CC_BUILTINS=1)
    endif()
endif()

function(ta_compile target)
    target_compile_features(${target} PRIVATE c_std_11)
    set_target_properties(${target} PROPERTIES
        C_STANDARD 11
        C_EXTENSIONS OFF
        CXX_STANDARD 17
        CXX_STANDARD_REQUIRED ON
        CXX_EXTENSIONS OFF)
    target_compile_options(${target} PRIVATE ${ta_warnings} ${ta_sanitizers})
    target_compile_definitions(${target} PRIVATE ${ta_sanitizer_definitions})
    target_link_options(${target} PRIVATE ${ta_sanitizers})
    if(TA_COVERAGE)
        target_compile_options(${target} PRIVATE --coverage -fprofile-update=atomic)
        target_link_options(${target} PRIVATE --coverage)
    endif()
endfunction()

# An executable of this project, outside the library: it may use what POSIX and Linux add to C.
function(ta_program target)
    add_executable(${target} ${ARGN})
    ta_compile(${target})
    target_compile_definitions(${target} PRIVATE $<$<COMPILE_LANGUAGE:C>:_GNU_SOURCE>)
endfunction()

# What libFuzzer is to see the inside of: without it a fuzzer learns nothing from what an input does
# there. In builds that have libFuzzer; the programs without it run as ever.
if(TA_SANITIZE MATCHES address AND CMAKE_C_COMPILER_ID MATCHES Clang)
    set(ta_has_libfuzzer TRUE)
else()
    set(ta_has_libfuzzer FALSE)
endif()
function(ta_fuzzed target)
    if(ta_has_libfuzzer)
        target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
    endif()
endfunction()
