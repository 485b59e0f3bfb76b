#!/usr/bin/env bash
# Proves the boundary: the archive of taskwire::proto needs no socket, file, thread, clock,
# environment or source of randomness.
#
# usage: boundary_test.sh ARCHIVE [NM]
set -euo pipefail

archive=$1
nm=${2:-nm}

# C functions by their whole name; C++ by a part of theirs.
functions='socket|socketpair|connect|bind|listen|accept4?|shutdown|send|sendto|sendmsg'
functions+='|sendmmsg|recv|recvfrom|recvmsg|recvmmsg|getaddrinfo|gethostbyname'
functions+='|[gs]etsockopt|read|readv|pread(64)?|write|writev|pwrite(64)?|open(64)?'
functions+='|openat(64)?|creat|close|fopen(64)?|fclose|fread|fwrite|fputs|fputc|fprintf'
functions+='|printf|puts|putchar|__f?printf_chk|perror|unlink|rename|stat(64)?|fstat(64)?'
functions+='|mmap(64)?|fcntl(64)?|ioctl|select|p?poll|epoll_[a-z0-9_]+|eventfd'
functions+='|timerfd_[a-z]+|pipe2?|fork|exec[a-z]+|system|popen|signal|sigaction'
functions+='|pthread_[a-z_]+|thrd_[a-z]+|mtx_[a-z]+|cnd_[a-z]+|sem_[a-z]+|sleep|usleep'
functions+='|nanosleep|clock_nanosleep|clock_gettime|clock|gettimeofday|time|timespec_get'
functions+='|localtime(_r)?|gmtime(_r)?|getenv|secure_getenv|setenv|rand|srand|random'
functions+='|drand48|getrandom|getentropy|arc4random[a-z_]*|dlopen|syscall|_?exit'
types='std::chrono::.*_clock::now'
types+='|std::(_V2::)?(thread|jthread|mutex|condition_variable|random_device)'
types+='|std::basic_[io]?f?stream|std::basic_filebuf|std::(cout|cerr|clog|cin)'
types+='|std::ios_base|std::filesystem|std::__throw_system_error|std::this_thread'
types+='|asio::|SSL_'

forbidden() {
    grep -E "^ +U +(($functions)(@.*)?\$|.*($types))" || true
}

# The judge itself: it must find these, and pass those.
for name in socket 'clock_gettime@GLIBC_2.17' pthread_create write getenv epoll_wait \
    'std::chrono::_V2::steady_clock::now()' 'std::random_device::_M_getval()' 'std::cout'; do
    if [[ -z $(printf '                 U %s\n' "$name" | forbidden) ]]; then
        echo "the test would not notice $name" >&2
        exit 1
    fi
done
for name in memcpy strlen 'std::system_error::~system_error()' 'taskwire::wire::write(int)' \
    'taskwire::proto::connection::close(long)' 'operator new(unsigned long)'; do
    if [[ -n $(printf '                 U %s\n' "$name" | forbidden) ]]; then
        echo "the test would mind $name" >&2
        exit 1
    fi
done

symbols=$("$nm" -uC "$archive")
if ! grep -q ' U memcpy' <<<"$symbols"; then
    echo "$archive: this is not the list of symbols that was expected" >&2
    exit 1
fi
found=$(forbidden <<<"$symbols" | sort -u)
if [[ -n $found ]]; then
    echo "taskwire::proto must do no I/O, but needs:" >&2
    echo "$found" >&2
    exit 1
fi
echo "no symbol of I/O, threads or clocks among $(grep -c ' U ' <<<"$symbols")"
