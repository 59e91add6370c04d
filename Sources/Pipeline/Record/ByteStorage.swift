/// The bytes of one batch: written by one ``BatchBuilder``, then shared and never written again.
///
/// `@unchecked Sendable` is safe because the memory is reachable for writing only through the builder that made it,
/// which gives up its reference (`consuming finish`) before the storage becomes reachable for reading.
final class ByteStorage: @unchecked Sendable {
    /// simdjson reads up to 64 bytes past a document (its documentation, "Padding"); they are zero.
    static let padding = 64

    private(set) var memory: UnsafeMutableRawPointer
    private(set) var capacity: Int
    fileprivate(set) var count = 0

    init(capacity: Int) {
        self.capacity = max(capacity, 64)
        memory = .allocate(byteCount: self.capacity + Self.padding, alignment: 16)
    }

    deinit {
        memory.deallocate()
    }

    /// Makes room for `additional` bytes past `count`. Amortised constant: the capacity doubles.
    func reserve(_ additional: Int) {
        guard count + additional > capacity else { return }
        let grown = max(capacity * 2, count + additional)
        let replacement = UnsafeMutableRawPointer.allocate(byteCount: grown + Self.padding, alignment: 16)
        replacement.copyMemory(from: memory, byteCount: count)
        memory.deallocate()
        memory = replacement
        capacity = grown
    }

    func advance(by bytes: Int) {
        precondition(count + bytes <= capacity, "wrote past the reserved room")
        count += bytes
    }

    func seal() {
        memory.advanced(by: count).initializeMemory(as: UInt8.self, repeating: 0, count: Self.padding)
    }
}
