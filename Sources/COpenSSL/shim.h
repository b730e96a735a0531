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
#include <openssl/srtp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

// SHA-1 on a plain state that can be keyed once and copied: HMAC_CTX and EVP_MAC allocate for every message they start.
static inline int sluice_sha1_init(SHA_CTX *state) { return SHA1_Init(state); }
static inline int sluice_sha1_update(SHA_CTX *state, const void *bytes, size_t count) {
    return SHA1_Update(state, bytes, count);
}
static inline int sluice_sha1_final(unsigned char *digest, SHA_CTX *state) { return SHA1_Final(digest, state); }

// DTLS: libssl's macros over SSL_ctrl and SSL_CTX_ctrl.

static inline int sluice_SSL_CTX_set_only_dtls1_2(SSL_CTX *context) {
    return SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION)
        && SSL_CTX_set_max_proto_version(context, DTLS1_2_VERSION);
}

// We set the datagram size ourselves; nothing is resumed, renegotiated or compressed; a server's order counts.
static inline void sluice_SSL_CTX_set_options(SSL_CTX *context) {
    SSL_CTX_set_options(context, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION
        | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
}

static inline int sluice_SSL_CTX_set1_groups_list(SSL_CTX *context, const char *groups) {
    return (int)SSL_CTX_set1_groups_list(context, groups);
}

static inline void sluice_SSL_CTX_disable_session_cache(SSL_CTX *context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

static inline void sluice_SSL_CTX_set_max_cert_list(SSL_CTX *context, long byte_count) {
    SSL_CTX_set_max_cert_list(context, byte_count);
}

static inline int sluice_SSL_CTX_set_max_send_fragment(SSL_CTX *context, long byte_count) {
    return (int)SSL_CTX_set_max_send_fragment(context, byte_count);
}

static inline int sluice_SSL_set_mtu(SSL *ssl, long byte_count) {
    return (int)SSL_set_mtu(ssl, byte_count);
}

static inline int sluice_SSL_has_extended_master_secret(SSL *ssl) {
    return SSL_get_extms_support(ssl) == 1;
}

static inline void sluice_BIO_set_retry_read(BIO *bio) {
    BIO_set_retry_read(bio);
}

static inline void sluice_BIO_clear_retry_flags(BIO *bio) {
    BIO_clear_retry_flags(bio);
}

#endif
