# The libraries, all from Debian's packages; docs/dependencies.md says why each.

find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED CONFIG)
find_package(fmt REQUIRED CONFIG)
find_package(OpenSSL REQUIRED)
find_package(CURL 7.85 REQUIRED)

find_path(VIGIA_CARES_INCLUDE ares.h REQUIRED)
find_library(VIGIA_CARES_LIBRARY cares REQUIRED)
add_library(vigia_cares UNKNOWN IMPORTED)
set_target_properties(vigia_cares PROPERTIES
    IMPORTED_LOCATION "${VIGIA_CARES_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${VIGIA_CARES_INCLUDE}")

find_package(PkgConfig REQUIRED)
pkg_check_modules(libpq REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(libmariadb REQUIRED IMPORTED_TARGET libmariadb)
pkg_check_modules(odbc REQUIRED IMPORTED_TARGET odbc)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(jemalloc REQUIRED IMPORTED_TARGET jemalloc)

find_path(VIGIA_RAPIDJSON_INCLUDE rapidjson/reader.h REQUIRED)
add_library(vigia_rapidjson INTERFACE)
target_include_directories(vigia_rapidjson SYSTEM INTERFACE "${VIGIA_RAPIDJSON_INCLUDE}")
if(VIGIA_SANITIZE MATCHES "undefined")
    # RapidJSON 1.1.0 adds to the null pointer of a stack that is still empty (internal/stack.h).
    target_compile_options(vigia_rapidjson INTERFACE -fno-sanitize=pointer-overflow)
endif()

# Asio, header-only as Debian has it, is compiled once: in src/env/asio_impl.cpp. Its include path
# is /usr/include and so cannot be hidden from the core; tools/tidy.py sees to that.
add_library(vigia_asio INTERFACE)
target_link_libraries(vigia_asio INTERFACE Boost::headers Threads::Threads)
target_compile_definitions(vigia_asio INTERFACE
    BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
if(VIGIA_SANITIZE MATCHES "address")
    # Its free lists of coroutine frames and handlers would hide every use after free.
    target_compile_definitions(vigia_asio INTERFACE
        BOOST_ASIO_DISABLE_AWAITABLE_FRAME_RECYCLING BOOST_ASIO_DISABLE_SMALL_BLOCK_RECYCLING)
endif()
