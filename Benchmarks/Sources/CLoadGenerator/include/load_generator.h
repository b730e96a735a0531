// The system calls of the load generator: vectors of datagrams with the kernel's receive timestamps and with a source
// address of their own, precise sleep, and the two kinds of stream socket that signalling uses.
// IPv4 addresses and ports are in host order. Functions that can fail return a negated errno.
#ifndef SLUICE_LOAD_GENERATOR_H
#define SLUICE_LOAD_GENERATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// MARK: Datagrams

struct load_datagram {
    const uint8_t *bytes;
    uint32_t count;
    /// The length of each datagram but the last when the kernel joined several; 0 when it did not.
    uint32_t segment;
    uint32_t source;
    uint16_t source_port;
    uint32_t destination;
    /// When the kernel received it: nanoseconds since the Unix epoch, 0 when it did not say.
    int64_t received;
};

/// Opens a UDP socket for every local address on any free port, which it writes to `port`. `gro` lets the kernel join
/// datagrams.
int load_udp_open(bool gro, uint16_t *port);

struct load_receiver;
/// Room for `capacity` datagrams of at most `slot` bytes.
struct load_receiver *load_receiver_create(uint32_t capacity, uint32_t slot);
/// Receives what there is, as far as the room goes. Returns how many `datagrams` it filled; their bytes stay in place
/// until the next call.
int load_receive(struct load_receiver *receiver, int socket, struct load_datagram *datagrams);

struct load_sender;
struct load_sender *load_sender_create(uint32_t capacity);
/// Makes message `index` one datagram, whose bytes must stay in place until it is sent.
void load_sender_set(
    struct load_sender *sender, uint32_t index, const void *bytes, uint32_t count, uint32_t source,
    uint32_t destination, uint16_t destination_port);
/// Sends messages `0..<count`, and tries again while the socket's buffer is full. Returns how many left.
int load_send(struct load_sender *sender, int socket, uint32_t count);

/// How many datagrams the kernel threw away because this socket's buffer was full, by its own count.
uint32_t load_udp_dropped(int socket);

// MARK: Streams

/// Begins to connect from `source` (0: any) without waiting.
int load_tcp_connect(uint32_t source, uint32_t destination, uint16_t port);
/// Connects to a local socket that keeps message boundaries.
int load_unix_connect(const char *path);
/// Returns the bytes written or read, 0 when it would block, 1 << 30 at the end of the stream.
int64_t load_write(int descriptor, const void *bytes, size_t count);
int64_t load_read(int descriptor, void *bytes, size_t count);
void load_close(int descriptor);

// MARK: Time and limits

int64_t load_monotonic_nanoseconds(void);
int64_t load_unix_nanoseconds(void);
/// Sleeps until the monotonic clock reads `instant`.
void load_sleep_until(int64_t instant);
/// This process's processor time, user and kernel.
int64_t load_cpu_nanoseconds(void);
/// Lets the process open many descriptors and sleep to the microsecond.
void load_prepare_process(void);

/// The IPv4 address that a text spells; 0 for any other text.
uint32_t load_parse_address(const char *text);

#endif
