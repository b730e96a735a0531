// intel-ipsec-mb for Swift: AES-GCM packet by packet, and AES-CTR with HMAC-SHA1 on many packets at a time.
//
// The library is looked for at run time. Without it, on another processor, or when this was compiled without its
// header, `sluice_ipsecmb_open` returns NULL and nothing else here may be called.
//
// Nothing but open and the functions that make keys allocates. A library is for one thread at a time; keys may be
// made, used and freed with any library that is open, and freed with none.
#ifndef SLUICE_CIPSECMB_IPSEC_MB_H
#define SLUICE_CIPSECMB_IPSEC_MB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct sluice_ipsecmb sluice_ipsecmb;
typedef struct sluice_ipsecmb_gcm_key sluice_ipsecmb_gcm_key;
typedef struct sluice_ipsecmb_counter_key sluice_ipsecmb_counter_key;

// The longest packet that `sluice_ipsecmb_counter_seal` and `_open` take, header included, tag not.
#define SLUICE_IPSECMB_MAXIMUM_PACKET 65520

// Loads the library and makes a multi-buffer manager of about 200 kB for it. NULL when there is none, when its version
// is not the one compiled against, when it fails its own test, or when the processor lacks AES-NI.
sluice_ipsecmb *sluice_ipsecmb_open(void);
void sluice_ipsecmb_close(sluice_ipsecmb *library);
// The version, as 0x10300 for 1.3.0.
uint32_t sluice_ipsecmb_version(const sluice_ipsecmb *library);

// MARK: AES-GCM

// Expands a key of 16 or 32 bytes. NULL when out of memory.
sluice_ipsecmb_gcm_key *sluice_ipsecmb_gcm_key_make(sluice_ipsecmb *library, const void *key, size_t key_count);
// Wipes and frees.
void sluice_ipsecmb_gcm_key_free(sluice_ipsecmb_gcm_key *key);
// Starts to fetch it into the cache.
void sluice_ipsecmb_gcm_key_prefetch(const sluice_ipsecmb_gcm_key *key);

// Encrypts two pieces one after the other into `destination`, and the tag of 16 bytes after them. The vector has 12
// bytes.
void sluice_ipsecmb_gcm_seal(
    sluice_ipsecmb *library, const sluice_ipsecmb_gcm_key *key, const void *vector, const void *header,
    size_t header_count, const void *payload, size_t payload_count, const void *tail, size_t tail_count,
    void *destination);

// Decrypts `payload` without its tag, and writes the tag it should have had: 16 bytes that the caller compares.
void sluice_ipsecmb_gcm_open(
    sluice_ipsecmb *library, const sluice_ipsecmb_gcm_key *key, const void *vector, const void *header,
    size_t header_count, const void *payload, size_t payload_count, void *destination, void *tag);

// MARK: AES-CTR with HMAC-SHA1
//
// Packets are queued until `sluice_ipsecmb_counter_finish`; memory given stays in place until then. Afterwards
// `sluice_ipsecmb_counter_code` gives the codes, by order of queueing, until the next packet is queued.

// Expands an AES key of 16 bytes and an HMAC key of 20. NULL when out of memory.
sluice_ipsecmb_counter_key *sluice_ipsecmb_counter_key_make(
    sluice_ipsecmb *library, const void *cipher_key, const void *authentication_key);
// Wipes and frees.
void sluice_ipsecmb_counter_key_free(sluice_ipsecmb_counter_key *key);

// Queues two pieces to be encrypted one after the other into `destination`, which the header stands right before and
// where 4 bytes more are scratch. The vector has 16 bytes and is copied. The code covers header, ciphertext and
// trailer. False when the queue is full.
bool sluice_ipsecmb_counter_seal(
    sluice_ipsecmb *library, const sluice_ipsecmb_counter_key *key, const void *vector, size_t header_count,
    const void *payload, size_t payload_count, const void *tail, size_t tail_count, void *destination,
    uint32_t trailer);

// Queues a payload, without its tag, to be authenticated and decrypted. False when the queue is full.
bool sluice_ipsecmb_counter_open(
    sluice_ipsecmb *library, const sluice_ipsecmb_counter_key *key, const void *vector, const void *header,
    size_t header_count, const void *payload, size_t payload_count, void *destination, uint32_t trailer);

// Does what is queued.
void sluice_ipsecmb_counter_finish(sluice_ipsecmb *library);

// The 20 bytes of a finished packet's code; NULL when the library refused the packet, which is then not done.
const uint8_t *sluice_ipsecmb_counter_code(const sluice_ipsecmb *library, size_t position);

#endif
