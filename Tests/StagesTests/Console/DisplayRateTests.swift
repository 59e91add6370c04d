import Testing

@testable import Stages

@Suite struct DisplayRateTests {
    @Test("a screenful comes at once, then as many a second as allowed, evenly")
    func sampling() {
        var rate = DisplayRate(perSecond: 50)
        #expect(rate.admit(1_000, at: .zero) == 50)
        #expect(rate.admit(20, at: .milliseconds(10)) == 0)
        #expect(rate.admit(20, at: .milliseconds(20)) == 1)
        var shown = 0
        for tick in 3...102 { shown += rate.admit(20, at: .milliseconds(10 * tick)) }
        #expect(shown == 50)
        #expect(rate.admit(1_000, at: .seconds(60)) == 50)
    }

    @Test("a stream below the rate is shown whole")
    func slow() {
        var rate = DisplayRate(perSecond: 50)
        for second in 0..<20 { #expect(rate.admit(5, at: .seconds(second)) == 5) }
        #expect(rate.notice(at: .seconds(30), isLast: true) == nil)
    }

    @Test("what was left out is told at most once a second, and none is forgotten")
    func notices() {
        var rate = DisplayRate(perSecond: 10)
        #expect(rate.admit(100, at: .zero) == 10)
        #expect(rate.notice(at: .zero) == 90)
        #expect(rate.admit(5, at: .milliseconds(1)) == 0)
        rate.leaveOut(2)
        #expect(rate.notice(at: .milliseconds(999)) == nil)
        #expect(rate.notice(at: .seconds(1)) == 7)
        #expect(rate.notice(at: .seconds(3)) == nil)
        #expect(rate.admit(30, at: .seconds(3)) == 10)
        #expect(rate.notice(at: .seconds(1)) == nil)
        #expect(rate.notice(at: .seconds(1), isLast: true) == 20)
    }

    @Test("0 is no bound")
    func unbounded() {
        var rate = DisplayRate(perSecond: 0)
        #expect(rate.admit(1_000_000, at: .zero) == 1_000_000)
        #expect(rate.notice(at: .zero) == nil)
    }
}
