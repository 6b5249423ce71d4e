# Script of the target `pot`. The creation date is left out of the template so that a run without
# new texts changes nothing.

file(GLOB_RECURSE sources RELATIVE "${SOURCE_DIR}" "${SOURCE_DIR}/src/*.cpp" "${SOURCE_DIR}/src/*.hpp")
list(SORT sources)
set(pot "${SOURCE_DIR}/po/vigia.pot")
file(MAKE_DIRECTORY "${SOURCE_DIR}/po")
# text(): Catalog::text; N_: marked in a table, looked up later.
execute_process(
    COMMAND "${XGETTEXT}" --language=C++ --from-code=UTF-8 --sort-by-file --add-comments=TRANSLATORS:
        --keyword --keyword=text --keyword=N_
        --package-name=vigia "--package-version=${VERSION}" "--copyright-holder=the vigia authors"
        "--output=${pot}" ${sources}
    WORKING_DIRECTORY "${SOURCE_DIR}" COMMAND_ERROR_IS_FATAL ANY)
if(NOT EXISTS "${pot}")
    message(FATAL_ERROR "no message ids found in src/")
endif()
file(READ "${pot}" content)
string(REGEX REPLACE "\"POT-Creation-Date: [^\n]*\n" "" content "${content}")
file(WRITE "${pot}" "${content}")

file(GLOB catalogs "${SOURCE_DIR}/po/*.po")
foreach(po IN LISTS catalogs)
    execute_process(
        COMMAND "${MSGMERGE}" --quiet --update --backup=none --no-fuzzy-matching --sort-by-file
            "${po}" "${pot}"
        COMMAND_ERROR_IS_FATAL ANY)
endforeach()
