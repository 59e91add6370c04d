internal import Pipeline

/// What was written since the last commit, and what has become of it: batches and reports in; what to acknowledge, and
/// which records a broker refused, out. A pure state machine.
struct OpenTransaction {
    typealias Ticket = DeliveryLedger.Ticket

    /// A batch that is part of the transaction.
    struct Writing: Sendable {
        /// The batch with the records that are to be written: without those that are stored already or were refused.
        var batch: Batch
        var receipt: Receipt
        /// The index that each record has in the batch as it was given; nil where none was left out.
        var origins: [Int]?
        var rejections: [Rejection] = []
        /// Records that an earlier transaction stored.
        var repeated = 0
    }

    /// The slot of the progress record, which belongs to no batch.
    static let progressSlot = 0xffff_ffff

    /// The batches, by slot.
    private(set) var writings: [Writing] = []
    /// Records of them.
    private(set) var records = 0
    /// Records that librdkafka has and has not reported.
    private(set) var inFlight = 0
    /// Records that came back, each by its own fault or by a neighbour's in the same request.
    private(set) var suspects: [Ticket: String] = [:]
    /// Records that never reached a broker, because the transaction had failed by then.
    private(set) var unsent: [Ticket] = []
    /// Records that are refused by themselves. They leave their batches once nothing is in flight, since reports name
    /// records by their place.
    private(set) var refused: [Ticket: String] = [:]
    /// The first error that is about no record.
    private(set) var failure: KafkaError?

    /// Whether the transaction can only be aborted, as far as reports tell.
    var hasFailed: Bool { failure != nil || !suspects.isEmpty }

    /// Whether there is nothing to settle.
    var isEmpty: Bool { writings.isEmpty }

    // MARK: - Batches

    /// Takes a batch in.
    /// - Parameters:
    ///   - batch: the batch.
    ///   - receipt: acknowledges it.
    ///   - stored: where the stored part of a partition ends; nil where nothing of the batch is stored.
    /// - Returns: its slot, and the records to write.
    mutating func add(_ batch: Batch, _ receipt: Receipt, storedBelow stored: [Int32: Int64]?) -> (slot: Int, Batch) {
        var writing = Writing(batch: batch, receipt: receipt)
        if let stored {
            writing.keep { record, _ in record.offset >= stored[record.partition] ?? .min }
            writing.repeated = batch.records.count - writing.batch.records.count
        }
        writings.append(writing)
        records += writing.batch.records.count
        return (writings.count - 1, writing.batch)
    }

    /// Lets all batches go, after a commit or when they are given up.
    /// - Returns: the batches.
    mutating func takeAll() -> [Writing] {
        defer { self = OpenTransaction() }
        return writings
    }

    // MARK: - Reports

    /// Notes that records were given to librdkafka.
    mutating func send(_ count: Int) {
        inFlight += count
    }

    /// Hears that records were delivered.
    mutating func deliver(_ count: Int) {
        inFlight -= count
    }

    /// Hears that a record came back.
    /// - Parameters:
    ///   - ticket: the record.
    ///   - error: why.
    ///   - isAlone: whether no neighbour can be to blame: the client refused it, not a broker.
    mutating func comeBack(_ ticket: Ticket, _ error: KafkaError, isAlone: Bool) {
        inFlight -= 1
        if error.saysUnsent {
            unsent.append(ticket)
        } else if !error.isAboutRecord || ticket.slot == Self.progressSlot {
            failure = failure ?? error
        } else if isAlone {
            refused[ticket] = error.reason
        } else {
            suspects[ticket] = error.reason
        }
    }

    /// Hears that the transaction was aborted: no report comes any more, and what failed in it concerns nobody.
    mutating func abort() {
        inFlight = 0
        failure = nil
    }

    /// What an aborted transaction has shown of its records, and forgets.
    mutating func takeFindings() -> (suspects: [Ticket: String], unsent: [Ticket]) {
        defer {
            suspects = [:]
            unsent = []
        }
        return (suspects, unsent)
    }

    /// Hears which of the suspects are to blame.
    mutating func blame(_ tickets: [Ticket: String]) {
        refused.merge(tickets) { first, _ in first }
    }

    /// Takes the refused records out of their batches. Nothing may be in flight.
    mutating func removeRefused() {
        precondition(inFlight == 0, "a report would name another record")
        for (slot, tickets) in Dictionary(grouping: refused, by: \.key.slot) {
            let reasons = Dictionary(uniqueKeysWithValues: tickets.map { ($0.key.index, $0.value) })
            for (index, reason) in reasons.sorted(by: { $0.key < $1.key }) {
                let origin = writings[slot].origins?[index] ?? index
                writings[slot].rejections.append(Rejection(index: origin, reason: reason))
            }
            writings[slot].keep { _, index in reasons[index] == nil }
            records -= reasons.count
        }
        refused = [:]
    }
}

extension OpenTransaction.Writing {
    /// Leaves records out, and remembers where the others stood.
    fileprivate mutating func keep(_ isKept: (Record, Int) -> Bool) {
        var kept: [Record] = []
        var places: [Int] = []
        for (index, record) in batch.records.enumerated() where isKept(record, index) {
            kept.append(record)
            places.append(origins?[index] ?? index)
        }
        guard kept.count < batch.records.count else { return }
        batch.records = kept
        origins = places
    }
}
