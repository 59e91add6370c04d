internal import Pipeline

/// The parsed fields of a batch with the bytes they point into, lent for one call: what stages read cell by cell on
/// the hot path, where ``FieldTable/value(row:column:)`` would check and copy for every one.
///
/// The pointers are of buffers that the batch owns; they stay valid while ``Batch/withFieldCells(_:)`` runs and must
/// not leave it.
struct FieldCells {
    /// Cells a row.
    let width: Int
    private let kinds: UnsafeBufferPointer<UInt8>
    private let cells: UnsafeBufferPointer<UInt64>
    private let bytes: UnsafeRawBufferPointer
    private let unescaped: UnsafeRawBufferPointer

    fileprivate init(
        width: Int, kinds: UnsafeBufferPointer<UInt8>, cells: UnsafeBufferPointer<UInt64>,
        bytes: UnsafeRawBufferPointer, unescaped: UnsafeRawBufferPointer
    ) {
        self.width = width
        self.kinds = kinds
        self.cells = cells
        self.bytes = bytes
        self.unescaped = unescaped
    }

    /// The kind of a cell.
    /// - Parameter index: row × width + column.
    func kind(_ index: Int) -> FieldTable.Kind {
        FieldTable.Kind(rawValue: kinds[index]) ?? .missing
    }

    /// The bytes of a string, or nil of anything else.
    func text(_ index: Int) -> UnsafeRawBufferPointer? {
        switch kind(index) {
        case .text: slice(cells[index], of: bytes)
        case .unescapedText: slice(cells[index], of: unescaped)
        default: nil
        }
    }

    /// A number as a double, or nil of anything else.
    func number(_ index: Int) -> Double? {
        switch kind(index) {
        case .integer: Double(Int64(bitPattern: cells[index]))
        case .real: Double(bitPattern: cells[index])
        default: nil
        }
    }

    /// Whether a cell of kind boolean is true.
    func isTrue(_ index: Int) -> Bool {
        cells[index] != 0
    }

    private func slice(_ cell: UInt64, of buffer: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let start = Int(UInt32(truncatingIfNeeded: cell))
        return UnsafeRawBufferPointer(rebasing: buffer[start..<start + Int(cell >> 32)])
    }
}

extension Batch {
    /// Lends the parsed fields.
    /// - Parameter body: receives the cells, which must not outlive the call.
    /// - Returns: what `body` returns, or nil if the batch was not parsed.
    func withFieldCells<Result>(_ body: (FieldCells) -> Result) -> Result? {
        guard let fields else { return nil }
        return withUnsafeBytes { bytes in
            fields.unescaped.withUnsafeBytes { unescaped in
                fields.kinds.withUnsafeBufferPointer { kinds in
                    fields.cells.withUnsafeBufferPointer { cells in
                        body(
                            FieldCells(
                                width: fields.names.count, kinds: kinds, cells: cells, bytes: bytes,
                                unescaped: unescaped))
                    }
                }
            }
        }
    }
}
