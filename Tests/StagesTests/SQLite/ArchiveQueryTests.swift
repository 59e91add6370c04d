import Foundation
import Pipeline
import Stages
import Testing

@Suite struct ArchiveQueryTests {
    private func archive(_ rows: Range<Int64> = 0..<10) async throws -> ArchiveBench {
        let bench = try ArchiveBench()
        let sink = try await bench.running()
        try await bench.write(.records(rows), to: sink)
        try await sink.flush()
        await sink.close()
        return bench
    }

    private func text(
        _ bench: ArchiveBench, _ sql: String, _ format: ArchiveQuery.Format = .table
    ) throws -> String {
        var text = ""
        try ArchiveQuery(path: bench.path).rows(sql, format: format) { text += $0 }
        return text
    }

    @Test("a table aligns its columns, numbers to the right")
    func table() async throws {
        let bench = try await archive()
        #expect(
            try text(
                bench, "SELECT atm_id, amount, NULL AS empty FROM transactions WHERE amount > 7 ORDER BY 1")
                    == """
                    atm_id    amount  empty
                    ────────  ──────  ─────
                    ATM-0008    7.25  null
                    ATM-0009    8.25  null
                    ATM-0010    9.25  null
                    (3 rows)

                    """)
        #expect(try text(bench, "SELECT 1 AS a WHERE 0") == "a\n─\n(0 rows)\n")
    }

    @Test("a table writes out what a terminal would obey")
    func controls() async throws {
        let bench = try await archive()
        #expect(
            try text(bench, "SELECT 'a' || char(27) || '[2J' || char(10) || char(0x202E) || 'é' AS x")
                == "x\n─────────────────────\na\\u{1b}[2J\\n\\u{202e}é\n(1 row)\n")
    }

    @Test("a table of more rows than it keeps back streams the rest in the same columns")
    func longTable() async throws {
        let bench = try await archive(0..<2_500)
        var pieces = 0
        var text = ""
        try ArchiveQuery(path: bench.path).rows("SELECT user_id, amount FROM transactions", format: .table) {
            pieces += 1
            text += $0
        }
        let lines = text.split(separator: "\n")
        #expect(lines.count == 2_503)
        #expect(lines.last == "(2,500 rows)")
        #expect(lines.dropLast().allSatisfy { $0.count == lines[0].count })
        #expect(pieces > 2)
    }

    @Test("CSV follows RFC 4180 and tells NULL from the empty text")
    func csv() async throws {
        let bench = try await archive()
        let rows = try text(
            bench,
            "SELECT 'a,b' AS \"x,y\", 'say \"hi\"' AS q, 'two' || char(13, 10) || 'lines' AS l, NULL AS n, '' AS e, 1.5 AS r",
            .csv)
        #expect(rows == "\"x,y\",q,l,n,e,r\r\n\"a,b\",\"say \"\"hi\"\"\",\"two\r\nlines\",,\"\",1.5\r\n")
    }

    @Test("CSV is exact, and on a terminal writes out what that would obey")
    func csvOnTerminal() async throws {
        let bench = try await archive()
        let sql = "SELECT 'a' || char(27) || '[2J,' || char(0x9B, 10, 0x202E) || 'é' AS \"x\u{1B}c\", 5 AS n"
        #expect(try text(bench, sql, .csv) == "x\u{1B}c,n\r\n\"a\u{1B}[2J,\u{9B}\n\u{202E}é\",5\r\n")
        var shown = ""
        try ArchiveQuery(path: bench.path).rows(sql, format: .csv, isForTerminal: true) { shown += $0 }
        #expect(shown == #"x\u{1b}c,n"# + "\r\n" + #""a\u{1b}[2J,\u{9b}\n\u{202e}é",5"# + "\r\n")
    }

    @Test("JSON gives one object a line, with types, escapes and no name twice")
    func json() async throws {
        let bench = try await archive()
        let rows = try text(
            bench,
            "SELECT 1 AS a, 2.0 AS a, NULL AS n, char(0, 9, 34, 92, 0x2028, 0x202E, 127, 0xE0001, 233) AS t, 9e999 AS i, x'00ff' AS b, x'6869' AS c",
            .json)
        #expect(
            rows
                == #"{"a":1,"a_2":2.0,"n":null,"t":"\u0000\t\"\\\u2028\u202e\u007f\udb40\udc01é","i":null,"b":"x'00ff'","c":"hi"}"#
                + "\n")
        #expect(try text(bench, "SELECT * FROM transactions", .json).split(separator: "\n").count == 10)
    }

    @Test("a runner that writes and a query that reads do not wait for each other")
    func whileWriting() async throws {
        let bench = try ArchiveBench()
        let sink = try await bench.running()
        try await bench.write(.records(0..<5), to: sink)
        try await sink.flush()
        try await bench.write(.records(5..<9), to: sink)
        #expect(try text(bench, "SELECT count(*) AS n FROM transactions", .csv) == "n\r\n5\r\n")
        try await sink.flush()
        #expect(try text(bench, "SELECT count(*) AS n FROM transactions", .csv) == "n\r\n9\r\n")
        await sink.close()
    }

    @Test("SQL that is wrong is an error of usage, with SQLite's words and the tables there are")
    func wrongSQL() async throws {
        let bench = try await archive()
        let error = #expect(throws: PipelineError.self) { try text(bench, "SELECT x FROM nowhere") }
        #expect(error?.code == .usage)
        #expect(error?.reason == "no such table: nowhere")
        #expect(
            error?.remedy == "The archive has the tables dead_letters, meta, offsets, transactions, transactions_rows")
    }

    @Test(
        "SQL that would write, read another file, or is not one statement is an error of usage",
        arguments: [
            "DELETE FROM transactions", "UPDATE offsets SET next = 0", "CREATE TABLE a (b)", "ATTACH 'x.db' AS x",
            "VACUUM INTO 'x.db'", "PRAGMA user_version = 9", "SELECT 1; SELECT 2", "", " -- nothing",
        ])
    func notReading(sql: String) async throws {
        let bench = try await archive()
        let before = try Data(contentsOf: URL(fileURLWithPath: bench.path))
        let error = #expect(throws: PipelineError.self) { try text(bench, sql) }
        #expect(error?.code == .usage)
        #expect(try Data(contentsOf: URL(fileURLWithPath: bench.path)) == before)
        #expect(!FileManager.default.fileExists(atPath: "x.db"))
    }

    @Test("a file that is not there, empty or no archive is told from a wrong query")
    func noArchive() async throws {
        let bench = try ArchiveBench()
        let missing = #expect(throws: PipelineError.self) { try text(bench, "SELECT 1") }
        #expect(missing?.code == .inputOutput)
        #expect(missing?.reason == "there is no such file")
        #expect(try bench.files == [])
        try Data("no archive".utf8).write(to: URL(fileURLWithPath: bench.path))
        let other = #expect(throws: PipelineError.self) { try ArchiveQuery(path: bench.path).summary { _ in } }
        #expect(other?.code == .inputOutput)
        #expect(other?.reason == "it is not a database")
    }

    @Test("the summary says what is in the archive without SQL")
    func summary() async throws {
        let bench = try ArchiveBench()
        let sink = try await bench.running(partitions: [0, 1])
        var batch = TransactionBatch.records(0..<1_200)
        batch.dead = [3, 4]
        batch.rows[7].values["timestamp"] = "2026-01-01T00:00:00.000000Z"
        batch.rows[8].values["currency"] = "USD"
        try await bench.write(batch, to: sink)
        try await bench.write(.records(0..<2, partition: 1), to: sink)
        try await sink.flush()
        await sink.close()
        var text = ""
        try ArchiveQuery(path: bench.path).summary { text += $0 }
        #expect(
            text == """
                Archive  \(bench.path)
                Stream   atm-transactions of cluster-1
                Rows     1,200 in transactions
                From     2026-01-01T00:00:00.000000Z
                To       2026-01-02T03:04:05.000000Z

                By status
                  SUCCESS  1,080  90.0 %
                  FAILED     120  10.0 %

                By type
                  WITHDRAWAL  1,200  100.0 %

                By region
                  APAC     401  33.4 %
                  EU-WEST  400  33.3 %
                  US-WEST  399  33.3 %

                Successful amounts
                  currency  transactions         sum  average
                  EUR              1,079  242,175.75   224.44
                  USD                  1        8.25     8.25

                Dead letters
                  stage   count  reason
                  filter      2  has no use

                Partitions
                  partition  first claimed   next   read   rows  repeated  dropped  dead  holes  lost
                  0                      0  1,200  1,200  1,198         0        0     2      0     0
                  1                      0      2      2      2         0        0     0      0     0
                  all                              1,202  1,200         0        0     2      0     0

                """)
    }

    @Test("the summary keeps a sign, and does not look into views of somebody's own")
    func ownView() async throws {
        let bench = try ArchiveBench()
        let sink = try await bench.running()
        var batch = TransactionBatch.records(0..<1)
        batch.rows[0].values["amount"] = "-0.5"
        try await bench.write(batch, to: sink)
        try await sink.flush()
        await sink.close()
        _ = try bench.query("CREATE VIEW odd AS SELECT no_such_function() AS kafka_offset FROM transactions")
        var text = ""
        try ArchiveQuery(path: bench.path).summary { text += $0 }
        #expect(text.contains("Rows     1 in transactions\n"))
        #expect(text.contains("-0.50    -0.50\n"))
    }

    @Test("the summary of an archive with other columns shows what those allow")
    func otherColumns() async throws {
        let bench = try ArchiveBench()
        let sink = try await bench.running([
            "table": .text("payments"),
            "columns": .list([.object(["name": .text("id"), "field": .text("transaction_id"), "key": .boolean(true)])]),
        ])
        try await bench.write(.records(0..<3), to: sink)
        try await sink.flush()
        await sink.close()
        var text = ""
        try ArchiveQuery(path: bench.path).summary { text += $0 }
        #expect(text.contains("Rows     3 in payments\n\nDead letters  none\n\nPartitions\n"))
    }
}
