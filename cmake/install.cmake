# What is installed beside the binary: the programs of other names, which are links to it (see
# src/cli/programs.cc), and the shims of the scripts that they replace. They stand in the build
# folder too, for tests and for trying them.
include(GNUInstallDirs)
install(TARGETS tidemark)

foreach(name export_invoice_data export_basic_data)
  add_custom_command(TARGET tidemark POST_BUILD VERBATIM
                     COMMAND ${CMAKE_COMMAND} -E create_symlink tidemark ${CMAKE_BINARY_DIR}/${name})
  install(FILES ${CMAKE_BINARY_DIR}/${name} DESTINATION ${CMAKE_INSTALL_BINDIR})
endforeach()

foreach(shim export_invoice_data.py export_basic_data.py export_invoice_data.sh)
  configure_file(deploy/shims/${shim} ${CMAKE_BINARY_DIR}/${shim} COPYONLY)
  install(PROGRAMS deploy/shims/${shim} DESTINATION ${CMAKE_INSTALL_BINDIR})
endforeach()
