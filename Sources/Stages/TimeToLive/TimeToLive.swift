public import Pipeline
internal import Synchronization

/// Stops the pipeline after a time: what has passed this stage drains to the sinks, what has not is returned.
///
/// The time is the clock's, not the records': an idle stream stops as punctually as a fast one.
public actor TimeToLive: Transform {
    private struct Deadline {
        var clock: any PipelineClock
        var time: Duration
        var wallTime: Timestamp
    }

    private let after: Duration?
    private var context: StageContext?
    private var actions: [ScheduledAction] = []
    // Read by telemetry without waiting for the actor; written once, in `start`.
    private let deadline = Mutex<Deadline?>(nil)

    /// Makes the stage.
    /// - Parameter after: time from the moment every stage is open, or nil for no end.
    public init(after: Duration?) {
        self.after = after
    }

    /// Keeps the surroundings.
    public func open(_ context: StageContext) async throws {
        self.context = context
    }

    /// Begins the time.
    public func start() async throws {
        guard let after, let context else { return }
        let deadline = Deadline(
            clock: context.clock, time: context.clock.now + after,
            wallTime: Timestamp(
                microseconds: context.clock.wallTime.microseconds + after.nanoseconds / 1_000))
        self.deadline.withLock { $0 = deadline }
        let stopsAt = TimeText.clockTime(deadline.wallTime, withDate: after >= .seconds(86_400))
        context.log.info("will stop", .init("after", "\(after)"), .init("at", stopsAt))
        for left in Self.notices(after: after) {
            actions.append(
                context.clock.schedule(at: deadline.time - left) {
                    context.log.info("will stop", .init("left", TimeText.duration(left)), .init("at", stopsAt))
                })
        }
        actions.append(
            context.clock.schedule(at: deadline.time) {
                context.requestStop(.timeToLive)
                context.log.info("time to live is over", .init("after", "\(after)"))
            })
    }

    /// Passes the batch on unchanged, unless it comes too late.
    public func process(_ batch: Batch, emitter: Emitter) async throws {
        // What is due in the very moment would otherwise pass or not as one of two timers fires first.
        if let deadline = deadline.withLock({ $0 }), deadline.clock.now >= deadline.time {
            context?.requestStop(.timeToLive)
            try await emitter.sendUnlessStopped(batch)
        } else {
            try await emitter.send(batch)
        }
    }

    /// Takes back what is still to come.
    public func close() async {
        for action in actions { action.cancel() }
        actions = []
    }

    /// Remaining time and estimated stop; nothing without an end.
    public nonisolated var measurements: [Measurement] {
        guard let deadline = deadline.withLock({ $0 }) else { return [] }
        let left = max(.zero, deadline.time - deadline.clock.now)
        let stopsAt = TimeText.clockTime(deadline.wallTime, withDate: left >= .seconds(86_400))
        return [
            Measurement(
                "remaining_seconds", .number(left / .seconds(1)),
                live: "\(TimeText.duration(left)) left, stops \(stopsAt)"),
            Measurement("stops_at", .text(deadline.wallTime.rfc3339)),
        ]
    }

    /// When to remind in the log, as time left: half-way and shortly before, and not at all in runs so short that one
    /// line would follow the other.
    static func notices(after: Duration) -> [Duration] {
        var notices: [Duration] = []
        if after >= .seconds(60) { notices.append(after / 2) }
        if after >= .seconds(30) { notices.append(.seconds(10)) }
        return notices
    }
}
