internal import Pipeline

/// One way in which a stage breaks its contract. A value, so that the suite depends on no testing framework:
/// `#expect(await SinkContract { MySink() }.violations() == [])`.
public struct ContractViolation: Sendable, Hashable, CustomStringConvertible {
    /// The rule, as a sentence that holds for every stage.
    public let rule: String
    /// What happened instead.
    public let finding: String

    /// One line: the rule and what happened instead.
    public var description: String { "\(rule): \(finding)" }
}

/// Collects violations while a contract is tried.
struct Findings: Sendable {
    private let found = Watched<[ContractViolation]>([])

    var all: [ContractViolation] { found.value }

    /// Notes that a rule is broken. The same finding counts once.
    func note(_ rule: String, _ finding: String) {
        let violation = ContractViolation(rule: rule, finding: finding)
        found.update { if !$0.contains(violation) { $0.append(violation) } }
    }

    func require(_ condition: Bool, _ rule: String, _ finding: @autoclosure () -> String) {
        if !condition { note(rule, finding()) }
    }

    /// Notes what a call threw that must not throw.
    /// - Returns: what the call returned, or nil.
    func requireSuccess<Result: Sendable>(
        _ rule: String, within patience: Duration, _ call: @escaping @Sendable () async throws -> Result
    ) async -> Result? {
        switch await outcome(within: patience, call) {
        case .returned(let result): return result
        case .threw(let error): note(rule, "it threw \(error)")
        case .hung: note(rule, "it did not return within \(patience)")
        }
        return nil
    }
}

extension Findings {
    /// Notes a stage that names a thread and runs elsewhere: the runtime would have its loop on the one, and its calls
    /// on the other.
    /// - Parameters:
    ///   - thread: what the stage names.
    ///   - stage: the stage; the check runs as a call of it.
    func requireThread(_ thread: ThreadExecutor?, of stage: isolated any Actor) {
        require(
            thread?.isIsolatingCurrentContext() != false, "a stage that names a thread runs on it",
            "its calls run elsewhere")
    }

    /// Notes measurements that would stand twice in a stage's part of the report.
    func requireOwnNames(of measurements: [Measurement]) {
        let names = measurements.map(\.name)
        for name in Set(names) {
            require(
                !Measurement.reservedNames.contains(name) && names.count { $0 == name } == 1,
                "a measurement has a name of its own", "\(name) stands twice in the report")
        }
    }

    /// Notes what a call threw that must not throw.
    /// - Returns: whether it returned.
    func requireSuccess(
        _ rule: String, within patience: Duration, _ call: @escaping @Sendable () async throws -> Void
    ) async -> Bool {
        await requireSuccess(rule, within: patience) { () -> Bool in
            try await call()
            return true
        } ?? false
    }
}

/// How a call under test ended.
enum CallOutcome<Result: Sendable>: Sendable {
    case returned(Result)
    case threw(any Error)
    /// It has not ended in time. Its task is cancelled and left to itself: a suite that waited for it would hang too.
    case hung
}

/// Makes a call, on a real clock: only a real clock tells that something waits for nothing.
/// - Parameter cancelledFirst: whether the task is cancelled before the call begins.
func outcome<Result: Sendable>(
    within patience: Duration, cancelledFirst: Bool = false, _ call: @escaping @Sendable () async throws -> Result
) async -> CallOutcome<Result> {
    let ended = Watched<CallOutcome<Result>?>(nil)
    let calling = Task {
        if cancelledFirst { withUnsafeCurrentTask { $0?.cancel() } }
        let outcome: CallOutcome<Result>
        do { outcome = .returned(try await call()) } catch { outcome = .threw(error) }
        ended.set(outcome)
    }
    let timing = Task {
        try await Task.sleep(for: patience)
        ended.update { if $0 == nil { $0 = .hung } }
    }
    defer { timing.cancel() }
    let outcome = try? await ended.wait { $0 != nil }
    calling.cancel()
    return (outcome ?? nil) ?? .hung
}
