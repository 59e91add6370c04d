internal import Pipeline

/// What the sink has given to librdkafka and what has become of it: which batches are complete, whether there is room,
/// and which records must be tried alone. A pure state machine: admissions and reports in, acknowledgements out.
///
/// A broker that refuses one record refuses the whole request it came in, so the neighbours of a bad record come back
/// with its error. Such records are suspects: once nothing else is in flight they are sent again one at a time, and
/// only what is refused alone is rejected.
struct DeliveryLedger {
    /// A record by its batch's slot and its index there.
    struct Ticket: Sendable, Hashable {
        var slot: Int
        var index: Int

        init(slot: Int, index: Int) {
            self.slot = slot
            self.index = index
        }

        /// The form in which a ticket travels through librdkafka: a number, so that no reference can be lost or freed
        /// there.
        init(bits: UInt) {
            slot = Int(bits >> 32)
            index = Int(bits & 0xffff_ffff)
        }

        var bits: UInt { UInt(slot) << 32 | UInt(index) }
    }

    /// What a report says of a record.
    enum Verdict: Sendable, Hashable {
        case delivered(bytes: Int)
        /// Refused, perhaps because of a neighbour.
        case suspect(String)
        /// Refused by itself.
        case refused(String)
    }

    /// A batch all of whose records are reported.
    struct Finished: Sendable {
        var receipt: Receipt
        var rejections: [Rejection]
        var admittedAt: Duration
    }

    private struct Entry {
        var batch: Batch
        var receipt: Receipt
        var remaining: Int
        var rejections: [Rejection]
        var admittedAt: Duration
        var bytes: Int
    }

    private let recordLimit: Int
    private let byteLimit: Int
    private var entries: [Entry?] = []
    private var freeSlots: [Int] = []
    private var suspects: [Ticket] = []
    private var nextSuspect = 0
    private var alone: Ticket?

    /// Records taken and not yet settled.
    private(set) var records = 0
    /// Bytes of them, as the batches hold them.
    private(set) var bytes = 0
    private(set) var delivered: Int64 = 0
    private(set) var deliveredBytes: Int64 = 0
    private(set) var rejected: Int64 = 0

    /// Makes an empty ledger.
    /// - Parameters:
    ///   - recordLimit: records in flight; a single batch may exceed it.
    ///   - byteLimit: bytes in flight; a single batch may exceed it.
    init(recordLimit: Int, byteLimit: Int) {
        self.recordLimit = recordLimit
        self.byteLimit = byteLimit
    }

    private var suspectCount: Int { suspects.count - nextSuspect + (alone == nil ? 0 : 1) }

    /// Whether a batch may come in.
    func hasRoom(records count: Int, bytes size: Int) -> Bool {
        if records == 0 { return true }
        return suspectCount == 0 && records + count <= recordLimit && bytes + size <= byteLimit
    }

    /// Lets every batch go that is not settled; the counts of what was delivered stay.
    mutating func letGo() {
        entries = []
        freeSlots = []
        suspects = []
        nextSuspect = 0
        alone = nil
        records = 0
        bytes = 0
    }

    /// Takes a batch in.
    /// - Returns: its slot, or nil if there is no room.
    mutating func admit(_ batch: Batch, _ receipt: Receipt, now: Duration) -> Int? {
        let size = batch.footprint
        guard hasRoom(records: batch.records.count, bytes: size) else { return nil }
        let entry = Entry(
            batch: batch, receipt: receipt, remaining: batch.records.count, rejections: [], admittedAt: now, bytes: size
        )
        records += batch.records.count
        bytes += size
        if let slot = freeSlots.popLast() {
            entries[slot] = entry
            return slot
        }
        entries.append(entry)
        return entries.count - 1
    }

    /// Hears that records of a batch were delivered.
    /// - Parameters:
    ///   - count: how many.
    ///   - size: bytes of their keys and values.
    ///   - slot: the batch's slot.
    mutating func deliver(_ count: Int, bytes size: Int, of slot: Int) -> Finished? {
        settle(count, of: slot)
        delivered += Int64(count)
        deliveredBytes += Int64(size)
        return finish(slot)
    }

    /// Hears what became of one record.
    /// - Returns: the batch, if this was its last report.
    mutating func report(_ ticket: Ticket, _ verdict: Verdict) -> Finished? {
        let wasAlone = alone == ticket
        if wasAlone { alone = nil }
        switch verdict {
        case .delivered(let size):
            return deliver(1, bytes: size, of: ticket.slot)
        case .suspect(let reason) where wasAlone:
            return reject(ticket, reason)
        case .suspect:
            suspects.append(ticket)
            return nil
        case .refused(let reason):
            return reject(ticket, reason)
        }
    }

    /// The next record to send alone, once nothing else is in flight; nil while there is none or it is not yet time.
    mutating func nextAlone() -> (ticket: Ticket, batch: Batch)? {
        guard alone == nil, nextSuspect < suspects.count, records == suspects.count - nextSuspect else { return nil }
        let ticket = suspects[nextSuspect]
        nextSuspect += 1
        if nextSuspect == suspects.count {
            suspects.removeAll()
            nextSuspect = 0
        }
        guard let entry = entries[ticket.slot] else { return nil }
        alone = ticket
        return (ticket, entry.batch)
    }

    /// Whether a record is the one under way alone.
    func isAlone(_ ticket: Ticket) -> Bool { alone == ticket }

    private mutating func reject(_ ticket: Ticket, _ reason: String) -> Finished? {
        settle(1, of: ticket.slot)
        rejected += 1
        entries[ticket.slot]?.rejections.append(Rejection(index: ticket.index, reason: reason))
        return finish(ticket.slot)
    }

    private mutating func settle(_ count: Int, of slot: Int) {
        entries[slot]?.remaining -= count
        records -= count
    }

    private mutating func finish(_ slot: Int) -> Finished? {
        guard let entry = entries[slot], entry.remaining == 0 else { return nil }
        entries[slot] = nil
        freeSlots.append(slot)
        bytes -= entry.bytes
        return Finished(
            receipt: entry.receipt, rejections: entry.rejections.sorted { $0.index < $1.index },
            admittedAt: entry.admittedAt)
    }
}
