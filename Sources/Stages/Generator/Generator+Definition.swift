public import Pipeline

extension Generator {
    private static let seed = Setting<Int64?>(
        "seed", .either([.choice(["random"]), .integer(0...Int64.max)]), default: .text("random"),
        defaultText: "\"random\"",
        "Chooses the stream; \"random\" goes on with the stream a sink holds, or draws a seed and logs it."
    ) {
        switch $0 {
        case .integer(let seed): .some(seed)
        case .text: .some(nil)
        default: nil
        }
    }
    private static let count = Setting<Int64?>(
        "count", .either([.choice(["unlimited"]), .integer(0...(1 << Int64(TransactionIdentifier.indexBits)))]),
        default: .text("unlimited"), defaultText: "\"unlimited\"",
        "Length of the whole stream; a run that goes on from record 400 of 1000 makes 600."
    ) {
        switch $0 {
        case .integer(let count): .some(count)
        case .text: .some(nil)
        default: nil
        }
    }
    private static let clock = Setting<Clock>.choice(
        "clock", default: .wall,
        "\"wall\" stamps each transaction with its sending time, \"schedule\" with start + index × step.")
    private static let start = Setting<String>.text(
        "start", default: "2025-01-01T00:00:00Z",
        "Time of record 0 under the clock \"schedule\", in UTC; another start is another stream."
    ) {
        Timestamp(rfc3339: $0) == nil
            ? "is not a UTC time of the years 1970 to 9999 such as \"2025-01-01T00:00:00Z\"" : nil
    }
    private static let step = Setting<Duration>.duration(
        "step", .microseconds(1)...(.seconds(3_600)), default: .milliseconds(1), text: "1ms",
        "Time from one record to the next under the clock \"schedule\", in whole microseconds.")
    private static let shard = Setting<Int>.integer(
        "shard", 0...Int64(Int32.max), default: 0,
        "Which of several streams of one seed; each has other records and other ids, the ATMs are the same.")
    private static let atms = Setting<Int>.integer(
        "atms", 1...9_999, default: 100, "How many ATMs there are: ATM-0001 and so on.")
    private static let statusWeights = fieldWeights(
        "status_code", TransactionWords.statuses, TransactionWords.statusWeights,
        "How often each status occurs; a status left out does not.")
    private static let typeWeights = fieldWeights(
        "transaction_type", TransactionWords.types, TransactionWords.typeWeights,
        "How often each type occurs; a type left out does not.")
    private static let weights = Setting<[String: SettingValue]>(
        "weights", .object([statusWeights, typeWeights]),
        default: .object(
            [statusWeights, typeWeights].reduce(into: [:]) { $0[$1.name] = $1.defaultValue }),
        defaultText: "{\"status_code\": \(statusWeights.defaultText ?? ""), "
            + "\"transaction_type\": \(typeWeights.defaultText ?? "")}",
        "How often the words of a field occur, in any unit."
    ) {
        if case .object(let members) = $0 { members } else { nil }
    }
    private static let wander = Setting<Bool>.boolean(
        "wander", default: false,
        "Draws region, location and currency anew for each record instead of giving each ATM its home.")

    /// The stage type `generator`.
    public static let definition = StageDefinition(
        .source, "generator", summary: "Makes ATM transactions: record i follows from the seed and i alone.",
        settings: [seed, count, clock, start, step, shard, atms, weights, wander],
        example: #"{ "type": "generator", "seed": 42, "count": 100000, "clock": "schedule", "step": "500us" }"#,
        traits: { StageDefinition.Traits(shard: Int32($0[shard])) }
    ) { _, values in
        let weights = SettingValues(values[weights])
        let start = Timestamp(rfc3339: values[start]) ?? Timestamp(microseconds: 0)
        let stream = TransactionSettings(
            seed: values[seed] ?? 0, start: start,
            stepMicroseconds: Int64(values[step] / .microseconds(1)), shard: Int32(values[shard]), atms: values[atms],
            statusWeights: weights[statusWeights], typeWeights: weights[typeWeights], wander: values[wander])
        return .source(
            Generator(
                Configuration(
                    stream: stream, isSeedRandom: values[seed] == nil, count: values[count], clock: values[clock])))
    }

    /// Weights of a field's words, read as a list in the order of `words`.
    private static func fieldWeights(
        _ name: String, _ words: [String], _ defaults: [Double], _ summary: String
    ) -> Setting<[Double]> {
        let members = words.map { Setting<Double>.number($0, 0...1e9, default: 0, "Weight of \($0).") }
        let text = zip(words, defaults).map { "\"\($0)\": \($1)" }.joined(separator: ", ")
        return Setting(
            name, .object(members),
            default: .object(Dictionary(uniqueKeysWithValues: zip(words, defaults.map { .number($0) }))),
            defaultText: "{\(text)}", summary,
            convert: { value in
                guard case .object(let given) = value else { return nil }
                let values = SettingValues(given)
                return members.map { values[$0] }
            },
            problem: { $0.contains { $0 > 0 } ? nil : "gives no word a weight above 0" })
    }
}
