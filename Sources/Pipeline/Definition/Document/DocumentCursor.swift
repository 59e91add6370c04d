/// A cursor over a document's bytes that knows its line and column, at the cost of one step a byte.
struct DocumentCursor {
    private let bytes: [UInt8]
    private(set) var offset = 0
    private(set) var line = 1
    private(set) var column = 1

    /// Makes a cursor at the beginning, after a byte order mark if there is one.
    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { offset = 3 }
    }

    var isAtEnd: Bool { offset >= bytes.count }

    /// The byte here or further on, or nil past the end.
    func peek(_ distance: Int = 0) -> UInt8? {
        let index = offset + distance
        return index < bytes.count ? bytes[index] : nil
    }

    /// Steps over one byte; does nothing at the end.
    mutating func advance() {
        guard let byte = peek() else { return }
        offset += 1
        switch byte {
        case UInt8(ascii: "\n"):
            startLine()
        case UInt8(ascii: "\r"):
            // Of "\r\n" the second byte ends the line.
            if peek() != UInt8(ascii: "\n") { startLine() }
        case 0x80...0xBF:
            break  // the further bytes of a scalar that has been counted
        default:
            column += 1
        }
    }

    /// Steps over several bytes.
    mutating func advance(_ count: Int) {
        for _ in 0..<count { advance() }
    }

    /// Steps over bytes while they fit.
    /// - Returns: the bytes stepped over.
    mutating func take(while fits: (UInt8) -> Bool) -> String {
        let start = offset
        while let byte = peek(), fits(byte) { advance() }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    /// The character here as a mistake shows it; a letter or digit is not shown, for it may belong to a secret that
    /// lost its quotation mark.
    var found: String {
        guard !isAtEnd else { return "the end of the file" }
        let next = String(decoding: bytes[offset..<min(offset + 4, bytes.count)], as: UTF8.self).unicodeScalars.first
        guard let next, !next.properties.isAlphabetic, !("0"..."9").contains(next) else { return "a letter or digit" }
        return QuotedText.quoted(String(next))
    }

    private mutating func startLine() {
        line += 1
        column = 1
    }
}
