internal import Pipeline

/// A librdkafka property that a pipeline file may set.
///
/// An allow-list, because among librdkafka's properties are some that run commands (`sasl.kerberos.kinit.cmd`, and the
/// principal and keytab that go into it), load code (`plugin.library.paths`, `ssl.engine.location`, `ssl.providers`),
/// write files (`offset.store.path`) or print secrets (`debug`), and others on which the stages' promises rest.
struct KafkaProperty: Sendable {
    enum Side: Sendable {
        case both, producer, consumer
    }

    let name: String
    let side: Side
    /// Whether its value must never be shown.
    let isSecret: Bool

    private init(_ name: String, _ side: Side, isSecret: Bool = false) {
        self.name = name
        self.side = side
        self.isSecret = isSecret
    }

    static let allowed: [KafkaProperty] =
        [
            "client.id", "client.rack", "message.max.bytes", "receive.message.max.bytes", "metadata.max.age.ms",
            "topic.metadata.refresh.interval.ms", "socket.timeout.ms", "socket.send.buffer.bytes",
            "socket.receive.buffer.bytes", "socket.keepalive.enable", "socket.nagle.disable", "socket.max.fails",
            "socket.connection.setup.timeout.ms", "connections.max.idle.ms", "broker.address.ttl",
            "broker.address.family", "reconnect.backoff.ms", "reconnect.backoff.max.ms", "security.protocol",
            "ssl.cipher.suites", "ssl.curves.list", "ssl.sigalgs.list", "ssl.key.location",
            "ssl.certificate.location", "ssl.certificate.pem", "ssl.ca.location", "ssl.ca.pem", "ssl.crl.location",
            "ssl.keystore.location", "ssl.endpoint.identification.algorithm", "enable.ssl.certificate.verification",
            "sasl.mechanism", "sasl.mechanisms", "sasl.username", "sasl.oauthbearer.method",
            "sasl.oauthbearer.client.id", "sasl.oauthbearer.scope", "sasl.oauthbearer.extensions",
            "sasl.oauthbearer.token.endpoint.url",
        ].map { KafkaProperty($0, .both) }
        + [
            "ssl.key.password", "ssl.key.pem", "ssl.keystore.password", "sasl.password",
            "sasl.oauthbearer.client.secret",
        ].map { KafkaProperty($0, .both, isSecret: true) }
        + [
            "batch.num.messages", "batch.size", "compression.level", "max.in.flight.requests.per.connection",
            "request.timeout.ms", "retry.backoff.ms",
        ].map { KafkaProperty($0, .producer) }
        + [
            "check.crcs", "fetch.error.backoff.ms", "fetch.max.bytes", "fetch.message.max.bytes", "fetch.min.bytes",
            "fetch.wait.max.ms", "group.instance.id", "heartbeat.interval.ms", "isolation.level",
            "max.partition.fetch.bytes", "max.poll.interval.ms", "queued.max.messages.kbytes", "queued.min.messages",
            "session.timeout.ms",
        ].map { KafkaProperty($0, .consumer) }

    /// Whether a property is for producers and consumers alike.
    static func isForBothSides(_ name: String) -> Bool {
        allowed.contains { $0.name == name && $0.side == .both }
    }

    /// Properties that a setting of the stage stands for.
    private static let settings = [
        "bootstrap.servers": "brokers", "metadata.broker.list": "brokers", "group.id": "group",
        "auto.offset.reset": "offset_reset", "compression.type": "compression", "compression.codec": "compression",
        "linger.ms": "linger", "queue.buffering.max.ms": "linger", "partitioner": "partitioner",
        "queue.buffering.max.messages": "in_flight",
    ]

    /// What is wrong with setting a property by name, or nil.
    /// - Parameters:
    ///   - name: the property.
    ///   - side: the side the stage is on.
    ///   - isSecret: whether it stands among the secrets.
    static func problem(with name: String, on side: Side, isSecret: Bool) -> String? {
        if let setting = settings[name] { return "\(name) is the setting \"\(setting)\" of this stage" }
        let here = allowed.filter { $0.side == .both || $0.side == side }
        guard let property = here.first(where: { $0.name == name }) else {
            if let other = allowed.first(where: { $0.name == name }) {
                return "\(name) is for a kafka \(other.side == .producer ? "sink" : "source")"
            }
            let nearest = NearestName.nearest(to: name, among: here.map(\.name)).map { "; did you mean \($0)?" } ?? ""
            return "\(name) is not among the librdkafka properties that may be set here\(nearest)"
        }
        if property.isSecret, !isSecret {
            return "\(name) is a secret: it belongs under \"secrets\" or \"secret_files\""
        }
        if isSecret, !property.isSecret { return "\(name) is no secret: it belongs under \"properties\"" }
        return nil
    }
}
