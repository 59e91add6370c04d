internal import Glibc

/// Cuts a stream of bytes into lines: bytes in, lines out, no input or output of its own.
///
/// Memory is bounded by the longest line allowed. A longer one is passed over as it comes, and only its beginning is
/// kept, to show what it was.
struct LineBuffer: Sendable {
    /// One line, without its line break (LF or CR LF).
    enum Line: Sendable, Hashable {
        /// Where it stands among ``LineBuffer/bytes``, until the next fill.
        case whole(Range<Int>)
        /// A line longer than allowed, with the length it really had; ``LineBuffer/beginning`` has its first bytes.
        case tooLong(length: Int)
    }

    /// How much of a line that is too long is kept.
    static let keptBeginning = 1_024

    /// The bytes that lines are ranges of.
    private(set) var bytes: [UInt8]
    private let maximum: Int
    // bytes[start..<end] is what no line was made of yet; up to `scanned` it holds no line break.
    private var start = 0
    private var end = 0
    private var scanned = 0
    private var isComplete = false
    // Bytes so far of a line that is being passed over.
    private var passedOver: Int?
    /// The beginning of the last line that was too long.
    private(set) var beginning: [UInt8] = []

    /// Makes a buffer.
    /// - Parameters:
    ///   - maximum: bytes of the longest line allowed, without its line break.
    ///   - capacity: bytes to begin with; it grows to the longest line.
    init(maximum: Int, capacity: Int = 1 << 20) {
        self.maximum = maximum
        bytes = [UInt8](repeating: 0, count: capacity)
    }

    /// Lets `read` put more bytes in, once ``next()`` has given nil. Lines given before are no longer valid.
    /// - Parameter read: returns how many bytes it put in; 0 at the end, nil if there is nothing now.
    /// - Throws: what `read` throws; the buffer is then as before.
    mutating func fill(_ read: (UnsafeMutableRawBufferPointer) throws -> Int?) rethrows {
        makeRoom()
        let from = end
        let count = try bytes.withUnsafeMutableBytes { all in
            try read(UnsafeMutableRawBufferPointer(rebasing: all[from...]))
        }
        switch count {
        case nil: return
        case 0: isComplete = true
        case .some(let count): end += count
        }
    }

    /// The next line, or nil if it has not come whole yet; nil for good once ``isAtEnd``.
    mutating func next() -> Line? {
        if let lineBreak = find() {
            let line = line(upTo: lineBreak)
            start = lineBreak + 1
            scanned = start
            return line
        }
        scanned = end
        // One byte more than allowed may be the CR of a line break.
        if end - start > maximum + 1 || passedOver != nil { passOver() }
        guard isComplete, start < end || passedOver != nil else { return nil }
        let line = line(upTo: end)
        start = end
        return line
    }

    /// Bytes of which no line was made yet.
    var waiting: Int { end - start }

    /// Whether everything was read and given.
    var isAtEnd: Bool { isComplete && start == end && passedOver == nil }

    /// Drops a byte order mark that stands next, which editors put before a file's first line.
    mutating func skipByteOrderMark() {
        if end - start >= 3, bytes[start..<start + 3] == [0xEF, 0xBB, 0xBF] {
            start += 3
            scanned = max(scanned, start)
        }
    }

    private func find() -> Int? {
        bytes.withUnsafeBytes { all in
            guard scanned < end, let first = all.baseAddress,
                let found = memchr(first + scanned, Int32(UInt8(ascii: "\n")), end - scanned)
            else { return nil }
            return UnsafeRawPointer(found) - first
        }
    }

    private mutating func line(upTo lineEnd: Int) -> Line {
        if let passedOver {
            self.passedOver = nil
            return .tooLong(length: passedOver + lineEnd - start)
        }
        var stop = lineEnd
        if stop > start, bytes[stop - 1] == UInt8(ascii: "\r") { stop -= 1 }
        if stop - start <= maximum { return .whole(start..<stop) }
        beginning = Array(bytes[start..<min(stop, start + Self.keptBeginning)])
        return .tooLong(length: stop - start)
    }

    private mutating func passOver() {
        if passedOver == nil { beginning = Array(bytes[start..<min(end, start + Self.keptBeginning)]) }
        passedOver = (passedOver ?? 0) + end - start
        start = end
    }

    private mutating func makeRoom() {
        if start > 0 {
            let rest = end - start
            bytes.withUnsafeMutableBytes { all in
                // Ranges of one buffer; memmove allows them to overlap.
                guard let first = all.baseAddress else { return }
                memmove(first, first + start, rest)
            }
            scanned -= start
            start = 0
            end = rest
        }
        if end == bytes.count {
            // Room for a longest line and its line break; a longer one never fills it, since `next` passes it over.
            let grown = min(bytes.count * 2, maximum + 2)
            bytes += [UInt8](repeating: 0, count: max(0, grown - bytes.count))
        }
    }
}
