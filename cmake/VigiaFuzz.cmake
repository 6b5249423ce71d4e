# tests/fuzz/NAME.cpp, each a LLVMFuzzerTestOneInput. With VIGIA_FUZZ (preset fuzz, clang): the
# libFuzzer program fuzz_NAME. Otherwise the same source with a driver that replays the files of
# tests/fuzz/corpus/NAME/, as a test: what was found once is checked by every build.

file(GLOB fuzz_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/fuzz/*.cpp")
if(VIGIA_FUZZ)
    add_custom_target(fuzzers)
endif()
foreach(source IN LISTS fuzz_sources)
    get_filename_component(name "${source}" NAME_WE)
    if(VIGIA_FUZZ)
        add_executable("fuzz_${name}" "${source}")
        target_link_libraries("fuzz_${name}" PRIVATE vigia_main_layer)
        target_include_directories("fuzz_${name}" PRIVATE "${PROJECT_SOURCE_DIR}")
        target_link_options("fuzz_${name}" PRIVATE -fsanitize=fuzzer)
        add_dependencies(fuzzers "fuzz_${name}")
    else()
        add_executable("fuzz_${name}_replay" "${source}" tests/support/fuzz_replay.cpp)
        target_link_libraries("fuzz_${name}_replay" PRIVATE vigia_main_layer)
        target_include_directories("fuzz_${name}_replay" PRIVATE "${PROJECT_SOURCE_DIR}")
        add_dependencies(suites "fuzz_${name}_replay")
        add_test(NAME "fuzz-replay/${name}"
            COMMAND "fuzz_${name}_replay" "${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name}")
        set_tests_properties("fuzz-replay/${name}" PROPERTIES LABELS fuzz-replay TIMEOUT 120)
    endif()
endforeach()
