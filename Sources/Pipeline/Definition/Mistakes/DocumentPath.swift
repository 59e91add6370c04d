/// The way from a document's root to a value, written as in RFC 9535 (JSONPath): `$.sinks[0].topic`.
struct DocumentPath: Sendable, Hashable, CustomStringConvertible {
    private enum Step: Hashable {
        case member(String)
        case element(Int)
    }

    private var steps: [Step] = []

    /// The whole document.
    static let root = DocumentPath()

    /// A member of the object here.
    func member(_ name: String) -> DocumentPath {
        var path = self
        path.steps.append(.member(name))
        return path
    }

    /// An element of the list here, counted from 0.
    func element(_ index: Int) -> DocumentPath {
        var path = self
        path.steps.append(.element(index))
        return path
    }

    /// `$.sinks[0].topic`; a name that is no plain word stands in brackets: `$['a.b']`.
    var description: String {
        steps.reduce(into: "$") { text, step in
            switch step {
            case .element(let index):
                text += "[\(index)]"
            case .member(let name) where Self.isPlain(name):
                text += ".\(name)"
            case .member(let name):
                let escaped = name.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "\\'")
                text += "['\(QuotedText.printable(escaped))']"
            }
        }
    }

    private static func isPlain(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return name.utf8.allSatisfy { $0.isWordCharacter }
    }
}

extension UInt8 {
    /// ASCII letter, digit, `_` or `-`.
    var isWordCharacter: Bool {
        isNameCharacter || self == UInt8(ascii: "-")
    }

    /// ASCII letter, digit or `_`.
    var isNameCharacter: Bool {
        isDigit || self == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20)
    }

    /// ASCII digit.
    var isDigit: Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
    }
}
