// Counts a program's allocations by the library that asks for them. Preload it:
//
//   ALLOCATION_COUNT_FILE=counts LD_PRELOAD=libAllocationCount.so program …
//
// When the program exits, the file holds a line for each library that allocated: allocations, bytes, its path; and first
// a line for the whole: allocations, blocks given back, "total".
//
// By the library, because librdkafka and SQLite allocate for themselves in the same process, and only what ours asks for
// can be held to a bound.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// glibc's own names for its allocator. Looking the next definition up by dlsym(RTLD_NEXT, …) instead would need an
// allocator of our own for what dlsym itself allocates.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

enum { MODULE_LIMIT = 64, PATH_LIMIT = 256 };

typedef struct {
    uintptr_t start, end;
    char path[PATH_LIMIT];
    // On a cache line of their own: threads of different libraries must not slow each other down.
    _Alignas(64) atomic_uint_least64_t allocations;
    atomic_uint_least64_t bytes;
} Module;

// The last is for callers in none of them: what was loaded later, and everything before the constructor has run.
static Module modules[MODULE_LIMIT + 1];
static atomic_size_t module_count;
static atomic_uint_least64_t given_back;

static void count(uintptr_t caller, size_t bytes) {
    size_t known = atomic_load_explicit(&module_count, memory_order_acquire);
    Module *module = &modules[MODULE_LIMIT];
    for (size_t i = 0; i < known; i++)
        if (caller >= modules[i].start && caller < modules[i].end) {
            module = &modules[i];
            break;
        }
    atomic_fetch_add_explicit(&module->allocations, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&module->bytes, bytes, memory_order_relaxed);
}

// A macro: in a function it would be the address of that function's caller.
#define COUNT(bytes) count((uintptr_t)__builtin_return_address(0), (bytes))

void *malloc(size_t size) {
    COUNT(size);
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    COUNT(number * size);
    return __libc_calloc(number, size);
}

void *realloc(void *block, size_t size) {
    COUNT(size);
    if (block) atomic_fetch_add_explicit(&given_back, 1, memory_order_relaxed);
    return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size) {
    COUNT(size);
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    COUNT(size);
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size) {
    if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) return EINVAL;
    COUNT(size);
    void *made = __libc_memalign(alignment, size);
    if (!made) return ENOMEM;
    *block = made;
    return 0;
}

void free(void *block) {
    if (block) atomic_fetch_add_explicit(&given_back, 1, memory_order_relaxed);
    __libc_free(block);
}

static int note(struct dl_phdr_info *info, size_t size, void *context) {
    (void)size, (void)context;
    size_t index = atomic_load_explicit(&module_count, memory_order_relaxed);
    if (index == MODULE_LIMIT) return 1;
    Module *module = &modules[index];
    module->start = UINTPTR_MAX;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type != PT_LOAD) continue;
        uintptr_t start = info->dlpi_addr + part->p_vaddr;
        if (start < module->start) module->start = start;
        if (start + part->p_memsz > module->end) module->end = start + part->p_memsz;
    }
    // The first is the program itself and has no name.
    snprintf(module->path, sizeof module->path, "%s", info->dlpi_name[0] ? info->dlpi_name : "program");
    atomic_store_explicit(&module_count, index + 1, memory_order_release);
    return 0;
}

__attribute__((constructor)) static void begin(void) {
    dl_iterate_phdr(note, NULL);
}

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("ALLOCATION_COUNT_FILE");
    if (!path) return;
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0) return;
    size_t known = atomic_load_explicit(&module_count, memory_order_acquire);
    uint64_t total = 0;
    for (size_t i = 0; i <= MODULE_LIMIT; i++) total += atomic_load_explicit(&modules[i].allocations, memory_order_relaxed);
    // dprintf would allocate what it counts.
    char line[PATH_LIMIT + 64];
    int length = snprintf(line, sizeof line, "%llu %llu total\n", (unsigned long long)total,
                          (unsigned long long)atomic_load_explicit(&given_back, memory_order_relaxed));
    ssize_t written = write(file, line, (size_t)length);
    for (size_t i = 0; i <= MODULE_LIMIT; i++) {
        if (i >= known && i < MODULE_LIMIT) continue;
        uint64_t allocations = atomic_load_explicit(&modules[i].allocations, memory_order_relaxed);
        if (allocations == 0) continue;
        length = snprintf(line, sizeof line, "%llu %llu %s\n", (unsigned long long)allocations,
                          (unsigned long long)atomic_load_explicit(&modules[i].bytes, memory_order_relaxed),
                          i < MODULE_LIMIT ? modules[i].path : "elsewhere");
        written = write(file, line, (size_t)length);
    }
    // A full disk shows in a file that does not end well, which its reader notices.
    (void)written;
    close(file);
}
