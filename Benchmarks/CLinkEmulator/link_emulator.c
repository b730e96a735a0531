#define _GNU_SOURCE
#include "link_emulator.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// Namespaces belong to threads: this one enters `namespace_path` and keeps the way back in `*home`.
static int enter(const char *namespace_path, int *home) {
    *home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    if (*home < 0) return -errno;
    int target = open(namespace_path, O_RDONLY | O_CLOEXEC);
    int error = target < 0 || setns(target, CLONE_NEWNET) < 0 ? errno : 0;
    if (target >= 0) close(target);
    if (error) close(*home);
    return -error;
}

// The thread must not go on in the wrong namespace: when the way back fails, what was opened is given up.
static int leave(int home, int opened) {
    int error = setns(home, CLONE_NEWNET) < 0 ? errno : 0;
    close(home);
    if (error && opened >= 0) close(opened);
    return error ? -error : opened;
}

int link_open_tun(const char *namespace_path, const char *interface) {
    int home;
    int entered = enter(namespace_path, &home);
    if (entered < 0) return entered;
    int tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (tun < 0) return leave(home, -errno);
    struct ifreq request;
    memset(&request, 0, sizeof request);
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
    if (ioctl(tun, TUNSETIFF, &request) < 0) {
        int error = errno;
        close(tun);
        return leave(home, -error);
    }
    return leave(home, tun);
}

int link_open_socket(const char *namespace_path, int family, int type) {
    int home;
    int entered = enter(namespace_path, &home);
    if (entered < 0) return entered;
    int opened = socket(family, type | SOCK_CLOEXEC, 0);
    return leave(home, opened < 0 ? -errno : opened);
}

int link_open_signals(void) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGUSR1);
    int error = pthread_sigmask(SIG_BLOCK, &signals, NULL);
    if (error) return -error;
    int opened = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    return opened < 0 ? -errno : opened;
}

int link_read_signal(int signals) {
    struct signalfd_siginfo info;
    return read(signals, &info, sizeof info) == sizeof info ? (int)info.ssi_signo : 0;
}

int link_wait(struct pollfd *descriptors, unsigned count, int64_t nanoseconds) {
    struct timespec timeout = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    return ppoll(descriptors, count, nanoseconds < 0 ? NULL : &timeout, NULL);
}
