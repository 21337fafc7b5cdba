# Included by the set-up at each `project()` of an interface package: the compiler reads the headers of a type support
# once, since its generated files are compiled as one. The descriptions of types stay apart: they repeat static names.
set(CMAKE_UNITY_BUILD ON)
set(CMAKE_UNITY_BUILD_BATCH_SIZE 0)

function(keep_descriptions_apart)
  get_target_property(sources ${PROJECT_NAME}__rosidl_generator_c SOURCES)
  list(FILTER sources EXCLUDE REGEX "__description[.]c$")
  set_source_files_properties(${sources} PROPERTIES UNITY_GROUP joined)
  set_target_properties(${PROJECT_NAME}__rosidl_generator_c PROPERTIES UNITY_BUILD_MODE GROUP)
endfunction()
cmake_language(DEFER CALL keep_descriptions_apart)
