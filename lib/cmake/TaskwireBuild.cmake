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
endif()
