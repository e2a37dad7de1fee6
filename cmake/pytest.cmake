# tidemark_pytest(NAME FILE…): a test that runs the real binary, written in Python. The system's
# python3 has pytest and the database drivers as Debian packages. The binary's path is in the
# variable TIDEMARK_BINARY; no setting of the person who runs the tests leaks in but PATH and HOME.
function(tidemark_pytest name)
  add_test(NAME ${name}
           COMMAND /usr/bin/python3 -B -m pytest -q -p no:cacheprovider ${ARGN}
           WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}/tests)
  set_tests_properties(${name} PROPERTIES
    ENVIRONMENT "TIDEMARK_BINARY=$<TARGET_FILE:tidemark>;PYTHONDONTWRITEBYTECODE=1"
    LABELS end-to-end)
endfunction()
