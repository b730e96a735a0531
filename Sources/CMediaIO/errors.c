#define _GNU_SOURCE
#include "media_io.h"

#include <errno.h>
#include <string.h>

enum sluice_refusal sluice_refusal_of(int result) {
    switch (-result) {
    case EAGAIN: return SLUICE_WOULD_BLOCK;
    case EINTR: return SLUICE_INTERRUPTED;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT: return SLUICE_UNREACHABLE;
    case EPERM:
    case EACCES: return SLUICE_NOT_PERMITTED;
    case EINVAL:
    case EDESTADDRREQ: return SLUICE_INVALID;
    case EMSGSIZE: return SLUICE_TOO_LARGE;
    case ECONNREFUSED: return SLUICE_REFUSED;
    case ENOBUFS:
    case ENOMEM: return SLUICE_NO_BUFFERS;
    default: return SLUICE_OTHER;
    }
}

bool sluice_is_address_in_use(int result) {
    return result == -EADDRINUSE;
}

bool sluice_is_permission_denied(int result) {
    return result == -EACCES || result == -EPERM;
}

bool sluice_is_address_unavailable(int result) {
    return result == -EAFNOSUPPORT || result == -EADDRNOTAVAIL || result == -EPROTONOSUPPORT;
}

void sluice_error_text(int result, char *text, size_t capacity) {
    // The GNU variant may return text of its own instead of filling the buffer.
    char *message = strerror_r(-result, text, capacity);
    if (message != text && capacity > 0) {
        strncpy(text, message, capacity - 1);
        text[capacity - 1] = 0;
    }
}
