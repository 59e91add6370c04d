import Pipeline

/// A stage that hands on what it gets, so that only the way to it and from it is measured.
actor PassThrough: Transform {
    func process(_ batch: Batch, emitter: Emitter) async throws {
        try await emitter.send(batch)
    }
}
