import Foundation
import Pipeline
import Testing

@Suite("pipeline files")
struct PipelineFileTests {
    /// Calls something with a folder that holds these files.
    private func withFolder(_ files: [String: String], _ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sluice-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in files { try Data(text.utf8).write(to: folder.appending(path: name)) }
        try body(folder.path)
    }

    private func mistakes(_ paths: [String], set: [String] = []) throws -> [String] {
        let overrides = try set.enumerated().map { try SettingOverride($1, number: $0 + 1) }
        do {
            _ = try PipelineFile.definitions(
                of: paths, registry: ExampleStages.registry, environment: [:], overrides: overrides)
            return []
        } catch {
            return error.all.map(\.description)
        }
    }

    @Test("that are missing, a folder, or empty are told, together with the mistakes of the others")
    func unreadable() throws {
        try withFolder(["empty.json": "", "bad.json": "{}"]) { folder in
            let told = try mistakes(["\(folder)/none.json", folder, "\(folder)/empty.json", "\(folder)/bad.json", ""])
            #expect(told.count == 7, "\(told)")
            #expect(told[0].hasPrefix("\(folder)/none.json: no such file"))
            #expect(told[1].hasPrefix("\(folder): a folder"))
            #expect(told[2].hasPrefix("\(folder)/empty.json:1:1: $: empty document"))
            #expect(told[3].hasPrefix("\(folder)/bad.json:1:1: $.version"))
            #expect(told[6].hasPrefix("\"\": no such file"))
        }
    }

    @Test("without an end are read no further than a document may be long")
    func endless() throws {
        #expect(try mistakes(["/dev/zero"]) == ["/dev/zero: too large: found more; allowed: at most 1MiB"])
    }

    @Test("side by side may not share a name or an archive")
    func together() throws {
        let sqlite = #"{ "type": "sqlite" }"#
        try withFolder([
            "a.json": ExampleFile.pipeline(sinks: sqlite), "b.json": ExampleFile.pipeline(sinks: sqlite),
            "c.json": ExampleFile.pipeline(more: #" "name": "a","#), "d.json": ExampleFile.pipeline(),
        ]) { folder in
            let all = ["a", "b", "c", "d"].map { "\(folder)/\($0).json" }
            let told = try mistakes(all)
            #expect(
                told == [
                    "\(folder)/b.json:1:86: $.sinks[0]: two stages on one resource: found \"atm.db\", which \"sqlite\" of "
                        + "\"a\" (\(folder)/a.json:1:86) has too; allowed: one stage that writes it",
                    "\(folder)/c.json:1:25: $.name: two pipelines of one name: found \"a\", the name of the pipeline at "
                        + "\(folder)/a.json:1:1 too; allowed: a \"name\" of its own for one of them",
                ])
            #expect(try mistakes([all[0], all[1], all[3]], set: ["b:sinks.sqlite.path=b.db"]).isEmpty)
            #expect(try mistakes([all[3]]).isEmpty)
        }
    }

    @Test("are told of an override for a pipeline that is in none of them")
    func unknownPipeline() throws {
        try withFolder(["produce.json": ExampleFile.pipeline(), "bad.json": "{"]) { folder in
            let told = try mistakes(["\(folder)/produce.json"], set: ["prodcue:source.count=5"])
            #expect(
                told == [
                    "--set #1: unknown pipeline: found \"prodcue\"; allowed: \"produce\"; did you mean \"produce\"?"
                ])
            let both = try mistakes(["\(folder)/produce.json", "\(folder)/bad.json"], set: ["x:source.count=5"])
            #expect(both.count == 1 && both[0].contains("bad.json"), "\(both)")
        }
    }

    @Test("two archives in one pipeline on one path are a mistake as well")
    func twiceInOne() {
        let told = ExampleFile.mistakes(
            ExampleFile.pipeline(sinks: #"{ "type": "sqlite" }, { "type": "sqlite", "name": "second" }"#))
        #expect(told.count == 1)
        #expect(told.first?.hasPrefix("test.json:1:108: $.sinks[1]: two stages on one resource") == true, "\(told)")
    }

    @Test("say of every setting where it came from")
    func origins() throws {
        let definition = try ExampleFile.read(
            ExampleFile.pipeline(
                source:
                    #"{ "type": "kafka", "topic": "${T:-t}", "group": "${G}-${H:-h}", "tls": { "verify": false }, "properties": { "linger.ms": 5 } }"#,
                more: #" "memory": "1GiB","#),
            environment: ["G": "g"], set: ["source.tls.ca=file"])
        #expect(
            definition.source.settings.map { "\($0.name) = \($0.text) \($0.origin.summary)" } == [
                "type = \"kafka\" test.json:1:55", "name = \"kafka\" default", "brokers = [] default",
                "topic = \"t\" default of ${T}, test.json:1:73",
                "group = \"g-h\" ${G} from the environment, default of ${H}, test.json:1:93",
                "partitions = \"all\" default",
                "properties.linger.ms = 5 test.json:1:166", "password = \"\" default", "tls.ca = \"file\" --set #1",
                "tls.verify = false test.json:1:128", "tls.pin = 0 default",
            ])
        #expect(
            definition.settings.map { "\($0.name) = \($0.text) \($0.origin.summary)" } == [
                "version = 1 test.json:1:14", "name = \"test\" default", "dead_letters = \"\" default",
                "memory = \"1GiB\" test.json:1:27", "drain_timeout = \"30s\" default", "max_dead_share = 0.5 default",
                "http.listen = \"\" default", "http.stall_after = \"30s\" default",
            ])
    }

    @Test("say where a part of a list, or of an object in a map, came from, and show what an object left out comes to")
    func originsOfParts() throws {
        let definition = try ExampleFile.read(
            ExampleFile.pipeline(
                source: #"{ "type": "kafka", "topic": "t", "brokers": ["${A}:1", "${B:-b}:2", "${A}:3", "c:4"] }"#,
                stages: #"{ "type": "pick", "keep": { "a": { "of": "${W}" }, "b.c": {} } }"#,
                sinks: #"{ "type": "sqlite" }, { "type": "console", "required": "${R:-true}" }"#),
            environment: ["A": "x", "W": VariableValue("u,v", at: Place(".env", line: 7))],
            set: ["stages.pick.keep.b.c.not=w"])
        func lines(_ stage: PipelineDefinition.Stage) -> [String] {
            stage.settings.map { "\(stage.overridePath).\($0.name) = \($0.text) \($0.origin.summary)" }
        }
        let source = lines(definition.source)
        #expect(
            source.contains(
                "source.brokers = [\"x:1\", \"b:2\", \"x:3\", \"c:4\"] "
                    + "${A} from the environment, default of ${B}, test.json:1:71"), "\(source)")
        #expect(source.suffix(3).map { $0.prefix(11) } == Array(repeating: "source.tls.", count: 3))
        #expect(
            lines(definition.transforms[0]).dropLast().suffix(4) == [
                "stages.pick.keep.a.of = [\"u\", \"v\"] ${W} from .env:7, test.json:1:167",
                "stages.pick.keep.a.not = [] default", "stages.pick.keep.b.c.of = [] default",
                "stages.pick.keep.b.c.not = [\"w\"] --set #1",
            ])
        #expect(lines(definition.sinks[0]).last == "sinks.sqlite.required = true default")
        #expect(lines(definition.sinks[1]).last == "sinks.console.required = true default of ${R}, test.json:1:258")
    }

    @Test("become the stages that the runtime runs")
    func assembled() throws {
        let parts = try ExampleFile.read(
            ExampleFile.pipeline(
                stages: #"{ "type": "rate-gate" }, { "type": "ttl", "name": "end" }"#,
                sinks: #"{ "type": "console" }, { "type": "sqlite", "required": false }"#,
                more: #" "dead_letters": "sqlite", "memory": 8388608, "drain_timeout": 1.5, "max_dead_share": 0,"#)
        ).assemble()
        #expect(parts.name == "test")
        #expect(parts.source.name == "generator")
        #expect(parts.transforms.map(\.name) == ["rate-gate", "end"])
        #expect(parts.transforms.map(\.type) == ["rate-gate", "ttl"])
        #expect(parts.sinks.map(\.sink.name) == ["console", "sqlite"])
        #expect(parts.sinks.map(\.isRequired) == [false, false])
        #expect(parts.deadLetters == "sqlite")
        #expect(parts.memory == 8 << 20)
        #expect(parts.drainTimeout == .milliseconds(1_500))
        #expect(parts.deadShareLimit == 0)
    }

    @Test("whose declaration makes another kind of stage than it says are our own fault, with a place")
    func liar() throws {
        let definition = try ExampleFile.read(ExampleFile.pipeline(sinks: #"{ "type": "liar" }"#))
        let error = #expect(throws: PipelineError.self) { try definition.assemble() }
        #expect(error?.code == .internalFault)
        #expect(error?.place == "test.json:1:86: $.sinks[0]")
    }

    @Test("with mistakes are one error of the configuration for callers that know only those")
    func asError() throws {
        let error = #expect(throws: DefinitionMistakes.self) { try ExampleFile.read("{}") }
        #expect(error?.error.code == .configuration)
        #expect(error?.error.description.contains("$.source: no source") == true)
    }
}
