extension PipelineRun {
    /// The source's task: asks for what is wanted now and sends it on.
    func runSource() async {
        let output = output(of: 0)
        do {
            try await moveFromSource(to: output)
        } catch {
            fail(error, stage: parts.source.name, at: 0)
        }
        output.finish()
    }

    private func moveFromSource(to output: any BatchOutput) async throws {
        let source = parts.source.stage
        while true {
            let moved = tracker.takeWatermark()
            if !moved.isEmpty { await source.advance(to: moved) }
            switch try await output.waitForRoom() {
            case .poked: continue
            case .stopped, .closed: return
            case .wanted(let records):
                switch try await source.next(atMost: records) {
                case .end:
                    requestStop(.endOfInput, at: 0)
                    return
                case .batch(let batch):
                    guard !batch.records.isEmpty || !batch.claims.isEmpty || !batch.dead.isEmpty else { continue }
                    guard pass(batch, to: output) else { return }
                }
            }
        }
    }

    /// - Returns: whether the source goes on.
    private func pass(_ batch: Batch, to output: any BatchOutput) -> Bool {
        sourceLedger.entered.count(batch.records.count + batch.dead.count)
        if stopControl.stop != nil, parts.source.stage.isReplayable {
            sourceLedger.returned.count(batch.records.count + batch.dead.count)
            return false
        }
        switch output.send(batch) {
        case .sent:
            sourceLedger.out.count(batch.records.count)
            sourceLedger.dead.count(batch.dead.count)
            sourceLedger.bytes.count(batch.size)
            if !batch.records.isEmpty { batchRecords.withLock { $0.add(Double(batch.records.count)) } }
            return true
        case .closed:
            sourceLedger.returned.count(batch.records.count + batch.dead.count)
            return false
        case .refused(let error):
            sourceLedger.returned.count(batch.records.count + batch.dead.count)
            fail(error, stage: parts.source.name, at: 0)
            return false
        }
    }
}
