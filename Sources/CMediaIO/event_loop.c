#define _GNU_SOURCE
#include "media_io.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

int sluice_epoll_create(void) {
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    return epoll < 0 ? -errno : epoll;
}

int sluice_epoll_set(int epoll, int descriptor, uint32_t tag, bool writable, bool is_new) {
    struct epoll_event event = {.events = EPOLLIN | (writable ? EPOLLOUT : 0), .data.u32 = tag};
    return epoll_ctl(epoll, is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, descriptor, &event) < 0 ? -errno : 0;
}

// Old kernels and strict system-call filters lack epoll_pwait2: wait in whole milliseconds then, rounded up so that a
// deadline has passed when the wait ends.
static int wait_milliseconds(int epoll, int64_t nanoseconds, struct epoll_event *events, int capacity) {
    int64_t milliseconds = nanoseconds < 0 ? -1 : nanoseconds / 1000000 + (nanoseconds % 1000000 != 0);
    return epoll_wait(epoll, events, capacity, milliseconds > 60000 ? 60000 : (int)milliseconds);
}

int sluice_epoll_wait(int epoll, int64_t nanoseconds, struct sluice_ready *ready, int capacity) {
    static atomic_bool lacks_pwait2;
    struct epoll_event events[8];
    if (capacity > 8) capacity = 8;
    int count;
    if (atomic_load_explicit(&lacks_pwait2, memory_order_relaxed)) {
        count = wait_milliseconds(epoll, nanoseconds, events, capacity);
    } else {
        struct timespec timeout = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
        count = epoll_pwait2(epoll, events, capacity, nanoseconds < 0 ? NULL : &timeout, NULL);
        if (count < 0 && (errno == ENOSYS || errno == EPERM)) {
            atomic_store_explicit(&lacks_pwait2, true, memory_order_relaxed);
            count = wait_milliseconds(epoll, nanoseconds, events, capacity);
        }
    }
    if (count < 0) return errno == EINTR ? 0 : -errno;
    for (int i = 0; i < count; i++) {
        // An error shows up as a failed read, which also clears it.
        ready[i].readable = (events[i].events & ~(uint32_t)EPOLLOUT) != 0;
        ready[i].writable = (events[i].events & EPOLLOUT) != 0;
        ready[i].tag = events[i].data.u32;
    }
    return count;
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
