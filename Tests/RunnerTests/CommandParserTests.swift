import Pipeline
import Stages
import Testing

@testable import Runner

@Suite("Command line")
struct CommandParserTests {
    @Test("files and options of a run are understood in any order")
    func run() throws {
        let command = try CommandParser.parse([
            "a.json", "--set", "a:source.count=5", "-q", "--report=r.json", "b.json", "--env-file", "x.env",
            "--log-format",
            "json", "--embedded-broker",
        ])
        var expected = RunOptions()
        expected.files = FileOptions(
            files: ["a.json", "b.json"], overrides: ["a:source.count=5"], environmentFiles: ["x.env"])
        expected.reportPath = "r.json"
        expected.logFormat = .json
        expected.isQuiet = true
        expected.usesEmbeddedBroker = true
        #expect(command == .run(expected))
    }

    @Test("after -- everything is a file, and - is one too")
    func endOfOptions() throws {
        let command = try CommandParser.parse(["-", "--", "--report"])
        #expect(command == .run(RunOptions(files: FileOptions(files: ["-", "--report"]))))
    }

    @Test("a value may hold an equals sign")
    func equals() throws {
        let command = try CommandParser.parse(["a.json", "--set=sinks.kafka.topic=x=y"])
        #expect(
            command == .run(RunOptions(files: FileOptions(files: ["a.json"], overrides: ["sinks.kafka.topic=x=y"]))))
    }

    @Test("the subcommands have their own words")
    func subcommands() throws {
        #expect(try CommandParser.parse(["check", "a.json"]) == .check(FileOptions(files: ["a.json"])))
        #expect(
            try CommandParser.parse(["explain", "a.json", "--format", "json", "--set", "x=1", "--env-file", "e"])
                == .explain(
                    ExplainOptions(
                        files: FileOptions(files: ["a.json"], overrides: ["x=1"], environmentFiles: ["e"]),
                        format: .json)))
        #expect(try CommandParser.parse(["stages"]) == .stages(type: nil))
        #expect(try CommandParser.parse(["stages", "kafka"]) == .stages(type: "kafka"))
        #expect(
            try CommandParser.parse(["query", "a.db", "SELECT 1", "--format", "csv"])
                == .query(QueryOptions(database: "a.db", statement: "SELECT 1", format: .csv)))
        #expect(
            try CommandParser.parse(["delete-topic", "a.json", "--set", "x=1"])
                == .deleteTopic(FileOptions(files: ["a.json"], overrides: ["x=1"])))
        #expect(try CommandParser.parse(["delete-topic", "-h"]) == .help(topic: "delete-topic"))
        #expect(
            try CommandParser.parse(["broker", "--topic", "t", "--partitions", "7"])
                == .broker(BrokerOptions(topic: "t", partitions: 7)))
        #expect(try CommandParser.parse([]) == .help(topic: nil))
        #expect(try CommandParser.parse(["query", "--help"]) == .help(topic: "query"))
        #expect(try CommandParser.parse(["--version"]) == .version)
    }

    @Test("the streams of a verification have the clock that was given, wherever it stands")
    func verify() throws {
        let command = try CommandParser.parse([
            "verify", "a.db", "--stream", "42,10,5", "--clock", "schedule", "b.db", "--stream=7,0,1", "-q", "--format",
            "json",
        ])
        var expected = VerifyOptions()
        expected.archives = ["a.db", "b.db"]
        expected.streams = [(42, 10..<15), (7, 0..<1)].map {
            StreamExpectation(settings: TransactionSettings(seed: $0.0), indices: $0.1, clock: .schedule)
        }
        expected.format = .json
        expected.isQuiet = true
        #expect(command == .verify(expected))
    }

    @Test(
        "what cannot be understood is a usage error that says what is known",
        arguments: [
            ["--teapot"], ["a.json", "--set"], ["check"], ["explain"], ["explain", "a.json", "--report", "r"],
            ["query"], ["query", "a", "b", "c"], ["stages", "a", "b"],
            ["broker", "--partitions", "0"], ["a.json", "--log-format", "xml"], ["query", "a.db", "--format", "xml"],
            ["-q"], ["verify"], ["verify", "a.db", "--stream", "1,2"], ["verify", "a.db", "--stream", "1,-2,3"],
            ["verify", "a.db", "--stream", "1,9223372036854775807,1"], ["verify", "a.db", "--clock", "sun"],
        ])
    func mistakes(_ arguments: [String]) throws {
        let error = try #require(throws: PipelineError.self) { try CommandParser.parse(arguments) }
        #expect(error.code == .usage)
        #expect(!error.reason.isEmpty)
    }
}
