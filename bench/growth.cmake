# SPDX-License-Identifier: MIT
#
# What grows with the number of affinities: script/growth.
ta_benchmark(bench_growth bench_growth.cc growth_mesh.c growth_runtime.c growth_slots.c)
target_link_libraries(bench_growth PRIVATE ta)
if(TA_BUILD_TESTS)
    include(${PROJECT_SOURCE_DIR}/cmake/TaTest.cmake)
    # That it runs, at the small sizes.
    ta_test(bench.growth
        COMMAND bench_growth --benchmark_min_time=0.001 "--benchmark_filter=/(2|4|8|16)(/|$)"
        LABELS bench)
    set_tests_properties(bench.growth PROPERTIES FAIL_REGULAR_EXPRESSION "results were wrong")
endif()
