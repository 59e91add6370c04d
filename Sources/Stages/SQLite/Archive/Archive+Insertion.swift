internal import Pipeline

extension Archive {
    /// A record whose key was there already.
    struct Conflict {
        /// Its index in the batch's records.
        var index: Int
        /// Why it is another record than the one that is there; nil if all its values are the same.
        var difference: String?
    }

    /// Inserts the planned records, in the order of their key.
    /// - Parameters:
    ///   - plan: what to insert; put into order here.
    ///   - batch: the batch.
    /// - Returns: the records that were left out.
    func insert(_ plan: inout BatchPlan, of batch: Batch) throws -> [Conflict] {
        guard !plan.order.isEmpty else { return [] }
        guard let fields = batch.fields else {
            throw PipelineError(
                .internalFault, "cannot write to the archive", reason: "the batch came without its parsed fields")
        }
        let sources = try schema.columns.map { column throws(PipelineError) in
            guard let source = fields.column(column.field) else {
                throw PipelineError(
                    .internalFault, "cannot write to the archive", reason: "the field \(column.field) was not parsed")
            }
            return Int32(source)
        }
        if let key = schema.columns.firstIndex(where: \.isKey), schema.columns[key].type == .text {
            plan.sort(by: Int(sources[key]), of: batch, fields)
        }
        let order = plan.order
        let mayCoincide = plan.shares.contains { share in
            share.from < partitions[share.claim.partition]?.formerEnd ?? 0
        }
        return try withWindow(on: batch, fields, order, sources) { window throws(SQLiteFailure) in
            try batchTable.lend(window) { () throws(SQLiteFailure) in
                var found =
                    mayCoincide ? try find(coincidences, order, of: " before the topic was made anew") : []
                try insertion.run()
                if connection.changes < order.count { found += try find(conflicts, order) }
                return found
            }
        }
    }

    private func find(
        _ statement: SQLiteStatement?, _ order: [UInt32], of time: String = ""
    ) throws(SQLiteFailure) -> [Conflict] {
        guard let statement else { return [] }
        var found: [Conflict] = []
        while try statement.step() {
            var conflict = Conflict(index: Int(order[Int(statement.integer(0))]))
            if statement.integer(1) == 0 {
                conflict.difference =
                    "its key belongs to a record with other values, at partition \(statement.integer(2)) offset "
                    + "\(statement.integer(3))\(time)"
            }
            found.append(conflict)
        }
        return found
    }

    /// Lends pointers into the batch. Each is valid for as long as `body` runs, which is what ``BatchTable`` asks for:
    /// the arrays are held by their closures, the batch's bytes by the batch.
    private func withWindow<Result>(
        on batch: Batch, _ fields: FieldTable, _ order: [UInt32], _ sources: [Int32],
        _ body: (BatchWindow) throws(SQLiteFailure) -> Result
    ) throws -> Result {
        try batch.withUnsafeBytes { bytes in
            try fields.cells.withUnsafeBufferPointer { cells in
                try fields.kinds.withUnsafeBufferPointer { kinds in
                    try fields.unescaped.withUnsafeBytes { unescaped in
                        try batch.records.withUnsafeBufferPointer { records in
                            try order.withUnsafeBufferPointer { order in
                                try sources.withUnsafeBufferPointer { sources in
                                    guard let bytes = bytes.baseAddress, let cells = cells.baseAddress,
                                        let kinds = kinds.baseAddress, let records = records.baseAddress,
                                        let shown = order.baseAddress, let sources = sources.baseAddress
                                    else {
                                        throw PipelineError(
                                            .internalFault, "cannot write to the archive",
                                            reason: "the batch has records but no fields")
                                    }
                                    return try body(
                                        BatchWindow(
                                            bytes: bytes.assumingMemoryBound(to: CChar.self),
                                            unescaped: (unescaped.baseAddress ?? bytes).assumingMemoryBound(
                                                to: CChar.self),
                                            cells: cells, kinds: kinds, records: records, order: shown,
                                            count: order.count, width: fields.names.count, sources: sources,
                                            declaredColumns: Int32(schema.columns.count)))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
