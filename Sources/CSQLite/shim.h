#include <sqlite3.h>

// sqlite3_db_config is variadic and SQLITE_TRANSIENT a cast of -1: Swift can take neither as it is.

/// Switches a boolean option of a connection (SQLITE_DBCONFIG_…) on or off.
static inline int sluice_sqlite_configure(sqlite3 *database, int option, int value) {
    return sqlite3_db_config(database, option, value, (int *)0);
}

/// Binds text; SQLite copies it. An empty text has no address in Swift, and is not NULL here.
static inline int sluice_sqlite_bind_text(sqlite3_stmt *statement, int index, const char *bytes, int count) {
    return sqlite3_bind_text(statement, index, count == 0 ? "" : bytes, count, SQLITE_TRANSIENT);
}

/// Binds bytes; SQLite copies them.
static inline int sluice_sqlite_bind_blob(sqlite3_stmt *statement, int index, const void *bytes, int count) {
    return count == 0 ? sqlite3_bind_zeroblob(statement, index, 0)
                      : sqlite3_bind_blob(statement, index, bytes, count, SQLITE_TRANSIENT);
}
