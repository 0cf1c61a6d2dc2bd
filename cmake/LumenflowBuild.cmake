# Flags and the three ways a target is declared: lumenflow_module, lumenflow_test, lumenflow_fuzz.
option(LUMENFLOW_FUZZ "Build the libFuzzer targets (clang only)" OFF)
option(LUMENFLOW_WERROR "A warning is an error; off in the preset release, so that another compiler's opinion stops nobody" ON)
set(LUMENFLOW_SANITIZE "" CACHE STRING "Value for -fsanitize=")
set(LUMENFLOW_OPTIMIZE "" CACHE STRING "Overrides the optimisation level, e.g. O1")
set(LUMENFLOW_VECTORS "${CMAKE_SOURCE_DIR}/../shared/vectors" CACHE PATH "Public test vectors; tests skip without them")

# Eight files of a target at a time, so that headers are read once for them: a cold build takes less than half the time.
# A file must still stand by itself, which the preset tsan shows.
set(CMAKE_UNITY_BUILD_BATCH_SIZE 8)

# Where what is generated at build goes, as below the root. It comes before the copies in the tree.
set(LUMENFLOW_GENERATED ${CMAKE_BINARY_DIR}/generated)

find_program(LUMENFLOW_CCACHE ccache)
if(LUMENFLOW_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${LUMENFLOW_CCACHE})
endif()

add_library(lumenflow_flags INTERFACE)
target_compile_options(lumenflow_flags INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  $<$<BOOL:${LUMENFLOW_WERROR}>:-Werror>
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)  # g++ 12 at -O2 sees overlaps in std::string::insert that are not there
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  target_compile_options(lumenflow_flags INTERFACE -Wno-subobject-linkage)  # takes an included .cc for a header
endif()
# Places are named as below the root: the same program wherever it was built, and ccache serves one clone from another's.
target_compile_options(lumenflow_flags INTERFACE -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
target_include_directories(lumenflow_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)
if(LUMENFLOW_OPTIMIZE)
  # A test's own code runs once and is compiled by everybody: a third of the time that it takes to compile is optimising.
  target_compile_options(lumenflow_flags INTERFACE
    -$<IF:$<BOOL:$<TARGET_PROPERTY:LUMENFLOW_RUNS_ONCE>>,O0,${LUMENFLOW_OPTIMIZE}> -g1)
endif()
if(LUMENFLOW_SANITIZE)
  set(sanitize -fsanitize=${LUMENFLOW_SANITIZE} -fno-omit-frame-pointer)
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    list(APPEND sanitize -Wno-maybe-uninitialized)  # g++ 12 misfires on std::function in instrumented code
  endif()
  if(LUMENFLOW_SANITIZE MATCHES undefined)
    list(APPEND sanitize -fno-sanitize-recover=undefined)
    if(CMAKE_CXX_COMPILER_ID STREQUAL Clang)
      list(APPEND sanitize -fno-sanitize=function)  # clang 14 misfires on coroutines
    endif()
  endif()
  if(LUMENFLOW_FUZZ)
    list(APPEND sanitize -fsanitize=fuzzer-no-link)
  endif()
  target_compile_options(lumenflow_flags INTERFACE ${sanitize})
  target_link_options(lumenflow_flags INTERFACE ${sanitize})
endif()

# lumenflow_module(NAME SOURCES ... [DEPENDS modules...] [LINK third-party...])
# One folder = one static library `lumenflow_NAME`. DEPENDS are module names, LINK are libraries.
function(lumenflow_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;LINK" ${ARGN})
  add_library(lumenflow_${name} STATIC ${ARG_SOURCES})
  target_include_directories(lumenflow_${name} PUBLIC ${LUMENFLOW_GENERATED}/include ${CMAKE_SOURCE_DIR}/include)
  target_link_libraries(lumenflow_${name} PRIVATE lumenflow_flags)
  foreach(module IN LISTS ARG_DEPENDS)
    target_link_libraries(lumenflow_${name} PUBLIC lumenflow_${module})
  endforeach()
  target_link_libraries(lumenflow_${name} PUBLIC ${ARG_LINK})
endfunction()

# What tests alone need to know of the place they are built in; in a library, so that it is in no other object.
add_library(lumenflow_source_tree STATIC ${CMAKE_SOURCE_DIR}/tests/support/source_tree.cc)
target_include_directories(lumenflow_source_tree PUBLIC ${CMAKE_SOURCE_DIR}/tests)
target_compile_definitions(lumenflow_source_tree PRIVATE
  LUMENFLOW_VECTORS_DEFAULT="${LUMENFLOW_VECTORS}" LUMENFLOW_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
target_link_libraries(lumenflow_source_tree PRIVATE lumenflow_flags)

# The beginning of the command of a test that needs a sandbox; the test has SKIP_RETURN_CODE 77.
set(LUMENFLOW_WITH_SANDBOX ${CMAKE_SOURCE_DIR}/tests/support/with_sandbox.py $<TARGET_FILE:lumenflow>)

# lumenflow_test(NAME SOURCES ... DEPENDS modules... [LINK ...] [LABELS ...] [TIMEOUT seconds])
# One GoogleTest program `NAME_test`; each TEST is a ctest entry `NAME/Suite.Case`.
function(lumenflow_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;DEPENDS;LINK;LABELS" ${ARGN})
  add_executable(${name}_test ${ARG_SOURCES})
  target_link_libraries(${name}_test PRIVATE lumenflow_flags GTest::gmock_main ${ARG_LINK})
  foreach(module IN LISTS ARG_DEPENDS)
    target_link_libraries(${name}_test PRIVATE lumenflow_${module})
  endforeach()
  target_link_libraries(${name}_test PRIVATE lumenflow_source_tree)
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
    if(NOT LUMENFLOW_SANITIZE)
      set_target_properties(${name}_test PROPERTIES LUMENFLOW_RUNS_ONCE ON)
    endif()
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  gtest_discover_tests(${name}_test TEST_PREFIX "${name}/" DISCOVERY_TIMEOUT 120
    PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
endfunction()

# lumenflow_fuzz(NAME SOURCES ... DEPENDS modules...)
# With LUMENFLOW_FUZZ a libFuzzer program `fuzz_NAME`; always a ctest entry that replays the seeds in fuzz/seeds/NAME.
function(lumenflow_fuzz name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;LINK" ${ARGN})
  set(replay "")
  if(NOT LUMENFLOW_FUZZ)
    set(replay ${CMAKE_SOURCE_DIR}/fuzz/replay_main.cc)
  endif()
  add_executable(fuzz_${name} ${ARG_SOURCES} ${replay})
  target_link_libraries(fuzz_${name} PRIVATE lumenflow_flags ${ARG_LINK})
  foreach(module IN LISTS ARG_DEPENDS)
    target_link_libraries(fuzz_${name} PRIVATE lumenflow_${module})
  endforeach()
  if(LUMENFLOW_FUZZ)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    add_test(NAME fuzz/${name} COMMAND fuzz_${name} -runs=0 ${CMAKE_SOURCE_DIR}/fuzz/seeds/${name})
  else()
    add_test(NAME fuzz/${name} COMMAND fuzz_${name} ${CMAKE_SOURCE_DIR}/fuzz/seeds/${name})
  endif()
  set_tests_properties(fuzz/${name} PROPERTIES LABELS fuzz TIMEOUT 300)
endfunction()
