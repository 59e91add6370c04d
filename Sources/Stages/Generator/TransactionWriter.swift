internal import Pipeline

/// Writes transactions as JSON straight into a batch's buffer. The only unsafe writing of the generator.
///
/// Safe because every store begins inside a record's own text and is at most 64 bytes wide: a record's text has at
/// most `longest` bytes, and `append` reserves that for each record and 64 more for the last store's overhang, which the
/// next store writes over. One record is stored for each index, as many as the array has room for. The pointers live
/// only inside the closures that lend the room.
struct TransactionWriter: Sendable {
    private let stream: TransactionStream
    private let text = TransactionText()
    private let longest: Int
    // What neighbours share is made once: the id's text for the upper bits of the index, the digits of its
    // millisecond, the text of the second and the digits of the microsecond.
    private var opening = TransactionText.Long("")
    private var upperIndex: Int64 = -1
    private var milliseconds: Int64 = -1
    private var millisecondDigits: (UInt64, UInt32) = (0, 0)
    private var second = TransactionText.Middle("")
    private var secondStart: Int64 = -1_000_000
    private var microseconds: Int64 = -1
    private var microsecondDigits: UInt64 = 0

    init(_ stream: TransactionStream) {
        self.stream = stream
        longest = text.longest
    }

    /// Room that a record takes at most, for reserving a batch.
    var maximumLength: Int { longest }

    /// Appends the text of transactions to a batch, each with its ATM's id as the key. Constant for each.
    /// - Parameters:
    ///   - indices: their numbers.
    ///   - time: the time of all of them, or nil for their scheduled times.
    ///   - builder: the batch.
    /// - Returns: the records. They are written while their text is, and not added to the builder one by one, which
    ///   took a sixth of the generator's time.
    mutating func append(_ indices: Range<Int64>, at time: Timestamp?, to builder: inout BatchBuilder) -> [Record] {
        let stream = stream
        let partition = stream.settings.shard
        let keyOffset = TransactionText.opening.utf8.count + 36 + 12
        let noHeaders = ByteRange.absent
        let count = indices.count
        let begin = builder.count
        return Array(unsafeUninitializedCapacity: count) { records, initialized in
            _ = builder.append(maximum: count * longest + 64) { room in
                guard let start = room.baseAddress else { return 0 }
                var end = start
                for (place, index) in indices.enumerated() {
                    let time = time ?? stream.scheduledTime(of: index)
                    let next = write(stream.transaction(at: index, time: time), at: end)
                    let offset = begin + (end - start)
                    records.initializeElement(
                        at: place,
                        to: Record(
                            key: ByteRange(start: offset + keyOffset, length: 8),
                            value: ByteRange(start: offset, length: next - end), headers: noHeaders, timestamp: time,
                            position: Position(partition: partition, offset: index)))
                    end = next
                }
                return end - start
            }
            initialized = count
        }
    }

    @inline(__always)
    private mutating func write(
        _ transaction: Transaction, at start: UnsafeMutableRawPointer
    ) -> UnsafeMutableRawPointer {
        prepareIdentifier(transaction)
        prepareTime(transaction.time)
        var end = start
        put(opening, at: &end)
        // Into the opening's text: eight digits, a dash that stays, four digits.
        let identifier = start + TransactionText.opening.utf8.count
        identifier.storeBytes(of: millisecondDigits.0.littleEndian, as: UInt64.self)
        (identifier + 9).storeBytes(of: millisecondDigits.1.littleEndian, as: UInt32.self)
        put(Digits.hexadecimal(UInt32(truncatingIfNeeded: transaction.index)), 8, at: &end)
        put(text.beforeATM, at: &end)
        // Four digits each: one conversion for both.
        let digits = Digits.decimal(UInt32(truncatingIfNeeded: transaction.atm &* 10_000 &+ transaction.card))
        put(digits, 4, at: &end)
        put(text.regions[Int(transaction.region)], at: &end)
        let amount = Digits.amount(UInt32(truncatingIfNeeded: transaction.cents))
        put(amount.text, amount.length, at: &end)
        put(text.statuses[Int(transaction.status)], at: &end)
        put(Digits.decimal(UInt32(truncatingIfNeeded: transaction.user)) >> 24, 5, at: &end)
        put(text.beforeCard, at: &end)
        put(digits >> 32, 4, at: &end)
        put(text.types[Int(transaction.type)], at: &end)
        put(
            text.places[Int(transaction.location) &* TransactionWords.currencies.count &+ Int(transaction.currency)],
            at: &end)
        put(second, at: &end)
        put(microsecondDigits, 6, at: &end)
        put(text.closing, at: &end)
        return end
    }

    @inline(__always)
    private func put<Bytes>(_ fragment: TransactionText.Fragment<Bytes>, at end: inout UnsafeMutableRawPointer) {
        end.storeBytes(of: fragment.bytes, as: Bytes.self)
        end += fragment.length
    }

    @inline(__always)
    private func put(_ digits: UInt64, _ count: Int, at end: inout UnsafeMutableRawPointer) {
        end.storeBytes(of: digits.littleEndian, as: UInt64.self)
        end += count
    }

    @inline(__always)
    private mutating func prepareIdentifier(_ transaction: Transaction) {
        if transaction.index >> 32 != upperIndex {
            upperIndex = transaction.index >> 32
            opening = TransactionText.Long(TransactionText.opening + transaction.transactionID.prefix(28))
        }
        let time = transaction.time.milliseconds
        if time != milliseconds {
            milliseconds = time
            millisecondDigits = (
                Digits.hexadecimal(UInt32(truncatingIfNeeded: time >> 16)),
                UInt32(truncatingIfNeeded: Digits.hexadecimal(UInt32(truncatingIfNeeded: time)) >> 32)
            )
        }
    }

    @inline(__always)
    private mutating func prepareTime(_ time: Timestamp) {
        guard time.microseconds != microseconds else { return }
        microseconds = time.microseconds
        if !(0..<1_000_000).contains(microseconds - secondStart) {
            secondStart = microseconds - microseconds % 1_000_000
            second = TransactionText.Middle(String(time.rfc3339.prefix(20)))
        }
        microsecondDigits = Digits.decimal(UInt32(truncatingIfNeeded: microseconds - secondStart)) >> 16
    }
}
