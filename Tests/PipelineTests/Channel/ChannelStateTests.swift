@testable import Pipeline
import PipelineTesting
import Testing

@Suite("The channel's state machine")
struct ChannelStateTests {
    typealias State = ChannelState<Int, String, String>

    let one = ChannelWeight(records: 1, bytes: 10)

    @Test("the sender gets no room before the receiver asks")
    func credit() {
        var state = State(byteLimit: 100, keepsBytesUntilReleased: false)
        #expect(state.waitForRoom("s") == nil)
        let actions = state.request(5)
        #expect(actions.sender?.waiter == "s")
        #expect(actions.sender?.room == .wanted(5))
        #expect(state.waitForRoom("s") == .wanted(5))
    }

    @Test("a batch larger than the credit is taken, and counts against what is asked for next")
    func overdraft() {
        var state = State(byteLimit: 1_000, keepsBytesUntilReleased: false)
        _ = state.request(5)
        #expect(state.send(1, weight: ChannelWeight(records: 12, bytes: 10)) != nil)
        #expect(state.credit == -7)
        #expect(state.waitForRoom("s") == nil)
        #expect(state.request(7).sender == nil)
        #expect(state.request(1).sender?.room == .wanted(1))
    }

    @Test("bytes bound what is buffered, however much is asked for")
    func bytes() {
        var state = State(byteLimit: 20, keepsBytesUntilReleased: false)
        _ = state.request(100)
        _ = state.send(1, weight: one)
        #expect(state.waitForRoom("s") == .wanted(99))
        _ = state.send(2, weight: one)
        #expect(state.waitForRoom("s") == nil)
        let received = state.wait("r", endOnly: false)
        #expect(received?.1.sender?.room == .wanted(98))
    }

    @Test("in front of a sink bytes count until they are released")
    func released() {
        var state = State(byteLimit: 20, keepsBytesUntilReleased: true)
        _ = state.request(100)
        #expect(state.wait("r", endOnly: false) == nil)
        // Handed over directly, and held all the same.
        #expect(state.send(1, weight: one)?.receiver?.waiter == "r")
        _ = state.send(2, weight: one)
        #expect(state.heldBytes == 20)
        _ = state.wait("r", endOnly: false)
        #expect(state.waitForRoom("s") == nil)
        #expect(state.release(bytes: 10).sender?.room == .wanted(98))
        #expect(state.heldBytes == 10)
    }

    @Test("a poke wakes the sender once, room or not")
    func poke() {
        var state = State(byteLimit: 20, keepsBytesUntilReleased: false)
        #expect(state.waitForRoom("s") == nil)
        #expect(state.poke().sender?.room == .poked)
        #expect(state.waitForRoom("s") == nil)
        #expect(state.removeSender() == "s")
        _ = state.poke()
        #expect(state.waitForRoom("s") == .poked)
        #expect(state.waitForRoom("s") == nil)
    }

    @Test("a stopped sender gets no room any more, and the receiver takes what is left")
    func stopped() {
        var state = State(byteLimit: 20, keepsBytesUntilReleased: false)
        _ = state.request(5)
        _ = state.send(1, weight: one)
        _ = state.stopSender()
        #expect(state.waitForRoom("s") == .stopped)
        #expect(element(state.wait("r", endOnly: false)?.0) == 1)
    }

    @Test("what was sent before the end is received before the end")
    func finish() {
        var state = State(byteLimit: 20, keepsBytesUntilReleased: false)
        _ = state.send(1, weight: one)
        _ = state.finish()
        #expect(state.send(2, weight: one) == nil)
        #expect(element(state.wait("r", endOnly: false)?.0) == 1)
        #expect(isFinished(state.wait("r", endOnly: false)?.0))
    }

    @Test("closing gives back what was not received, in order, and refuses the rest")
    func close() {
        var state = State(byteLimit: 1_000, keepsBytesUntilReleased: false)
        for value in 1...5 { _ = state.send(value, weight: one) }
        _ = state.wait("r", endOnly: false)
        #expect(state.waitForRoom("s") == nil)
        let (rest, actions) = state.close()
        #expect(rest == [2, 3, 4, 5])
        #expect(actions.sender?.room == .closed)
        #expect(state.send(6, weight: one) == nil)
        #expect(state.waitForRoom("s") == .closed)
    }

    @Test("an interruption ends the wait, and what is buffered comes first")
    func interruption() {
        var state = State(byteLimit: 1_000, keepsBytesUntilReleased: false)
        #expect(state.wait("r", endOnly: false) == nil)
        #expect(isInterrupted(state.interruptReceiver().receiver?.reception))
        _ = state.send(1, weight: one)
        #expect(element(state.wait("r", endOnly: false)?.0) == 1)
        #expect(isInterrupted(state.wait("r", endOnly: false)?.0))
        state.resumeReceiver()
        #expect(state.wait("r", endOnly: false) == nil)
    }

    @Test("a wait for the end takes nothing and is not woken by elements")
    func endOnly() {
        var state = State(byteLimit: 1_000, keepsBytesUntilReleased: false)
        #expect(state.wait("e", endOnly: true) == nil)
        #expect(state.send(1, weight: one)?.receiver == nil)
        #expect(state.finish().receiver == nil)
        #expect(state.removeReceiver { $0 == "other" } == nil)
        #expect(state.removeReceiver { $0 == "e" } == "e")
        #expect(element(state.wait("r", endOnly: false)?.0) == 1)
        #expect(isFinished(state.wait("e", endOnly: true)?.reception))
    }

    /// Every step is compared with a model that is too simple to be wrong.
    @Test("random sequences of events agree with a naive model", arguments: 0..<60)
    func random(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let keeps = Bool.random(using: &random)
        let limit = Int.random(in: 1...200, using: &random)
        var state = State(byteLimit: limit, keepsBytesUntilReleased: keeps)
        var model = Model(limit: limit, keeps: keeps)
        var sent = 0
        var received: [Int] = []
        var log: [String] = []
        for step in 0..<300 {
            let event = Int.random(in: 0..<14, using: &random)
            log.append("\(event)")
            switch event {
            case 0...3 where !model.senderWaits:
                let weight = ChannelWeight(
                    records: Int.random(in: 1...9, using: &random), bytes: Int.random(in: 0...50, using: &random))
                sent += 1
                let actions = state.send(sent, weight: weight)
                #expect((actions != nil) == !(model.isClosed || model.isFinished))
                guard let actions else {
                    sent -= 1
                    break
                }
                model.credit -= weight.records
                model.held += weight.bytes
                model.queue.append((sent, weight.bytes))
                if model.receiverWaits == .element {
                    #expect(element(actions.receiver?.reception) == sent)
                    received.append(sent)
                    model.take()
                    model.receiverWaits = nil
                } else {
                    #expect(actions.receiver == nil)
                }
            case 4,
                5 where !model.senderWaits:
                let expected = model.room
                #expect(state.waitForRoom("s") == expected, "seed \(seed), step \(step), \(log)")
                if expected == nil { model.senderWaits = true } else { model.isPoked = false }
            case 6, 7:
                let count = Int.random(in: 1...20, using: &random)
                model.credit += count
                expectSender(state.request(count), &model, seed, log)
            case 8 where keeps && model.unreleased > 0:
                let bytes = Int.random(in: 1...model.unreleased, using: &random)
                model.unreleased -= bytes
                model.held -= bytes
                expectSender(state.release(bytes: bytes), &model, seed, log)
            case 9,
                10 where model.receiverWaits == nil && !model.isClosed:
                let answer = state.wait("r", endOnly: false)
                if let first = model.queue.first {
                    #expect(element(answer?.0) == first.value, "seed \(seed), step \(step)")
                    received.append(first.value)
                    model.take()
                    if let actions = answer?.1 { expectSender(actions, &model, seed, log) }
                } else if model.isFinished {
                    #expect(isFinished(answer?.0))
                } else if model.isInterrupted {
                    #expect(isInterrupted(answer?.0))
                } else {
                    #expect(answer == nil)
                    model.receiverWaits = .element
                }
            case 11 where model.receiverWaits == nil && !model.isClosed:
                let answer = state.wait("e", endOnly: true)?.reception
                if model.isFinished, model.queue.isEmpty {
                    #expect(isFinished(answer))
                } else if model.isInterrupted {
                    #expect(isInterrupted(answer))
                } else {
                    #expect(answer == nil)
                    model.receiverWaits = .end
                }
            case 12:
                switch Int.random(in: 0..<10, using: &random) {
                case 0...2:
                    model.isPoked = true
                    expectSender(state.poke(), &model, seed, log)
                case 3, 4:
                    #expect(state.removeSender() == (model.senderWaits ? "s" : nil))
                    model.senderWaits = false
                case 5, 6:
                    let waiter = state.removeReceiver { _ in true }
                    #expect(waiter == model.receiverWaits.map { $0 == .element ? "r" : "e" })
                    model.receiverWaits = nil
                case 7:
                    model.isInterrupted = true
                    #expect((state.interruptReceiver().receiver != nil) == (model.receiverWaits != nil))
                    model.receiverWaits = nil
                default:
                    model.isInterrupted = false
                    state.resumeReceiver()
                }
            case 13 where step > 200:
                switch Int.random(in: 0..<6, using: &random) {
                case 0:
                    model.isFinished = true
                    let actions = state.finish()
                    let isToldOfEnd = model.queue.isEmpty && model.receiverWaits != nil
                    #expect((actions.receiver != nil) == isToldOfEnd)
                    if isToldOfEnd { model.receiverWaits = nil }
                case 1:
                    model.isStopped = true
                    expectSender(state.stopSender(), &model, seed, log)
                case 2 where model.receiverWaits == nil:
                    model.isClosed = true
                    let (rest, actions) = state.close()
                    #expect(rest == model.queue.map(\.value))
                    received += rest
                    model.queue = []
                    expectSender(actions, &model, seed, log)
                default: break
                }
            default: break
            }
            #expect(state.credit == model.credit, "seed \(seed), step \(step), \(log)")
            if !model.isClosed { #expect(state.heldBytes == model.held, "seed \(seed), step \(step), \(log)") }
            #expect(state.isEmpty == model.queue.isEmpty)
        }
        received += state.close().rest
        #expect(received == Array(0..<sent).map { $0 + 1 }, "seed \(seed): none lost, none twice, in order")
    }

    private func expectSender(_ actions: State.Actions, _ model: inout Model, _ seed: UInt64, _ log: [String]) {
        let expected = model.senderWaits ? model.room : nil
        #expect(actions.sender?.room == expected, "seed \(seed), \(log)")
        #expect(actions.sender?.waiter == expected.map { _ in "s" })
        if expected != nil {
            model.senderWaits = false
            model.isPoked = false
        }
    }

    private struct Model {
        enum Wait { case element, end }

        let limit: Int
        let keeps: Bool
        var queue: [(value: Int, bytes: Int)] = []
        var credit = 0
        var held = 0
        var unreleased = 0
        var senderWaits = false
        var receiverWaits: Wait?
        var isPoked = false
        var isStopped = false
        var isClosed = false
        var isFinished = false
        var isInterrupted = false

        var room: ChannelRoom? {
            if isClosed { return .closed }
            if isStopped { return .stopped }
            if credit > 0, held < limit { return .wanted(credit) }
            return isPoked ? .poked : nil
        }

        mutating func take() {
            let (_, bytes) = queue.removeFirst()
            if keeps { unreleased += bytes } else { held -= bytes }
        }
    }

    private func element(_ reception: ChannelReception<Int>?) -> Int? {
        if case .element(let value) = reception { value } else { nil }
    }

    private func isFinished(_ reception: ChannelReception<Int>?) -> Bool {
        if case .finished = reception { true } else { false }
    }

    private func isInterrupted(_ reception: ChannelReception<Int>?) -> Bool {
        if case .interrupted = reception { true } else { false }
    }
}
