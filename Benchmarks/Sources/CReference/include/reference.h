// The machine's own limits, measured beside the engine: what the bare work costs without an engine around it.
#ifndef SLUICE_REFERENCE_H
#define SLUICE_REFERENCE_H

#include <stddef.h>
#include <stdint.h>

/// Nanoseconds of this thread's processor time, user and kernel.
int64_t reference_thread_nanoseconds(void);

/// Encrypts `packets` payloads of `payload` bytes with AES-128-GCM and a 12-byte header as associated data, under
/// `keys` keys in turn, `run` packets under one key at a time, from one source into an arena. Returns the thread's
/// nanoseconds for all of it, or -1 when the library is missing.
int64_t reference_gcm_ipsec(int packets, int payload, int keys, int run);
int64_t reference_gcm_libcrypto(int packets, int payload, int keys, int run);

/// What was asked for since the program began, by any thread; retains and releases are -1 where they can't be counted.
struct reference_counts {
    int64_t allocations;
    int64_t retains;
    int64_t releases;
};

struct reference_counts reference_counts(void);

#endif
