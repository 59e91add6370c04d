import CSQLite
import Driving
import Foundation

/// An archive read by another process while it is written: how old each record is when a reader first sees it.
///
/// Within a partition rows become visible in the order of their ids, but one partition may be behind another. So each
/// look asks for everything above the lowest of the partitions' last ids and passes over what it has seen: nothing is
/// missed, and no index is needed that the archive does not have.
final class GrowingArchive {
    private static let statement = """
        SELECT transaction_id, kafka_partition, timestamp FROM transactions WHERE transaction_id > ?1
        ORDER BY transaction_id
        """

    private let path: String
    private let partitions: Int
    private var database: OpaquePointer?
    private var query: OpaquePointer?
    private var lastSeen: [Int32: String] = [:]
    private var second = (text: "", microseconds: 0)
    /// Milliseconds from a record's own time until it was seen, in the order of seeing, with that time in microseconds.
    private(set) var ages: [(made: Int, milliseconds: Double)] = []

    /// - Parameters:
    ///   - path: the archive's file; need not be there yet.
    ///   - partitions: how many partitions the records come from.
    init(path: String, partitions: Int) {
        self.path = path
        self.partitions = partitions
    }

    deinit {
        sqlite3_finalize(query)
        sqlite3_close(database)
    }

    /// Opens the archive.
    /// - Returns: false if it is not there yet.
    func open() -> Bool {
        sqlite3_close(database)
        database = nil
        guard sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY, nil) == SQLITE_OK else { return false }
        // While the archive is being made its writer holds it alone.
        sqlite3_busy_timeout(database, 5_000)
        return sqlite3_prepare_v2(database, Self.statement, -1, &query, nil) == SQLITE_OK
    }

    /// Reads what has become visible since the last look.
    /// - Throws: ``DriverFailure`` if SQLite does.
    func look() throws(DriverFailure) {
        // Until every partition has shown a row there is no lowest, and all is asked for.
        let lowest = lastSeen.count == partitions ? lastSeen.values.min() ?? "" : ""
        sluice_sqlite_bind_text(query, 1, lowest, Int32(lowest.utf8.count))
        defer { sqlite3_reset(query) }
        var made: [Int] = []
        var code = sqlite3_step(query)
        while code == SQLITE_ROW {
            let identifier = text(0)
            let partition = sqlite3_column_int(query, 1)
            if identifier > lastSeen[partition] ?? "" {
                lastSeen[partition] = identifier
                made.append(try time(text(2)))
            }
            code = sqlite3_step(query)
        }
        guard code == SQLITE_DONE else {
            throw DriverFailure("cannot read \(path)", reason: String(cString: sqlite3_errmsg(database)))
        }
        // After the last row of this look was read: that is when a reader has them.
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let seen = now.tv_sec * 1_000_000 + now.tv_nsec / 1_000
        for made in made { ages.append((made, Double(seen - made) / 1e3)) }
    }

    private func text(_ column: Int32) -> String {
        sqlite3_column_text(query, column).map { String(cString: $0) } ?? ""
    }

    /// Microseconds since 1970 of a time like `2025-01-01T00:00:00.123456Z`.
    private func time(_ text: String) throws(DriverFailure) -> Int {
        let prefix = text.prefix(19)
        if prefix != second.text {
            guard let date = try? Date(prefix + "Z", strategy: .iso8601) else {
                throw DriverFailure("cannot read a record's time", reason: text)
            }
            second = (String(prefix), Int(date.timeIntervalSince1970) * 1_000_000)
        }
        guard let fraction = Int(text.dropFirst(20).prefix(6)) else {
            throw DriverFailure("cannot read a record's time", reason: text)
        }
        return second.microseconds + fraction
    }
}
