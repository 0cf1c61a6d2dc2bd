# find_package(lumenflow): the target lumenflow::pack, for programs that are packs.
include(CMakeFindDependencyMacro)
set(Boost_NO_WARN_NEW_VERSIONS ON)
find_dependency(Boost 1.81 COMPONENTS json)
find_dependency(OpenSSL 3 COMPONENTS Crypto)
find_dependency(tl-expected)
include(${CMAKE_CURRENT_LIST_DIR}/lumenflow-targets.cmake)
