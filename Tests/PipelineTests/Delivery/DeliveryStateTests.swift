@testable import Pipeline
import PipelineTesting
import Testing

@Suite("Deliveries: watermark, barrier and generations")
struct DeliveryStateTests {
    typealias State = DeliveryState<Int, String, String>

    static let required = State.Role(isRequired: true, isOwner: false)
    static let bestEffort = State.Role(isRequired: false, isOwner: false)
    static let owner = State.Role(isRequired: true, isOwner: true)

    static func claim(_ from: Int64, _ to: Int64, _ partition: Int32 = 0) -> Claim {
        Claim(partition: partition, from: from, to: to)
    }

    /// Delivers batches of ten positions each.
    func deliver(_ state: inout State, _ count: Int) -> [DeliveryNumber] {
        (0..<count).map { index in
            let from = Int64(index) * 10
            let number = state.deliver(index, claims: [Self.claim(from, from + 10)], bytes: 100, at: .zero)
            return number
        }
    }

    func settle(_ state: inout State, _ number: DeliveryNumber, sink: Int) -> State.Actions {
        let generation = state.generation(of: sink)
        guard state.accept(number, sink: sink, generation: generation) != nil else { return State.Actions() }
        return state.acknowledge(number, sink: sink)
    }

    @Test("the watermark moves along the unbroken run, whatever the order of acknowledgements")
    func outOfOrder() {
        var state = State(roles: [Self.required])
        let numbers = deliver(&state, 4)
        #expect(!settle(&state, numbers[2], sink: 0).watermarkMoved)
        #expect(!settle(&state, numbers[1], sink: 0).watermarkMoved)
        let actions = settle(&state, numbers[0], sink: 0)
        #expect(actions.watermarkMoved)
        #expect(actions.released.map(\.bytes) == [300])
        #expect(state.takeWatermark() == [0: 30])
        #expect(state.takeWatermark() == [:])
    }

    @Test("the watermark waits for every required sink and for no other")
    func slowest() {
        var state = State(roles: [Self.required, Self.bestEffort, Self.required])
        let numbers = deliver(&state, 2)
        _ = settle(&state, numbers[0], sink: 0)
        _ = settle(&state, numbers[1], sink: 0)
        #expect(state.takeWatermark() == [:])
        _ = settle(&state, numbers[0], sink: 2)
        #expect(state.takeWatermark() == [0: 10])
    }

    @Test("a sink's word counts once, and only in its own generation")
    func once() {
        var state = State(roles: [Self.required])
        let numbers = deliver(&state, 2)
        #expect(state.accept(numbers[0], sink: 0, generation: 0)?.item == 0)
        #expect(state.accept(numbers[0], sink: 0, generation: 0) == nil)
        _ = state.acknowledge(numbers[0], sink: 0)
        _ = state.acknowledge(numbers[0], sink: 0)
        #expect(state.accept(numbers[0], sink: 0, generation: 0) == nil)
        _ = state.beginGeneration(sink: 0)
        #expect(state.accept(numbers[1], sink: 0, generation: 0) == nil)
        #expect(state.accept(numbers[1], sink: 0, generation: 1) != nil)
    }

    @Test("a reopened sink gets what it was given and has not answered, in order, and nothing it never saw")
    func generation() {
        var state = State(roles: [Self.required])
        let numbers = deliver(&state, 5)
        for number in numbers[0..<4] { state.receive(number, sink: 0) }
        _ = settle(&state, numbers[2], sink: 0)
        #expect(state.beginGeneration(sink: 0).map(\.item) == [0, 1, 3])
        #expect(state.unacknowledged(sink: 0).map(\.item) == [0, 1, 3, 4])
    }

    @Test("a batch with a rejected record counts only with the letter")
    func letter() {
        var state = State(roles: [Self.required, Self.required])
        let numbers = deliver(&state, 1)
        _ = settle(&state, numbers[0], sink: 1)
        _ = state.accept(numbers[0], sink: 0, generation: 0)
        let letter = state.deliverDead(99, to: 1, from: 0, parent: numbers[0], at: .zero).letter
        #expect(state.waitUntilSettled(sink: 0, "w") == nil)
        #expect(state.takeWatermark() == [:])
        guard let letter else {
            Issue.record("no letter")
            return
        }
        state.receive(letter, sink: 1)
        #expect(state.beginGeneration(sink: 1).map(\.item) == [99])
        #expect(state.beginGeneration(sink: 0).isEmpty)
        let actions = settle(&state, letter, sink: 1)
        #expect(actions.settled == ["w"])
        #expect(state.takeWatermark() == [0: 10])
    }

    @Test("a refused batch stops the watermark, and nobody waits for it")
    func refused() {
        var state = State(roles: [Self.required, Self.owner])
        let numbers = deliver(&state, 3)
        #expect(state.waitUntilSettled(sink: 0, "w") == nil)
        #expect(state.waitForOthers([Self.claim(20, 30)], sink: 1, "b") == nil)
        _ = state.accept(numbers[1], sink: 0, generation: 0)
        let refusal = state.refuse(numbers[1], sink: 0)
        #expect(refusal.barriers.map(\.isLost) == [true])
        _ = settle(&state, numbers[2], sink: 0)
        #expect(settle(&state, numbers[0], sink: 0).settled == ["w"])
        for number in numbers { _ = settle(&state, number, sink: 1) }
        #expect(state.takeWatermark() == [0: 10])
        #expect(state.waitForOthers([Self.claim(0, 10)], sink: 1, "b") == true)
        #expect(state.unacknowledged(sink: 0).map(\.item) == [1])
    }

    @Test("the barrier waits for the other required sinks that own nothing, and opens when the last holds the claims")
    func barrier() {
        var state = State(roles: [Self.required, Self.owner, Self.bestEffort, Self.required, Self.owner])
        let numbers = deliver(&state, 2)
        #expect(state.waitForOthers([Self.claim(0, 10)], sink: 1, "b") == nil)
        #expect(settle(&state, numbers[0], sink: 0).barriers.isEmpty)
        let actions = settle(&state, numbers[0], sink: 3)
        #expect(actions.barriers.map(\.waiter) == ["b"])
        #expect(actions.barriers.map(\.isLost) == [false])
        #expect(state.waitForOthers([Self.claim(0, 10)], sink: 4, "c") == true)
        #expect(state.waitForOthers([Self.claim(10, 20)], sink: 4, "c") == nil)
        #expect(state.removeBarrier(sink: 1) == nil)
        #expect(state.removeBarrier(sink: 4) == "c")
    }

    @Test("a lost sink lets its batches go, ends the waits of others, and holds the watermark where it stood")
    func lost() {
        var state = State(roles: [Self.required, Self.owner])
        let numbers = deliver(&state, 3)
        _ = settle(&state, numbers[0], sink: 0)
        #expect(state.waitForOthers([Self.claim(10, 20)], sink: 1, "b") == nil)
        let actions = state.lose(sink: 0)
        #expect(actions.barriers.map(\.isLost) == [true])
        #expect(state.unacknowledged(sink: 0).isEmpty)
        #expect(state.accept(numbers[1], sink: 0, generation: state.generation(of: 0)) == nil)
        for number in numbers { _ = settle(&state, number, sink: 1) }
        #expect(state.takeWatermark() == [0: 10])
        let later = state.deliver(9, claims: [Self.claim(30, 40)], bytes: 1, at: .zero)
        #expect(state.accept(later, sink: 0, generation: state.generation(of: 0)) == nil)
    }

    @Test("an owner in front of a letter that it is to keep goes on when the sink acknowledges what comes after")
    func letterBehind() {
        var state = State(roles: [Self.required, Self.owner])
        let numbers = deliver(&state, 2)
        _ = state.accept(numbers[0], sink: 0, generation: 0)
        _ = state.deliverDead(99, to: 1, from: 0, parent: numbers[0], at: .zero)
        #expect(state.waitForOthers([Self.claim(0, 10)], sink: 1, "first") == true)
        #expect(state.waitForOthers([Self.claim(10, 20)], sink: 1, "second") == nil)
        let actions = settle(&state, numbers[1], sink: 0)
        #expect(actions.barriers.map(\.waiter) == ["second"])
        #expect(!actions.watermarkMoved)
    }

    @Test("what has waited longest is told with the time it was delivered at, letters included")
    func oldest() {
        var state = State(roles: [Self.required, Self.required])
        #expect(state.oldestOutstanding == nil)
        let number = state.deliver(0, claims: [Self.claim(0, 10)], bytes: 1, at: .seconds(5))
        #expect(state.oldestOutstanding == .seconds(5))
        _ = settle(&state, number, sink: 1)
        _ = state.accept(number, sink: 0, generation: 0)
        let letter = state.deliverDead(99, to: 1, from: 0, parent: number, at: .seconds(7)).letter
        #expect(state.oldestOutstanding == .seconds(5))
        #expect(state.accept(letter ?? number, sink: 1, generation: 0)?.since == .seconds(7))
    }

    @Test("losing the place for dead letters ends the wait of those who rejected records")
    func keeperLost() {
        var state = State(roles: [Self.required, Self.required])
        let numbers = deliver(&state, 2)
        _ = state.accept(numbers[0], sink: 0, generation: 0)
        _ = state.deliverDead(99, to: 1, from: 0, parent: numbers[0], at: .zero)
        _ = settle(&state, numbers[1], sink: 0)
        #expect(state.waitUntilSettled(sink: 0, "w") == nil)
        #expect(state.lose(sink: 1).settled == ["w"])
        #expect(state.takeWatermark() == [:])
        // It has counted in the ledger already.
        #expect(state.unacknowledged(sink: 0).isEmpty)
    }

    @Test("an interruption ends the wait for the last acknowledgements, before it or during it")
    func interruption() {
        var state = State(roles: [Self.required])
        _ = deliver(&state, 1)
        #expect(state.interruptSettling(sink: 0) == nil)
        #expect(state.waitUntilSettled(sink: 0, "w") == false)
        #expect(state.waitUntilSettled(sink: 0, "w") == nil)
        #expect(state.interruptSettling(sink: 0) == "w")
        #expect(state.waitUntilSettled(sink: 0, "w") == nil)
    }

    /// The model keeps everything for ever and reckons anew each time.
    @Test("random deliveries, answers and reopenings agree with a naive model", arguments: 0..<60)
    func random(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let roles = (0..<Int.random(in: 1...4, using: &random)).map { _ in
            State.Role(isRequired: Bool.random(using: &random), isOwner: Int.random(in: 0..<3, using: &random) == 0)
        }
        var state = State(roles: roles)
        var model = Model(roles: roles)
        var watermark: [Int32: Int64] = [:]
        var released = Array(repeating: 0, count: roles.count)
        var barriers: [String: (sink: Int, claims: [Claim])] = [:]
        var next: [Int32: Int64] = [0: 0, 1: 1_000]
        for step in 0..<250 {
            let place: Comment = "seed \(seed), step \(step)"
            let sink = Int.random(in: roles.indices, using: &random)
            var actions = State.Actions()
            switch Int.random(in: 0..<20, using: &random) {
            case 0...6:
                let claims = [Int32(0), 1].filter { _ in Bool.random(using: &random) }.map { partition in
                    let from = next[partition] ?? 0
                    let to = from + Int64.random(in: 0...5, using: &random)
                    next[partition] = to
                    return Claim(partition: partition, from: from, to: to)
                }
                let number = state.deliver(step, claims: claims, bytes: 1, at: .zero)
                model.deliveries.append((number, claims, Set(roles.indices.filter { !model.lost.contains($0) }), []))
            case 7...16:
                let open = model.open(sink)
                guard !open.isEmpty else { break }
                // Mostly near the head, as sinks do; sometimes anywhere.
                let reach = Bool.random(using: &random) ? min(3, open.count) : open.count
                let index = open[Int.random(in: 0..<reach, using: &random)]
                let number = model.deliveries[index].number
                #expect(state.accept(number, sink: sink, generation: state.generation(of: sink)) != nil, place)
                actions = state.acknowledge(number, sink: sink)
                model.deliveries[index].held.insert(sink)
            case 17:
                state.receive(model.deliveries.last?.number ?? DeliveryNumber(value: 0), sink: sink)
                for delivery in model.deliveries { state.receive(delivery.number, sink: sink) }
                let again = state.beginGeneration(sink: sink).map(\.number)
                #expect(again == model.open(sink).map { model.deliveries[$0].number }, place)
            case 18 where roles[sink].isOwner:
                let claims = [Claim(partition: 0, from: 0, to: Int64.random(in: 0...(next[0] ?? 0), using: &random))]
                let name = "barrier \(step)"
                let answer = state.waitForOthers(claims, sink: sink, name)
                #expect(answer == model.othersHold(claims, sink: sink), place)
                if answer == nil { barriers[name] = (sink, claims) }
            case 19 where step > 180 && Int.random(in: 0..<8, using: &random) == 0:
                actions = state.lose(sink: sink)
                model.lost.insert(sink)
            default: break
            }
            for (sink, bytes) in actions.released { released[sink] += bytes }
            for (waiter, isLost) in actions.barriers {
                let barrier = barriers.removeValue(forKey: waiter)
                #expect(barrier.flatMap { model.othersHold($0.claims, sink: $0.sink) } == !isLost, place)
            }
            for barrier in barriers.values {
                #expect(model.othersHold(barrier.claims, sink: barrier.sink) == nil, place)
            }
            let before = watermark
            watermark.merge(state.takeWatermark()) { old, new in
                #expect(new > old, place)
                return new
            }
            #expect(actions.watermarkMoved == (watermark != before), place)
            #expect(watermark == model.watermark, place)
            for sink in roles.indices where !model.lost.contains(sink) {
                #expect(released[sink] == model.prefix(sink).count, place)
                #expect(state.unacknowledged(sink: sink).count == model.open(sink).count, place)
            }
        }
    }

    private struct Model {
        let roles: [State.Role]
        var deliveries: [(number: DeliveryNumber, claims: [Claim], receivers: Set<Int>, held: Set<Int>)] = []
        var lost: Set<Int> = []

        init(roles: [State.Role]) {
            let anyRequired = roles.contains { $0.isRequired }
            self.roles = roles.map { State.Role(isRequired: $0.isRequired || !anyRequired, isOwner: $0.isOwner) }
        }

        /// Indices of what a sink may still answer for.
        func open(_ sink: Int) -> [Int] {
            lost.contains(sink)
                ? [] : deliveries.indices.filter { !deliveries[$0].held.contains(sink) }
        }

        /// Indices of the sink's unbroken run.
        func prefix(_ sink: Int) -> ArraySlice<Int> {
            deliveries.indices.map { $0 }.prefix {
                deliveries[$0].held.contains(sink) && deliveries[$0].receivers.contains(sink)
            }
        }

        func position(_ sink: Int, _ partition: Int32) -> Int64? {
            prefix(sink).flatMap { deliveries[$0].claims }.last { $0.partition == partition }?.to
        }

        var watermark: [Int32: Int64] {
            var watermark: [Int32: Int64] = [:]
            for partition in [Int32(0), 1] {
                let positions = roles.indices.filter { roles[$0].isRequired }.map { position($0, partition) }
                if positions.allSatisfy({ $0 != nil }) { watermark[partition] = positions.compactMap { $0 }.min() }
            }
            return watermark
        }

        func othersHold(_ claims: [Claim], sink: Int) -> Bool? {
            var answer: Bool? = true
            for other in roles.indices where other != sink && roles[other].isRequired && !roles[other].isOwner {
                if claims.allSatisfy({ (position(other, $0.partition) ?? Int64.min) >= $0.to }) { continue }
                if lost.contains(other) { return false }
                answer = nil
            }
            return answer
        }
    }
}
