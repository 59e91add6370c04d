/// Which partitions a source without a group reads.
enum PartitionChoice: Sendable, Hashable {
    case all
    case list([Int32])
    /// One of several sources that share a topic: every partition belongs to exactly one shard, also one that appears
    /// later.
    case shard(Int, of: Int)

    /// Reads the words of a pipeline file: `all`, `0,2`, `shard 1/3`.
    init?(_ text: String) {
        let words = text.split(separator: " ")
        if text == "all" {
            self = .all
        } else if words.count == 2, words[0] == "shard" {
            let parts = words[1].split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
            guard parts.count == 2, let index = parts[0], let count = parts[1], (1...max(1, count)).contains(index),
                count > 0
            else { return nil }
            self = .shard(index, of: count)
        } else {
            let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { part in
                Int32(part.drop { $0 == " " })
            }
            guard !numbers.isEmpty, numbers.allSatisfy({ ($0 ?? -1) >= 0 }) else { return nil }
            self = .list(numbers.compactMap { $0 })
        }
    }

    /// The number of the shard, from 1; 0 for what is no shard.
    var shard: Int32 {
        if case .shard(let index, _) = self { Int32(clamping: index) } else { 0 }
    }

    /// The chosen ones of a topic's partitions.
    func partitions(among count: Int32) -> [Int32] {
        switch self {
        case .all: Array(0..<count)
        case .list(let numbers): Set(numbers).filter { $0 < count }.sorted()
        case .shard(let index, let shards): (0..<count).filter { Int($0) % shards == index - 1 }
        }
    }

    /// Whether the topic is too small for the choice.
    func isIncomplete(among count: Int32) -> Bool {
        if case .list(let numbers) = self { numbers.contains { $0 >= count } } else { count == 0 }
    }
}
