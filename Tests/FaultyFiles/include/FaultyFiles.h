/// A virtual file system of SQLite over the usual one, in which a chosen operation fails: for tests of what is left
/// behind then. Only files of one folder are concerned, so that other tests of the process notice nothing.

#ifndef FAULTY_FILES_H
#define FAULTY_FILES_H

/// What can fail.
typedef enum {
    faulty_open,
    faulty_read,
    faulty_write,
    faulty_sync,
    faulty_truncate,
    faulty_delete,
    faulty_size,
    faulty_lock,
    faulty_shared_memory,
    faulty_shared_lock,
    /// The file control by which SQLite tells that a commit is through: it fails after the fact.
    faulty_commit,
    /// Every operation that changes a file: write, sync, truncate, delete.
    faulty_change,
} faulty_operation;

/// Makes it the file system of every connection that is opened from now on.
/// Returns SQLite's code.
int faulty_files_register(void);

/// Lets operations fail, in files whose path begins with `folder`.
/// operation: which kind is counted; number: the first one that fails, from 1; count: how many fail from there on;
/// code: SQLite's code they fail with; of SQLITE_IOERR the extended one that belongs to the operation. A write that fails
/// with SQLITE_FULL writes half of its bytes first.
void faulty_files_arm(const char *folder, faulty_operation operation, int number, int count, int code);

/// Lets no operation fail any more.
/// Returns how many have failed since they were armed.
int faulty_files_disarm(void);

#endif
