// What Swift cannot say: that some memory will be wanted soon.
#ifndef SLUICE_PREFETCH_H
#define SLUICE_PREFETCH_H

#include <stddef.h>

// Starts to fetch `count` bytes into the cache. Any address will do; nothing is read.
static inline void sluice_prefetch(const void *memory, size_t count) {
    const char *line = (const char *)memory;
    for (size_t offset = 0; offset < count; offset += 64) __builtin_prefetch(line + offset);
}

#endif
