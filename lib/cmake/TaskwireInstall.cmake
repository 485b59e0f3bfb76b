# `cmake --install`: headers, archives, and a package for find_package(taskwire).
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/taskwire)
install(EXPORT taskwireTargets NAMESPACE taskwire:: DESTINATION ${package_dir}
    COMPONENT taskwire_development)
set(TASKWIRE_HAS_CLIENT OFF)
if(TARGET taskwire_client)
    set(TASKWIRE_HAS_CLIENT ON)
endif()
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/taskwireConfig.cmake.in
    ${CMAKE_CURRENT_BINARY_DIR}/taskwireConfig.cmake INSTALL_DESTINATION ${package_dir})
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/taskwireConfigVersion.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES
    ${CMAKE_CURRENT_BINARY_DIR}/taskwireConfig.cmake
    ${CMAKE_CURRENT_BINARY_DIR}/taskwireConfigVersion.cmake
    DESTINATION ${package_dir} COMPONENT taskwire_development)
