import Foundation
import Stages
import Testing

/// What a reader of committed records sees of a topic: read by kcat, beside all code of the project.
enum CommittedRecords {
    /// The records in the order of each partition.
    static func read(_ topic: String) async throws -> [Int: [String]] {
        let brokers = try #require(SystemTest.brokers)
        let text = try await SystemTest.command([
            "kcat", "-C", "-b", brokers, "-t", topic, "-e", "-q", "-X", "isolation.level=read_committed", "-f",
            "%p %s\n",
        ])
        var records: [Int: [String]] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1)
            records[try #require(Int(parts[0])), default: []].append(String(parts[1]))
        }
        return records
    }

    /// The places that the transactions of a generator's topic have in its stream.
    static func indices(_ topic: String) async throws -> [Int: [Int64]] {
        try await read(topic).mapValues { records in
            try records.map { record in
                // It begins with {"transaction_id":"…", which a regular expression would take ten times as long to find.
                try #require(TransactionIdentifier(String(record.dropFirst(19).prefix(36)))).index
            }
        }
    }

    /// Expects every record of a stream once, and those of each partition in order.
    static func expectEachOnce(_ records: [Int: [Int64]], count: Int64) {
        for (partition, indices) in records {
            #expect(zip(indices, indices.dropFirst()).allSatisfy { $0 < $1 }, "partition \(partition) is in order")
        }
        let all = records.values.joined()
        #expect(all.count == count)
        #expect(Set(all) == Set(0..<count))
    }
}
