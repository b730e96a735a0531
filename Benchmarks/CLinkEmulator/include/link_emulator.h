#ifndef LINK_EMULATOR_H
#define LINK_EMULATOR_H

#include <poll.h>
#include <stdint.h>

// What Swift can't reach: TUNSETIFF's unions, setns, signalfd, ppoll. The functions that open return a descriptor, or a negative errno.

/// Creates the TUN interface `interface` inside the network namespace at `namespace_path`; reads never block.
int link_open_tun(const char *namespace_path, const char *interface);

/// A socket that lives in the network namespace at `namespace_path`, whatever namespace the caller is in.
int link_open_socket(const char *namespace_path, int family, int type);

/// A descriptor that becomes readable on SIGTERM, SIGINT or SIGUSR1, which are blocked from now on.
int link_open_signals(void);

/// The signal that came, by a descriptor of `link_open_signals`; 0 when there is none.
int link_read_signal(int signals);

/// `poll` that waits for nanoseconds; for ever when negative.
int link_wait(struct pollfd *descriptors, unsigned count, int64_t nanoseconds);

#endif
