@testable import Pipeline
import PipelineTesting
import Testing

@Suite("The agenda of a clock")
struct AgendaTests {
    @Test("random sequences of events agree with a list that is sorted anew each time", arguments: 0..<40)
    func random(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var agenda = Agenda()
        var model: [(time: Int, number: UInt64, action: Int)] = []
        let called = Watched(0)
        var added = 0
        var now = 0
        for _ in 0..<200 {
            switch Int.random(in: 0..<4, using: &random) {
            case 0, 1:
                let time = now + Int.random(in: -3...20, using: &random)
                added += 1
                let (number, isNext) = agenda.add(at: .seconds(time)) { [added] in called.set(added) }
                #expect(isNext == model.allSatisfy { time < $0.time })
                model.append((time, number, added))
            case 2:
                guard let place = model.indices.randomElement(using: &random) else { continue }
                let number = model.remove(at: place).number
                #expect(agenda.remove(number) != nil)
                #expect(agenda.remove(number) == nil)
            default:
                now += Int.random(in: 0...8, using: &random)
            }
            #expect(agenda.nextTime == model.map(\.time).min().map { .seconds($0) })
            while let next = model.min(by: { ($0.time, $0.number) < ($1.time, $1.number) }), next.time <= now {
                model.removeAll { $0.number == next.number }
                agenda.takeDue(.seconds(now))?()
                #expect(called.value == next.action)
            }
            #expect(agenda.takeDue(.seconds(now)) == nil)
        }
    }

    @Test("actions of one time come in the order they were added")
    func ties() {
        var agenda = Agenda()
        let called = Watched<[Int]>([])
        for index in 0..<5 { _ = agenda.add(at: .seconds(1)) { called.update { $0.append(index) } } }
        while let action = agenda.takeDue(.seconds(1)) { action() }
        #expect(called.value == Array(0..<5))
    }

    @Test("an empty agenda does not ask for the time")
    func empty() {
        var agenda = Agenda()
        func now() -> Duration {
            Issue.record("it asked")
            return .zero
        }
        #expect(agenda.takeDue(now()) == nil)
    }
}
