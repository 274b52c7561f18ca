# SPDX-License-Identifier: MIT
#
# `cmake --install`: headers, both libraries, the package for find_package and for pkg-config, the
# tool with its manual page, the licence. Everything is relocatable.
include(CMakePackageConfigHelpers)

set(ta_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/ta)

# Two export sets, because only users of the static library need the development files of ck and
# hwloc.
install(TARGETS ta EXPORT taTargets)
install(TARGETS ta_static EXPORT taStaticTargets)
foreach(set taTargets taStaticTargets)
    install(EXPORT ${set} NAMESPACE ta:: DESTINATION ${ta_package_dir})
endforeach()

install(FILES include/ta.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY include/ta DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")

configure_package_config_file(cmake/taConfig.cmake.in taConfig.cmake
    INSTALL_DESTINATION ${ta_package_dir}
    NO_SET_AND_CHECK_MACRO)
# Until 1.0 every minor version may break its users.
write_basic_package_version_file(taConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/taConfig.cmake ${PROJECT_BINARY_DIR}/taConfigVersion.cmake
    DESTINATION ${ta_package_dir})

# pkg-config finds the prefix from where the file lies, so that the tree can be moved.
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
    set(ta_pc_prefix ${CMAKE_INSTALL_PREFIX})
    set(ta_pc_libdir ${CMAKE_INSTALL_LIBDIR})
else()
    file(RELATIVE_PATH ta_pc_up /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
    string(REGEX REPLACE "/$" "" ta_pc_up "${ta_pc_up}")
    set(ta_pc_prefix "\${pcfiledir}/${ta_pc_up}")
    set(ta_pc_libdir "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
endif()
if(IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
    set(ta_pc_includedir ${CMAKE_INSTALL_INCLUDEDIR})
else()
    set(ta_pc_includedir "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()
# Not `Requires.private: hwloc`: that would make users of the shared library install hwloc.pc, and
# users of libta.a install what a static hwloc needs, libudev too.
set(ta_pc_libs_private -pthread)
set(ta_pc_packages ta_ck)
if(TA_HWLOC)
    list(APPEND ta_pc_packages ta_hwloc)
endif()
foreach(package ${ta_pc_packages})
    set(directories ${${package}_LIBRARY_DIRS})
    list(REMOVE_ITEM directories ${CMAKE_C_IMPLICIT_LINK_DIRECTORIES})
    list(PREPEND ta_pc_libs_private ${${package}_LDFLAGS_OTHER})
    list(TRANSFORM ${package}_LIBRARIES PREPEND -l OUTPUT_VARIABLE libraries)
    list(PREPEND ta_pc_libs_private ${libraries})
    list(TRANSFORM directories PREPEND -L)
    list(PREPEND ta_pc_libs_private ${directories})
endforeach()
list(JOIN ta_pc_libs_private " " ta_pc_libs_private)
configure_file(cmake/ta.pc.in ta.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/ta.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

if(TA_BUILD_TOOLS)
    install(TARGETS ta_tool)
    configure_file(man/ta.1 man/ta.1 @ONLY)
    install(FILES ${PROJECT_BINARY_DIR}/man/ta.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endif()

install(FILES LICENSE README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
