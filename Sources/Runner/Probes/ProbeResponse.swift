/// What a request for a probe's page is answered with.
struct ProbeResponse: Sendable, Hashable {
    /// The HTTP status.
    var status: UInt32
    /// The content's type.
    var type = "text/plain; charset=utf-8"
    /// The content.
    var body: String
}
