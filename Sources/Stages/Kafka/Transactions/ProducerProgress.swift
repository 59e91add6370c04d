internal import FoundationEssentials
internal import Pipeline

/// What a producer keeps of its source, as the value of a record in the progress topic: which stream it writes, and
/// where each of its partitions goes on.
struct ProducerProgress: Sendable, Hashable {
    /// The version of the record's form. A record of a later one was written by a later program, and is not touched.
    static let version = 1

    /// Counts the producers that had the transactional.id, one after the other; by it one that was away notices that
    /// another has written since.
    var tenure: Int64 = 0
    /// The stream; nil before the first.
    var stream: StreamIdentity?
    /// The next position by partition.
    var next: [Int32: Int64] = [:]

    /// Moves the positions behind a batch.
    /// - Returns: where the stored part of each partition of the batch ends, if any of it is stored; nil for a batch
    ///   that goes on where the last one ended.
    /// - Throws: ``PipelineError`` for another stream, or a batch that leaves positions out.
    mutating func advance(over batch: Batch) throws(PipelineError) -> [Int32: Int64]? {
        try take(batch.stream)
        var stored: [Int32: Int64]?
        for claim in batch.claims {
            let position = next[claim.partition] ?? claim.from
            guard claim.from <= position else {
                throw PipelineError(
                    .internalFault, "cannot write \(batch.stream.topic)[\(claim.partition)]@\(claim.from)",
                    reason: "the progress stands at \(position), and what lies between was never delivered")
            }
            if claim.from < position { stored = stored ?? next }
            next[claim.partition] = max(position, claim.to)
        }
        return stored
    }

    /// Settles the stream.
    /// - Throws: ``PipelineError`` if it is another one.
    mutating func take(_ new: StreamIdentity) throws(PipelineError) {
        if let stream, stream != new {
            throw PipelineError(
                .configuration, "cannot go on with the stream \(new.topic) of \(new.cluster)",
                reason: "what is stored under the transactional.id is the progress of the stream \(stream.topic) of "
                    + stream.cluster,
                remedy: "Give the sink a \"transactional_id\" of its own for another stream")
        }
        stream = new
    }

    /// The claims between an earlier state and this one, in the order of their partitions.
    func claims(since earlier: ProducerProgress) -> [Claim] {
        next.sorted { $0.key < $1.key }.compactMap { partition, position in
            let from = earlier.next[partition]
            return from == position ? nil : Claim(partition: partition, from: from ?? position, to: position)
        }
    }
}

extension ProducerProgress {
    private struct Form: Codable {
        var version: Int
        var tenure: Int64
        var cluster: String?
        var topic: String?
        var next: [String: Int64]
    }

    private struct Version: Codable {
        var version: Int
    }

    /// The record's value: a JSON object, so that people can read it.
    /// - Throws: ``PipelineError``, which nothing in it can cause.
    func encoded() throws(PipelineError) -> [UInt8] {
        let next = Dictionary(uniqueKeysWithValues: next.map { ("\($0.key)", $0.value) })
        let form = Form(
            version: Self.version, tenure: tenure, cluster: stream?.cluster, topic: stream?.topic, next: next)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(form))
        } catch {
            throw PipelineError(.internalFault, "cannot store the progress", reason: "\(error)")
        }
    }

    /// Reads a record's value.
    /// - Throws: ``PipelineError`` for a value of a later version, or one that is no progress.
    init(decoding value: [UInt8]) throws(PipelineError) {
        let data = Data(value)
        let decoder = JSONDecoder()
        guard let version = try? decoder.decode(Version.self, from: data).version else {
            throw Self.unreadable("it is no progress of this program's")
        }
        guard version == Self.version else {
            throw Self.unreadable("it has version \(version), and this program knows version \(Self.version)")
        }
        guard let form = try? decoder.decode(Form.self, from: data) else {
            throw Self.unreadable("it is not in the form of version \(version)")
        }
        tenure = form.tenure
        if let cluster = form.cluster, let topic = form.topic {
            stream = StreamIdentity(cluster: cluster, topic: topic)
        }
        for (partition, position) in form.next {
            guard let partition = Int32(partition), position >= 0 else {
                throw Self.unreadable("it has a position that is none")
            }
            next[partition] = position
        }
    }

    private static func unreadable(_ reason: String) -> PipelineError {
        PipelineError(
            .configuration, "cannot read the stored progress", reason: reason,
            remedy: "Go on with the program that wrote it, or give the sink a \"transactional_id\" of its own")
    }
}
