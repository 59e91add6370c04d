import Glibc
import Pipeline
import Synchronization

/// Pipelines that run side by side in one process: one that fails drains the others, a signal stops all.
final class PipelineGroup: Sendable {
    /// How long a stage that does not hear a cancellation may keep the process after a second signal.
    private static let hardLimit = Duration.seconds(5)

    private let pipelines: [PipelineRun]
    private let clock: any PipelineClock
    private let signals = Atomic<Int>(0)
    private let running = Mutex<Task<[RunReport], Never>?>(nil)

    init(_ pipelines: [PipelineRun], clock: any PipelineClock) {
        self.pipelines = pipelines
        self.clock = clock
    }

    /// Whether a second signal came.
    var wasCutOff: Bool { signals.load(ordering: .relaxed) > 1 }

    /// Runs all to their ends.
    /// - Returns: the reports in the order of their ends.
    func run() async -> [RunReport] {
        let task = Task.detached { [pipelines] in
            await withTaskGroup(of: RunReport.self) { group in
                for pipeline in pipelines { group.addTask { await pipeline.run() } }
                var reports: [RunReport] = []
                for await report in group {
                    reports.append(report)
                    if report.outcome == .failed { pipelines.forEach { $0.requestStop(.interrupted) } }
                }
                return reports
            }
        }
        running.withLock { $0 = task }
        return await task.value
    }

    /// A signal: the first stops and drains, the second cuts off.
    func signalled() {
        switch signals.add(1, ordering: .relaxed).newValue {
        case 1:
            for pipeline in pipelines { pipeline.requestStop(.interrupted) }
        case 2:
            running.withLock { $0 }?.cancel()
            // A stage whose C call never returns must not keep a person waiting who has asked twice.
            _ = clock.schedule(at: clock.now + Self.hardLimit) { exit(ExitCode.secondInterrupt) }
        default:
            exit(ExitCode.secondInterrupt)
        }
    }
}
