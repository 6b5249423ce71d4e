# The ladder: unit, contract, sim (GoogleTest), e2e (pytest against the real binary), tidy and
# format (the house rules). Labels are the names of the rungs; fuzz-replay is in VigiaFuzz.cmake.

find_package(GTest REQUIRED CONFIG)
include(GoogleTest)
find_program(VIGIA_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH REQUIRED)

set(test_time_scale 1)
if(VIGIA_SANITIZE OR VIGIA_COVERAGE)
    set(test_time_scale 5)
endif()

vigia_pch_library(tests vigia_asio fmt::fmt GTest::gmock)

# What the suites share: fakes, builders, temporary directories. fuzz_replay.cpp has a main().
file(GLOB_RECURSE support_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/support/*.cpp")
list(REMOVE_ITEM support_sources
    "${PROJECT_SOURCE_DIR}/tests/support/fuzz_replay.cpp"
    "${PROJECT_SOURCE_DIR}/tests/support/hanging_odbc_driver.cpp")
if(support_sources)
    add_library(test_support STATIC ${support_sources})
    set(support_scope PUBLIC)
else()
    add_library(test_support INTERFACE)
    set(support_scope INTERFACE)
endif()
target_link_libraries(test_support ${support_scope} simworld vigia_main_layer GTest::gmock)
target_include_directories(test_support ${support_scope} "${PROJECT_SOURCE_DIR}")
if(support_sources)
    target_compile_definitions(test_support PRIVATE "VIGIA_SOURCE_DIR=\"${PROJECT_SOURCE_DIR}\"")
endif()
vigia_use_pch(test_support tests)

# What the sanitizer and coverage runs build: the hermetic tests.
add_custom_target(suites)

# vigia_test_suite(DIRECTORY SECONDS): tests/DIRECTORY/**.cpp -> DIRECTORY_tests, one ctest each.
function(vigia_test_suite directory seconds)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/${directory}/*.cpp")
    if(NOT sources)
        message(STATUS "no tests in tests/${directory}")
        return()
    endif()
    set(target "${directory}_tests")
    add_executable("${target}" ${sources})
    target_link_libraries("${target}" PRIVATE test_support GTest::gtest_main)
    vigia_use_pch("${target}" tests)
    # GoogleTest's macros end in an if … else of their own: no braces needed around one.
    target_compile_options("${target}" PRIVATE -Wno-dangling-else)
    add_dependencies(suites "${target}")
    target_compile_definitions("${target}" PRIVATE
        "VIGIA_SOURCE_DIR=\"${PROJECT_SOURCE_DIR}\"")
    math(EXPR timeout "${seconds} * ${test_time_scale}")
    gtest_discover_tests("${target}" TEST_PREFIX "${directory}/" DISCOVERY_MODE PRE_TEST
        DISCOVERY_TIMEOUT 60 WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
        PROPERTIES LABELS "${directory}" TIMEOUT "${timeout}")
endfunction()

vigia_test_suite(unit 60)
vigia_test_suite(contract 120)

# An ODBC driver that hangs, for the contract tests; unixODBC loads it.
add_library(hanging_odbc_driver MODULE "${PROJECT_SOURCE_DIR}/tests/support/hanging_odbc_driver.cpp")
target_link_libraries(hanging_odbc_driver PRIVATE vigia_flags)
target_compile_definitions(contract_tests PRIVATE
    "VIGIA_HANGING_DRIVER=\"$<TARGET_FILE:hanging_odbc_driver>\"")
add_dependencies(contract_tests hanging_odbc_driver)
vigia_test_suite(sim 300)

# The simulator itself is the test: it fails when an invariant breaks or two runs of a seed differ.
function(vigia_simulate name seconds)
    add_test(NAME "sim/${name}" COMMAND vigia-sim ${ARGN} WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
    math(EXPR timeout "${seconds} * ${test_time_scale}")
    set_tests_properties("sim/${name}" PROPERTIES LABELS sim TIMEOUT "${timeout}")
endfunction()

file(GLOB scenarios CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/sim/scenarios/*.json")
foreach(file IN LISTS scenarios)
    get_filename_component(name "${file}" NAME_WE)
    vigia_simulate("${name}" 60 --scenario "${file}")
endforeach()
if(test_time_scale EQUAL 1)
    vigia_simulate(seeds 300 --seed 1 --seeds 20 --monitors 50 --hours 24)
    vigia_simulate(month 600 --seed 7 --monitors 200 --hours 720)
else()
    vigia_simulate(seeds 300 --seed 1 --seeds 2 --monitors 50 --hours 24)
endif()
add_dependencies(suites vigia-sim)

if(TARGET vigia)
    file(GLOB e2e_files CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/e2e/test_*.py")
    foreach(file IN LISTS e2e_files)
        get_filename_component(name "${file}" NAME_WE)
        string(REGEX REPLACE "^test_" "e2e/" name "${name}")
        add_test(NAME "${name}"
            COMMAND "${VIGIA_PYTHON}" -m pytest -q -p no:cacheprovider "${file}"
            WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
        # The long ones first: a high cost is what ctest starts with.
        set_tests_properties("${name}" PROPERTIES LABELS e2e TIMEOUT 900 COST 1000
            ENVIRONMENT "VIGIA_BIN=$<TARGET_FILE:vigia>;PYTHONDONTWRITEBYTECODE=1;\
VIGIA_HANGING_DRIVER=$<TARGET_FILE:hanging_odbc_driver>")
    endforeach()
endif()

# The database servers of the tests, proved by independent clients.
file(GLOB protocol_files CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/protocol/test_*.py")
foreach(file IN LISTS protocol_files)
    get_filename_component(name "${file}" NAME_WE)
    string(REGEX REPLACE "^test_" "protocol/" name "${name}")
    add_test(NAME "${name}" COMMAND "${VIGIA_PYTHON}" -m pytest -q -p no:cacheprovider "${file}"
        WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
    set_tests_properties("${name}" PROPERTIES LABELS protocol TIMEOUT 300
        ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
endforeach()

add_test(NAME tidy/tree COMMAND "${VIGIA_PYTHON}" tools/tidy.py
         WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
add_test(NAME tidy/rules COMMAND "${VIGIA_PYTHON}" tools/test_tidy.py
         WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
add_test(NAME tidy/planted COMMAND "${VIGIA_PYTHON}" tools/planted_bugs.py --check
         WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
add_test(NAME tidy/format COMMAND "${PROJECT_SOURCE_DIR}/dev" fmt --check
         WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
add_test(NAME tidy/catalogs
         COMMAND ${VIGIA_POT_COMMAND} -DCHECK=ON -P "${PROJECT_SOURCE_DIR}/cmake/RefreshPot.cmake")
set_tests_properties(tidy/tree tidy/rules tidy/planted tidy/format tidy/catalogs
    PROPERTIES LABELS tidy TIMEOUT 120
    ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
