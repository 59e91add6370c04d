internal import CRDKafka
internal import FoundationEssentials
internal import Pipeline

/// The settings that the kafka source and the kafka sink share: where the cluster is and how to speak with it.
struct ConnectionSettings: Sendable {
    static let brokers = Setting.text(
        "brokers", default: "localhost:9092", "Addresses (host:port, with commas) by which the cluster is first found")
    static let topic = Setting.text("topic", default: nil, "The topic", problem: topicProblem)
    static let connectTimeout = Setting.duration(
        "connect_timeout", .milliseconds(100)...(.seconds(86_400)), default: .seconds(60), text: "60s",
        "How long to try when no broker was ever reached; an outage later is waited out")
    static let properties = Setting<[String: String]>(
        "properties", .map(.either([.boolean, .integer(Int64.min...Int64.max), .text])), default: .object([:]),
        defaultText: "{}", "librdkafka properties by name, such as \"security.protocol\"", convert: words)
    static let secrets = Setting<[String: String]>(
        "secrets", .map(.text), default: .object([:]), defaultText: "{}", isSecret: true,
        "Properties that must not be shown, such as \"sasl.password\"; best given as ${VARIABLE}", convert: words)
    static let secretFiles = Setting<[String: String]>(
        "secret_files", .map(.text), default: .object([:]), defaultText: "{}",
        "The same read from files: property to path, as Kubernetes mounts secrets", convert: words)

    let brokers: String
    private(set) var topic: String
    let connectTimeout: Duration
    private let properties: [String: String]
    private let secrets: [String: String]
    private let secretFiles: [String: String]

    init(_ values: SettingValues) {
        brokers = values[Self.brokers]
        topic = values[Self.topic]
        connectTimeout = values[Self.connectTimeout]
        properties = values[Self.properties]
        secrets = values[Self.secrets]
        secretFiles = values[Self.secretFiles]
    }

    /// The same cluster with another topic.
    func naming(_ topic: String) -> ConnectionSettings {
        var settings = self
        settings.topic = topic
        return settings
    }

    /// What is wrong with the properties; opens nothing, reads no file.
    static func problems(_ values: SettingValues, side: KafkaProperty.Side) -> [SettingProblem] {
        var problems: [SettingProblem] = []
        for (setting, names, isSecret) in [
            (properties.name, Array(values[properties].keys), false),
            (secrets.name, Array(values[secrets].keys), true),
            (secretFiles.name, Array(values[secretFiles].keys), true),
        ] {
            for name in names.sorted() {
                if let problem = KafkaProperty.problem(with: name, on: side, isSecret: isSecret) {
                    problems.append(SettingProblem(setting: setting, message: problem))
                }
            }
        }
        for (name, value) in values[properties].sorted(by: { $0.key < $1.key })
        where KafkaProperty.problem(with: name, on: side, isSecret: false) == nil {
            let trial = ClientConfiguration()
            if let refusal = trial.refusal(name, value) {
                problems.append(SettingProblem(setting: properties.name, message: refusal))
            }
        }
        for name in values[secrets].keys.sorted() where values[secretFiles][name] != nil {
            problems.append(
                SettingProblem(setting: secretFiles.name, message: "\(name) stands under \"secrets\" as well"))
        }
        return problems
    }

    /// Everything set by the file, secret files read. What it sets overrides a stage's own choice.
    /// - Throws: ``PipelineError`` if a secret's file cannot be read.
    func resolve() throws(PipelineError) -> (properties: [String: String], secrets: [String]) {
        var resolved = properties.merging(secrets) { _, secret in secret }
        for (name, path) in secretFiles.sorted(by: { $0.key < $1.key }) {
            guard let content = FileManager.default.contents(atPath: path) else {
                throw PipelineError(
                    .configuration, "cannot read the file for \(name)", reason: "\(path) is not there or not readable",
                    remedy: "Mount the secret there, or change \"secret_files\"")
            }
            var secret = String(decoding: content, as: UTF8.self)
            // The line break that editors and `echo` leave at the end is not part of a password.
            while secret.last?.isNewline == true { secret.removeLast() }
            resolved[name] = secret
        }
        let names = Set(KafkaProperty.allowed.filter(\.isSecret).map(\.name))
        return (resolved, resolved.filter { names.contains($0.key) }.map(\.value))
    }

    private static func words(_ value: SettingValue) -> [String: String]? {
        guard case .object(let members) = value else { return nil }
        return members.compactMapValues { member in
            switch member {
            case .text(let word): word
            case .boolean(let flag): "\(flag)"
            case .integer(let number): "\(number)"
            default: nil
            }
        }
    }

    /// Kafka's own rule (org.apache.kafka.common.internals.Topic).
    static func topicProblem(_ topic: String) -> String? {
        let isLegal = topic.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        if isLegal, topic.utf8.count <= 249, topic != ".", topic != ".." { return nil }
        return "is no name for a topic: letters, digits, '.', '_' and '-', at most 249 of them"
    }
}
