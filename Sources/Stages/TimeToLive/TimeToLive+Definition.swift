public import Pipeline

extension TimeToLive {
    private static let after = Setting<Duration?>(
        "after", .either([.choice(["never"]), .duration(.milliseconds(1)...(.seconds(10 * 366 * 86_400)))]),
        default: .text("never"), defaultText: "\"never\"",
        "Time from the moment every stage is open until the pipeline stops, or \"never\"."
    ) {
        switch $0 {
        case .duration(let duration): .some(duration)
        case .text: .some(nil)
        default: nil
        }
    }

    /// The stage type `ttl`.
    public static let definition = StageDefinition(
        .transform, "ttl",
        summary: "Stops the pipeline after a time; what has passed this stage is delivered first.",
        settings: [after], example: #"{ "type": "ttl", "after": "90s" }"#
    ) { _, values in
        .transform(TimeToLive(after: values[after]))
    }
}
