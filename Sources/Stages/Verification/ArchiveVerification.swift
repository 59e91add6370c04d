public import Pipeline

/// Proves archives, and says which proof it gave: by themselves; where a stream is named, by making it again; where
/// a Kafka is named, by reading its log again.
///
/// Reads them only, also while a runner writes them, each in one consistent view. Blocks its thread: for command-line
/// tools and tests, not for an actor.
public struct ArchiveVerification: Sendable {
    /// Hears how far it is; what it throws ends the verification.
    public typealias Progress = (VerificationProgress) throws(PipelineError) -> Void

    private let paths: [String]
    private let expectations: [StreamExpectation]
    private let log: LogAccess?

    /// Names archives and what they are to be compared with; opens nothing.
    /// - Parameters:
    ///   - archives: the archives' files, at least one.
    ///   - expectations: parts of generators' streams that they hold together; none for no such proof.
    ///   - log: the Kafka whose log each is to be compared with; nil for no such proof.
    public init(archives: [String], expectations: [StreamExpectation] = [], log: LogAccess? = nil) {
        paths = archives.map(ArchiveFile.absolutePath)
        self.expectations = expectations
        self.log = log
    }

    /// Verifies. A difference is no error: it stands in the report.
    /// - Parameter progress: hears of every few thousand rows.
    /// - Returns: the proof of each archive by itself, then the others; those are left out where a file is so damaged that
    ///   it cannot be read.
    /// - Throws: ``PipelineError``: `inputOutput` for a file that is not there, is no archive or cannot be read, `usage`
    ///   for a proof that cannot be given for an archive of this form, `unavailable` for a Kafka that does not answer.
    public func report(progress: @escaping Progress = { _ throws(PipelineError) in }) throws(PipelineError)
        -> VerificationReport
    {
        var open: [OpenArchive] = []
        defer { for archive in open { archive.close() } }
        for path in paths { open.append(try OpenArchive(path)) }
        var report = VerificationReport(proofs: [])
        var isReadable = true
        var rows = 0
        for archive in open {
            let proof = try archive.read(.internal, progress) { try InternalProof($0, $1, progress: $2) }
            report.proofs.append(proof.report)
            isReadable = isReadable && proof.isReadable
            rows += proof.rows
        }
        guard isReadable else { return report }
        if !expectations.isEmpty {
            var proof = try StreamProof(expectations, rowsOfArchives: rows)
            for archive in open { try archive.read(.stream, progress) { try proof.read($0, $1, progress: $2) } }
            report.proofs.append(proof.report())
        }
        if let log {
            for archive in open {
                report.proofs.append(
                    try archive.read(.kafka, progress) { try LogProof.report(on: $0, $1, log, progress: $2) })
            }
        }
        return report
    }
}

/// An archive while it is verified.
private struct OpenArchive {
    private let reader: ArchiveReader
    private let stored: StoredArchive

    init(_ path: String) throws(PipelineError) {
        let reader = try ArchiveReader(path: path)
        do {
            stored = try StoredArchive(of: reader.connection, path: path)
        } catch {
            reader.close()
            throw PipelineError(error, "cannot verify the archive \(path)", path: path)
        }
        self.reader = reader
    }

    func close() {
        reader.close()
    }

    /// Runs a part of a proof with its progress told as this archive's.
    func read<Result>(
        _ kind: ProofReport.Kind, _ progress: @escaping ArchiveVerification.Progress,
        _ body: (StoredArchive, SQLiteConnection, ProofProgress) throws -> Result
    ) throws(PipelineError) -> Result {
        // As the archive itself has them counted.
        let total = Int(clamping: stored.promisedRows)
        do {
            return try body(stored, reader.connection) { done throws(PipelineError) in
                try progress(
                    VerificationProgress(kind: kind, archive: stored.path, done: done, total: max(done, total)))
            }
        } catch let error as PipelineError {
            throw error
        } catch let failure as SQLiteFailure {
            throw PipelineError(failure, "cannot verify the archive \(stored.path)", path: stored.path)
        } catch {
            throw PipelineError(
                .internalFault, "cannot verify the archive \(stored.path)", reason: "\(error)")
        }
    }
}
