# Installs (or refers to) taskwire, configures and builds the project in consumer/, and runs it.
function(run)
    execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE ${WORK})
set(options -S ${CMAKE_CURRENT_LIST_DIR}/consumer -B ${WORK}/build -G ${GENERATOR}
    -D CMAKE_CXX_COMPILER=${COMPILER}
    -D CMAKE_DISABLE_FIND_PACKAGE_Python3=ON
    -D CMAKE_DISABLE_FIND_PACKAGE_pugixml=ON)
if(SANITIZE)
    list(APPEND options -D CMAKE_CXX_FLAGS=-fsanitize=${SANITIZE})
endif()
if(WAY STREQUAL "installed")
    run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix
        --component taskwire_development)
    list(APPEND options -D CMAKE_PREFIX_PATH=${WORK}/prefix)
else()
    list(APPEND options -D TASKWIRE_SOURCE_DIR=${SOURCE})
endif()
run(${CMAKE_COMMAND} ${options})
run(${CMAKE_COMMAND} --build ${WORK}/build --target consumer)

execute_process(COMMAND ${WORK}/build/consumer OUTPUT_VARIABLE said COMMAND_ERROR_IS_FATAL ANY)
if(NOT said STREQUAL "Connection refused: cannot connect to 127.0.0.1:1\n")
    message(FATAL_ERROR "the consumer said: ${said}")
endif()
if(EXISTS ${WORK}/prefix/bin)
    message(FATAL_ERROR "the development component installs programs")
endif()
file(REMOVE_RECURSE ${WORK})
