public import Pipeline
internal import Synchronization

/// Lets records pass at an exact rate: it asks for as many as are due, and for none before.
public actor RateGate: Transform {
    /// How records lie in time.
    public enum Burst: String, Sendable, CaseIterable {
        /// Spread evenly within the second.
        case off
        /// As fast as the stages before and after can.
        case unlimited
        /// Each second's records at once at its start.
        case perSecond = "per-second"
    }

    private struct Statistics {
        var lag = LagHistogram()
        var seconds = SecondTally()
        var notCaughtUp: Int64 = 0
    }

    private let rate: Double
    private let burst: Burst
    private var schedule: RateSchedule
    private var clock: (any PipelineClock)?
    private var origin: Duration = .zero
    // Written once a batch, read by telemetry without waiting for the actor. A lock, not atomics: quantile and count
    // must belong together.
    private let statistics = Mutex(Statistics())

    /// Makes a gate.
    /// - Parameters:
    ///   - rate: records a second, 0.1 to 1,000,000.
    ///   - burst: how records lie in time.
    ///   - catchUp: how late a record may pass after a stall. What was due before that is given up, so that a stall is
    ///     not followed by a burst of the same length.
    public init(rate: Double, burst: Burst = .off, catchUp: Duration = .seconds(1)) {
        self.rate = rate
        self.burst = burst
        schedule = RateSchedule(rate: rate, spread: burst == .perSecond ? .perSecond : .even, catchUp: catchUp)
    }

    /// Whether there is a pace at all.
    public nonisolated var pacesDemand: Bool { burst != .unlimited }

    /// Takes the clock.
    public func open(_ context: StageContext) async throws {
        clock = context.clock
    }

    /// Begins the schedule: the first record is due now.
    public func start() async throws {
        origin = clock?.now ?? .zero
    }

    /// Wants what is due, once it makes a batch: one record, or at higher rates what comes due in a millisecond. What
    /// was due and not taken stays due until it is older than the catch-up bound.
    public func demand(downstream: Int) async throws -> Demand {
        guard pacesDemand, let clock else { return .records(downstream) }
        let elapsed = clock.now - origin
        let due = schedule.due(at: elapsed)
        note(0, at: elapsed) { _ in }
        let enough = min(schedule.batch, downstream)
        if due >= enough { return .records(Int(min(due, Int64(downstream)))) }
        return .nothing(until: origin + schedule.time(untilDue: enough))
    }

    /// Passes the batch on unchanged and notes how late its records are.
    public func process(_ batch: Batch, emitter: Emitter) async throws {
        if pacesDemand, let clock {
            let elapsed = clock.now - origin
            note(batch.records.count, at: elapsed) { statistics in
                schedule.pass(batch.records.count, at: elapsed) { statistics.lag.add($0) }
            }
        }
        try await emitter.send(batch)
    }

    /// Target, lag behind the schedule, worst second, and what a stall has cost; nothing without a pace.
    public nonisolated var measurements: [Measurement] {
        guard pacesDemand else { return [] }
        let statistics = statistics.withLock { $0 }
        var measurements = [Measurement("target_per_second", .number(rate), live: "target \(Self.brief(rate))/s")]
        if statistics.lag.total > 0 {
            let lag = [
                "p50": statistics.lag.quantile(0.5), "p99": statistics.lag.quantile(0.99),
                "max": statistics.lag.maximum,
            ].mapValues { Double($0) / 1_000_000 }
            measurements.append(
                Measurement(
                    "schedule_lag_ms", .object(lag.mapValues { .number($0) }),
                    live: "lag p99 \(Self.brief(lag["p99"] ?? 0)) ms"))
        }
        if let worst = statistics.seconds.worst {
            // Below one a second the target of most seconds is 0, so the deviation is that of whole records.
            let percent = 100 * Double(worst.deviation) / max(rate, 1)
            measurements.append(
                Measurement(
                    "worst_second",
                    .object([
                        "second": .integer(worst.number), "records": .integer(worst.records),
                        "target": .integer(worst.target), "deviation_percent": .number(percent),
                    ])))
        }
        measurements.append(
            .total(
                "not_caught_up", statistics.notCaughtUp,
                live: statistics.notCaughtUp > 0 ? "\(statistics.notCaughtUp) not caught up" : nil))
        measurements.append(Measurement("schedule_lag_seconds", .histogram(statistics.lag.distribution)))
        return measurements
    }

    private func note(_ count: Int, at elapsed: Duration, _ more: (inout Statistics) -> Void) {
        statistics.withLock { statistics in
            statistics.seconds.add(count, inSecond: elapsed.components.seconds) { schedule.slots(inSecond: $0) }
            more(&statistics)
            statistics.notCaughtUp = schedule.givenUp
        }
    }

    /// At most two decimals, none where they are zero.
    private static func brief(_ number: Double) -> String {
        let hundredths = Int64((number * 100).rounded())
        if hundredths % 100 == 0 { return "\(hundredths / 100)" }
        let text = "\(hundredths / 100)." + String(hundredths % 100 + 100).dropFirst()
        return text.hasSuffix("0") ? String(text.dropLast()) : text
    }
}
