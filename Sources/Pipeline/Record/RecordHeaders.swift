/// The form headers have in a batch's buffer: for each, the name's length (UInt32, little-endian), the name in UTF-8,
/// the value's length (Int32, little-endian, -1 for no value) and the value. Order and repetitions are kept.
public enum RecordHeaders {
    /// One header.
    public struct Header: Sendable, Hashable {
        /// The name.
        public var name: String
        /// The value's bytes, or nil where the header has none.
        public var value: [UInt8]?

        /// Makes a header.
        /// - Parameters:
        ///   - name: the name.
        ///   - value: the value's bytes, or nil.
        public init(name: String, value: [UInt8]?) {
            self.name = name
            self.value = value
        }
    }

    /// Encodes headers.
    /// - Parameter headers: the headers in order.
    /// - Returns: the bytes to append to a batch.
    public static func encode(_ headers: [Header]) -> [UInt8] {
        var bytes: [UInt8] = []
        for header in headers {
            let name = Array(header.name.utf8)
            appendLength(UInt32(name.count), to: &bytes)
            bytes += name
            if let value = header.value {
                appendLength(UInt32(value.count), to: &bytes)
                bytes += value
            } else {
                appendLength(UInt32.max, to: &bytes)
            }
        }
        return bytes
    }

    /// Decodes headers.
    /// - Parameter bytes: what ``encode(_:)`` made.
    /// - Returns: the headers in order. What does not have the form ends the list.
    public static func decode(_ bytes: [UInt8]) -> [Header] {
        var rest = bytes[...]
        var headers: [Header] = []
        while let nameLength = takeLength(&rest), rest.count >= Int(nameLength) {
            let name = String(decoding: rest.prefix(Int(nameLength)), as: UTF8.self)
            rest = rest.dropFirst(Int(nameLength))
            guard let valueLength = takeLength(&rest) else { break }
            if valueLength == UInt32.max {
                headers.append(Header(name: name, value: nil))
                continue
            }
            guard rest.count >= Int(valueLength) else { break }
            headers.append(Header(name: name, value: Array(rest.prefix(Int(valueLength)))))
            rest = rest.dropFirst(Int(valueLength))
        }
        return headers
    }

    private static func appendLength(_ length: UInt32, to bytes: inout [UInt8]) {
        for shift in stride(from: UInt32(0), to: 32, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: length >> shift))
        }
    }

    private static func takeLength(_ rest: inout ArraySlice<UInt8>) -> UInt32? {
        guard rest.count >= 4 else { return nil }
        var length: UInt32 = 0
        for (position, byte) in rest.prefix(4).enumerated() {
            length |= UInt32(byte) << UInt32(8 * position)
        }
        rest = rest.dropFirst(4)
        return length
    }
}
