#include "ipsec_mb.h"

// SLUICE_WITHOUT_IPSEC_MB hides a header that is there.
#if defined(__x86_64__) && defined(__has_include) && !defined(SLUICE_WITHOUT_IPSEC_MB)
#if __has_include(<intel-ipsec-mb.h>)
#define SLUICE_HAS_IPSEC_MB 1
#endif
#endif

#ifdef SLUICE_HAS_IPSEC_MB

#include <dlfcn.h>
#include <intel-ipsec-mb.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE_CAPACITY 64
#define ROOM_CAPACITY (80 * 1024)
#define CODE_COUNT 20
// Multiples of 64, so that keys and states share no cache line.
#define ROUNDED(count) (((count) + 63) & ~(size_t)63)

struct sluice_ipsecmb {
    void *handle;
    IMB_MGR *manager;
    void (*free_manager)(IMB_MGR *);
    uint32_t version;
    // The queue: how many packets, and for each its vector, its code, and whether it was done.
    size_t count;
    uint8_t vectors[QUEUE_CAPACITY][16];
    uint8_t codes[QUEUE_CAPACITY][32];
    bool isDone[QUEUE_CAPACITY];
    // Where packets to open are put together with their trailers.
    size_t room_used;
    uint8_t room[ROOM_CAPACITY];
};

struct sluice_ipsecmb_gcm_key {
    struct gcm_key_data schedule;
    bool is256;
};

struct sluice_ipsecmb_counter_key {
    uint8_t schedule[11 * 16];
    // The states of SHA-1 after the inner and after the outer padded key.
    uint8_t inner[32];
    uint8_t outer[32];
};

_Static_assert(ROOM_CAPACITY >= SLUICE_IPSECMB_MAXIMUM_PACKET + 64, "the longest packet does not fit");

// A memset that the optimizer keeps.
static void wipe(void *memory, size_t count) {
    memset(memory, 0, count);
    __asm__ volatile("" : : "r"(memory) : "memory");
}

static void wipe_and_free(void *memory, size_t count) {
    if (!memory) return;
    wipe(memory, count);
    free(memory);
}

// MARK: Library

static bool is_usable(const IMB_MGR *manager) {
    const uint64_t needed = IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ;
    if ((manager->features & needed) != needed || manager->features & IMB_FEATURE_AESNI_EMU) return false;
    return !(manager->features & IMB_FEATURE_SELF_TEST) || manager->features & IMB_FEATURE_SELF_TEST_PASS;
}

static bool load(sluice_ipsecmb *library) {
    library->handle = dlopen("libIPSec_MB.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!library->handle) return false;
    unsigned (*version)(void) = (unsigned (*)(void))dlsym(library->handle, "imb_get_version");
    IMB_MGR *(*make)(uint64_t) = (IMB_MGR * (*)(uint64_t)) dlsym(library->handle, "alloc_mb_mgr");
    void (*start)(IMB_MGR *, IMB_ARCH *) = (void (*)(IMB_MGR *, IMB_ARCH *))dlsym(library->handle, "init_mb_mgr_auto");
    library->free_manager = (void (*)(IMB_MGR *))dlsym(library->handle, "free_mb_mgr");
    if (!version || !make || !start || !library->free_manager) return false;
    // Manager, job and key schedule are laid out as the header says; another minor version may differ.
    library->version = version();
    if (library->version >> 8 != IMB_VERSION_NUM >> 8) return false;
    library->manager = make(0);
    if (!library->manager) return false;
    IMB_ARCH architecture = IMB_ARCH_NONE;
    start(library->manager, &architecture);
    return architecture != IMB_ARCH_NONE && architecture != IMB_ARCH_NOAESNI && is_usable(library->manager);
}

sluice_ipsecmb *sluice_ipsecmb_open(void) {
    const size_t count = ROUNDED(sizeof(sluice_ipsecmb));
    sluice_ipsecmb *library = aligned_alloc(64, count);
    if (!library) return NULL;
    memset(library, 0, count);
    if (load(library)) return library;
    sluice_ipsecmb_close(library);
    return NULL;
}

void sluice_ipsecmb_close(sluice_ipsecmb *library) {
    if (library->manager) library->free_manager(library->manager);
    if (library->handle) dlclose(library->handle);
    wipe_and_free(library, sizeof(*library));
}

uint32_t sluice_ipsecmb_version(const sluice_ipsecmb *library) { return library->version; }

// MARK: AES-GCM

sluice_ipsecmb_gcm_key *sluice_ipsecmb_gcm_key_make(sluice_ipsecmb *library, const void *bytes, size_t count) {
    sluice_ipsecmb_gcm_key *key = aligned_alloc(64, ROUNDED(sizeof(*key)));
    if (!key) return NULL;
    key->is256 = count == 32;
    if (key->is256) {
        IMB_AES256_GCM_PRE(library->manager, bytes, &key->schedule);
    } else {
        IMB_AES128_GCM_PRE(library->manager, bytes, &key->schedule);
    }
    return key;
}

void sluice_ipsecmb_gcm_key_free(sluice_ipsecmb_gcm_key *key) { wipe_and_free(key, sizeof(*key)); }

void sluice_ipsecmb_gcm_key_prefetch(const sluice_ipsecmb_gcm_key *key) {
    for (size_t offset = 0; offset < sizeof(*key); offset += 64) __builtin_prefetch((const char *)key + offset);
}

void sluice_ipsecmb_gcm_seal(
    sluice_ipsecmb *library, const sluice_ipsecmb_gcm_key *key, const void *vector, const void *header,
    size_t header_count, const void *payload, size_t payload_count, const void *tail, size_t tail_count,
    void *destination) {
    struct gcm_context_data context;
    IMB_MGR *manager = library->manager;
    const struct gcm_key_data *schedule = &key->schedule;
    uint8_t *second = (uint8_t *)destination + payload_count;
    uint8_t *tag = second + tail_count;
    if (tail_count == 0) {
        (key->is256 ? manager->gcm256_enc : manager->gcm128_enc)(
            schedule, &context, destination, payload, payload_count, vector, header, header_count, tag, 16);
        return;
    }
    const aes_gcm_enc_dec_update_t update = key->is256 ? manager->gcm256_enc_update : manager->gcm128_enc_update;
    (key->is256 ? manager->gcm256_init : manager->gcm128_init)(schedule, &context, vector, header, header_count);
    if (payload_count != 0) update(schedule, &context, destination, payload, payload_count);
    update(schedule, &context, second, tail, tail_count);
    (key->is256 ? manager->gcm256_enc_finalize : manager->gcm128_enc_finalize)(schedule, &context, tag, 16);
}

void sluice_ipsecmb_gcm_open(
    sluice_ipsecmb *library, const sluice_ipsecmb_gcm_key *key, const void *vector, const void *header,
    size_t header_count, const void *payload, size_t payload_count, void *destination, void *tag) {
    struct gcm_context_data context;
    IMB_MGR *manager = library->manager;
    (key->is256 ? manager->gcm256_dec : manager->gcm128_dec)(
        &key->schedule, &context, destination, payload, payload_count, vector, header, header_count, tag, 16);
}

// MARK: AES-CTR with HMAC-SHA1

static void start_hmac(IMB_MGR *manager, const uint8_t *bytes, uint8_t pad, uint8_t *state) {
    uint8_t block[64];
    for (size_t offset = 0; offset < sizeof(block); offset++) block[offset] = pad ^ (offset < 20 ? bytes[offset] : 0);
    IMB_SHA1_ONE_BLOCK(manager, block, state);
    wipe(block, sizeof(block));
}

sluice_ipsecmb_counter_key *sluice_ipsecmb_counter_key_make(
    sluice_ipsecmb *library, const void *cipher_key, const void *authentication_key) {
    sluice_ipsecmb_counter_key *key = aligned_alloc(64, ROUNDED(sizeof(*key)));
    if (!key) return NULL;
    _Alignas(16) uint8_t decryption[11 * 16];
    IMB_AES_KEYEXP_128(library->manager, cipher_key, key->schedule, decryption);
    wipe(decryption, sizeof(decryption));
    start_hmac(library->manager, authentication_key, 0x36, key->inner);
    start_hmac(library->manager, authentication_key, 0x5C, key->outer);
    return key;
}

void sluice_ipsecmb_counter_key_free(sluice_ipsecmb_counter_key *key) { wipe_and_free(key, sizeof(*key)); }

static void collect(sluice_ipsecmb *library, const IMB_JOB *job) {
    library->isDone[(uintptr_t)job->user_data] = job->status == IMB_STATUS_COMPLETED;
}

// Queues a job: ciphers from `source` to `destination`, hashes from `hashed` on.
static void submit(
    sluice_ipsecmb *library, const sluice_ipsecmb_counter_key *key, const void *vector, bool encrypts,
    const uint8_t *source, size_t source_count, uint8_t *destination, const uint8_t *hashed, size_t hashed_count) {
    IMB_MGR *manager = library->manager;
    const size_t position = library->count++;
    library->isDone[position] = false;
    memcpy(library->vectors[position], vector, 16);
    IMB_JOB *job = IMB_GET_NEXT_JOB(manager);
    // A job to cipher nothing is refused.
    job->cipher_mode = source_count == 0 ? IMB_CIPHER_NULL : IMB_CIPHER_CNTR;
    job->cipher_direction = encrypts ? IMB_DIR_ENCRYPT : IMB_DIR_DECRYPT;
    job->chain_order = encrypts ? IMB_ORDER_CIPHER_HASH : IMB_ORDER_HASH_CIPHER;
    job->enc_keys = key->schedule;
    job->dec_keys = key->schedule;
    job->key_len_in_bytes = 16;
    job->src = source;
    job->dst = destination;
    job->cipher_start_src_offset_in_bytes = 0;
    job->msg_len_to_cipher_in_bytes = source_count;
    job->iv = library->vectors[position];
    job->iv_len_in_bytes = 16;
    // SRTP's tag is shorter, but 12 and 20 bytes are all that can be asked for.
    job->hash_alg = IMB_AUTH_HMAC_SHA_1;
    job->auth_tag_output = library->codes[position];
    job->auth_tag_output_len_in_bytes = CODE_COUNT;
    job->u.HMAC._hashed_auth_key_xor_ipad = key->inner;
    job->u.HMAC._hashed_auth_key_xor_opad = key->outer;
    // The hash begins at an offset from the source, even when it covers the destination. The sum wraps to it.
    job->hash_start_src_offset_in_bytes = (uint64_t)(uintptr_t)hashed - (uint64_t)(uintptr_t)source;
    job->msg_len_to_hash_in_bytes = hashed_count;
    job->user_data = (void *)(uintptr_t)position;
    // What comes back, if anything, is an earlier job.
    const IMB_JOB *completed = IMB_SUBMIT_JOB(manager);
    while (completed) {
        collect(library, completed);
        completed = IMB_GET_COMPLETED_JOB(manager);
    }
}

static void store_trailer(uint8_t *bytes, uint32_t trailer) {
    const uint32_t bigEndian = __builtin_bswap32(trailer);
    memcpy(bytes, &bigEndian, sizeof(bigEndian));
}

bool sluice_ipsecmb_counter_seal(
    sluice_ipsecmb *library, const sluice_ipsecmb_counter_key *key, const void *vector, size_t header_count,
    const void *payload, size_t payload_count, const void *tail, size_t tail_count, void *destination,
    uint32_t trailer) {
    const size_t count = payload_count + tail_count;
    if (library->count == QUEUE_CAPACITY) return false;
    if (header_count + count > SLUICE_IPSECMB_MAXIMUM_PACKET) return false;
    uint8_t *target = destination;
    // A job has one source, so pieces are joined where they go.
    if (tail_count != 0) {
        if (payload_count != 0) memmove(target, payload, payload_count);
        memmove(target + payload_count, tail, tail_count);
        payload = target;
    }
    if (count == 0) payload = target;
    store_trailer(target + count, trailer);
    submit(library, key, vector, true, payload, count, target, target - header_count, header_count + count + 4);
    return true;
}

bool sluice_ipsecmb_counter_open(
    sluice_ipsecmb *library, const sluice_ipsecmb_counter_key *key, const void *vector, const void *header,
    size_t header_count, const void *payload, size_t payload_count, void *destination, uint32_t trailer) {
    const size_t count = header_count + payload_count;
    if (library->count == QUEUE_CAPACITY || count > SLUICE_IPSECMB_MAXIMUM_PACKET) return false;
    if (ROUNDED(count + 4) > ROOM_CAPACITY - library->room_used) return false;
    // The trailer must follow what is hashed, and the source is not ours to write to.
    uint8_t *packet = library->room + library->room_used;
    library->room_used += ROUNDED(count + 4);
    memcpy(packet, header, header_count);
    if (payload_count != 0) memcpy(packet + header_count, payload, payload_count);
    store_trailer(packet + count, trailer);
    submit(library, key, vector, false, packet + header_count, payload_count, destination, packet, count + 4);
    return true;
}

void sluice_ipsecmb_counter_finish(sluice_ipsecmb *library) {
    // Jobs wait for others to share the processor's lanes with, unless flushed.
    for (;;) {
        const IMB_JOB *completed = IMB_FLUSH_JOB(library->manager);
        if (!completed) break;
        collect(library, completed);
    }
    library->count = 0;
    library->room_used = 0;
}

const uint8_t *sluice_ipsecmb_counter_code(const sluice_ipsecmb *library, size_t position) {
    return library->isDone[position] ? library->codes[position] : NULL;
}

#else

// Nobody gets a library to call these with.

sluice_ipsecmb *sluice_ipsecmb_open(void) { return NULL; }
void sluice_ipsecmb_close(sluice_ipsecmb *library) {}
uint32_t sluice_ipsecmb_version(const sluice_ipsecmb *library) { return 0; }
sluice_ipsecmb_gcm_key *sluice_ipsecmb_gcm_key_make(sluice_ipsecmb *library, const void *key, size_t key_count) {
    return NULL;
}
void sluice_ipsecmb_gcm_key_free(sluice_ipsecmb_gcm_key *key) {}
void sluice_ipsecmb_gcm_key_prefetch(const sluice_ipsecmb_gcm_key *key) {}
void sluice_ipsecmb_gcm_seal(
    sluice_ipsecmb *library, const sluice_ipsecmb_gcm_key *key, const void *vector, const void *header,
    size_t header_count, const void *payload, size_t payload_count, const void *tail, size_t tail_count,
    void *destination) {}
void sluice_ipsecmb_gcm_open(
    sluice_ipsecmb *library, const sluice_ipsecmb_gcm_key *key, const void *vector, const void *header,
    size_t header_count, const void *payload, size_t payload_count, void *destination, void *tag) {}
sluice_ipsecmb_counter_key *sluice_ipsecmb_counter_key_make(
    sluice_ipsecmb *library, const void *cipher_key, const void *authentication_key) {
    return NULL;
}
void sluice_ipsecmb_counter_key_free(sluice_ipsecmb_counter_key *key) {}
bool sluice_ipsecmb_counter_seal(
    sluice_ipsecmb *library, const sluice_ipsecmb_counter_key *key, const void *vector, size_t header_count,
    const void *payload, size_t payload_count, const void *tail, size_t tail_count, void *destination,
    uint32_t trailer) {
    return false;
}
bool sluice_ipsecmb_counter_open(
    sluice_ipsecmb *library, const sluice_ipsecmb_counter_key *key, const void *vector, const void *header,
    size_t header_count, const void *payload, size_t payload_count, void *destination, uint32_t trailer) {
    return false;
}
void sluice_ipsecmb_counter_finish(sluice_ipsecmb *library) {}
const uint8_t *sluice_ipsecmb_counter_code(const sluice_ipsecmb *library, size_t position) { return NULL; }

#endif
