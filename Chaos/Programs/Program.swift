import Driving
import Foundation

/// A runner that is started, killed, stopped and started again in the course of a round.
final class Program {
    private let command: Command
    private let folder: String
    private let name: String
    private var starts = 0
    private var child: ChildProcess?
    /// Whether it was told to stop (SIGTERM) since it was started.
    private(set) var isToldToStop = false
    /// How it ended last.
    private(set) var lastEnding: ChildProcess.Ending?

    /// - Parameters:
    ///   - name: names its output's files.
    ///   - command: the command line.
    ///   - folder: where its output goes.
    init(_ name: String, _ command: Command, in folder: String) {
        self.name = name
        self.command = command
        self.folder = folder
    }

    /// Starts it.
    /// - Parameter place: where it is to stand still.
    func start(standingStillAt place: FaultPlace? = nil) throws {
        var command = command
        if let place {
            command.variables["LD_PRELOAD"] = try PreloadedLibrary.faultPoint.path()
            command.variables["FAULT_POINTS"] = place.text
        }
        starts += 1
        isToldToStop = false
        lastEnding = nil
        child = try ChildProcess(command, in: folder, label: "\(name)-\(starts)")
    }

    /// Whether it was started and has not ended.
    var isRunning: Bool {
        guard child != nil else { return false }
        if child?.hasEnded == true {
            lastEnding = child.take()?.ending()
            return false
        }
        return true
    }

    /// Whether it stands still.
    var isStandingStill: Bool { child?.isStopped ?? false }

    func send(_ signal: Int32) {
        if signal == SIGTERM { isToldToStop = true }
        child?.send(signal)
    }

    /// Kills it and waits until it is gone.
    func kill() {
        child?.send(SIGKILL)
        lastEnding = child.take()?.ending()
    }

    /// Waits for its end.
    /// - Returns: its exit code, or nil if it is still there after `limit`.
    func wait(_ limit: Duration) -> Int32? {
        let deadline = ContinuousClock.now + limit
        while isRunning {
            guard ContinuousClock.now < deadline else { return nil }
            usleep(2_000)
        }
        return lastEnding?.code
    }

    /// Runs until it stands still.
    /// - Parameters:
    ///   - place: where.
    ///   - limit: how long to wait.
    /// - Returns: false if it ended or went on without coming there.
    func goOn(to place: FaultPlace, within limit: Duration) -> Bool {
        guard standsStill(within: limit) else { return false }
        guard place.afterStop != nil else { return true }
        send(SIGTERM)
        send(SIGCONT)
        return standsStill(within: limit)
    }

    private func standsStill(within limit: Duration) -> Bool {
        let deadline = ContinuousClock.now + limit
        // A moment after SIGCONT the kernel may still tell of the stop before it.
        while ContinuousClock.now < deadline, isRunning {
            if isStandingStill { return true }
            usleep(1_000)
        }
        return false
    }
}
