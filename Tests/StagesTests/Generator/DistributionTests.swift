import Pipeline
import Testing

@testable import Stages

@Suite("The distributions of a stream")
struct DistributionTests {
    private static let seeds: [Int64] = [0, 1, 42, .max]
    private static let count: Int64 = 100_000

    private func tally(_ settings: TransactionSettings, _ size: Int, _ bucket: (Transaction) -> Int) -> [Int] {
        let stream = TransactionStream(settings)
        var counts = [Int](repeating: 0, count: size)
        for index in 0..<Self.count {
            counts[bucket(stream.transaction(at: index, time: stream.scheduledTime(of: index)))] += 1
        }
        return counts
    }

    @Test("statuses and types follow their weights", arguments: seeds)
    func weights(seed: Int64) {
        let statuses = tally(TransactionSettings(seed: seed), 5) { Int($0.status) }
        #expect(ChiSquare(statuses, shares: [0.85, 0.08, 0.04, 0.02, 0.01]).isPlausible)
        let types = tally(TransactionSettings(seed: seed), 4) { Int($0.type) }
        #expect(ChiSquare(types, shares: [0.60, 0.25, 0.10, 0.05]).isPlausible)
    }

    @Test("status and type are independent")
    func independence() {
        let pairs = tally(TransactionSettings(seed: 3), 20) { Int($0.status) * 4 + Int($0.type) }
        let shares = [0.85, 0.08, 0.04, 0.02, 0.01].flatMap { status in
            [0.60, 0.25, 0.10, 0.05].map { status * $0 }
        }
        #expect(ChiSquare(pairs, shares: shares).isPlausible)
    }

    @Test("weights of one's own are followed, and a word without weight never occurs", arguments: seeds)
    func ownWeights(seed: Int64) {
        var settings = TransactionSettings(seed: seed)
        settings.statusWeights = [0, 3, 0, 1, 0]
        settings.typeWeights = [0, 0, 7, 0]
        let statuses = tally(settings, 5) { Int($0.status) }
        #expect(statuses[0] == 0 && statuses[2] == 0 && statuses[4] == 0)
        #expect(ChiSquare([statuses[1], statuses[3]], shares: [3, 1]).isPlausible)
        #expect(tally(settings, 4) { Int($0.type) } == [0, 0, Int(Self.count), 0])
    }

    @Test("ATMs, users, cards and amounts are spread evenly", arguments: seeds)
    func evenness(seed: Int64) {
        var settings = TransactionSettings(seed: seed)
        #expect(ChiSquare(uniform: tally(settings, 100) { $0.atm - 1 }).isPlausible)
        #expect(ChiSquare(uniform: tally(settings, 1_000) { ($0.user - 10_000) / 90 }).isPlausible)
        #expect(ChiSquare(uniform: tally(settings, 1_000) { ($0.card - 1_000) / 9 }).isPlausible)
        settings.typeWeights = [0, 0, 0, 1]
        // 190,001 amounts: the last one alone in the last bucket would be no test, so it is counted with its neighbours.
        #expect(ChiSquare(uniform: tally(settings, 190) { min(($0.cents - 10_000) / 1_000, 189) }).isPlausible)
    }

    @Test("neighbouring records are independent")
    func neighbours() {
        let stream = TransactionStream(TransactionSettings(seed: 5))
        var pairs = [Int](repeating: 0, count: 100)
        var last = 0
        for index in 0..<Self.count {
            let decile = (stream.transaction(at: index, time: stream.settings.start).atm - 1) / 10
            if index > 0 { pairs[last * 10 + decile] += 1 }
            last = decile
        }
        #expect(ChiSquare(uniform: pairs).isPlausible)
    }

    @Test(
        "amounts reach both ends of their type's range and never leave it",
        arguments: [(0, 2_000...50_000), (1, 0...0), (2, 5_000...100_000), (3, 10_000...200_000)])
    func amounts(type: Int, range: ClosedRange<Int>) {
        var settings = TransactionSettings(seed: 8)
        settings.typeWeights = (0..<4).map { $0 == type ? 1 : 0 }
        let stream = TransactionStream(settings)
        var lowest = Int.max
        var highest = Int.min
        var index: Int64 = 0
        // Each end is met once in 190,001 records at worst; 30 times as many leave a chance of one in 10^13.
        while (lowest, highest) != (range.lowerBound, range.upperBound), index < 6_000_000 {
            let cents = stream.transaction(at: index, time: settings.start).cents
            lowest = min(lowest, cents)
            highest = max(highest, cents)
            index += 1
        }
        #expect(lowest == range.lowerBound)
        #expect(highest == range.upperBound)
    }

    @Test("a draw covers its range from end to end", arguments: [1, 2, 100, 9_999, 190_001])
    func draws(bound: Int) {
        var lowest: UInt64 = 0
        var highest = UInt64.max
        #expect(lowest.draw(below: bound) == 0)
        #expect(highest.draw(below: bound) == bound - 1)
    }

    @Test("each ATM has one home with a currency of its region")
    func homes() {
        let stream = TransactionStream(TransactionSettings(seed: 11, atms: 2_000))
        let allowed = [
            "US-WEST": ["USD", "CAD"], "US-EAST": ["USD", "CAD"], "US-CENTRAL": ["USD"], "EU-WEST": ["EUR", "GBP"],
            "EU-CENTRAL": ["EUR"], "APAC": ["JPY"],
        ]
        var homes: [Int: [String]] = [:]
        for index in 0..<Self.count {
            let transaction = stream.transaction(at: index, time: stream.settings.start)
            let home = [transaction.regionID, transaction.locationName, transaction.currencyCode]
            #expect(homes[transaction.atm, default: home] == home)
            homes[transaction.atm] = home
        }
        #expect(homes.count == 2_000)
        #expect(homes.values.allSatisfy { allowed[$0[0]]?.contains($0[2]) == true })
        #expect(Set(homes.values.map { $0[2] }) == ["USD", "EUR", "GBP", "JPY", "CAD"])
        #expect(Set(homes.values.map { $0[1] }).count == 10)
    }

    @Test("wandering draws region, location and currency anew, each evenly", arguments: seeds)
    func wandering(seed: Int64) {
        let counts = tally(TransactionSettings(seed: seed, wander: true), 300) {
            (Int($0.region) * 10 + Int($0.location)) * 5 + Int($0.currency)
        }
        #expect(ChiSquare(uniform: counts).isPlausible)
    }

    @Test("shards of one seed differ in records and ids but not in their ATMs")
    func shards() {
        let first = TransactionStream(TransactionSettings(seed: 1))
        let second = TransactionStream(TransactionSettings(seed: 1, shard: 1))
        #expect(first.streamID != second.streamID)
        var same = 0
        var homes: [String: String] = [:]
        for index in Int64(0)..<2_000 {
            let records = [first, second].map { $0.transaction(at: index, time: first.settings.start) }
            same += records[0].user == records[1].user ? 1 : 0
            for record in records {
                let home = record.regionID + record.locationName + record.currencyCode
                #expect(homes[record.atmID, default: home] == home)
                homes[record.atmID] = home
            }
        }
        #expect(same < 10)
    }
}
