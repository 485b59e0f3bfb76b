# What every target of this tree shares: the language level, the warnings and the sanitizers.

add_library(taskwire_build INTERFACE)
target_compile_features(taskwire_build INTERFACE cxx_std_20)
target_compile_options(taskwire_build INTERFACE -Wall -Wextra -Wconversion -Wshadow)
if(TASKWIRE_WERROR)
    target_compile_options(taskwire_build INTERFACE -Werror)
endif()
if(TASKWIRE_SANITIZE)
    target_compile_options(taskwire_build INTERFACE
        -fsanitize=${TASKWIRE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(taskwire_build INTERFACE -fsanitize=${TASKWIRE_SANITIZE})
    # With them GCC 12 loses track of what Asio has allocated and initialised; without, it warns.
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        target_compile_options(taskwire_build INTERFACE
            -Wno-maybe-uninitialized -Wno-mismatched-new-delete)
    endif()
    # GCC warns of Asio's fences, which its thread sanitizer does not see; the locks beside them it
    # does.
    if(TASKWIRE_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        target_compile_options(taskwire_build INTERFACE -Wno-tsan)
    endif()
endif()
