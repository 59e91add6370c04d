/// The calls at which a program stands still for a fault.
struct FaultPlace: Sendable, Hashable {
    /// A call of a C library.
    struct Call: Sendable, Hashable {
        /// The function's name.
        var name: String
        /// Which of its calls, from 1.
        var number: Int
        /// Whether it has been carried out.
        var isAfter: Bool

        var text: String { "\(name):\(number)\(isAfter ? "+" : "")" }
    }

    /// The first call at which it stands still.
    var first: Call
    /// A second one: at the first it is told to stop (SIGTERM) and goes on until this.
    var afterStop: Call?

    init(_ first: Call, thenStopped afterStop: Call? = nil) {
        self.first = first
        self.afterStop = afterStop
    }

    /// As the library FaultPoint reads it.
    var text: String { ([first] + (afterStop.map { [$0] } ?? [])).map(\.text).joined(separator: ",") }
}
