internal import Glibc

/// Puts a record's value on a line of its own.
///
/// A valid JSON text has line breaks only between its tokens, where a space means the same; a pretty-printed record is
/// put on one line that way, byte for byte else. Nothing is parsed: what is no JSON goes out as it is, so long as it
/// is one line.
enum JSONLine {
    /// Why a value cannot be a line.
    enum Problem: String, Error, Sendable, Hashable {
        case tombstone = "it is a tombstone: a record without a value cannot be a JSON line"
        case empty = "its value is empty: a blank line is no record to whoever reads the file"
        case breakInside = "its value has a line break where JSON allows none, and would become two lines"
    }

    /// Appends a value and a line break.
    /// - Parameters:
    ///   - value: the record's value.
    ///   - output: what it is appended to; unchanged if the value cannot be a line.
    static func append(_ value: UnsafeRawBufferPointer, to output: inout [UInt8]) throws(Problem) {
        guard let first = value.baseAddress, !value.isEmpty else { throw .empty }
        if memchr(first, Int32(UInt8(ascii: "\n")), value.count) == nil {
            output.append(contentsOf: value)
        } else {
            try appendJoined(value, to: &output)
        }
        output.append(UInt8(ascii: "\n"))
    }

    private static func appendJoined(_ value: UnsafeRawBufferPointer, to output: inout [UInt8]) throws(Problem) {
        let start = output.count
        var isInString = false
        var isEscaped = false
        var isInDocument = false
        for byte in value {
            switch byte {
            case UInt8(ascii: "\n") where isInString:
                output.removeSubrange(start...)
                throw .breakInside
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"), 0x20, 0x09:
                output.append(isInString || byte == 0x09 ? byte : 0x20)
                isEscaped = false
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                isInDocument = true
            case UInt8(ascii: "\"") where !isEscaped:
                isInString.toggle()
            default: break
            }
            guard isInDocument else {
                // Text that is no object or array: its line breaks may mean something.
                output.removeSubrange(start...)
                throw .breakInside
            }
            isEscaped = isInString && byte == UInt8(ascii: "\\") && !isEscaped
            output.append(byte)
        }
    }
}
