// OpenSSL for Swift: the headers, and a function for each macro that the importer cannot see.
#ifndef SLUICE_COPENSSL_SHIM_H
#define SLUICE_COPENSSL_SHIM_H

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

// SHA-1 on a plain state that can be keyed once and copied: HMAC_CTX and EVP_MAC allocate for every message they start.
static inline int sluice_sha1_init(SHA_CTX *state) { return SHA1_Init(state); }
static inline int sluice_sha1_update(SHA_CTX *state, const void *bytes, size_t count) {
    return SHA1_Update(state, bytes, count);
}
static inline int sluice_sha1_final(unsigned char *digest, SHA_CTX *state) { return SHA1_Final(digest, state); }

#endif
