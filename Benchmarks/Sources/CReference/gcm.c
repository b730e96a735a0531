#include "reference.h"

#include <dlfcn.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__x86_64__) && __has_include(<intel-ipsec-mb.h>)
#include <intel-ipsec-mb.h>
#define HAS_IPSEC 1
#endif

int64_t reference_thread_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

enum { arena_size = 1 << 20, header_size = 12, tag_size = 16 };

int64_t reference_gcm_ipsec(int packets, int payload, int keys, int run) {
#ifdef HAS_IPSEC
    void *library = dlopen("libIPSec_MB.so.1", RTLD_NOW);
    if (!library) return -1;
    IMB_MGR *(*alloc)(uint64_t) = (IMB_MGR * (*)(uint64_t)) dlsym(library, "alloc_mb_mgr");
    void (*init)(IMB_MGR *, IMB_ARCH *) = (void (*)(IMB_MGR *, IMB_ARCH *))dlsym(library, "init_mb_mgr_auto");
    void (*release)(IMB_MGR *) = (void (*)(IMB_MGR *))dlsym(library, "free_mb_mgr");
    if (!alloc || !init || !release) return -1;
    IMB_MGR *manager = alloc(0);
    init(manager, NULL);
    struct gcm_key_data *schedules = aligned_alloc(64, sizeof(struct gcm_key_data) * keys);
    for (int i = 0; i < keys; i++) {
        uint8_t key[16] = {(uint8_t)i, (uint8_t)(i >> 8), 7};
        IMB_AES128_GCM_PRE(manager, key, &schedules[i]);
    }
    uint8_t *source = calloc(1, payload), *arena = malloc(arena_size), iv[12] = {0};
    int stride = header_size + payload + tag_size, offset = 0;
    int64_t start = reference_thread_nanoseconds();
    for (int done = 0, key = 0; done < packets; key = (key + 1) % keys) {
        for (int i = 0; i < run && done < packets; i++, done++) {
            if (offset + stride > arena_size) offset = 0;
            uint8_t *packet = arena + offset;
            memcpy(packet, iv, header_size);
            memcpy(iv, &done, sizeof done);
            struct gcm_context_data context;
            IMB_AES128_GCM_ENC(manager, &schedules[key], &context, packet + header_size, source, payload, iv, packet,
                               header_size, packet + header_size + payload, tag_size);
            offset += stride;
        }
    }
    int64_t spent = reference_thread_nanoseconds() - start;
    free(source), free(arena), free(schedules), release(manager);
    return spent;
#else
    (void)packets, (void)payload, (void)keys, (void)run;
    return -1;
#endif
}

int64_t reference_gcm_libcrypto(int packets, int payload, int keys, int run) {
    EVP_CIPHER_CTX **contexts = calloc(keys, sizeof *contexts);
    for (int i = 0; i < keys; i++) {
        uint8_t key[16] = {(uint8_t)i, (uint8_t)(i >> 8), 7};
        contexts[i] = EVP_CIPHER_CTX_new();
        EVP_EncryptInit_ex(contexts[i], EVP_aes_128_gcm(), NULL, key, NULL);
    }
    uint8_t *source = calloc(1, payload), *arena = malloc(arena_size), iv[12] = {0};
    int stride = header_size + payload + tag_size, offset = 0, length;
    int64_t start = reference_thread_nanoseconds();
    for (int done = 0, key = 0; done < packets; key = (key + 1) % keys) {
        for (int i = 0; i < run && done < packets; i++, done++) {
            if (offset + stride > arena_size) offset = 0;
            uint8_t *packet = arena + offset;
            memcpy(packet, iv, header_size);
            memcpy(iv, &done, sizeof done);
            EVP_CIPHER_CTX *context = contexts[key];
            EVP_EncryptInit_ex(context, NULL, NULL, NULL, iv);
            EVP_EncryptUpdate(context, NULL, &length, packet, header_size);
            EVP_EncryptUpdate(context, packet + header_size, &length, source, payload);
            EVP_EncryptFinal_ex(context, packet + header_size + payload, &length);
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, tag_size, packet + header_size + payload);
            offset += stride;
        }
    }
    int64_t spent = reference_thread_nanoseconds() - start;
    for (int i = 0; i < keys; i++) EVP_CIPHER_CTX_free(contexts[i]);
    free(contexts), free(source), free(arena);
    return spent;
}
