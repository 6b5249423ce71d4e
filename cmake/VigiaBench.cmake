# bench/micro/*.cpp -> bench_micro (google benchmark); bench/load/NAME.cpp -> bench_NAME, one
# program each: targets, floors and drivers of the whole-process benchmark (bench/run.py).

file(GLOB micro_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/bench/micro/*.cpp")
file(GLOB load_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/bench/load/*.cpp")
add_custom_target(bench)
if(TARGET vigia)
    add_dependencies(bench vigia)
endif()

if(micro_sources)
    find_package(benchmark REQUIRED CONFIG)
    add_executable(bench_micro ${micro_sources})
    target_link_libraries(bench_micro PRIVATE simworld benchmark::benchmark_main)
    add_dependencies(bench bench_micro)
endif()
foreach(source IN LISTS load_sources)
    get_filename_component(name "${source}" NAME_WE)
    add_executable("bench_${name}" "${source}")
    target_link_libraries("bench_${name}" PRIVATE vigia_main_layer)
    target_include_directories("bench_${name}" PRIVATE "${PROJECT_SOURCE_DIR}")
    add_dependencies(bench "bench_${name}")
endforeach()
