#include "FaultyFiles.h"

#include <limits.h>
#include <pthread.h>
#include <sqlite3.h>
#include <string.h>

typedef struct {
    sqlite3_file base;
    /// Valid until the file is closed, as SQLite promises; null for a temporary file.
    const char *path;
    /// Lies behind this structure.
    sqlite3_file *real;
} faulty_file;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct {
    char folder[PATH_MAX];
    faulty_operation operation;
    int is_armed;
    int first;
    int left;
    int code;
    int seen;
    int failed;
} plan;

static sqlite3_vfs *usual;

static int changes(faulty_operation operation) {
    return operation == faulty_write || operation == faulty_sync || operation == faulty_truncate ||
           operation == faulty_delete;
}

static int extended(faulty_operation operation) {
    switch (operation) {
    case faulty_read: return SQLITE_IOERR_READ;
    case faulty_write: return SQLITE_IOERR_WRITE;
    case faulty_sync: return SQLITE_IOERR_FSYNC;
    case faulty_truncate: return SQLITE_IOERR_TRUNCATE;
    case faulty_delete: return SQLITE_IOERR_DELETE;
    case faulty_size: return SQLITE_IOERR_FSTAT;
    case faulty_lock: return SQLITE_IOERR_LOCK;
    case faulty_shared_memory: return SQLITE_IOERR_SHMMAP;
    case faulty_shared_lock: return SQLITE_IOERR_SHMLOCK;
    default: return SQLITE_IOERR;
    }
}

/// The code an operation has to fail with, or SQLITE_OK.
static int fault(const char *path, faulty_operation operation) {
    int code = SQLITE_OK;
    pthread_mutex_lock(&mutex);
    int is_counted = plan.is_armed && path != NULL && strncmp(path, plan.folder, strlen(plan.folder)) == 0 &&
                     (operation == plan.operation || (plan.operation == faulty_change && changes(operation)));
    if (is_counted && ++plan.seen >= plan.first && plan.left > 0) {
        plan.left--;
        plan.failed++;
        code = plan.code == SQLITE_IOERR ? extended(operation) : plan.code;
    }
    pthread_mutex_unlock(&mutex);
    return code;
}

static faulty_file *of(sqlite3_file *file) { return (faulty_file *)file; }
static sqlite3_file *real(sqlite3_file *file) { return of(file)->real; }

#define UNLESS_FAULTY(operation, call)                \
    int code = fault(of(file)->path, (operation));    \
    return code == SQLITE_OK ? (call) : code

static int close_file(sqlite3_file *file) { return real(file)->pMethods->xClose(real(file)); }

static int read_file(sqlite3_file *file, void *bytes, int count, sqlite3_int64 offset) {
    UNLESS_FAULTY(faulty_read, real(file)->pMethods->xRead(real(file), bytes, count, offset));
}

static int write_file(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset) {
    int code = fault(of(file)->path, faulty_write);
    if (code == SQLITE_OK) return real(file)->pMethods->xWrite(real(file), bytes, count, offset);
    if (code == SQLITE_FULL) real(file)->pMethods->xWrite(real(file), bytes, count / 2, offset);
    return code;
}

static int truncate_file(sqlite3_file *file, sqlite3_int64 size) {
    UNLESS_FAULTY(faulty_truncate, real(file)->pMethods->xTruncate(real(file), size));
}

static int sync_file(sqlite3_file *file, int flags) {
    UNLESS_FAULTY(faulty_sync, real(file)->pMethods->xSync(real(file), flags));
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size) {
    UNLESS_FAULTY(faulty_size, real(file)->pMethods->xFileSize(real(file), size));
}

static int lock(sqlite3_file *file, int level) {
    UNLESS_FAULTY(faulty_lock, real(file)->pMethods->xLock(real(file), level));
}

static int unlock(sqlite3_file *file, int level) { return real(file)->pMethods->xUnlock(real(file), level); }

static int check_lock(sqlite3_file *file, int *result) {
    return real(file)->pMethods->xCheckReservedLock(real(file), result);
}

static int control(sqlite3_file *file, int operation, void *argument) {
    int code = real(file)->pMethods->xFileControl(real(file), operation, argument);
    if (operation != SQLITE_FCNTL_COMMIT_PHASETWO) return code;
    int failed = fault(of(file)->path, faulty_commit);
    return failed == SQLITE_OK ? code : failed;
}

static int sector_size(sqlite3_file *file) { return real(file)->pMethods->xSectorSize(real(file)); }

static int characteristics(sqlite3_file *file) { return real(file)->pMethods->xDeviceCharacteristics(real(file)); }

static int map_shared(sqlite3_file *file, int region, int size, int extend, void volatile **memory) {
    UNLESS_FAULTY(
        faulty_shared_memory, real(file)->pMethods->xShmMap(real(file), region, size, extend, memory));
}

static int lock_shared(sqlite3_file *file, int offset, int count, int flags) {
    // To give a lock back does not fail.
    if (flags & SQLITE_SHM_UNLOCK) return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
    UNLESS_FAULTY(faulty_shared_lock, real(file)->pMethods->xShmLock(real(file), offset, count, flags));
}

static void shared_barrier(sqlite3_file *file) { real(file)->pMethods->xShmBarrier(real(file)); }

static int unmap_shared(sqlite3_file *file, int erase) {
    return real(file)->pMethods->xShmUnmap(real(file), erase);
}

/// Version 2: without memory-mapped reading, which would go past `read_file`.
static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = file_size,
    .xLock = lock,
    .xUnlock = unlock,
    .xCheckReservedLock = check_lock,
    .xFileControl = control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = characteristics,
    .xShmMap = map_shared,
    .xShmLock = lock_shared,
    .xShmBarrier = shared_barrier,
    .xShmUnmap = unmap_shared,
};

static int open_file(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *result) {
    (void)vfs;
    // Null until it is open: SQLite closes only what has methods.
    file->pMethods = NULL;
    of(file)->path = path;
    of(file)->real = (sqlite3_file *)(of(file) + 1);
    int code = fault(path, faulty_open);
    if (code == SQLITE_OK) code = usual->xOpen(usual, path, real(file), flags, result);
    if (real(file)->pMethods != NULL && code == SQLITE_OK) file->pMethods = &methods;
    return code;
}

static int delete_file(sqlite3_vfs *vfs, const char *path, int sync) {
    (void)vfs;
    int code = fault(path, faulty_delete);
    return code == SQLITE_OK ? usual->xDelete(usual, path, sync) : code;
}

int faulty_files_register(void) {
    static sqlite3_vfs shim;
    pthread_mutex_lock(&mutex);
    int code = SQLITE_OK;
    if (usual == NULL) {
        usual = sqlite3_vfs_find(NULL);
        // What is not replaced goes to the usual one's functions, which look at nothing of the structure but this data.
        shim = *usual;
        shim.szOsFile = (int)sizeof(faulty_file) + usual->szOsFile;
        shim.pNext = NULL;
        shim.zName = "faulty";
        shim.xOpen = open_file;
        shim.xDelete = delete_file;
        code = sqlite3_vfs_register(&shim, 1);
    }
    pthread_mutex_unlock(&mutex);
    return code;
}

void faulty_files_arm(const char *folder, faulty_operation operation, int number, int count, int code) {
    pthread_mutex_lock(&mutex);
    strncpy(plan.folder, folder, sizeof plan.folder - 1);
    plan.operation = operation;
    plan.is_armed = 1;
    plan.first = number;
    plan.left = count;
    plan.code = code;
    plan.seen = 0;
    plan.failed = 0;
    pthread_mutex_unlock(&mutex);
}

int faulty_files_disarm(void) {
    pthread_mutex_lock(&mutex);
    plan.is_armed = 0;
    int failed = plan.failed;
    pthread_mutex_unlock(&mutex);
    return failed;
}
