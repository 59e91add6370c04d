import Foundation

/// A program that runs as a child, and what the kernel says it has cost.
///
/// `posix_spawn` and `wait4` instead of Foundation's Process: only `wait4` gives the resources of one child, and the
/// moments before and after lie as close to the child's as they can.
package struct ChildProcess: ~Copyable {
    /// How a child ended and what it has cost.
    package struct Ending: Sendable {
        /// The exit code, or 128 and the signal's number.
        package var code: Int32
        /// From before it was started until it was gone.
        package var wall: Duration
        /// Processor time of all its threads, in user mode and in the kernel.
        package var cpu: Duration
        /// The most memory it had resident, in bytes; 0 if it was gone at once.
        package var peakResident: Int
        /// What it wrote to standard output.
        package var output: String
        /// What it wrote to standard error.
        package var errors: String
    }

    private let command: Command
    private let process: pid_t
    private let residentPeak: ResidentPeak
    private let started: ContinuousClock.Instant
    private let outputPath: String
    private let errorPath: String
    private var isReaped = false

    /// Starts a program.
    /// - Parameters:
    ///   - command: the program.
    ///   - folder: where its output is kept while it runs: in files, because a pipe that is not emptied in time would
    ///     hold it up.
    ///   - label: tells its files from those of another child.
    /// - Throws: ``DriverFailure`` if it cannot be started.
    package init(_ command: Command, in folder: String, label: String = "child") throws(DriverFailure) {
        self.command = command
        let output = "\(folder)/\(label).out"
        let errors = "\(folder)/\(label).err"
        outputPath = output
        errorPath = errors
        started = .now
        process = try RunningChildren.add { () throws(DriverFailure) in
            try Self.spawn(command, output, errors)
        }
        residentPeak = ResidentPeak(of: process)
    }

    /// A child that nobody waited for, because something else failed, is killed.
    deinit {
        guard !isReaped else { return }
        _ = residentPeak.end()
        kill(process, SIGKILL)
        RunningChildren.remove(process)
        var status: Int32 = 0
        waitpid(process, &status, 0)
    }

    /// Runs a program to its end.
    /// - Throws: ``DriverFailure`` if it cannot be started or its exit code is not 0.
    package static func run(_ command: Command, in folder: String) throws(DriverFailure) -> Ending {
        let child = try ChildProcess(command, in: folder)
        return try child.wait()
    }

    /// Sends a signal.
    package func send(_ signal: Int32) {
        kill(process, signal)
    }

    /// Whether it has ended; ``wait()`` then returns at once.
    package var hasEnded: Bool {
        var information = siginfo_t()
        let result = waitid(P_PID, id_t(process), &information, WEXITED | WNOWAIT | WNOHANG)
        return result == 0 && information.si_signo == SIGCHLD
    }

    /// The memory it has resident now, in bytes, or nil once it has ended.
    package var resident: Int? { ResidentPeak.now(of: process) }

    /// Whether a signal has stopped it and it was not told to go on since.
    package var isStopped: Bool {
        var information = siginfo_t()
        let result = waitid(P_PID, id_t(process), &information, WSTOPPED | WNOWAIT | WNOHANG)
        return result == 0 && information.si_signo == SIGCHLD
    }

    /// Waits for the end.
    /// - Throws: ``DriverFailure`` if the exit code is not 0.
    package consuming func wait() throws(DriverFailure) -> Ending {
        let words = "\(command.program) \(command.arguments.joined(separator: " "))"
        let ending = ending()
        guard ending.code == 0 else {
            let errors = ending.errors.split(separator: "\n").suffix(5).joined(separator: "\n  ")
            throw DriverFailure(
                words, reason: "it ended with \(ending.code)" + (errors.isEmpty ? "" : " and said:\n  \(errors)"))
        }
        return ending
    }

    /// Waits for the end, whatever it is.
    package consuming func ending() -> Ending {
        var information = siginfo_t()
        while waitid(P_PID, id_t(process), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        let wall = ContinuousClock.now - started
        // Not reaped yet, so nobody else can have its number while it is taken off the list.
        RunningChildren.remove(process)
        let peak = residentPeak.end()
        var status: Int32 = 0
        var usage = rusage()
        wait4(process, &status, 0, &usage)
        isReaped = true
        let signal = status & 0x7F
        return Ending(
            code: signal == 0 ? status >> 8 & 0xFF : 128 + signal, wall: wall,
            cpu: Duration(timeValue: usage.ru_utime) + Duration(timeValue: usage.ru_stime),
            peakResident: peak, output: Self.text(outputPath), errors: Self.text(errorPath))
    }

    private static func spawn(
        _ command: Command, _ output: String, _ errors: String
    ) throws(DriverFailure) -> pid_t {
        var files = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&files)
        defer { posix_spawn_file_actions_destroy(&files) }
        let flags = O_WRONLY | O_CREAT | O_TRUNC
        posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&files, 1, output, flags, 0o644)
        posix_spawn_file_actions_addopen(&files, 2, errors, flags, 0o644)
        // The driver ignores or handles these; its children must not inherit that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var defaults = sigset_t()
        sigemptyset(&defaults)
        posix_spawnattr_setsigmask(&attributes, &defaults)
        for signal in [SIGINT, SIGTERM, SIGPIPE] { sigaddset(&defaults, signal) }
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

        // strdup because C wants arrays of pointers that stay until the call has returned; freed right after it.
        var arguments = ([command.program] + command.arguments).map { strdup($0) } + [nil]
        var environment = command.environment.map { strdup($0) } + [nil]
        defer { for pointer in arguments + environment { free(pointer) } }
        var process: pid_t = 0
        let code = posix_spawnp(&process, command.program, &files, &attributes, &arguments, &environment)
        guard code == 0 else {
            throw DriverFailure("cannot start \(command.program)", reason: String(cString: strerror(code)))
        }
        return process
    }

    private static func text(_ path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }
}
