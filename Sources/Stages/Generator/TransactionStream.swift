public import Pipeline

/// What decides a stream of transactions.
public struct TransactionSettings: Sendable, Hashable {
    /// Chooses the stream; 0 to 2^63 - 1.
    public var seed: Int64
    /// The first record's time where the schedule gives times; part of the stream's id in any case.
    public var start: Timestamp
    /// Microseconds from one record to the next where the schedule gives times; at least 1.
    public var stepMicroseconds: Int64
    /// Which of several streams of one seed.
    public var shard: Int32
    /// How many ATMs there are; 1 to 9999.
    public var atms: Int
    /// How often each status occurs.
    public var statusWeights: [Double]
    /// How often each type occurs.
    public var typeWeights: [Double]
    /// Whether each record draws region, location and currency anew, instead of having its ATM's.
    public var wander: Bool

    /// Makes settings; what is left out has the value it has in a pipeline file.
    /// - Parameters:
    ///   - seed: chooses the stream.
    ///   - start: the first record's scheduled time.
    ///   - stepMicroseconds: microseconds from one record to the next.
    ///   - shard: which of several streams of one seed.
    ///   - atms: how many ATMs there are.
    ///   - statusWeights: weights of SUCCESS, FAILED, TIMEOUT, INSUFFICIENT_FUNDS and CARD_BLOCKED.
    ///   - typeWeights: weights of WITHDRAWAL, BALANCE_INQUIRY, DEPOSIT and TRANSFER.
    ///   - wander: whether ATMs have no home.
    public init(
        seed: Int64, start: Timestamp = Timestamp(microseconds: 1_735_689_600_000_000),
        stepMicroseconds: Int64 = 1_000, shard: Int32 = 0, atms: Int = 100,
        statusWeights: [Double] = [0.85, 0.08, 0.04, 0.02, 0.01], typeWeights: [Double] = [0.60, 0.25, 0.10, 0.05],
        wander: Bool = false
    ) {
        self.seed = seed
        self.start = start
        self.stepMicroseconds = stepMicroseconds
        self.shard = shard
        self.atms = atms
        self.statusWeights = statusWeights
        self.typeWeights = typeWeights
        self.wander = wander
    }
}

/// A stream of transactions as a pure function: record `i` follows from the settings and `i` alone, but for its time
/// where that is the sending time. The generator makes its batches with it, and whoever verifies an archive makes any
/// part of the stream again.
public struct TransactionStream: Sendable {
    private struct Home {
        var region: UInt8
        var location: UInt8
        var currency: UInt8
    }

    /// What decides the stream.
    public let settings: TransactionSettings
    /// The stream's part of every id, ``TransactionIdentifier/streamBits`` bits: a hash of seed, start and shard.
    public let streamID: UInt64
    private let random: CounterRandom
    private let status: WeightedChoice
    private let type: WeightedChoice
    private let homes: [Home]
    // A copy in the stream: a global would be asked for each record whether it is there yet.
    private let amounts = TransactionWords.amounts.map { (lowest: $0.lowerBound, count: $0.count) }

    /// Makes a stream. Linear in the number of ATMs.
    /// - Parameter settings: what decides it, within the ranges they state.
    public init(_ settings: TransactionSettings) {
        self.settings = settings
        let seed = UInt64(bitPattern: settings.seed)
        let shard = UInt64(bitPattern: Int64(settings.shard))
        streamID =
            CounterRandom.hash([seed, UInt64(bitPattern: settings.start.microseconds), shard])
            >> UInt64(64 - TransactionIdentifier.streamBits)
        random = CounterRandom(seed, shard)
        status = WeightedChoice(settings.statusWeights)
        type = WeightedChoice(settings.typeWeights)
        // Shards of one seed are parts of one bank: their ATMs have the same homes.
        let placement = CounterRandom(seed)
        homes = (0..<settings.atms).map { atm in
            var word = placement.word(0, of: UInt64(atm))
            let region = word.draw(below: TransactionWords.regions.count)
            let location = word.draw(below: TransactionWords.locations.count)
            let plausible = TransactionWords.homeCurrencies[region]
            let currency = plausible[word.draw(below: plausible.count)]
            return Home(region: UInt8(region), location: UInt8(location), currency: UInt8(currency))
        }
    }

    /// How many records the stream can have: as many as an id can number, and as many as have a scheduled time before
    /// the year 10000.
    public var capacity: Int64 {
        let lastMicrosecond: Int64 = 253_402_300_799_999_999
        let scheduled = (lastMicrosecond - settings.start.microseconds) / settings.stepMicroseconds + 1
        return min(1 << Int64(TransactionIdentifier.indexBits), scheduled)
    }

    /// The time of a record where the schedule gives times: start + index × step.
    /// - Parameter index: the record's number, below ``capacity``.
    public func scheduledTime(of index: Int64) -> Timestamp {
        Timestamp(microseconds: settings.start.microseconds + index * settings.stepMicroseconds)
    }

    /// Makes one record, in constant time.
    /// - Parameters:
    ///   - index: the record's number, from 0 and below ``capacity``.
    ///   - time: its time: ``scheduledTime(of:)``, or when it was sent.
    @inline(__always)
    public func transaction(at index: Int64, time: Timestamp) -> Transaction {
        let record = UInt64(bitPattern: index)
        var word = random.word(0, of: record)
        let atm = word.draw(below: settings.atms)
        let user = TransactionWords.users.lowerBound &+ word.draw(below: TransactionWords.users.count)
        let card = TransactionWords.cards.lowerBound &+ word.draw(below: TransactionWords.cards.count)
        let type = type.pick(random.word(1, of: record))
        let status = status.pick(random.word(2, of: record))
        word = random.word(3, of: record)
        let amount = amounts[Int(type)]
        let cents = amount.lowest &+ word.draw(below: amount.count)
        let home = settings.wander ? wandering(record) : homes[atm]
        return Transaction(
            index: index, streamID: streamID, time: time, atm: atm + 1, cents: cents, user: user, card: card,
            region: home.region, status: status, type: type, location: home.location, currency: home.currency)
    }

    private func wandering(_ record: UInt64) -> Home {
        var word = random.word(4, of: record)
        return Home(
            region: UInt8(word.draw(below: TransactionWords.regions.count)),
            location: UInt8(word.draw(below: TransactionWords.locations.count)),
            currency: UInt8(word.draw(below: TransactionWords.currencies.count)))
    }
}
