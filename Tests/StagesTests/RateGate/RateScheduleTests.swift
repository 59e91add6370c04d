import Testing

@testable import Stages

@Suite("The schedule of a rate")
struct RateScheduleTests {
    private static let rates = [0.1, 1, 3, 7.3, 2_000, 999_983, 1_000_000]
    private static let hours = Duration.seconds(24 * 3_600)

    /// The rate as a fraction of whole numbers, worked out apart from the code under test.
    private func slots(_ rate: Double, nanoseconds: Int64) -> Int64 {
        let tenths = Int64((rate * 10).rounded())
        return Int64(Int128(nanoseconds) * Int128(tenths) / 10_000_000_000) + 1
    }

    @Test("as many records are due as rate × time says, at any time of a day", arguments: rates)
    func accuracy(rate: Double) {
        var schedule = RateSchedule(rate: rate, spread: .even, catchUp: Self.hours)
        for nanoseconds in stride(from: Int64(0), through: Self.hours.nanoseconds, by: 8_639_999_983) {
            #expect(schedule.due(at: .nanoseconds(nanoseconds)) == slots(rate, nanoseconds: nanoseconds))
        }
        #expect(schedule.givenUp == 0)
    }

    @Test("a record is due at the nanosecond that the schedule names and not before", arguments: rates)
    func wakeUp(rate: Double) {
        for spread in [RateSchedule.Spread.even, .perSecond] {
            let schedule = RateSchedule(rate: rate, spread: spread, catchUp: Self.hours)
            for count in stride(from: 1, through: Int(rate * 3_600) + 2, by: Int(rate * 36) + 1) {
                var probe = schedule
                let time = schedule.time(untilDue: count)
                #expect(probe.due(at: time) >= count)
                #expect(time == .zero || probe.due(at: time - .nanoseconds(1)) < count)
            }
        }
    }

    @Test("records pass on time for an hour when the sleeper wakes on time", arguments: [0.1, 1, 3, 7.3])
    func lag(rate: Double) {
        var schedule = RateSchedule(rate: rate, spread: .even, catchUp: .seconds(1))
        var time = Duration.zero
        var largest: Int64 = 0
        while time < .seconds(3_600) {
            #expect(schedule.due(at: time) == 1)
            schedule.pass(1, at: time) { largest = max(largest, $0) }
            time = schedule.time(untilDue: 1)
        }
        #expect(largest <= 1)
        #expect(schedule.passed == Int64((rate * 3_600).rounded(.up)))
    }

    @Test("a second's records lie evenly in it", arguments: [7.3, 2_000, 999_983])
    func evenness(rate: Double) {
        var schedule = RateSchedule(rate: rate, spread: .even, catchUp: .seconds(10))
        var times: [Int64] = []
        let count = min(Int(rate), 5_000)
        schedule.pass(count, at: .seconds(5)) { times.append(5_000_000_000 - $0) }
        let interval = 1_000_000_000 / rate
        for (index, time) in times.enumerated() {
            #expect(abs(Double(time) - Double(index) * interval) <= 1)
        }
    }

    @Test("the fraction is carried exactly from record to record and from batch to batch")
    func carrying() {
        var whole = RateSchedule(rate: 999_983, spread: .even, catchUp: .seconds(10))
        var parts = whole
        var wholeLags: [Int64] = []
        var partLags: [Int64] = []
        whole.pass(10_000, at: .seconds(1)) { wholeLags.append($0) }
        for size in [1, 9, 90, 900, 9_000] { parts.pass(size, at: .seconds(1)) { partLags.append($0) } }
        #expect(wholeLags == partLags)
        #expect(parts.nextSlot == 10_000)
    }

    @Test("the rate keeps its average in every second", arguments: rates)
    func seconds(rate: Double) {
        let schedule = RateSchedule(rate: rate, spread: .even, catchUp: .seconds(1))
        let counts = (Int64(0)..<1_000).map { schedule.slots(inSecond: $0) }
        #expect(counts.allSatisfy { Double($0) >= rate.rounded(.down) && Double($0) <= rate.rounded(.up) })
        #expect(Double(counts.reduce(0, +)) == (rate * 1_000).rounded())
    }

    @Test("batches grow with the rate: one record at low rates, a millisecond's worth at high ones")
    func batches() {
        let sizes = [0.1, 5, 1_999, 2_000, 999_983, 1_000_000].map {
            RateSchedule(rate: $0, spread: .even, catchUp: .seconds(1)).batch
        }
        #expect(sizes == [1, 1, 1, 2, 999, 1_000])
    }

    @Test("after a stall what is within the bound is made up for and the rest is given up and counted")
    func stall() {
        var schedule = RateSchedule(rate: 100, spread: .even, catchUp: .seconds(2))
        schedule.pass(1, at: .zero) { _ in }
        // Due in ten seconds: records 1 to 1000. Those of the last two seconds are 800 to 1000.
        #expect(schedule.due(at: .seconds(10)) == 201)
        #expect(schedule.givenUp == 799)
        var lags: [Int64] = []
        schedule.pass(201, at: .seconds(10)) { lags.append($0) }
        #expect(lags.first == 2_000_000_000)
        #expect(lags.last == 0)
        #expect(schedule.due(at: .seconds(10)) == 0)
        #expect(schedule.time(untilDue: 1) == .milliseconds(10_010))
    }

    @Test("the newest record never lapses, however small the bound", arguments: [0.1, 1, 50])
    func newest(rate: Double) {
        var schedule = RateSchedule(rate: rate, spread: .even, catchUp: .milliseconds(10))
        #expect(schedule.due(at: .milliseconds(999_001)) == 1)
        var second = RateSchedule(rate: rate, spread: .perSecond, catchUp: .milliseconds(10))
        #expect(second.due(at: .milliseconds(990_500)) == second.slots(inSecond: 990))
    }

    @Test("per second, all of a second's records are due at its start and none before")
    func perSecond() {
        var schedule = RateSchedule(rate: 7.3, spread: .perSecond, catchUp: .seconds(1))
        #expect(schedule.due(at: .zero) == 8)
        schedule.pass(8, at: .milliseconds(3)) { #expect($0 == 3_000_000) }
        #expect(schedule.due(at: .nanoseconds(999_999_999)) == 0)
        #expect(schedule.time(untilDue: 1) == .seconds(1))
        #expect(schedule.due(at: .seconds(1)) == 7)
    }
}
