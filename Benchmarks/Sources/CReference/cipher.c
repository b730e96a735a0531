#define _GNU_SOURCE
#include "cipher.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

enum { arena_size = 1 << 20, maximum_payload = 2048 };

int64_t reference_thread_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

#ifdef HAS_IPSEC
static bool create_ipsec(struct reference_cipher *cipher) {
    void *library = dlopen("libIPSec_MB.so.1", RTLD_NOW);
    if (!library) return false;
    IMB_MGR *(*alloc)(uint64_t) = (IMB_MGR * (*)(uint64_t)) dlsym(library, "alloc_mb_mgr");
    void (*init)(IMB_MGR *, IMB_ARCH *) = (void (*)(IMB_MGR *, IMB_ARCH *))dlsym(library, "init_mb_mgr_auto");
    cipher->release = (void (*)(IMB_MGR *))dlsym(library, "free_mb_mgr");
    if (!alloc || !init || !cipher->release) return false;
    cipher->manager = alloc(0);
    init(cipher->manager, NULL);
    cipher->schedules = aligned_alloc(64, sizeof(struct gcm_key_data) * cipher->keys);
    for (int i = 0; i < cipher->keys; i++) {
        uint8_t key[16] = {(uint8_t)i, (uint8_t)(i >> 8), 7};
        IMB_AES128_GCM_PRE(cipher->manager, key, &cipher->schedules[i]);
    }
    return true;
}
#endif

static bool create_libcrypto(struct reference_cipher *cipher) {
    cipher->contexts = calloc(cipher->keys, sizeof *cipher->contexts);
    for (int i = 0; i < cipher->keys; i++) {
        uint8_t key[16] = {(uint8_t)i, (uint8_t)(i >> 8), 7};
        cipher->contexts[i] = EVP_CIPHER_CTX_new();
        EVP_EncryptInit_ex(cipher->contexts[i], EVP_aes_128_gcm(), NULL, key, NULL);
    }
    return true;
}

struct reference_cipher *reference_cipher_create(enum reference_backend backend, int keys) {
    struct reference_cipher *cipher = calloc(1, sizeof *cipher);
    cipher->keys = keys;
    bool exists = false;
#ifdef HAS_IPSEC
    exists = backend != reference_libcrypto && create_ipsec(cipher);
#endif
    if (!exists && backend != reference_ipsec) exists = create_libcrypto(cipher);
    if (!exists) {
        free(cipher);
        return NULL;
    }
    cipher->source = calloc(1, maximum_payload);
    cipher->arena = calloc(1, arena_size);
    return cipher;
}

void reference_cipher_destroy(struct reference_cipher *cipher) {
    if (!cipher) return;
#ifdef HAS_IPSEC
    if (cipher->manager) cipher->release(cipher->manager);
    free(cipher->schedules);
#endif
    for (int i = 0; cipher->contexts && i < cipher->keys; i++) EVP_CIPHER_CTX_free(cipher->contexts[i]);
    free(cipher->contexts), free(cipher->source), free(cipher->arena), free(cipher);
}

int64_t reference_encrypt(struct reference_cipher *cipher, int packets, int payload, int run) {
    if (payload > maximum_payload) return -1;
    int stride = header_size + payload + tag_size;
    int64_t start = reference_thread_nanoseconds();
    for (int done = 0; done < packets; cipher->key = (cipher->key + 1) % cipher->keys) {
        for (int i = 0; i < run && done < packets; i++, done++) {
            if (cipher->offset + stride > arena_size) cipher->offset = 0;
            cipher_encrypt(
                cipher, cipher->key, cipher->arena + cipher->offset, cipher->source, payload, cipher->number++);
            cipher->offset += stride;
        }
    }
    return reference_thread_nanoseconds() - start;
}
