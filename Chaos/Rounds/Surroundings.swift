import Driving

/// What rounds are run with.
struct Surroundings {
    /// The runner's executable.
    let runner: String
    /// The broker.
    let broker: Broker
    /// Its topics, asked for directly.
    let topics: Topics
    /// What lies between programs and broker, or nil where faults of the network are left out.
    let proxy: NetworkProxy?
    /// A small disk of its own, or nil where a full disk is left out.
    let disk: String?
    /// A folder for whatever runs write; its maker removes it.
    let folder: String

    /// The faults that can be had here.
    var faults: [Fault] {
        Fault.allCases.filter { fault in
            if fault.isOfNetwork { return proxy != nil }
            return fault != .fullDisk || disk != nil
        }
    }
}
