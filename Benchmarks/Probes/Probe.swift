import Driving
import Foundation

/// A part of the framework or of a stage by itself, measured in a process of its own: the driver starts itself again
/// with `probe NAME COUNT …`. So each run begins with the same empty heap, and the driver's own memory stays out of what
/// the kernel says of others.
enum Probe: String, CaseIterable {
    /// Batches through pass-through stages: batches, records in each, stages.
    case hop
    /// Batches over one channel: batches, how many are wanted at a time.
    case channel
    /// The generator's text, without a pipeline: records.
    case generator
    /// The fields of records parsed: records, fields of each.
    case parse

    /// What a probe prints: one line of JSON.
    struct Reading: Codable {
        var records: Int
        var seconds: Double
        var cpuSeconds: Double
    }

    /// The driver's arguments that run the probe in a process of its own.
    /// - Parameter counts: the probe's counts.
    func arguments(_ counts: [Int]) -> [String] {
        ["probe", rawValue] + counts.map { "\($0)" }
    }

    /// Runs the probe of a command line and prints what it measured.
    /// - Parameter arguments: the probe's name and its counts.
    /// - Throws: ``DriverFailure`` for anything else, or what the measured part throws.
    @concurrent
    static func run(_ arguments: [String]) async throws {
        let counts = arguments.dropFirst().compactMap { Int($0) }
        guard let name = arguments.first, let probe = Probe(rawValue: name), counts.count == probe.countsWanted else {
            throw DriverFailure("probe \(arguments.joined(separator: " "))", reason: "there is no such probe")
        }
        let reading =
            switch probe {
            case .hop: try await HopProbe(batches: counts[0], batchRecords: counts[1], stages: counts[2]).run()
            case .channel: try await ChannelProbe(batches: counts[0], credit: counts[1]).run()
            case .generator: try await GeneratorProbe(records: counts[0]).run()
            case .parse: try await ParseProbe(records: counts[0], fields: counts[1]).run()
            }
        print(String(decoding: try JSONEncoder().encode(reading), as: UTF8.self))
    }

    private var countsWanted: Int {
        switch self {
        case .hop: 3
        case .generator: 1
        case .channel, .parse: 2
        }
    }

    /// Measures a piece of work: its time and the processor time of the whole process meanwhile.
    /// - Parameters:
    ///   - records: how many records it moves.
    ///   - work: the work.
    static func measure(records: Int, _ work: () async throws -> Void) async rethrows -> Reading {
        let cpu = processorTime()
        let started = ContinuousClock.now
        try await work()
        let seconds = (ContinuousClock.now - started) / .seconds(1)
        return Reading(records: records, seconds: seconds, cpuSeconds: (processorTime() - cpu) / .seconds(1))
    }

    private static func processorTime() -> Duration {
        var usage = rusage()
        getrusage(RUSAGE_SELF.rawValue, &usage)
        return Duration(timeValue: usage.ru_utime) + Duration(timeValue: usage.ru_stime)
    }
}
