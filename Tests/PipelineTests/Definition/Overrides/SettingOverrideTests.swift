import Pipeline
import Testing

@Suite("overrides")
struct SettingOverrideTests {
    @Test("name a pipeline, a path and a value")
    func parts() throws {
        let override = try SettingOverride("archive:sinks.sqlite.path=a=b:c.db", number: 3)
        #expect(override.pipeline == "archive")
        #expect(override.path == ["sinks", "sqlite", "path"])
        #expect(override.value == "a=b:c.db")
        let header = try SettingOverride("sinks.kafka.properties.x:y=", number: 1)
        #expect(header.pipeline == nil)
        #expect(header.path == ["sinks", "kafka", "properties", "x:y"])
        #expect(header.value.isEmpty)
    }

    @Test("without sense are refused", arguments: ["", "=", "a", "a..b=1", ".a=1", ":a=1", "p:=1", "a.=1"])
    func senseless(_ argument: String) {
        #expect(throws: DefinitionMistakes.self) { try SettingOverride(argument, number: 1) }
    }

    @Test("replace, add, and reach into objects and maps with dots in their names")
    func applied() throws {
        let definition = try ExampleFile.read(
            ExampleFile.pipeline(
                source: #"{ "type": "kafka", "topic": "t", "tls": { "verify": false } }"#,
                stages: #"{ "type": "rate-gate", "rate": 1 }, { "type": "rate-gate", "name": "second" }"#,
                sinks: #"{ "type": "sqlite" }, { "type": "console" }"#),
            set: [
                "source.topic=x", "source.tls.ca=file", "source.properties.queue.buffering.max.ms=5",
                "stages.second.rate=9", "sinks.sqlite.path=first.db", "sinks.sqlite.path=b.db", "name=other",
                "memory=10000000", "drain_timeout=1m", "dead_letters=sqlite", "sinks.console.required=true",
                "source.partitions=[0, 1]",
            ])
        let source = definition.source.values
        #expect(source[ExampleStages.topic] == "x")
        #expect(source[ExampleStages.partitions] == .list([.integer(0), .integer(1)]))
        #expect(source[ExampleStages.properties] == .object(["queue.buffering.max.ms": .number(5)]))
        #expect(
            source[ExampleStages.tls]
                == .object(["ca": .text("file"), "verify": .boolean(false), "pin": .integer(0)]))
        #expect(definition.transforms.map { $0.values[ExampleStages.rate] } == [1, 9])
        #expect(definition.sinks[0].values[ExampleStages.path] == "b.db")
        #expect(definition.sinks[1].isRequired)
        #expect(definition.name == "other")
        #expect(definition.memory == 10_000_000)
        #expect(definition.drainTimeout == .seconds(60))
        #expect(definition.deadLetters == "sqlite")
    }

    @Test("reach into the objects of a map, whatever dots their names hold")
    func intoMap() throws {
        let definition = try ExampleFile.read(
            ExampleFile.pipeline(stages: #"{ "type": "pick", "keep": { "a": { "of": ["x"], "not": ["y"] } } }"#),
            set: [
                "stages.pick.keep.a.of=z", "stages.pick.keep.b.c.not=w", "stages.pick.keep.not.of=v",
                #"stages.pick.keep.d={"of": ["u"]}"#,
            ])
        func condition(_ of: [String], _ not: [String]) -> SettingValue {
            .object(["of": .list(of.map { .text($0) }), "not": .list(not.map { .text($0) })])
        }
        #expect(
            definition.transforms[0].values[ExampleStages.keep]
                == .object([
                    "a": condition(["z"], ["y"]), "b.c": condition([], ["w"]), "not": condition(["v"], []),
                    "d": condition(["u"], []),
                ]))
    }

    @Test("take away the need for the variable they replace, and put in none themselves")
    func instead() throws {
        let text = ExampleFile.pipeline(source: #"{ "type": "kafka", "topic": "${TOPIC}" }"#)
        #expect(ExampleFile.mistakes(text).count == 1)
        #expect(try ExampleFile.read(text, set: ["source.topic=${A}"]).source.values[ExampleStages.topic] == "${A}")
    }

    @Test("that reach nothing are told by their number, with the nearest name")
    func unknown() {
        #expect(
            ExampleFile.mistakes(
                ExampleFile.pipeline(stages: #"{ "type": "ttl" }"#),
                set: [
                    "source.cuont=5", "stages.tll.after=1s", "stages.ttl=5", "source=5", "memmory=5",
                    "source.count.x=5",
                    "sinks.console.rate=5",
                ]) == [
                    "--set #1: $.source.cuont: unknown member: found \"cuont\"; allowed: type, name or count; "
                        + "did you mean \"count\"?",
                    "--set #2: unknown stage: found \"stages.tll\"; allowed: stages.ttl; did you mean \"stages.ttl\"?",
                    "--set #3: an override of a whole stage: found \"stages.ttl\"; allowed: stages.NAME.SETTING",
                    "--set #4: an override of a whole stage: found \"source\"; allowed: source.SETTING",
                    "--set #5: $.memmory: unknown member: found \"memmory\"; allowed: source, stages, sinks, version, "
                        + "name, dead_letters, memory, drain_timeout, max_dead_share or http; did you mean \"memory\"?",
                    "--set #6: $.source.count: wrong type: found an object; allowed: \"unlimited\" or a whole number "
                        + "from 1 to 1000000000",
                    "--set #7: $.sinks[0].rate: unknown member: found \"rate\"; allowed: type, name or required",
                ])
    }

    @Test("with a value of the wrong type are told like a mistake in the file")
    func wrongValues() {
        #expect(
            ExampleFile.mistakes(ExampleFile.pipeline(), set: ["source.count=0", "max_dead_share=2", "version=2"]) == [
                "--set #1: $.source.count: out of range: found \"0\"; allowed: \"unlimited\" or a whole number "
                    + "from 1 to 1000000000",
                "--set #2: $.max_dead_share: out of range: found \"2\"; allowed: a number from 0 to 1",
                "--set #3: $.version: out of range: found \"2\"; allowed: 1",
            ])
    }

    @Test("for another pipeline have no effect")
    func otherPipeline() throws {
        let text = ExampleFile.pipeline(source: #"{ "type": "kafka", "topic": "t" }"#, more: #" "name": "one","#)
        #expect(try ExampleFile.read(text, set: ["two:source.topic=x"]).source.values[ExampleStages.topic] == "t")
        #expect(try ExampleFile.read(text, set: ["one:source.topic=x"]).source.values[ExampleStages.topic] == "x")
    }
}
