import Foundation
import Testing

@Suite("runner backup")
struct BackupTests {
    private func archive(_ test: SystemTest) async throws {
        let pipeline = try test.write(
            """
            {"version": 1, "source": {"type": "generator", "seed": 7, "count": 5000},
             "sinks": [{"type": "sqlite", "path": "archive.db"}]}
            """, to: "archive.json")
        let ending = try await test.run([pipeline, "-q"])
        #expect(ending.code == 0, "\(ending.errors)")
    }

    private func verify(_ name: String, _ test: SystemTest) async throws {
        let proof = try await test.run(["verify", name, "--stream", "7,0,5000"])
        #expect(proof.code == 0, "\(proof.output)\(proof.errors)")
    }

    @Test("into a file, which it does not replace")
    func file() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        try await archive(test)
        let first = try await test.run(["backup", "archive.db", "copy.db"])
        #expect(first.code == 0, "\(first.errors)")
        let size = try Data(contentsOf: URL(filePath: test.path("copy.db"))).count
        #expect(first.output == "copied \(size) bytes to copy.db\n")
        try await verify("copy.db", test)
        let second = try await test.run(["backup", "archive.db", "copy.db"])
        #expect(second.code == 73 && second.errors.contains("there is a file of that name"), "\(second.errors)")
    }

    @Test("to standard output, and how much on standard error")
    func output() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        try await archive(test)
        try await SystemTest.command([
            "sh", "-c", #"cd "$1" && "$2" backup archive.db - >copy.db 2>said"#, "sh", test.folder.path,
            RunnerProcess.path,
        ])
        let size = try Data(contentsOf: URL(filePath: test.path("copy.db"))).count
        #expect(try String(contentsOfFile: test.path("said"), encoding: .utf8) == "copied \(size) bytes\n")
        try await verify("copy.db", test)
    }

    @Test("half a copy is a failure, also where the reader has only gone; and nothing stays of it")
    func readerGone() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        try await archive(test)
        let code = try await SystemTest.command([
            "bash", "-c",
            #"cd "$1"; { "$2" backup archive.db - 2>said || echo $? >code; } | head -c 100 >/dev/null; cat code"#,
            "bash", test.folder.path, RunnerProcess.path,
        ])
        #expect(code == "74\n")
        #expect(try String(contentsOfFile: test.path("said"), encoding: .utf8).contains("not a whole archive"))
        #expect(!FileManager.default.fileExists(atPath: test.path("archive.db.backup")))
    }

    @Test("words that are missing or too many")
    func usage() async throws {
        let test = try SystemTest()
        defer { test.remove() }
        for words in [[], ["a.db"], ["a.db", "b.db", "c.db"], ["--fast", "a.db", "b.db"]] {
            #expect(try await test.run(["backup"] + words).code == 64, "\(words)")
        }
        #expect(try await test.run(["backup", "--help"]).output.hasPrefix("Usage: runner backup ARCHIVE FILE"))
    }
}
