public import Pipeline
internal import Synchronization

/// Makes ATM transactions. Nothing is made before it is asked for, so a transaction's time is its sending time.
public actor Generator: Source {
    /// The time a transaction carries.
    public enum Clock: String, Sendable, CaseIterable {
        /// When it was made, which is when it was asked for.
        case wall
        /// start + index × step: the stream is the same byte for byte every time.
        case schedule
    }

    /// What a generator is made from.
    public struct Configuration: Sendable {
        /// The stream; its seed counts if `isSeedRandom` is false.
        public var stream: TransactionSettings
        /// Whether the seed is taken from the sinks' stored stream, or drawn where there is none.
        public var isSeedRandom: Bool
        /// Length of the whole stream, or nil for as long as it can be.
        public var count: Int64?
        /// The time that transactions carry.
        public var clock: Clock

        /// Makes a configuration.
        /// - Parameters:
        ///   - stream: the stream.
        ///   - isSeedRandom: whether the seed is drawn.
        ///   - count: length of the whole stream, or nil.
        ///   - clock: the time that transactions carry.
        public init(stream: TransactionSettings, isSeedRandom: Bool = false, count: Int64? = nil, clock: Clock = .wall)
        {
            self.stream = stream
            self.isSeedRandom = isSeedRandom
            self.count = count
            self.clock = clock
        }
    }

    private struct Progress {
        var settings: TransactionSettings
        var first: Int64
        var next: Int64
    }

    // 3 MB, a millisecond's work: more would only leave the processor's cache before the next stage reads it.
    private static let batchLimit = 10_000

    private let configuration: Configuration
    private let drawSeed: @Sendable () -> Int64
    // Read by telemetry from other threads without waiting for the actor; seed and position belong together.
    private let progress = Mutex<Progress?>(nil)
    private var context: StageContext?
    private var stream: TransactionStream
    // Made once: its text is a tenth of what a batch of one record takes.
    private var identity: StreamIdentity
    private var writer: TransactionWriter
    private var first: Int64 = 0
    private var next: Int64 = 0
    private var end: Int64 = 0

    /// Makes a generator.
    /// - Parameters:
    ///   - configuration: what it is made from.
    ///   - drawSeed: gives the seed where it is random; 0 or more.
    public init(_ configuration: Configuration, drawSeed: @escaping @Sendable () -> Int64 = Generator.randomSeed) {
        self.configuration = configuration
        self.drawSeed = drawSeed
        stream = TransactionStream(configuration.stream)
        identity = stream.identity
        writer = TransactionWriter(stream)
    }

    /// A random seed below 2^53, which every reader of the JSON report keeps exact.
    public static let randomSeed: @Sendable () -> Int64 = { Int64.random(in: 0..<1 << 53) }

    /// Settles the seed and where to begin: with the owners' stored stream if they have one, else at record 0.
    public func open(_ context: SourceContext) async throws {
        self.context = context.stage
        var settings = configuration.stream
        let stored = try await storedStream(context.owners)
        if configuration.isSeedRandom {
            settings.seed = stored.flatMap(TransactionStream.seed(of:)) ?? drawSeed()
        }
        stream = TransactionStream(settings)
        identity = stream.identity
        writer = TransactionWriter(stream)
        if let stored, TransactionStream.seed(of: stored) != nil, stored != stream.identity {
            throw PipelineError(
                .configuration, "cannot begin the stream \"\(stream.identity.topic)\"",
                reason: "a sink of this pipeline holds the stream \"\(stored.topic)\"",
                remedy: "Give the same seed, start and shard (or the seed \"random\") to go on with that stream, or "
                    + "give the sink a place of its own for another one: sqlite a new \"path\", kafka another "
                    + "\"transactional_id\"")
        }
        first = try await begin(context.owners)
        next = first
        end = min(configuration.count ?? .max, stream.capacity)
        publish()
        context.stage.log.info(
            next == 0 ? "begins a stream" : "goes on with a stream", .init("seed", "\(settings.seed)"),
            .init("from", "\(next)"), .init("until", configuration.count == nil ? "unlimited" : "\(end)"))
    }

    /// Makes transactions, at most 10,000 at once, under a millisecond's work. Never waits.
    public func next(atMost count: Int) async throws -> SourceOutput {
        try Task.checkCancellation()
        guard next < end, let context else {
            if next >= stream.capacity, configuration.count != end {
                context?.log.warning("ends: ids and times can number no more records", .init("records", "\(next)"))
            }
            return .end
        }
        let indices = next..<next + min(Int64(min(count, Self.batchLimit)), end - next)
        var builder = BatchBuilder(stream: identity, capacity: indices.count * writer.maximumLength + 64)
        let time = configuration.clock == .wall ? context.clock.wallTime : nil
        let records = writer.append(indices, at: time, to: &builder)
        var batch = builder.finish(claims: [
            Claim(partition: stream.settings.shard, from: indices.lowerBound, to: indices.upperBound)
        ])
        batch.records = records
        next = indices.upperBound
        publish()
        return .batch(batch)
    }

    /// Seed and next record, by which a run can be gone on with, and all that decides the stream with the first record, by
    /// which it can be made again.
    public nonisolated var measurements: [Measurement] {
        guard let progress = progress.withLock({ $0 }) else { return [] }
        return [
            Measurement("seed", .integer(progress.settings.seed)), Measurement("next", .integer(progress.next)),
            Measurement(
                "stream", progress.settings.reported(from: progress.first, clock: configuration.clock)),
        ]
    }

    private func publish() {
        let current = Progress(settings: stream.settings, first: first, next: next)
        progress.withLock { $0 = current }
    }

    private func storedStream(_ owners: [any PositionOwner]) async throws -> StreamIdentity? {
        var found: StreamIdentity?
        for owner in owners {
            guard let stored = try await owner.storedStream() else { continue }
            guard found == nil || found == stored else {
                throw PipelineError(
                    .configuration, "cannot feed two sinks that hold different streams",
                    reason: "one holds \"\(found?.topic ?? "")\" and another \"\(stored.topic)\"",
                    remedy: "Give one of them a pipeline of its own")
            }
            found = stored
        }
        return found
    }

    /// Tells every owner the stream and returns the lowest position any of them has.
    private func begin(_ owners: [any PositionOwner]) async throws -> Int64 {
        let partition = stream.settings.shard
        var lowest: Int64?
        for owner in owners {
            try await owner.begin(stream.identity, at: [partition: 0])
            let position = try await owner.storedPositions()[partition] ?? 0
            lowest = min(lowest ?? position, position)
        }
        return lowest ?? 0
    }
}
