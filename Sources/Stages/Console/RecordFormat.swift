internal import Pipeline

/// Turns records and dead letters into text as the format says.
struct RecordFormat: Sendable {
    private let format: ConsoleSettings.Format
    private let palette: Palette
    private let compact: CompactFormat
    private let detailed: DetailedFormat

    init(_ settings: ConsoleSettings, palette: Palette) {
        format = settings.format
        self.palette = palette
        let alerts = settings.showsAlerts ? AlertRule() : nil
        compact = CompactFormat(palette: palette, alerts: alerts)
        detailed = DetailedFormat(palette: palette, alerts: alerts)
    }

    /// Appends some of a batch's records.
    /// - Parameters:
    ///   - range: their indices.
    ///   - batch: the batch, parsed if the format reads fields.
    ///   - output: what they are appended to.
    func append(_ range: Range<Int>, of batch: Batch, to output: inout [UInt8]) {
        switch format {
        case .none: break
        case .json: appendValues(range, of: batch, to: &output)
        case .compact: appendFields(range, of: batch, to: &output, compact.append)
        case .detailed: appendFields(range, of: batch, to: &output, detailed.append)
        }
    }

    /// Appends a dead letter as one line: place, stage and reason; as JSON where that is the format.
    func append(_ dead: DeadRecord, of batch: Batch, to output: inout [UInt8]) {
        if format == .json {
            var line: [UInt8] = []
            DeadLetterLine.append(dead, of: batch, to: &line)
            line.withUnsafeBytes {
                TerminalText.appendJSON(UnsafeRawBufferPointer(rebasing: $0.dropLast()), to: &output)
            }
        } else {
            palette.paint(.alert, &output) { $0 += "x dead letter".utf8 }
            let place = "\(batch.stream.topic) partition \(dead.record.partition) offset \(dead.record.offset)"
            TerminalText.append("  \(place)  \(dead.stage): \(dead.reason)", to: &output)
        }
        output.append(UInt8(ascii: "\n"))
    }

    private func appendFields(
        _ range: Range<Int>, of batch: Batch, to output: inout [UInt8],
        _ append: (ShownTransaction, inout [UInt8]) -> Void
    ) {
        guard let table = batch.fields else { return }
        let columns = TransactionColumns(table)
        batch.withFieldCells { cells in
            for record in batch.records[range] {
                append(ShownTransaction(record, cells: cells, columns: columns), &output)
            }
        }
    }

    private func appendValues(_ range: Range<Int>, of batch: Batch, to output: inout [UInt8]) {
        batch.withUnsafeBytes { bytes in
            for record in batch.records[range] {
                if record.value.isPresent {
                    TerminalText.appendJSON(
                        UnsafeRawBufferPointer(rebasing: bytes[record.value.offsets]), to: &output)
                } else {
                    // A tombstone, which JSON knows as a value that is not there.
                    output += "null".utf8
                }
                output.append(UInt8(ascii: "\n"))
            }
        }
    }
}
