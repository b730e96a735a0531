// Counts what the allocator and Swift's reference counting are asked for.
#define _GNU_SOURCE
#include "reference.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static atomic_int_fast64_t allocations;

static void count(void) { atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed); }

void *malloc(size_t size) {
    count();
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    count();
    return __libc_calloc(number, size);
}

void *realloc(void *memory, size_t size) {
    count();
    return __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    count();
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
    count();
    *memory = __libc_memalign(alignment, size);
    return *memory ? 0 : ENOMEM;
}

#if defined(__x86_64__)
// The program's own calls of the runtime's functions are bound to these, which touch no register: the functions have
// calling conventions of their own. The runtime's calls among itself are not counted.
#define COUNTED(counter, name)                                                                                        \
    void *reference_real_##name;                                                                                      \
    __asm__(".text\n.globl " #name "\n.hidden " #name "\n.type " #name ", @function\n" #name ":\n"                    \
            "lock incq reference_" #counter "(%rip)\n"                                                                \
            "jmp *reference_real_" #name "(%rip)\n");

__attribute__((visibility("hidden"))) int64_t reference_retains, reference_releases;

COUNTED(retains, swift_retain)
COUNTED(retains, swift_bridgeObjectRetain)
COUNTED(retains, swift_unknownObjectRetain)
COUNTED(releases, swift_release)
COUNTED(releases, swift_bridgeObjectRelease)
COUNTED(releases, swift_unknownObjectRelease)

__attribute__((constructor(101))) static void find_real_functions(void) {
#define FIND(name) reference_real_##name = dlsym(RTLD_NEXT, #name)
    FIND(swift_retain), FIND(swift_bridgeObjectRetain), FIND(swift_unknownObjectRetain);
    FIND(swift_release), FIND(swift_bridgeObjectRelease), FIND(swift_unknownObjectRelease);
}

struct reference_counts reference_counts(void) {
    return (struct reference_counts){allocations, reference_retains, reference_releases};
}
#else
struct reference_counts reference_counts(void) {
    return (struct reference_counts){allocations, -1, -1};
}
#endif
