import PipelineTesting

/// What a program is doing when a fault comes.
enum Phase: String, CaseIterable, Sendable, Codable {
    case starting, reading
    case transaction = "inside a transaction"
    case committing, acknowledging, draining, closing

    /// Calls at which a program is in this phase; which of several, and the how-manieth, is chance.
    /// - Parameters:
    ///   - program: the program.
    ///   - random: decides.
    func place(in program: ProgramKind, _ random: inout SeededRandom) -> FaultPlace {
        func call(_ name: String, _ range: ClosedRange<Int>, isAfter: Bool = false) -> FaultPlace.Call {
            .init(name: name, number: Int.random(in: range, using: &random), isAfter: isAfter)
        }
        switch (self, program) {
        case (.starting, .producer):
            return Bool.random(using: &random)
                ? FaultPlace(call("rd_kafka_new", 1...2))
                : FaultPlace(call("rd_kafka_init_transactions", 1...1, isAfter: Bool.random(using: &random)))
        case (.starting, .archiver):
            return Bool.random(using: &random)
                ? FaultPlace(call("rd_kafka_new", 1...2))
                : FaultPlace(call("sqlite3_exec", 1...5, isAfter: Bool.random(using: &random)))
        case (.reading, .producer): return FaultPlace(call("rd_kafka_begin_transaction", 2...12))
        case (.reading, .archiver): return FaultPlace(call("rd_kafka_consume_batch_queue", 10...400))
        case (.transaction, .producer):
            return FaultPlace(call("rd_kafka_produce_batch", 2...60, isAfter: Bool.random(using: &random)))
        case (.transaction, .archiver):
            return FaultPlace(call("sqlite3_step", 30...120, isAfter: Bool.random(using: &random)))
        case (.committing, .producer): return FaultPlace(call("rd_kafka_commit_transaction", 1...12))
        case (.committing, .archiver):
            return FaultPlace(call("fdatasync", 3...12, isAfter: Bool.random(using: &random)))
        case (.acknowledging, .producer):
            return FaultPlace(call("rd_kafka_commit_transaction", 1...12, isAfter: true))
        case (.acknowledging, .archiver): return FaultPlace(call("rd_kafka_commit_queue", 1...2))
        case (.draining, .producer):
            return FaultPlace(
                call("rd_kafka_produce_batch", 2...40), thenStopped: call("rd_kafka_commit_transaction", 1...1))
        case (.draining, .archiver):
            // From a call inside a transaction, so that there is something left to commit.
            let write = call("sqlite3_step", 60...150)
            let commit = Bool.random(using: &random) ? "sqlite3_exec" : "fdatasync"
            return FaultPlace(write, thenStopped: call(commit, 1...1, isAfter: Bool.random(using: &random)))
        case (.closing, .producer):
            return FaultPlace(
                call("rd_kafka_produce_batch", 2...40),
                thenStopped: call("rd_kafka_destroy", 1...1, isAfter: Bool.random(using: &random)))
        case (.closing, .archiver):
            let close = Bool.random(using: &random) ? "sqlite3_close" : "rd_kafka_destroy"
            return FaultPlace(
                call("sqlite3_step", 60...150),
                thenStopped: call(close, 1...1, isAfter: Bool.random(using: &random)))
        }
    }
}
