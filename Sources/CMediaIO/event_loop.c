#define _GNU_SOURCE
#include "media_io.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

int sluice_wait(struct sluice_waited *waited, int count, int64_t nanoseconds) {
    struct pollfd polled[8];
    if (count > 8) count = 8;
    for (int i = 0; i < count; i++) {
        polled[i] = (struct pollfd){.fd = waited[i].descriptor, .events = POLLIN};
        if (waited[i].wants_room) polled[i].events |= POLLOUT;
    }
    struct timespec timeout = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    int result = ppoll(polled, count, nanoseconds < 0 ? NULL : &timeout, NULL);
    if (result < 0 && errno != EINTR) return -errno;
    for (int i = 0; i < count; i++) {
        // An error shows up as a failed read, which also clears it.
        waited[i].readable = result > 0 && (polled[i].revents & ~POLLOUT) != 0;
        waited[i].has_room = result > 0 && (polled[i].revents & POLLOUT) != 0;
    }
    return 0;
}

int sluice_event_create(void) {
    int event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return event < 0 ? -errno : event;
}

void sluice_event_signal(int event) {
    uint64_t one = 1;
    // Can only fail when the counter is at its limit: then the event is signalled already.
    (void)!write(event, &one, sizeof one);
}

void sluice_event_clear(int event) {
    uint64_t count;
    (void)!read(event, &count, sizeof count);
}

static int64_t nanoseconds_of(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int64_t sluice_monotonic_nanoseconds(void) {
    return nanoseconds_of(CLOCK_MONOTONIC);
}

int64_t sluice_unix_nanoseconds(void) {
    return nanoseconds_of(CLOCK_REALTIME);
}

struct thread_start {
    void (*body)(void *context);
    void *context;
};

static void *run_thread(void *argument) {
    struct thread_start start = *(struct thread_start *)argument;
    free(argument);
    start.body(start.context);
    return NULL;
}

int sluice_thread_start(const char *name, void (*body)(void *context), void *context) {
    struct thread_start *start = malloc(sizeof *start);
    if (!start) return -ENOMEM;
    *start = (struct thread_start){body, context};
    // The application's signals are for the application's threads; faults stay with the thread that causes them.
    sigset_t blocked, previous;
    sigfillset(&blocked);
    const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGPROF};
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) sigdelset(&blocked, faults[i]);
    pthread_sigmask(SIG_SETMASK, &blocked, &previous);
    pthread_t thread;
    int error = pthread_create(&thread, NULL, run_thread, start);
    pthread_sigmask(SIG_SETMASK, &previous, NULL);
    if (error != 0) {
        free(start);
        return -error;
    }
    pthread_setname_np(thread, name);
    pthread_detach(thread);
    return 0;
}
