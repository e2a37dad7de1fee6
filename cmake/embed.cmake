# tidemark_embed(TARGET NAME FILE): puts the bytes of a text file into a library, as
# `std::string_view tidemark::embedded::NAME()`. No file is looked for when the program runs.
if(CMAKE_SCRIPT_MODE_FILE)
  file(READ ${FILE} text)
  # One literal may be as long as it likes for our compilers, whatever the standard asks of others
  # (-Woverlength-strings); the delimiter stands in none of our files.
  file(WRITE ${OUTPUT} "#include <string_view>

namespace tidemark::embedded {
std::string_view ${NAME}();
std::string_view ${NAME}() {
  using namespace std::string_view_literals;
  return R\"__embedded__(${text})__embedded__\"sv;
}
}  // namespace tidemark::embedded
")
  return()
endif()

function(tidemark_embed target name file)
  set(source ${CMAKE_SOURCE_DIR}/${file})
  set(output ${CMAKE_BINARY_DIR}/embedded/${name}.cc)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DFILE=${source} -DNAME=${name} -DOUTPUT=${output}
            -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${source} ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    COMMENT "Embedding ${file}"
    VERBATIM)
  set_source_files_properties(${output} PROPERTIES COMPILE_OPTIONS -Wno-overlength-strings)
  target_sources(${target} PRIVATE ${output})
endfunction()
