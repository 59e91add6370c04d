internal import Synchronization

/// Parses the records of a batch into a ``FieldTable``, strictly: one JSON object, in UTF-8, nothing behind it.
public final class FieldParser: Sendable {
    private let stage: String
    private let names: [String]
    // Reused from batch to batch. The lock is never contended: one stage's task parses.
    private let parser: Mutex<JSONObjectParser>

    /// Makes a parser.
    /// - Parameters:
    ///   - stage: in whose name a record is rejected that is no JSON object.
    ///   - names: the members to find; others are checked and passed over.
    public init(stage: String, names: [String]) {
        self.stage = stage
        self.names = names
        parser = Mutex(JSONObjectParser(names: names))
    }

    /// Parses a batch: sets its field table and each record's row, and rejects records that are no JSON object. A member
    /// that stands twice counts with its last value. Linear in the batch's bytes.
    /// - Parameter batch: the batch; one that was parsed before is left alone.
    public func parse(_ batch: inout Batch) {
        guard batch.fields == nil else { return }
        let count = batch.records.count
        let width = names.count
        for index in 0..<count { batch.records[index].row = UInt32(index) }
        var faults: [UInt32: String] = [:]
        var kinds: [UInt8] = []
        let parsed = parser.withLock { parser in
            let cells = [UInt64](unsafeUninitializedCapacity: count * width) { cells, cellCount in
                // The C parser asks for zeros: it writes the cells of members that are there.
                cells.initialize(repeating: 0)
                kinds = [UInt8](repeating: 0, count: count * width)
                kinds.withUnsafeMutableBufferPointer { kinds in
                    faults = Self.parse(batch, parser, width, cells, kinds)
                }
                cellCount = count * width
            }
            return FieldTable(names: names, cells: cells, kinds: kinds, unescaped: parser.takeUnescaped())
        }
        batch.fields = parsed
        if !faults.isEmpty { batch.reject(stage: stage) { faults[$0.row] } }
    }

    private static func parse(
        _ batch: Batch, _ parser: borrowing JSONObjectParser, _ width: Int, _ cells: UnsafeMutableBufferPointer<UInt64>,
        _ kinds: UnsafeMutableBufferPointer<UInt8>
    ) -> [UInt32: String] {
        var faults: [UInt32: String] = [:]
        // A row of no cells still needs an address to hand over.
        var noCell: UInt64 = 0
        var noKind: UInt8 = 0
        batch.withUnsafeBytes { bytes in
            for (index, record) in batch.records.enumerated() {
                guard record.value.isPresent else {
                    faults[record.row] = "the record is a tombstone: it has no value"
                    continue
                }
                guard record.value.length > 0 else {
                    faults[record.row] = "the value is not JSON: it is empty"
                    continue
                }
                // Each row lies within the buffers: index < count, and they hold count × width cells.
                let fault =
                    if let cells = cells.baseAddress, let kinds = kinds.baseAddress {
                        parser.parse(
                            bytes, record.value.offsets, cells: cells + index * width, kinds: kinds + index * width)
                    } else {
                        parser.parse(bytes, record.value.offsets, cells: &noCell, kinds: &noKind)
                    }
                if let fault { faults[record.row] = "the value is not a JSON object: \(fault)" }
            }
        }
        return faults
    }
}
