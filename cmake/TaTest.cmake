# SPDX-License-Identifier: MIT
#
# How a test becomes known to ctest.

# What is not made of what is built (scripts, models, programs that both compilers see) is tested in one
# build of several: without optimisation, by gcc.
if(CMAKE_BUILD_TYPE STREQUAL Debug AND CMAKE_C_COMPILER_ID STREQUAL GNU AND NOT TA_SANITIZE AND
        NOT TA_COVERAGE)
    set(TA_TEST_ONCE ON)
else()
    set(TA_TEST_ONCE OFF)
endif()

# What the sanitizers are told. An allocation that is too large must come back as NULL, as without
# them.
set(ta_test_environment
    "ASAN_OPTIONS=allocator_may_return_null=1:detect_stack_use_after_return=1:strict_string_checks=1"
    "UBSAN_OPTIONS=print_stacktrace=1"
    "TSAN_OPTIONS=allocator_may_return_null=1:halt_on_error=1:second_deadlock_stack=1"
    "MSAN_OPTIONS=allocator_may_return_null=1")

# Sanitized programs are slower by up to this factor; a timeout is for what hangs, not for what is
# slow.
set(ta_timeout_factor 1)
if(TA_SANITIZE)
    set(ta_timeout_factor 5)
endif()

# ta_test(NAME COMMAND... [MAY_SKIP] [TIMEOUT seconds] [PROCESSORS n] [LABELS label...]): one test.
# MAY_SKIP: exit status 77 means skipped; not for all, because a fuzzer exits so when it found a bug.
function(ta_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "MAY_SKIP" "TIMEOUT;PROCESSORS" "COMMAND;LABELS")
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 60)
    endif()
    math(EXPR arg_TIMEOUT "${arg_TIMEOUT} * ${ta_timeout_factor}")
    add_test(NAME ${name} COMMAND ${arg_COMMAND})
    set_tests_properties(${name} PROPERTIES
        TIMEOUT ${arg_TIMEOUT}
        ENVIRONMENT "${ta_test_environment}")
    if(arg_MAY_SKIP)
        set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77)
    endif()
    if(arg_PROCESSORS)
        set_tests_properties(${name} PROPERTIES PROCESSORS ${arg_PROCESSORS})
    endif()
    if(arg_LABELS)
        set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}")
    endif()
endfunction()

# ta_cmocka_test(NAME SOURCE... [LIBRARIES target...] [TIMEOUT seconds] [PROCESSORS n]
# [LABELS label...]): a cmocka program, linked with the testing twin behind LIBRARIES, and one test for each case that its sources list as `cmocka_unit_test...(case`, named
# NAME.case. The program is called with the case's name and fails when it does not know it, so a
# case that is listed and not run is a failure.
function(ta_cmocka_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT;PROCESSORS" "LABELS;LIBRARIES")
    ta_program(${name} ${arg_UNPARSED_ARGUMENTS})
    target_link_libraries(${name} PRIVATE
        ${arg_LIBRARIES} ta_testing PkgConfig::ta_cmocka Threads::Threads)
    # Where the test's data lies: TA_TEST_DATA "/name".
    target_compile_definitions(${name} PRIVATE TA_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data")

    set(options "")
    foreach(option TIMEOUT PROCESSORS LABELS)
        if(arg_${option})
            list(APPEND options ${option} ${arg_${option}})
        endif()
    endforeach()
    set(cases "")
    foreach(source ${arg_UNPARSED_ARGUMENTS})
        cmake_path(ABSOLUTE_PATH source)
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
        file(READ ${source} text)
        string(REGEX MATCHALL "cmocka_unit_test[a-z_]*\\([ \n]*[A-Za-z0-9_]+" listed "${text}")
        list(TRANSFORM listed REPLACE "^.*\\([ \n]*" "")
        list(APPEND cases ${listed})
    endforeach()
    foreach(case ${cases})
        ta_test(${name}.${case} COMMAND ${name} ${case} ${options})
        set_tests_properties(${name}.${case} PROPERTIES
            SKIP_REGULAR_EXPRESSION "\\[  SKIPPED \\]")
    endforeach()
    if(cases STREQUAL "")
        message(FATAL_ERROR "${name} lists no case")
    endif()
endfunction()
