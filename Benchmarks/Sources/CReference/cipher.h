// AES-128-GCM with one key for each destination; what one packet costs is inlined into the loops that measure it.
#ifndef SLUICE_REFERENCE_CIPHER_H
#define SLUICE_REFERENCE_CIPHER_H

#include "reference.h"

#include <openssl/evp.h>
#include <string.h>

#if defined(__x86_64__) && __has_include(<intel-ipsec-mb.h>)
#include <intel-ipsec-mb.h>
#define HAS_IPSEC 1
#endif

enum { header_size = 12, tag_size = 16 };

struct reference_cipher {
    int keys;
    uint8_t *source, *arena;
    int64_t number;
    int key, offset;
    EVP_CIPHER_CTX **contexts;
#ifdef HAS_IPSEC
    IMB_MGR *manager;
    void (*release)(IMB_MGR *);
    struct gcm_key_data *schedules;
#endif
};

/// Writes a header, the encrypted payload and the tag of packet `number` to `packet`.
static inline void cipher_encrypt(
    struct reference_cipher *cipher, int key, uint8_t *packet, const uint8_t *source, int payload, int64_t number) {
    uint8_t iv[12] = {0};
    memcpy(iv, &number, sizeof number);
    memcpy(packet, iv, header_size);
#ifdef HAS_IPSEC
    if (cipher->manager) {
        struct gcm_context_data context;
        IMB_AES128_GCM_ENC(cipher->manager, &cipher->schedules[key], &context, packet + header_size, source, payload,
                           iv, packet, header_size, packet + header_size + payload, tag_size);
        return;
    }
#endif
    int length;
    EVP_CIPHER_CTX *context = cipher->contexts[key];
    EVP_EncryptInit_ex(context, NULL, NULL, NULL, iv);
    EVP_EncryptUpdate(context, NULL, &length, packet, header_size);
    EVP_EncryptUpdate(context, packet + header_size, &length, source, payload);
    EVP_EncryptFinal_ex(context, packet + header_size + payload, &length);
    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, tag_size, packet + header_size + payload);
}

#endif
