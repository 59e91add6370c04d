import Pipeline

/// Where `runner health` asks: `http://HOST:PORT/PATH`, without all that a URL may be beside.
struct ProbeURL: Sendable, Hashable {
    /// Where a runner in a container answers.
    static let usual = "http://127.0.0.1:9400/ready"

    var address: HTTPSettings.Address
    var path: String

    init?(_ text: String) {
        let scheme = "http://"
        guard text.hasPrefix(scheme), text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else { return nil }
        let rest = text.dropFirst(scheme.count)
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        guard let address = HTTPSettings.Address(String(rest[..<slash])) else { return nil }
        self.address = address
        path = slash == rest.endIndex ? "/ready" : String(rest[slash...])
    }
}
