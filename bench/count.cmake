# SPDX-License-Identifier: MIT
#
# Instructions per operation, counted by callgrind: script/instructions.
include(${PROJECT_SOURCE_DIR}/cmake/TaTest.cmake)
# Looked for anew until it is there: a build folder outlives the moment it was configured in.
find_path(TA_CALLGRIND valgrind/callgrind.h)
if(TA_CALLGRIND)
    ta_program(bench_count count_main.c count_fans.c count_moves.c count_ports.c count_reach.c)
    target_link_libraries(bench_count PRIVATE ta)
    if(TA_BUILD_TESTS)
        # Without valgrind: that the rows run, and do what they count.
        ta_test(bench.count COMMAND bench_count LABELS bench)
    endif()
endif()
