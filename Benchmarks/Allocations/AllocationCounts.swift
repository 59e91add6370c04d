/// What the preloaded library AllocationCount has counted in one run.
struct AllocationCounts: Sendable, Hashable {
    /// What one library in the process has asked for.
    struct Amount: Sendable, Hashable {
        /// Calls of malloc and its relatives.
        var allocations = 0
        /// The bytes they asked for.
        var bytes = 0
    }

    /// C libraries that allocate for themselves, by the beginnings of their files' names: librdkafka with what it
    /// compresses and encrypts with, and SQLite. Everything else is on our account: Swift's and C++'s runtime too.
    private static let others = [
        "librdkafka", "libsqlite3", "liblz4", "libzstd", "libz.", "libssl", "libcrypto", "libsasl2",
    ]

    /// By the library's file name.
    var libraries: [String: Amount] = [:]
    /// Blocks that were given back, by whomever.
    var givenBack = 0

    /// Reads what the library wrote.
    /// - Parameter text: lines of two numbers and a path; the first is the total.
    /// - Returns: nil if it is something else, or its end is missing.
    init?(_ text: String) {
        var total = 0
        guard text.hasSuffix("\n") else { return nil }
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 2)
            guard parts.count == 3, let allocations = Int(parts[0]), let second = Int(parts[1]) else { return nil }
            if parts[2] == "total" {
                total = allocations
                givenBack = second
            } else {
                let name = parts[2].split(separator: "/").last.map(String.init) ?? ""
                libraries[name, default: Amount()].allocations += allocations
                libraries[name, default: Amount()].bytes += second
            }
        }
        // The total was taken a moment before: other threads may have gone on.
        guard total > 0, allocations >= total else { return nil }
    }

    /// Of all libraries together.
    var allocations: Int { libraries.values.reduce(0) { $0 + $1.allocations } }

    /// What we asked for.
    var ours: Amount { sum { !Self.isOther($0) } }

    /// What the C libraries asked for.
    var others: Amount { sum(Self.isOther) }

    private static func isOther(_ name: String) -> Bool {
        others.contains(where: name.hasPrefix)
    }

    private func sum(_ isIncluded: (String) -> Bool) -> Amount {
        libraries.reduce(into: Amount()) { sum, library in
            guard isIncluded(library.key) else { return }
            sum.allocations += library.value.allocations
            sum.bytes += library.value.bytes
        }
    }
}
