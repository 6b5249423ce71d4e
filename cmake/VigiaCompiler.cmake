# Language, warnings, hardening, sanitizers: everything that is the same for every target of ours,
# carried by the INTERFACE target vigia_flags.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Release or Debug" FORCE)
endif()
# No NDEBUG: asserts stay on in what ships, those of the libraries too.
set(CMAKE_CXX_FLAGS_RELEASE "-O2")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")

# The compiler cache. Paths are made relative so that clones share it; the slackness about time
# macros and macro definitions is what it needs to cache users of a precompiled header.
find_program(VIGIA_CCACHE ccache)
if(VIGIA_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER
        env CCACHE_SLOPPINESS=pch_defines,time_macros "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}"
        "${VIGIA_CCACHE}")
endif()

add_library(vigia_flags INTERFACE)
target_compile_options(vigia_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion
    "-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=")
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ 12 sees overflows in inlined std::string operations (bugs 105651, 105329), and frames of
    # Asio freed by the wrong function, where there are none. Real ones are AddressSanitizer's and
    # _GLIBCXX_ASSERTIONS' to find.
    target_compile_options(vigia_flags INTERFACE
        -Wno-restrict -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread
        -Wno-mismatched-new-delete)
endif()
if(VIGIA_WERROR)
    target_compile_options(vigia_flags INTERFACE -Werror)
endif()

if(VIGIA_SANITIZE OR VIGIA_COVERAGE)
    set(VIGIA_HARDENING OFF)
endif()
if(VIGIA_HARDENING)
    target_compile_definitions(vigia_flags INTERFACE _GLIBCXX_ASSERTIONS)
    target_compile_options(vigia_flags INTERFACE
        -fPIE -fstack-protector-strong -fstack-clash-protection)
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|i.86")
        target_compile_options(vigia_flags INTERFACE -fcf-protection)
    endif()
    if(CMAKE_BUILD_TYPE STREQUAL "Release")
        # Level 3 needs g++ 12 and glibc 2.34, both in Debian 12; it works only with optimisation.
        target_compile_options(vigia_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
    endif()
    target_link_options(vigia_flags INTERFACE
        -pie -Wl,-z,relro,-z,now -Wl,-z,noexecstack -Wl,--as-needed)
endif()

if(VIGIA_SANITIZE)
    set(sanitizers "-fsanitize=${VIGIA_SANITIZE}" -fno-omit-frame-pointer -g1)
    if(VIGIA_SANITIZE MATCHES "undefined")
        list(APPEND sanitizers -fno-sanitize-recover=undefined)
        if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
            # clang 14 cannot emit this check's data in front of a coroutine.
            list(APPEND sanitizers -fno-sanitize=function)
        endif()
    endif()
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # The instrumentation blinds this analysis: false alarms.
        list(APPEND sanitizers -Wno-maybe-uninitialized)
    endif()
    if(VIGIA_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # Asio's fences are seen through the atomics beside them; the warning is about fences alone.
        list(APPEND sanitizers -Wno-tsan)
    endif()
    target_compile_options(vigia_flags INTERFACE ${sanitizers})
    target_link_options(vigia_flags INTERFACE "-fsanitize=${VIGIA_SANITIZE}")
endif()

if(VIGIA_COVERAGE)
    target_compile_options(vigia_flags INTERFACE --coverage -fprofile-abs-path -g1)
    target_link_options(vigia_flags INTERFACE --coverage)
endif()
