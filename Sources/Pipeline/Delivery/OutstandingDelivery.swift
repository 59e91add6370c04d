/// What a batch's delivery to a sink is known by; ascending in the order of delivery.
struct DeliveryNumber: Sendable, Hashable, Comparable {
    var value: UInt64

    static func < (left: DeliveryNumber, right: DeliveryNumber) -> Bool { left.value < right.value }
}

/// A delivery that a sink has not acknowledged, or that waits for one before it.
struct OutstandingDelivery<Item: Sendable> {
    /// How far a delivery has come with its sink.
    enum Standing: Equatable {
        /// The sink has not said anything.
        case open
        /// The sink has said its word, which is being noted. With a sink's index: its rejected records are on their
        /// way there, and it counts as acknowledged only with them.
        case accepted(deadSink: Int?)
        /// The sink and the place for its dead letters hold it. Kept only behind one that is not.
        case acknowledged
        /// The sink rejected records that have no place: it will never be acknowledged.
        case refused
        /// The place for its dead letters is lost: it will never be acknowledged.
        case abandoned
    }

    var number: DeliveryNumber
    var item: Item
    var claims: [Claim]
    var bytes: Int
    /// When it was delivered, on the scale of the pipeline's clock.
    var since: Duration
    var standing = Standing.open
    /// Whether the sink's task has taken it out of its channel; until then it need not be given again.
    var isReceived = false
}
