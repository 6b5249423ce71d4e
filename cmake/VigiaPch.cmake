# Precompiled headers, each built once by a library with nothing else in it and shared by targets
# with the same flags. The pure modules (base, core, config) do without: they must not see Asio.

# vigia_pch_library(NAME LIBRARY...): the library vigia_pch_NAME with cmake/pch/NAME.hpp, compiled as
# its users are: with what LIBRARY... define.
function(vigia_pch_library name)
    if(NOT VIGIA_PCH)
        return()
    endif()
    set(source "${PROJECT_BINARY_DIR}/pch_${name}.cpp")
    file(CONFIGURE OUTPUT "${source}" CONTENT "// Only carries a precompiled header.\n")
    add_library("vigia_pch_${name}" OBJECT "${source}")
    target_link_libraries("vigia_pch_${name}" PRIVATE vigia_flags ${ARGN})
    target_precompile_headers("vigia_pch_${name}" PRIVATE
        "${PROJECT_SOURCE_DIR}/cmake/pch/${name}.hpp")
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # Asked for by ccache, which preprocesses apart.
        target_compile_options("vigia_pch_${name}" PRIVATE -fpch-preprocess)
    endif()
endfunction()

# vigia_use_pch(TARGET NAME): TARGET includes cmake/pch/NAME.hpp precompiled.
function(vigia_use_pch target name)
    get_target_property(kind "${target}" TYPE)
    if(VIGIA_PCH AND NOT kind STREQUAL "INTERFACE_LIBRARY")
        target_precompile_headers("${target}" REUSE_FROM "vigia_pch_${name}")
        if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
            target_compile_options("${target}" PRIVATE -fpch-preprocess)
        endif()
    endif()
endfunction()
