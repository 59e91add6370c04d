internal import CRDKafka
internal import Pipeline
internal import Synchronization

/// Brings librdkafka's log lines and client errors into the stage's log: secrets blotted out, and one line of a kind in
/// ten seconds, since a broker that is away is told of with every attempt to connect.
final class ClientLog: Sendable {
    struct Line: Sendable, Hashable {
        /// As in syslog: 0 emergency … 7 debug.
        var severity: Int32
        var facility: String
        var text: String
    }

    private struct Kind {
        var nextAt: Duration
        var suppressed: Int
    }

    private static let interval = Duration.seconds(10)
    private static let silence = Duration.seconds(1)

    private let log: Log
    private let clock: any PipelineClock
    private let secrets: [String]
    private let kinds = Mutex<[String: Kind]>([:])
    private let last = Mutex<String?>(nil)
    private let isDown = Atomic<Bool>(false)
    // Nanoseconds on the clock's scale; negative before the first answer. Noted by the thread that was answered.
    private let answeredAt = Atomic<Int64>(-1)

    init(_ context: StageContext, secrets: [String]) {
        log = context.log
        clock = context.clock
        self.secrets = secrets.filter { !$0.isEmpty }
    }

    /// The last failure that librdkafka told of: the reason when no broker answers.
    var lastFailure: String? { last.withLock { $0 } }

    /// Takes log and error events; others are not its business.
    /// - Parameter isQuiet: keeps the failure as a reason and writes nothing.
    func take(_ event: borrowing ClientEvent, isQuiet: Bool = false) {
        switch event.type {
        case RD_KAFKA_EVENT_LOG:
            // A broker's failure comes as an error too, and only as that is it told.
            guard !isQuiet, let line = event.logLine, line.facility != "FAIL" else { return }
            write(line)
        case RD_KAFKA_EVENT_ERROR:
            let isOutage = event.error.code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN
            if isOutage { isDown.store(true, ordering: .relaxed) }
            let text = isOutage ? "no broker answers; waiting for one" : redact(event.errorText)
            if !isOutage { last.withLock { $0 = text } }
            guard !isQuiet else { return }
            write(Line(severity: 4, facility: event.error.name, text: text))
        default: return
        }
    }

    /// When a broker last answered.
    var contact: ServerContact {
        let nanoseconds = answeredAt.load(ordering: .relaxed)
        return nanoseconds < 0 ? .awaited : .answered(.nanoseconds(nanoseconds))
    }

    /// Whether no broker has answered for a second, so that one should be asked something.
    var isSilent: Bool {
        guard case .answered(let time) = contact else { return true }
        return clock.now - time >= Self.silence
    }

    /// Hears that a broker answered.
    func noteAnswer() {
        answeredAt.store(Int64(clock.now / .nanoseconds(1)), ordering: .relaxed)
        guard isDown.load(ordering: .relaxed), isDown.exchange(false, ordering: .relaxed) else { return }
        log.info("a broker answers again")
    }

    func write(_ line: Line) {
        let now = clock.now
        let suppressed = kinds.withLock { kinds -> Int? in
            let kind = kinds[line.facility]
            if let kind, now < kind.nextAt {
                kinds[line.facility]?.suppressed += 1
                return nil
            }
            kinds[line.facility] = Kind(nextAt: now + Self.interval, suppressed: 0)
            return kind?.suppressed ?? 0
        }
        guard let suppressed else { return }
        // librdkafka begins its lines with the thread that wrote them: "[thrd:main]: ".
        let words = line.text.hasPrefix("[thrd:") ? line.text.split(separator: "]: ", maxSplits: 1).last : nil
        let text =
            redact(words.map(String.init) ?? line.text)
            + (suppressed > 0 ? " (and \(suppressed) more of this kind)" : "")
        let detail = Log.Detail("librdkafka", line.facility)
        switch line.severity {
        case ...4: log.warning(text, detail)
        case 5...6: log.info(text, detail)
        default: log.debug(text, detail)
        }
    }

    private func redact(_ text: String) -> String {
        var text = text
        for secret in secrets { text = text.replacingEvery(secret, with: "[hidden]") }
        return text
    }
}

extension String {
    fileprivate func replacingEvery(_ part: String, with replacement: String) -> String {
        split(separator: part, omittingEmptySubsequences: false).joined(separator: replacement)
    }
}
