// The machine's own limits, measured beside the engine: what the bare work costs without an engine around it.
#ifndef SLUICE_REFERENCE_H
#define SLUICE_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Nanoseconds of this thread's processor time, user and kernel.
int64_t reference_thread_nanoseconds(void);

/// What encrypts; `reference_fastest` is ipsec-mb where it is installed, else libcrypto.
enum reference_backend { reference_fastest, reference_ipsec, reference_libcrypto };

/// AES-128-GCM under a number of keys.
struct reference_cipher;

/// NULL when the library is missing.
struct reference_cipher *reference_cipher_create(enum reference_backend backend, int keys);
void reference_cipher_destroy(struct reference_cipher *cipher);

/// Encrypts `packets` payloads of `payload` bytes (at most 2048) with a 12-byte header as associated data, under the
/// cipher's keys in turn, `run` packets under one key at a time, from one source into an arena of 1 MiB. Returns the
/// thread's nanoseconds.
int64_t reference_encrypt(struct reference_cipher *cipher, int packets, int payload, int run);

/// What was asked for since the program began, by any thread; retains and releases are -1 where they can't be counted.
struct reference_counts {
    int64_t allocations;
    int64_t retains;
    int64_t releases;
};

struct reference_counts reference_counts(void);

/// Encrypts `run` packets for each of `destinations` addresses (from `first_address` on, in host order), each under a
/// key of its own, and sends them: one datagram to each, or one segmented message when `run` is more than 1, by
/// `sendmmsg` of at most 128 messages and 1 MiB. Returns the thread's nanoseconds for all rounds, or -1 when the kernel
/// refuses.
int64_t reference_send(
    uint32_t first_address, uint16_t port, int destinations, int run, int rounds, int payload, bool encrypts);

/// What one publisher sends: lengths are those of RTP packets before encryption.
struct reference_rhythm {
    int bits_per_second, frames_per_second, video_bytes;
    /// Whether a frame's packets are spread over its time; together, they are one segmented message.
    bool is_even;
    int sound_bytes;
    /// Nanoseconds.
    int64_t sound_interval;
};

/// Sends to every destination what a publisher sends in `duration` nanoseconds, when it is due: encrypted, and in
/// batches as `reference_send` does it. Adds to `packets` how many left. Returns the thread's nanoseconds, or -1
/// when the kernel refuses.
int64_t reference_broadcast(
    uint32_t first_address, uint16_t port, int destinations, const struct reference_rhythm *rhythm, int64_t duration,
    int64_t *packets);

/// Receives on a port, swept every 2 ms without ever waiting on the socket, until `*stop`. Returns how many datagrams.
int64_t reference_sink(uint16_t port, volatile int *stop);

#endif
