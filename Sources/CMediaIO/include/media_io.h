#ifndef SLUICE_MEDIA_IO_H
#define SLUICE_MEDIA_IO_H

// The system calls of the event loop that Swift cannot express: control messages, vectors of messages, and their
// constants. Every function that can fail returns a negated errno. Only plain integer types appear here, so that no
// system header reaches Swift.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// An IP address and port; IPv4 is held in its IPv6-mapped form. All numbers are in host order.
struct sluice_address {
    uint64_t high;
    uint64_t low;
    uint16_t port;
};

/// A local address as the kernel reports it with a datagram, all zero where it doesn't. `interface` is nonzero for
/// link-local addresses only.
struct sluice_local {
    uint64_t high;
    uint64_t low;
    uint32_t interface;
};

// MARK: Sockets

/// Opens a nonblocking UDP socket on `address`; 0.0.0.0 and :: stand for every local address of their family.
/// `address->port` is the port to bind, 0 for any, and afterwards the port bound. Returns the descriptor.
///
/// Only a socket on every address has the kernel tell which one each datagram came to: on one address that is known,
/// and what is sent leaves from it without a word.
int sluice_udp_socket(struct sluice_address *address);

/// Has the kernel hand over runs of datagrams from one peer as one message (UDP_GRO). Returns whether it will.
bool sluice_enable_receive_segments(int descriptor);

/// Has the kernel tell each message's ECN mark (IP_RECVTOS, IPV6_RECVTCLASS). Returns whether it will.
bool sluice_enable_congestion_marks(int descriptor, int family);

/// Whether the kernel splits one message into datagrams (UDP_SEGMENT), tried out on the loopback interface.
bool sluice_can_segment(void);

void sluice_close(int descriptor);

/// One received message: a datagram, or several of `segment_size` bytes side by side, the last of which may be shorter.
struct sluice_received {
    struct sluice_address source;
    struct sluice_local destination;
    uint32_t count;
    /// 0 for a message that is one datagram.
    uint32_t segment_size;
    bool is_truncated;
    /// Whether the network marked the datagrams CE; the kernel joins only those of one mark. False where marks are not
    /// told.
    bool has_experienced_congestion;
};

/// What `recvmmsg` needs, allocated once.
struct sluice_receive_vector;

/// Receives up to `capacity` messages at a time, the i-th into the `slot_size` bytes at `slab + i * slot_size`.
struct sluice_receive_vector *sluice_receive_vector_create(uint32_t capacity, void *slab, size_t slot_size);
void sluice_receive_vector_free(struct sluice_receive_vector *vector);

/// Receives what there is, as far as the vector's capacity goes, and describes it in `messages`. Returns how many;
/// 0 when there is none.
int sluice_receive(struct sluice_receive_vector *vector, int descriptor, struct sluice_received *messages);

/// What `sendmmsg` needs, allocated once.
struct sluice_send_vector;

/// Makes room for `capacity` messages to peers of one family (4 or 6).
struct sluice_send_vector *sluice_send_vector_create(uint32_t capacity, int family);
void sluice_send_vector_free(struct sluice_send_vector *vector);

/// Fills message `index` of the vector: one datagram, or, when `segment_size` is less than `count`, as many as there are
/// segments of that size, the last of which may be shorter. The bytes must stay in place until it is sent. `remote` is of
/// the vector's family. `local` is the address to send from; all zero leaves the choice to the kernel.
void sluice_send_vector_set(
    struct sluice_send_vector *vector, uint32_t index, const void *bytes, size_t count, size_t segment_size,
    const struct sluice_address *remote, const struct sluice_local *local);

/// Whether message `index` is several datagrams.
bool sluice_send_vector_is_segmented(const struct sluice_send_vector *vector, uint32_t index);

/// Sends messages `start..<end`. Returns how many the kernel took, from the start; a negated errno when it took none.
int sluice_send(int descriptor, struct sluice_send_vector *vector, uint32_t start, uint32_t end);

/// Why the kernel refused a message.
enum sluice_refusal {
    SLUICE_WOULD_BLOCK,
    SLUICE_INTERRUPTED,
    SLUICE_UNREACHABLE,
    SLUICE_NOT_PERMITTED,
    SLUICE_INVALID,
    SLUICE_TOO_LARGE,
    SLUICE_REFUSED,
    SLUICE_NO_BUFFERS,
    SLUICE_OTHER,
};

/// Sorts a negated errno.
enum sluice_refusal sluice_refusal_of(int result);

bool sluice_is_address_in_use(int result);
bool sluice_is_permission_denied(int result);
/// Whether the system lacks the address, or its whole family.
bool sluice_is_address_unavailable(int result);

/// Writes the text of a negated errno, with a terminating zero.
void sluice_error_text(int result, char *text, size_t capacity);

// MARK: Interfaces

/// An interface with one of its addresses, or with none.
struct sluice_interface {
    char name[16];
    struct sluice_local address;
    bool has_address;
    bool is_up;
};

/// Lists the host's interfaces, one entry for each address. Returns how many there are, and fills at most `capacity`.
int sluice_interfaces(struct sluice_interface *entries, int capacity);

// MARK: Waiting

/// A descriptor to wait for; a negative one is passed over.
struct sluice_waited {
    int descriptor;
    /// Whether room in its buffer is waited for as well.
    bool wants_room;
    bool readable;
    bool has_room;
};

/// Waits `nanoseconds`, for ever when negative, until one of at most 8 descriptors is ready, and tells of each whether
/// it is. Ends early, with none ready, on a signal. Returns 0, or a negative error number.
///
/// This is poll and not epoll: epoll stays in a socket's queue of waiters while nobody waits, and the kernel then calls
/// it for each datagram that is sent, which costs about 5 % of sending it.
int sluice_wait(struct sluice_waited *waited, int count, int64_t nanoseconds);

int sluice_event_create(void);
void sluice_event_signal(int event);
void sluice_event_clear(int event);

// MARK: Time and threads

int64_t sluice_monotonic_nanoseconds(void);

/// Nanoseconds since the Unix epoch.
int64_t sluice_unix_nanoseconds(void);

/// Runs `body(context)` on a detached thread of that name, with asynchronous signals blocked.
int sluice_thread_start(const char *name, void (*body)(void *context), void *context);

#endif
