internal import CSQLite

/// The eponymous virtual table `batch` of one connection: `SELECT … FROM batch` reads the records of the batch that is
/// lent at the moment, in memory, without a bind or a copy.
///
/// Against binding and stepping row by row an INSERT … SELECT from it takes half the time: SQLite fetches the columns
/// from inside one running statement (https://www.sqlite.org/vtab.html#epovtab).
final class BatchTable {
    /// What the C callbacks reach: the connection's registration points to it.
    struct Shared {
        let declaration: UnsafeMutablePointer<CChar>
        var window: BatchWindow?
    }

    private struct Table {
        // First, because SQLite sees this structure as its own.
        var base: sqlite3_vtab
        var shared: UnsafeMutablePointer<Shared>
    }

    private struct Cursor {
        // First, because SQLite sees this structure as its own.
        var base: sqlite3_vtab_cursor
        var index = 0
        let window: BatchWindow
        /// Nil past the last.
        var row: BatchWindow.Row?

        mutating func move(to index: Int) {
            self.index = index
            row = index < window.count ? window.row(index) : nil
        }
    }

    private let shared: UnsafeMutablePointer<Shared>
    private let module: UnsafeMutablePointer<sqlite3_module>

    /// - Parameter columns: the columns' declarations, as in CREATE TABLE.
    init(columns: String) {
        shared = .allocate(capacity: 1)
        shared.initialize(to: Shared(declaration: Self.copy("CREATE TABLE batch (\(columns))"), window: nil))
        module = .allocate(capacity: 1)
        module.initialize(to: Self.callbacks)
    }

    /// The connection must be closed by now: it keeps pointing to what is freed here.
    deinit {
        shared.pointee.declaration.deallocate()
        shared.deallocate()
        module.deallocate()
    }

    /// Makes the table known to a connection. This object must live until the connection is closed.
    func register(on connection: SQLiteConnection) throws(SQLiteFailure) {
        try connection.check(sqlite3_create_module_v2(connection.handle, "batch", module, shared, nil))
    }

    /// Shows a batch while `body` runs.
    ///
    /// Every pointer of the window must be valid while `body` runs, and every statement that reads `batch` must be run
    /// to its end or reset in `body`. SQLite keeps a SQLITE_STATIC text only in the registers of the running statement,
    /// and a reset releases these (sqlite3VdbeReset), so none outlives the call: rows are copied when they are stored.
    func lend<Result>(_ window: BatchWindow, _ body: () throws(SQLiteFailure) -> Result) throws(SQLiteFailure) -> Result
    {
        shared.pointee.window = window
        defer { shared.pointee.window = nil }
        return try body()
    }

    private static func copy(_ text: String) -> UnsafeMutablePointer<CChar> {
        let bytes = text.utf8CString
        let memory = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
        bytes.withUnsafeBufferPointer {
            memory.initialize(from: $0.baseAddress ?? UnsafePointer(memory), count: $0.count)
        }
        return memory
    }

    /// `xCreate` is nil, which is what makes the table eponymous; nothing writes it, so there is no `xUpdate`.
    private static var callbacks: sqlite3_module {
        var module = sqlite3_module()
        module.xConnect = { database, shared, _, _, table, _ in
            guard let shared = shared?.assumingMemoryBound(to: Shared.self) else { return SQLITE_INTERNAL }
            let code = sqlite3_declare_vtab(database, shared.pointee.declaration)
            guard code == SQLITE_OK else { return code }
            let made = UnsafeMutablePointer<Table>.allocate(capacity: 1)
            made.initialize(to: Table(base: sqlite3_vtab(), shared: shared))
            table?.pointee = UnsafeMutableRawPointer(made).assumingMemoryBound(to: sqlite3_vtab.self)
            return SQLITE_OK
        }
        module.xDisconnect = { table in
            UnsafeMutableRawPointer(table)?.assumingMemoryBound(to: Table.self).deallocate()
            return SQLITE_OK
        }
        module.xBestIndex = { _, plan in
            plan?.pointee.estimatedCost = 1_000
            plan?.pointee.estimatedRows = 1_000
            return SQLITE_OK
        }
        module.xOpen = { table, cursor in
            guard let table = UnsafeMutableRawPointer(table)?.assumingMemoryBound(to: Table.self),
                let window = table.pointee.shared.pointee.window
            else { return SQLITE_MISUSE }
            let made = UnsafeMutablePointer<Cursor>.allocate(capacity: 1)
            made.initialize(to: Cursor(base: sqlite3_vtab_cursor(), window: window))
            cursor?.pointee = UnsafeMutableRawPointer(made).assumingMemoryBound(to: sqlite3_vtab_cursor.self)
            return SQLITE_OK
        }
        module.xClose = { cursor in
            UnsafeMutableRawPointer(cursor)?.assumingMemoryBound(to: Cursor.self).deallocate()
            return SQLITE_OK
        }
        module.xFilter = { cursor, _, _, _, _ in
            UnsafeMutableRawPointer(cursor)?.assumingMemoryBound(to: Cursor.self).pointee.move(to: 0)
            return SQLITE_OK
        }
        module.xNext = { cursor in
            guard let cursor = UnsafeMutableRawPointer(cursor)?.assumingMemoryBound(to: Cursor.self) else {
                return SQLITE_MISUSE
            }
            cursor.pointee.move(to: cursor.pointee.index + 1)
            return SQLITE_OK
        }
        module.xEof = { cursor in
            guard let cursor = UnsafeMutableRawPointer(cursor)?.assumingMemoryBound(to: Cursor.self) else { return 1 }
            return cursor.pointee.row == nil ? 1 : 0
        }
        module.xColumn = { cursor, context, column in
            guard let cursor = UnsafeMutableRawPointer(cursor)?.assumingMemoryBound(to: Cursor.self),
                let row = cursor.pointee.row
            else { return SQLITE_MISUSE }
            cursor.pointee.window.give(column, of: row, to: context)
            return SQLITE_OK
        }
        module.xRowid = { cursor, row in
            guard let cursor = UnsafeMutableRawPointer(cursor)?.assumingMemoryBound(to: Cursor.self) else {
                return SQLITE_MISUSE
            }
            row?.pointee = Int64(cursor.pointee.index)
            return SQLITE_OK
        }
        return module
    }
}
