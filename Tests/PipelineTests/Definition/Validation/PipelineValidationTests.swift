import Pipeline
import Testing

@Suite("validation of a pipeline file")
struct PipelineValidationTests {
    @Test("takes a right file, with defaults where nothing is said")
    func right() throws {
        let definition = try ExampleFile.read(
            """
            {
              "version": 1,
              "source": { "type": "generator" },
              "sinks": [ { "type": "kafka", "topic": "t" }, { "type": "console" } ]
            }
            """, path: "folder/my pipeline.v2.json")
        #expect(definition.name == "my-pipeline-v2")
        #expect(definition.memory == 64 << 20)
        #expect(definition.drainTimeout == .seconds(30))
        #expect(definition.deadShareLimit == 0.5)
        #expect(definition.deadLetters == nil)
        #expect(definition.stages.map(\.name) == ["generator", "kafka", "console"])
        #expect(definition.source.values[ExampleStages.count] == .text("unlimited"))
        #expect(definition.sinks.map(\.isRequired) == [true, false])
    }

    @Test("is told of a file with nothing in it", arguments: ["", " \n", "// nothing", "\u{FEFF}"])
    func empty(_ text: String) {
        #expect(ExampleFile.mistakes(text).count == 1)
        #expect(
            ExampleFile.mistakes(text).first?.contains("empty document: found nothing; allowed: one JSON object")
                == true)
    }

    @Test("refuses a document that is no object", arguments: ["[]", "5", "\"text\"", "null", "true"])
    func noObject(_ text: String) {
        #expect(ExampleFile.mistakes(text).first?.hasPrefix("test.json:1:1: $: wrong type") == true)
    }

    @Test("misses version, source and sink in an empty object, all at once")
    func missing() {
        #expect(
            ExampleFile.mistakes("{}") == [
                "test.json:1:1: $.version: missing member: found no \"version\"; allowed: 1",
                "test.json:1:1: $.source: no source: found no \"source\"; allowed: an object whose \"type\" is "
                    + "\"generator\" or \"kafka\"",
                "test.json:1:1: $.sinks: no sink: found no \"sinks\"; allowed: a list of at least one, each \"type\" "
                    + "\"kafka\", \"sqlite\", \"console\" or \"liar\"",
            ])
        #expect(
            ExampleFile.mistakes(ExampleFile.pipeline(sinks: "")).first?.contains("no sink: found an empty list")
                == true)
    }

    @Test(
        "tells a mistake with place, path, what was found, what is allowed, and the nearest name",
        arguments: [
            (
                #"{ "type": ▸"generatr" }"#, "", "",
                "$.source.type: unknown type of source: found \"generatr\"; allowed: \"generator\" or \"kafka\"; did you mean \"generator\"?"
            ),
            (
                #"{ "type": ▸"sqlite" }"#, "", "",
                "$.source.type: a stage where it cannot stand: found \"sqlite\" under \"source\"; allowed: it under \"sinks\" as a sink; as a source \"generator\" or \"kafka\""
            ),
            (
                "", #"{ "type": ▸"kafka" }"#, "",
                "$.stages[0].type: a stage where it cannot stand: found \"kafka\" under \"stages\"; allowed: it under \"source\" as a source or under \"sinks\" as a sink; as a transform \"rate-gate\", \"pick\" or \"ttl\""
            ),
            (
                "", #"{ "type": "rate-gate", ▸"raet": 5 }"#, "",
                "$.stages[0].raet: unknown member: found \"raet\"; allowed: type, name, rate or burst; did you mean \"rate\"?"
            ),
            (
                "", #"{ "type": "rate-gate", "rate": ▸"5" }"#, "",
                "$.stages[0].rate: wrong type: found \"5\"; allowed: a number from 0.1 to 1000000"
            ),
            (
                "", #"{ "type": "rate-gate", "rate": ▸1e999 }"#, "",
                "$.stages[0].rate: out of range: found 1e999; allowed: a number from 0.1 to 1000000"
            ),
            (
                "", #"{ "type": "rate-gate", "burst": ▸"per_second" }"#, "",
                "$.stages[0].burst: wrong value: found \"per_second\"; allowed: \"off\", \"unlimited\", \"per-second\", true or false; did you mean \"per-second\"?"
            ),
            (
                "", #"{ "type": "ttl", "after": ▸"5 min" }"#, "",
                "$.stages[0].after: wrong value: found \"5 min\"; allowed: \"never\" or a duration such as \"90s\", or a number of seconds, from 1ms to 11d13h46m40s"
            ),
            (
                "", #"{ "type": "ttl", "after": ▸0 }"#, "",
                "$.stages[0].after: out of range: found 0; allowed: \"never\" or a duration such as \"90s\", or a number of seconds, from 1ms to 11d13h46m40s"
            ),
            (
                "", "▸{ }", "",
                #"$.stages[0].type: missing member: found no "type"; allowed: "rate-gate", "pick" or "ttl""#,
            ),
            (
                "", #"{ "type": ▸5 }"#, "",
                "$.stages[0].type: wrong type: found 5; allowed: text of at least one character"
            ),
            (
                "", #"{ "type": "ttl", "name": ▸"a.b" }"#, "",
                "$.stages[0].name: a name is made of letters, digits, - and _, at most 64: found \"a.b\""
            ),
            (
                "", #"{ "type": "ttl", ▸"required": true }"#, "",
                "$.stages[0].required: unknown member: found \"required\"; allowed: type, name or after"
            ),
            (
                #"{ "type": "generator", "count": ▸0 }"#, "", "",
                "$.source.count: out of range: found 0; allowed: \"unlimited\" or a whole number from 1 to 1000000000"
            ),
            (
                #"{ "type": "generator", "count": ▸2.5 }"#, "", "",
                "$.source.count: wrong type: found 2.5; allowed: \"unlimited\" or a whole number from 1 to 1000000000"
            ),
            (
                "▸[]", "", "", "$.source: wrong type: found a list; allowed: an object with a \"type\""
            ),
            (
                #"▸{ "type": "kafka" }"#, "", "",
                "$.source.topic: missing member: found no \"topic\"; allowed: text of at least one character"
            ),
            (
                #"{ "type": "kafka", "topic": ▸"" }"#, "", "",
                "$.source.topic: empty text: found \"\"; allowed: text of at least one character"
            ),
            (
                #"{ "type": "kafka", "topic": ▸"a b" }"#, "", "",
                "$.source.topic: a topic's name has no blank: found \"a b\""
            ),
            (
                #"{ "type": "kafka", "topic": "t", "partitions": [1, ▸-1] }"#, "", "",
                "$.source.partitions[1]: out of range: found -1; allowed: a whole number from 0 to 99"
            ),
            (
                #"{ "type": "kafka", "topic": "t", "partitions": ▸[] }"#, "", "",
                "$.source.partitions: too short a list: found 0 of at least 1; allowed: a list of at least 1, each a whole number from 0 to 99"
            ),
            (
                #"{ "type": "kafka", "topic": "t", "group": "g", "partitions": ▸[1] }"#, "", "",
                "$.source.partitions: a group assigns the partitions itself"
            ),
            (
                #"{ "type": "kafka", "topic": "t", "properties": { "a": 1, ▸"debug": "all" } }"#, "", "",
                "$.source.properties.debug: is not on the allow-list: found \"all\""
            ),
            (
                #"{ "type": "kafka", "topic": "t", "brokers": [▸5] }"#, "", "",
                "$.source.brokers[0]: wrong type: found 5; allowed: text of at least one character"
            ),
            (
                "", "", #"{ "type": "console", ▸"requird": true }"#,
                "$.sinks[0].requird: unknown member: found \"requird\"; allowed: type, name or required; did you mean \"required\"?"
            ),
            (
                "", "", #"{ "type": "console", "required": ▸"yes" }"#,
                "$.sinks[0].required: wrong type: found \"yes\"; allowed: true or false"
            ),
        ])
    func one(_ source: String, _ stages: String, _ sinks: String, _ told: String) throws {
        // The mark stands before the character that the place names.
        let marked = ExampleFile.pipeline(
            source: source.isEmpty ? #"{ "type": "generator" }"# : source, stages: stages,
            sinks: sinks.isEmpty ? #"{ "type": "console" }"# : sinks)
        let mark = try #require(marked.firstIndex(of: "▸"))
        let column = marked.distance(from: marked.startIndex, to: mark) + 1
        #expect(ExampleFile.mistakes(marked.replacing("▸", with: "")) == ["test.json:1:\(column): \(told)"])
    }

    @Test("names both places of two stages of one name")
    func twoOfOneName() {
        #expect(
            ExampleFile.mistakes(
                ExampleFile.pipeline(
                    source: #"{ "type": "kafka", "topic": "t" }"#,
                    sinks: #"{ "type": "kafka", "topic": "t" }, { "type": "console", "name": "kafka" }"#)) == [
                    "test.json:1:96: $.sinks[0].type: two stages of one name: found \"kafka\", the name of the stage at "
                        + "test.json:1:37 too; allowed: a \"name\" of its own for one of them; a stage without one "
                        + "is named by its type",
                    "test.json:1:150: $.sinks[1].name: two stages of one name: found \"kafka\", the name of the stage "
                        + "at test.json:1:37 too; allowed: a \"name\" of its own for one of them; a stage without "
                        + "one is named by its type",
                ])
    }

    @Test("refuses an owner under a group, and takes it under static assignment")
    func ownerUnderGroup() {
        let owner = #"{ "type": "sqlite" }"#
        #expect(
            ExampleFile.mistakes(
                ExampleFile.pipeline(source: #"{ "type": "kafka", "topic": "t", "group": "g" }"#, sinks: owner)
            ).map {
                String($0.prefix(61))
            } == ["test.json:1:110: $.sinks[0]: an owner under a group: found th"])
        #expect(
            ExampleFile.mistakes(ExampleFile.pipeline(source: #"{ "type": "kafka", "topic": "t" }"#, sinks: owner))
                .isEmpty)
    }

    @Test("tells of a map both the members of a wrong type and those that the stage refuses")
    func map() {
        let told = ExampleFile.mistakes(
            ExampleFile.pipeline(
                source:
                    #"{ "type": "kafka", "topic": "t", "properties": { "a": null, "debug": 1, "b": [], "debug.x": 2, "c": 3 } }"#
            ))
        #expect(
            told.map { $0.split(separator: ": ")[1...2].joined(separator: " ") } == [
                "$.source.properties.a wrong type", "$.source.properties.debug is not on the allow-list",
                "$.source.properties.b wrong type", "$.source.properties['debug.x'] is not on the allow-list",
            ])
    }

    @Test("a mistake of name or of required hides none between stages")
    func besideName() {
        let told = ExampleFile.mistakes(
            ExampleFile.pipeline(
                source: #"{ "type": "kafka", "topic": "t", "group": "g" }"#,
                sinks:
                    #"{ "type": "sqlite", "name": "a b", "required": 1 }, { "type": "sqlite", "name": "kafka", "path": "b.db" }"#
            ))
        #expect(told.count == 5, "\(told)")
        #expect(told.filter { $0.contains("an owner under a group") }.count == 2)
    }

    @Test("takes as place for dead letters only a sink that can be one")
    func deadLetters() throws {
        let sinks = #"{ "type": "console" }, { "type": "sqlite", "name": "archive" }"#
        #expect(
            try ExampleFile.read(ExampleFile.pipeline(sinks: sinks, more: #" "dead_letters": "archive","#)).deadLetters
                == "archive")
        #expect(
            ExampleFile.mistakes(ExampleFile.pipeline(sinks: sinks, more: #" "dead_letters": "archiv","#)) == [
                "test.json:1:33: $.dead_letters: no place for dead letters: found \"archiv\"; allowed: the name of a sink "
                    + "that takes dead letters: \"archive\"; did you mean \"archive\"?"
            ])
        #expect(
            ExampleFile.mistakes(ExampleFile.pipeline(more: #" "dead_letters": "console","#)).first?.hasSuffix(
                "allowed: the name of a sink that takes dead letters; none here does") == true)
        let broken = #"{ "type": "sqlite", "path": 5 }"#
        #expect(
            ExampleFile.mistakes(ExampleFile.pipeline(sinks: broken, more: #" "dead_letters": "sqlite","#)).count == 1)
    }

    @Test("tells every mistake of a bad file at once, in the order of the lines")
    func allAtOnce() {
        let told = ExampleFile.mistakes(
            """
            {
              "version": 2, "nmae": "x", "memory": "1MiB",
              "source": { "type": "ttl" },
              "stages": [
                { "type": "rate-gat" }, { "type": "rate-gate", "rate": "fast", "burst": "of" },
                { "type": "rate-gate", "rate": 0, "rate": 1 },
                { "type": "ttl", "name": "end", "after": "${AFTER}" }, 5
              ],
              "sinks": [ { "type": "kafka", "brokers": "a,,b", "tls": { "verify": "yes" } } ]
            }
            """, set: ["stages.end.afer=1s"])
        #expect(
            told.map { $0.split(separator: ": ").prefix(2).joined(separator: " ") } == [
                "test.json:2:14 $.version", "test.json:2:17 $.nmae", "test.json:2:40 $.memory",
                "test.json:3:23 $.source.type", "test.json:5:15 $.stages[0].type", "test.json:5:60 $.stages[1].rate",
                "test.json:5:77 $.stages[1].burst", "test.json:6:15 $.stages[2].type",
                "test.json:6:36 $.stages[2].rate", "test.json:6:39 $.stages[2].rate",
                "test.json:7:46 $.stages[3].after", "test.json:7:60 $.stages[4]", "test.json:9:14 $.sinks[0].topic",
                "test.json:9:44 $.sinks[0].brokers[1]", "test.json:9:71 $.sinks[0].tls.verify",
                "--set #1 $.stages[3].afer",
            ], "\(told.joined(separator: "\n"))")
    }
}
