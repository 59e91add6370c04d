import Pipeline
import Testing

@Suite("secrets")
struct SecretTests {
    @Test(
        "are in no mistake, however wrong",
        arguments: [
            #""key": 712345"#, #""key": ["hunter2"]"#, #""key": "bad-hunter2""#, #""key": "${SECRET}""#,
            #""key": { "a": "hunter2" }"#,
            #""key": "$hunter2""#, #""key": "${hunter-2}""#, #""key": "${X:-bad-hunter2}""#, #""lock": "hunter2""#,
            #""lock": 712345"#, #""lock": "${SECRET}""#, #""key": "hunter2" x"#, #""key": "\hunter2""#,
        ])
    func hidden(_ member: String) {
        let told = ExampleFile.mistakes(
            ExampleFile.pipeline(sinks: #"{ "type": "sqlite", \#(member) }"#), environment: ["SECRET": "bad-hunter2"])
        #expect(told.count == 1, "\(told)")
        #expect(!told.joined().contains("hunter") && !told.joined().contains("12345"), "\(told)")
    }

    @Test("within a list are neither in the listing nor in a mistake")
    func inList() throws {
        func pipeline(_ password: String) -> String {
            ExampleFile.pipeline(
                stages: #"{ "type": "pick", "logins": [{ "user": "u", "password": "\#(password)" }] }"#)
        }
        let settings = try ExampleFile.read(pipeline("hunter2")).transforms[0].settings
        #expect(settings.last?.name == "logins" && settings.last?.text == "(secret, not shown)")
        let told = ExampleFile.mistakes(pipeline("bad-hunter2"))
        #expect(told.count == 1 && !told.joined().contains("hunter"), "\(told)")
    }

    @Test("that nobody gave are shown as what they are: nothing, or the default")
    func nothing() throws {
        let sink = try ExampleFile.read(ExampleFile.pipeline(sinks: #"{ "type": "sqlite", "key": "" }"#)).sinks[0]
        #expect(sink.settings.filter(\.isSecret).map(\.text) == ["\"\"", "1"])
    }

    @Test("given by an override are in no mistake")
    func overridden() {
        let told = ExampleFile.mistakes(
            ExampleFile.pipeline(sinks: #"{ "type": "sqlite" }"#),
            set: ["sinks.sqlite.key=bad-hunter2", "sinks.sqlite.lock=hunter2"])
        #expect(told.count == 2)
        #expect(!told.joined().contains("hunter"), "\(told)")
    }

    @Test("are not in the listing of settings in force, by declaration or by a name that says so")
    func listing() throws {
        let definition = try ExampleFile.read(
            ExampleFile.pipeline(
                source:
                    #"{ "type": "kafka", "topic": "t", "password": "${P}", "properties": { "ssl.key.password": "hunter2", "linger.ms": 5 } }"#
            ), environment: ["P": "hunter2"])
        let listing = definition.source.settings.map { "\($0.name)=\($0.text) \($0.origin.summary)" }
        #expect(!listing.joined().contains("hunter"), "\(listing)")
        #expect(definition.source.values[ExampleStages.password] == "hunter2")
    }
}
