import Driving
import Foundation
import PipelineTesting

/// One round: a stream is made and archived while a fault comes; then it must be in the archive, each record once.
final class Round {
    private static let rate = 6_000
    private static let patience = Duration.seconds(90)
    private static let spareAttempts = 3

    private let plan: RoundPlan
    /// Records of the round's stream: one that is too short is over before the last fault.
    private let count: Int
    private let surroundings: Surroundings
    private let topic: String
    private let folder: String
    private let archive: ArchiveFile
    private let producer: Program
    private let archiver: Program
    /// Waits for the archive's lock, or takes over what a zombie believes to have.
    private let successor: Program
    private var random: SeededRandom
    private var outcome: RoundOutcome

    /// Prepares a round.
    /// - Parameters:
    ///   - plan: the round.
    ///   - surroundings: what it is run with.
    ///   - topic: a fresh topic.
    ///   - folder: an empty folder for its output.
    init(_ plan: RoundPlan, _ surroundings: Surroundings, topic: String, folder: String) {
        self.plan = plan
        count = max(12_000, 4_000 * plan.times)
        self.surroundings = surroundings
        self.topic = topic
        self.folder = folder
        random = SeededRandom(seed: plan.seed)
        outcome = RoundOutcome(plan: plan)
        let disk = plan.fault == .fullDisk ? surroundings.disk ?? folder : folder
        archive = ArchiveFile(path: "\(disk)/archive.db")
        let network = plan.fault.isOfNetwork ? surroundings.proxy?.address : nil
        let shared = [
            "KAFKA_BROKERS": network ?? surroundings.broker.address, "KAFKA_TOPIC": topic, "DATABASE": archive.path,
            "SEED": "\(plan.seed)", "COUNT": "\(count)", "RATE": "\(Self.rate)", "DELIVERY": "exactly-once",
            "WHEN_LOCKED": "wait",
        ]
        // Small transactions, so that a round has many of them.
        let produce = [
            "pipelines/produce.json", "-q", "--set", "sinks.kafka.transaction_records=400", "--set",
            "sinks.kafka.transaction_interval=40ms", "--set", "sinks.kafka.transaction_timeout=20s",
        ]
        let consume = [
            "pipelines/consume-to-sqlite.json", "-q", "--set", "sinks.sqlite.batch_records=400", "--set",
            "sinks.sqlite.batch_interval=40ms",
        ]
        let runner = surroundings.runner
        producer = Program("producer", Command(runner, produce, variables: shared), in: folder)
        archiver = Program("archiver", Command(runner, consume, variables: shared), in: folder)
        let words = plan.fault == .producerZombie ? produce : consume
        successor = Program("successor", Command(runner, words, variables: shared), in: folder)
    }

    /// Runs it.
    /// - Returns: what came of it; what failed stands in it.
    func run() -> RoundOutcome {
        do {
            // A program may end before it comes to its place; then another one is tried.
            var attempts = 0
            while outcome.faults < plan.times, attempts < plan.times + Self.spareAttempts, attempts == 0 || !isOver {
                attempts += 1
                try putFault()
            }
            try complete()
            try prove()
        } catch {
            outcome.failure = "\(error)"
        }
        for program in [producer, archiver, successor] { program.kill() }
        if plan.fault == .fullDisk { removeArchive() }
        return outcome
    }

    private var target: Program { plan.target == .producer ? producer : archiver }
    private var other: Program { plan.target == .producer ? archiver : producer }

    /// Whether all of it is archived, so that no fault can come any more.
    private var isOver: Bool { (archive.rows ?? 0) >= count }

    // MARK: - Faults

    private func putFault() throws {
        let place = plan.phase.place(in: plan.target, &random)
        // Of two that wait for one lock, the one that is to stand still must get it.
        if plan.fault == .killBesideStandby { kill(successor) }
        if target.isRunning { target.kill() }
        // What is not there yet nobody can read.
        if plan.fault == .longReader { try makeArchive() }
        try target.start(standingStillAt: place)
        if !other.isRunning { try other.start() }
        guard target.goOn(to: place, within: .seconds(15)) else { return }
        let before = archive.progress ?? 0
        guard try apply() else {
            target.send(SIGCONT)
            return
        }
        outcome.faults += 1
        try measureRecovery(from: before)
    }

    /// Puts the fault; when this returns it is over and everything that died runs again.
    /// - Returns: false if it could not be put.
    private func apply() throws -> Bool {
        switch plan.fault {
        case .killProducer, .killArchiver:
            kill(target)
            try target.start()
        case .killBoth:
            kill(other)
            kill(target)
            try target.start()
            try other.start()
        case .killBesideStandby:
            try successor.start()
            // Until it stands by; where it has the lock already, the archiver stands still before it asked for it.
            usleep(200_000)
            kill(archiver)
        case .producerZombie:
            try successor.start()
            guard successor.wait(Self.patience) == 0 else {
                throw DriverFailure("the successor did not finish", reason: words(of: successor))
            }
            producer.send(SIGCONT)
            try awaitEnd(ofZombie: producer)
        case .archiverZombie:
            unlink(archive.path + ".lock")
            try successor.start()
            let before = archive.progress ?? 0
            wait(.seconds(15)) { (archive.progress ?? 0) > before || isOver }
            // One that stands still inside a transaction has SQLite's own lock too: nobody takes over from it.
            let isFenced = successor.isRunning
            archiver.send(SIGCONT)
            if isFenced { try awaitEnd(ofZombie: archiver) }
        case .killBroker:
            try surroundings.broker.kill()
            outcome.kills += 1
            target.send(SIGCONT)
            try surroundings.broker.start()
        case .stopBroker:
            try surroundings.broker.send(SIGSTOP)
            pause { target.send(SIGCONT) }
            try surroundings.broker.send(SIGCONT)
        case .latency, .resets, .blackHole, .bandwidth, .slicing:
            guard let toxic = plan.fault.toxic, let proxy = surroundings.proxy else { return false }
            try proxy.add(toxic)
            pause { target.send(SIGCONT) }
            try proxy.clear()
        case .fullDisk:
            return try fillDisk()
        case .longReader:
            return archive.withTransaction("BEGIN; SELECT count(*) FROM meta") { pause { target.send(SIGCONT) } }
        case .lockedDatabase:
            target.send(SIGCONT)
            wait(.seconds(5)) { archive.progress != nil }
            return archive.withTransaction("BEGIN IMMEDIATE") { pause {} }
        }
        return true
    }

    /// Lets both programs run until there is an archive.
    private func makeArchive() throws {
        guard archive.progress == nil else { return }
        try keepRunning { archive.progress != nil }
        target.kill()
    }

    private func kill(_ program: Program) {
        if program.isRunning { outcome.kills += 1 }
        program.kill()
    }

    /// Lets a fault last as long as it is to.
    private func pause(_ begin: () -> Void) {
        begin()
        usleep(UInt32((plan.fault.duration ?? .zero) / .microseconds(1)))
    }

    /// What stood still for longer than anyone waits goes on, and must find that it is no longer the one.
    private func awaitEnd(ofZombie zombie: Program) throws {
        guard let code = zombie.wait(.seconds(45)) else {
            throw DriverFailure("the zombie does not end", reason: "it was woken 45 s ago")
        }
        outcome.zombieCode = code
    }

    private func fillDisk() throws -> Bool {
        guard let disk = surroundings.disk else { return false }
        let filler = "\(disk)/filler"
        let descriptor = open(filler, O_WRONLY | O_CREAT, 0o600)
        guard descriptor >= 0 else { return false }
        var size = 1 << 20
        let block = [UInt8](repeating: 0, count: size)
        while size > 0 {
            let written = write(descriptor, block, size)
            if written < size { size /= 2 }
        }
        close(descriptor)
        pause { target.send(SIGCONT) }
        unlink(filler)
        return true
    }

    // MARK: - Going on

    /// Waits until the archive goes on, and notes how long that took.
    private func measureRecovery(from before: Int) throws {
        if isOver { return }
        let begun = ContinuousClock.now
        try keepRunning { (archive.progress ?? 0) > before || isOver }
        outcome.recoveries.append((ContinuousClock.now - begun) / .seconds(1))
    }

    private func complete() throws {
        try keepRunning { isOver && !producer.isRunning && hasProduced }
        let writers = [archiver, successor].filter(\.isRunning)
        for writer in writers { writer.send(SIGTERM) }
        for writer in writers {
            guard let code = writer.wait(.seconds(45)) else {
                throw DriverFailure("the archiver does not end", reason: "it was asked to 45 s ago")
            }
            guard code == 0 else {
                throw DriverFailure("the archiver ended with \(code)", reason: words(of: writer))
            }
        }
    }

    /// Whether a producer came to the end of the stream by itself.
    private var hasProduced: Bool {
        if plan.fault == .producerZombie, successor.lastEnding?.code == 0 { return true }
        return producer.lastEnding?.code == 0 && !producer.isToldToStop
    }

    /// Keeps both programs running until a condition holds.
    private func keepRunning(until isMet: () -> Bool) throws {
        let deadline = ContinuousClock.now + Self.patience
        while !isMet() {
            guard ContinuousClock.now < deadline else {
                throw DriverFailure(
                    "it does not go on",
                    reason: "\(archive.rows ?? 0) of \(count) rows; producer: "
                        + "\(words(of: producer)); archiver: \(words(of: archiver))")
            }
            for program in [producer, archiver, successor] where !program.isRunning { try checkEnding(of: program) }
            if !producer.isRunning, !hasProduced { try producer.start() }
            if !archiver.isRunning, !successor.isRunning || plan.fault == .producerZombie { try archiver.start() }
            usleep(2_000)
        }
    }

    /// Ending with an error is a runner's right while things break; a crash and a fault of its own never are.
    private func checkEnding(of program: Program) throws {
        let crashes = [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGSEGV].map { 128 + $0 } + [70]
        guard let code = program.lastEnding?.code, crashes.contains(code) else { return }
        throw DriverFailure("a runner crashed", reason: words(of: program))
    }

    private func wait(_ limit: Duration, _ isMet: () -> Bool) {
        let deadline = ContinuousClock.now + limit
        while !isMet(), ContinuousClock.now < deadline { usleep(2_000) }
    }

    private func words(of program: Program) -> String {
        guard let ending = program.lastEnding else { return program.isRunning ? "running" : "never started" }
        return "\(ending.code), " + ending.errors.split(separator: "\n").suffix(3).joined(separator: " / ")
    }

    // MARK: - Proof

    private func prove() throws {
        outcome.lost = count - (archive.rows ?? 0)
        outcome.doubled = archive.repeated ?? 0
        let verify = Program(
            "verify",
            Command(
                surroundings.runner,
                [
                    "verify", archive.path, "-q", "--stream", "\(plan.seed),0,\(count)", "--kafka",
                    surroundings.broker.address,
                ]), in: folder)
        try verify.start()
        guard let code = verify.wait(.seconds(60)) else {
            throw DriverFailure("the archive is not verified", reason: "no answer within a minute")
        }
        guard code == 0, outcome.lost == 0, outcome.doubled == 0 else {
            throw DriverFailure(
                "the archive does not prove right (\(code))",
                reason: "\(outcome.lost) lost, \(outcome.doubled) doubled; "
                    + (verify.lastEnding.map { $0.output + $0.errors } ?? ""))
        }
        guard let zombie = outcome.zombieCode else { return }
        // 0: it had done all its work before it stood still. Anything else must be the fence.
        guard [0, 76].contains(zombie) else {
            let woken = plan.target == .producer ? producer : archiver
            throw DriverFailure("the zombie ended with \(zombie)", reason: words(of: woken))
        }
    }

    private func removeArchive() {
        for suffix in ["", "-wal", "-shm", "-journal", ".lock"] { unlink(archive.path + suffix) }
    }
}
