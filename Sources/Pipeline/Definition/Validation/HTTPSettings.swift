/// Where and how a pipeline answers probes: the member `http` of its file.
public struct HTTPSettings: Sendable, Hashable {
    /// A place to listen at.
    public struct Address: Sendable, Hashable, CustomStringConvertible {
        /// A numeric address, or a name of this machine.
        public let host: String
        /// The port; 0 for any that is free.
        public let port: UInt16

        /// Reads `HOST:PORT`; an IPv6 address stands in brackets.
        /// - Returns: nil for anything else.
        public init?(_ text: String) {
            guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
                return nil
            }
            var host = text[..<colon]
            if host.first == "[", host.last == "]" {
                host = host.dropFirst().dropLast()
            } else if host.contains(":") {
                return nil
            }
            guard !host.isEmpty else { return nil }
            self.host = String(host)
            self.port = port
        }

        /// As it is written in a file.
        public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    }

    private static let listen = Setting<String?>(
        "listen", .either([.text, .choice([""])]), default: .text(""), defaultText: "\"\"",
        "Address and port for /live, /ready, /metrics and /report, such as \"127.0.0.1:9400\"; \"\" for none",
        convert: { if case .text(let value) = $0 { .some(value.isEmpty ? nil : value) } else { nil } },
        problem: { text in
            text.flatMap { Address($0) == nil ? "is no HOST:PORT, such as \"127.0.0.1:9400\"" : nil }
        })
    private static let stallAfter = Setting.duration(
        "stall_after", .seconds(1)...(.seconds(86_400)), default: .seconds(30), text: "30s",
        "How long a batch may wait for its acknowledgement before the pipeline is not ready any more")

    static let setting = Setting<HTTPSettings?>(
        "http", .object([listen, stallAfter]), default: .object([:]), defaultText: "{}",
        "Where the pipeline answers probes and shows its metrics; nowhere unless given."
    ) { value in
        guard case .object(let members) = value else { return nil }
        let values = SettingValues(members)
        return .some(
            values[listen].flatMap(Address.init).map { HTTPSettings(address: $0, stallAfter: values[stallAfter]) })
    }

    /// Where to listen.
    public let address: Address
    /// How long a batch may wait for its acknowledgement.
    public let stallAfter: Duration
}
