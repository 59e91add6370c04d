/// What is done to a run while one of its programs stands still at an exact point.
enum Fault: String, CaseIterable, Sendable, Codable {
    case killProducer = "kill -9 of the producer"
    case killArchiver = "kill -9 of the archiver"
    case killBoth = "kill -9 of both"
    case killBesideStandby = "kill -9 of the archiver, a standby waits"
    case producerZombie = "the producer stands still, a successor works, it wakes"
    case archiverZombie = "the archiver stands still, its lock is removed, a successor works, it wakes"
    case killBroker = "kill -9 of the broker"
    case stopBroker = "the broker stands still for 4 s"
    case latency = "network: 300 ms later, give or take 100"
    case resets = "network: connections reset"
    case blackHole = "network: a black hole for 4 s"
    case bandwidth = "network: 64 KB/s"
    case slicing = "network: slices of 100 bytes"
    case fullDisk = "the archive's disk is full"
    case longReader = "a reader keeps a transaction open"
    case lockedDatabase = "another process locks the database for 6 s"

    /// The programs in whose phases it is put.
    var targets: [ProgramKind] {
        switch self {
        case .killProducer, .producerZombie: [.producer]
        case .killArchiver, .killBesideStandby, .archiverZombie, .fullDisk, .longReader, .lockedDatabase: [.archiver]
        case .killBoth, .killBroker, .stopBroker, .latency, .resets, .blackHole, .bandwidth, .slicing:
            [.producer, .archiver]
        }
    }

    /// Whether the programs must speak with the broker through the proxy.
    var isOfNetwork: Bool { toxic != nil }

    /// Whether the runs' own processes die of it, so that one round can have several.
    var isKill: Bool {
        switch self {
        case .killProducer, .killArchiver, .killBoth, .killBesideStandby: true
        default: false
        }
    }

    /// What the proxy is told (https://github.com/Shopify/toxiproxy#toxics), as JSON.
    var toxic: String? {
        switch self {
        case .latency: #"{"type":"latency","attributes":{"latency":300,"jitter":100}}"#
        case .resets: #"{"type":"reset_peer","attributes":{"timeout":50}}"#
        case .blackHole: #"{"type":"timeout","attributes":{"timeout":0}}"#
        case .bandwidth: #"{"type":"bandwidth","attributes":{"rate":64}}"#
        case .slicing: #"{"type":"slicer","attributes":{"average_size":100,"size_variation":50,"delay":200}}"#
        default: nil
        }
    }

    /// How long it lasts; nil for what is over at once.
    var duration: Duration? {
        switch self {
        case .latency, .bandwidth, .slicing, .fullDisk, .longReader: .seconds(2)
        case .resets: .seconds(1)
        case .blackHole, .stopBroker: .seconds(4)
        case .lockedDatabase: .seconds(6)
        default: nil
        }
    }
}
