# Collects the message ids of the sources. As the target `pot`: merged into every po/*.po.
# With -DCHECK=ON, as a test: every id must have its translation in every .po. Sorted, without
# places and date: a run without new texts changes nothing.

file(GLOB_RECURSE sources RELATIVE "${SOURCE_DIR}" "${SOURCE_DIR}/src/*.cpp" "${SOURCE_DIR}/src/*.hpp")
list(SORT sources)
file(GLOB catalogs "${SOURCE_DIR}/po/*.po")
set(pot "${BINARY_DIR}/vigia.pot")

# text(): Catalog::text; N_(): marked in a table, looked up later.
execute_process(
    COMMAND "${XGETTEXT}" --language=C++ --from-code=UTF-8 --add-comments=TRANSLATORS: --no-location --sort-output
        --keyword --keyword=text --keyword=N_
        --package-name=vigia "--copyright-holder=the vigia authors" "--output=${pot}" ${sources}
    WORKING_DIRECTORY "${SOURCE_DIR}" COMMAND_ERROR_IS_FATAL ANY)

if(CHECK)
    foreach(po IN LISTS catalogs)
        execute_process(COMMAND "${MSGCMP}" "${po}" "${pot}" RESULT_VARIABLE status)
        if(NOT status EQUAL 0)
            message(FATAL_ERROR "${po}: texts without a translation (./dev pot adds them)")
        endif()
    endforeach()
    return()
endif()

file(READ "${pot}" content)
string(REGEX REPLACE "\"POT-Creation-Date: [^\n]*\n" "" content "${content}")
file(WRITE "${pot}" "${content}")
foreach(po IN LISTS catalogs)
    execute_process(
        COMMAND "${MSGMERGE}" --quiet --update --backup=none --no-fuzzy-matching "${po}" "${pot}"
        COMMAND_ERROR_IS_FATAL ANY)
endforeach()
