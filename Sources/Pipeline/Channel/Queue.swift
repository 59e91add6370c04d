/// Elements that leave in the order they came, some of which may be looked at and changed meanwhile.
///
/// An array would move all that is left each time its first element leaves: with ten thousand unacknowledged batches of
/// one record that was nearly all that a record took. Here the front stays behind as empty places, which are cut off
/// when they are half of it: constant on average.
struct Queue<Element>: RandomAccessCollection, MutableCollection {
    private var places: [Element?] = []
    private var head = 0

    var startIndex: Int { 0 }
    var endIndex: Int { places.count - head }

    subscript(index: Int) -> Element {
        get {
            guard let element = places[head + index] else { preconditionFailure("the place \(index) is empty") }
            return element
        }
        set { places[head + index] = newValue }
    }

    mutating func append(_ element: Element) {
        places.append(element)
    }

    /// Takes the first element, or nil where there is none.
    mutating func popFirst() -> Element? {
        guard let first else { return nil }
        removeFirst(1)
        return first
    }

    /// Lets the first elements go.
    /// - Parameter count: how many; no more than there are.
    mutating func removeFirst(_ count: Int) {
        for index in head..<head + count { places[index] = nil }
        head += count
        if head == places.count {
            places.removeAll(keepingCapacity: true)
            head = 0
        } else if head > 64, head * 2 > places.count {
            places.removeFirst(head)
            head = 0
        }
    }
}
