# Writes revision.h with the version and the git revision, anew at each build, touching the file
# only when they changed. Run as a script (cmake -P) by the target below; included by the build to
# make that target. Without git, or outside a checkout, the revision is empty.
if(CMAKE_SCRIPT_MODE_FILE)
  execute_process(COMMAND git -C ${SOURCE_DIR} describe --always --dirty --exclude=*
                  OUTPUT_VARIABLE revision OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  file(CONFIGURE OUTPUT ${OUTPUT_DIR}/revision.h CONTENT
"#pragma once
#define TIDEMARK_VERSION \"${VERSION}\"
#define TIDEMARK_REVISION \"${revision}\"
")
  return()
endif()

function(tidemark_revision target)
  set(folder ${CMAKE_BINARY_DIR}/revision)
  add_custom_target(revision BYPRODUCTS ${folder}/revision.h COMMAND
                    ${CMAKE_COMMAND} -D SOURCE_DIR=${CMAKE_SOURCE_DIR} -D OUTPUT_DIR=${folder}
                    -D VERSION=${PROJECT_VERSION} -P ${CMAKE_SOURCE_DIR}/cmake/revision.cmake)
  add_dependencies(${target} revision)
  target_include_directories(${target} PRIVATE ${folder})
endfunction()
