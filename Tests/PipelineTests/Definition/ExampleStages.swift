import Pipeline

/// Stages that do nothing, with declarations that have every form.
enum ExampleStages {
    static let count = Setting<SettingValue>(
        "count", .either([.choice(["unlimited"]), .integer(1...1_000_000_000)]), default: .text("unlimited"),
        defaultText: "\"unlimited\"", "How many."
    ) { $0 }
    static let partitions = Setting<SettingValue>(
        "partitions", .either([.choice(["all"]), .list(.integer(0...99), minimum: 1)]), default: .text("all"),
        defaultText: "\"all\"", "Which."
    ) { $0 }
    static let group = Setting.optionalText("group", "The group.")
    static let topic = Setting.text("topic", default: nil, "The topic.") {
        $0.contains(" ") ? "a topic's name has no blank" : nil
    }
    static let brokers = Setting.words("brokers", "The brokers.")
    static let properties = Setting<SettingValue>(
        "properties", .map(.either([.boolean, .number(-1e9...1e9), .text])), default: .object([:]), defaultText: "{}",
        "librdkafka's properties."
    ) {
        $0
    } problem: {
        guard case .object(let members) = $0, members.keys.contains(where: { $0.hasPrefix("debug") }) else {
            return nil
        }
        return "is not on the allow-list"
    }
    static let password = Setting.optionalText("password", isSecret: true, "The password.")
    static let tls = Setting<SettingValue>(
        "tls",
        .object([
            Setting.optionalText("ca", "The authority's file."), Setting.boolean("verify", default: true, "Whether."),
            Setting.integer("pin", 0...9_999, default: 0, "A number."),
        ]), default: .object([:]), defaultText: "{}", "TLS."
    ) { $0 }
    static let rate = Setting.number("rate", 0.1...1_000_000, default: 5, "Records a second.")
    static let burst = Setting<SettingValue>(
        "burst", .either([.choice(["off", "unlimited", "per-second"]), .boolean]), default: .text("off"),
        defaultText: "\"off\"", "How."
    ) { $0 }
    static let after = Setting<SettingValue>(
        "after", .either([.choice(["never"]), .duration(.milliseconds(1)...(.seconds(1_000_000)))]),
        default: .text("never"), defaultText: "\"never\"", "When."
    ) { $0 }
    static let path = Setting.text("path", default: "atm.db", "The file.")
    static let key = Setting<SettingValue>(
        "key", .either([.text, .choice([""])]), default: .text(""), defaultText: "\"\"", isSecret: true, "The key."
    ) {
        $0
    } problem: {
        if case .text(let key) = $0, key.contains("bad") { "must not be \(key)" } else { nil }
    }
    static let lock = Setting<SettingValue>(
        "lock", .integer(1...9), default: .integer(1), defaultText: "1", isSecret: true, "A secret number."
    ) { $0 }

    static let keep = Setting<SettingValue>(
        "keep", .map(.object([Setting.words("of", "One of."), Setting.words("not", "None of.")])),
        default: .object([:]), defaultText: "{}", "What."
    ) { $0 }
    static let logins = Setting<SettingValue>(
        "logins", .list(.object([Setting.optionalText("user", "Who."), password]), minimum: 0), default: .list([]),
        defaultText: "[]", "Who."
    ) {
        $0
    } problem: {
        $0.fileText.contains("bad") ? "must not be \($0.fileText)" : nil
    }

    static let registry: StageRegistry = {
        do {
            return try StageRegistry(definitions)
        } catch {
            preconditionFailure("\(error)")
        }
    }()

    static let definitions: [StageDefinition] = [
        StageDefinition(
            .source, "generator", summary: "Makes.", settings: [count], example: #"{ "type": "generator" }"#
        ) { _, _ in .source(EmptySource()) },
        StageDefinition(
            .source, "kafka", summary: "Reads.",
            settings: [brokers, topic, group, partitions, properties, password, tls],
            example: #"{ "type": "kafka", "topic": "t" }"#,
            traits: { StageDefinition.Traits(isGroupMember: $0[group] != nil) },
            problems: {
                $0[group] != nil && $0[partitions] != .text("all")
                    ? [SettingProblem(setting: "partitions", message: "a group assigns the partitions itself")] : []
            }
        ) { _, _ in .source(EmptySource()) },
        StageDefinition(
            .transform, "rate-gate", summary: "Paces.", settings: [rate, burst], example: #"{ "type": "rate-gate" }"#
        ) { _, _ in .transform(EmptyTransform()) },
        StageDefinition(
            .transform, "pick", summary: "Picks.", settings: [keep, logins], example: #"{ "type": "pick" }"#
        ) { _, _ in .transform(EmptyTransform()) },
        StageDefinition(.transform, "ttl", summary: "Ends.", settings: [after], example: #"{ "type": "ttl" }"#) {
            _, _ in .transform(EmptyTransform())
        },
        StageDefinition(
            .sink, "kafka", summary: "Writes.", settings: [brokers, topic, properties, password, tls],
            example: #"{ "type": "kafka", "topic": "t" }"#, traits: { _ in .init(takesDeadLetters: true) }
        ) { _, _ in .sink(EmptySink()) },
        StageDefinition(
            .sink, "sqlite", summary: "Archives.", settings: [path, key, lock], example: #"{ "type": "sqlite" }"#,
            traits: { .init(ownsPositions: true, takesDeadLetters: true, exclusiveResource: $0[path]) }
        ) { _, _ in .sink(EmptySink()) },
        StageDefinition(
            .sink, "console", summary: "Shows.", settings: [], example: #"{ "type": "console" }"#,
            traits: { _ in .init(isRequired: false) }
        ) { _, _ in .sink(EmptySink()) },
        StageDefinition(.sink, "liar", summary: "Is none.", settings: [], example: #"{ "type": "liar" }"#) {
            _, _ in .transform(EmptyTransform())
        },
    ]
}

extension ExampleStages {
    actor EmptySource: Source {
        func open(_ context: SourceContext) async throws {}
        func next(atMost count: Int) async throws -> SourceOutput { .end }
    }

    actor EmptyTransform: Transform {
        func process(_ batch: Batch, emitter: Emitter) async throws {}
    }

    actor EmptySink: Sink {
        func open(_ context: SinkContext) async throws {}
        func write(_ batch: Batch, receipt: Receipt) async throws {}
    }
}
