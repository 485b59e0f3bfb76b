#ifndef TASKWIRE_BENCH_MEASURE_H
#define TASKWIRE_BENCH_MEASURE_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

/* Wall and CPU time of a stretch of work, in C for the peers written in it. Units: seconds. */

struct measure {
    double wall;
    double user;
    double system;
};

static inline double measure_clock(void) {
    struct timespec clock;
    clock_gettime(CLOCK_MONOTONIC, &clock);
    return (double)clock.tv_sec + (double)clock.tv_nsec / 1e9;
}

static inline struct measure measure_now(void) {
    struct rusage usage;
    struct measure now;
    getrusage(RUSAGE_SELF, &usage);
    now.wall = measure_clock();
    now.user = (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6;
    now.system = (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec / 1e6;
    return now;
}

/* Peak memory of this program. getrusage would also tell that of the parent it was forked from. */
static inline long measure_rss_kib(void) {
    long kib = 0;
    char line[128];
    FILE* status = fopen("/proc/self/status", "r");
    while (status != NULL && fgets(line, sizeof line, status) != NULL)
        if (sscanf(line, "VmHWM: %ld kB", &kib) == 1)
            break;
    if (status != NULL)
        fclose(status);
    return kib;
}

/* `allocations` < 0: they were not counted. */
static inline void measure_print(const char* name, struct measure since, double count,
                                 double allocations) {
    const struct measure now = measure_now();
    printf("{\"name\": \"%s\", \"messages\": %.0f, \"messages_per_s\": %.1f, "
           "\"cpu_us_per_message\": %.4f, \"user_us_per_message\": %.4f, \"rss_kib\": %ld",
           name, count, count / (now.wall - since.wall),
           (now.user + now.system - since.user - since.system) * 1e6 / count,
           (now.user - since.user) * 1e6 / count, measure_rss_kib());
    if (allocations >= 0)
        printf(", \"allocations_per_message\": %.4f", allocations / count);
}

/* Prints one JSON object in one line: what every client program of this folder ends with. */
static inline void measure_report(const char* name, struct measure since, double count,
                                  double allocations) {
    measure_print(name, since, count, allocations);
    printf("}\n");
    fflush(stdout);
}

static inline int measure_compare(const void* left, const void* right) {
    const double a = *(const double*)left;
    const double b = *(const double*)right;
    return (a > b) - (a < b);
}

/* The same of roundtrips, with the times they took, in seconds; sorts them. */
static inline void measure_report_roundtrips(const char* name, struct measure since, double* times,
                                             size_t count, double allocations) {
    measure_print(name, since, (double)count, allocations);
    qsort(times, count, sizeof *times, measure_compare);
    printf(", \"p50_us\": %.1f, \"p99_us\": %.1f}\n", times[count / 2] * 1e6,
           times[count * 99 / 100] * 1e6);
    fflush(stdout);
}

#endif
