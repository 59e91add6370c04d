public import Pipeline

extension RateGate {
    private static let rate = Setting<Double>.number(
        "rate", 0.1...1_000_000, default: 5, "Records a second, exact to a millionth.")
    private static let burst = Setting<Burst>(
        "burst", .either([.choice(Burst.allCases.map(\.rawValue)), .boolean]), default: .text(Burst.off.rawValue),
        defaultText: "\"off\"",
        "\"off\" spreads records evenly, \"unlimited\" (or true) sets no pace, \"per-second\" lets each second's records "
            + "pass at once at its start."
    ) {
        switch $0 {
        case .boolean(let isUnlimited): isUnlimited ? .unlimited : .off
        case .text(let word): Burst(rawValue: word)
        default: nil
        }
    }
    private static let catchUp = Setting<Duration>.duration(
        "catch_up", .milliseconds(10)...(.seconds(3_600)), default: .seconds(1), text: "1s",
        "How late a record may pass after a stall; what was due before that is given up and counted as not_caught_up.")

    /// The stage type `rate-gate`.
    public static let definition = StageDefinition(
        .transform, "rate-gate",
        summary: "Lets records pass at an exact rate, by absolute deadlines without drift.",
        settings: [rate, burst, catchUp],
        example: #"{ "type": "rate-gate", "rate": 2000, "burst": "off" }"#
    ) { _, values in
        .transform(RateGate(rate: values[rate], burst: values[burst], catchUp: values[catchUp]))
    }
}
