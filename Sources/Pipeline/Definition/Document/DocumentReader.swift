/// Reads JSON (RFC 8259) with `//` and `/* */` comments and trailing commas, and keeps the place of every value and
/// member name.
///
/// A reader of our own because a mistake must be told with its line and column, together with all others: the
/// toolchain's readers give no place for a syntax error and take duplicate members. After a mistake that leaves no
/// doubt where the next value begins it reads on.
///
/// A mistake never repeats a value: nobody knows here which values are secrets.
struct DocumentReader {
    /// Bytes a document may have. A pipeline file has a few thousand.
    static let sizeLimit = 1 << 20
    /// Objects and lists that may stand in one another.
    static let depthLimit = 64
    private static let mistakeLimit = 100

    /// What came of reading.
    struct Outcome {
        /// The document's value, or nil when reading could not go on.
        var root: DocumentNode?
        /// Mistakes of syntax.
        var mistakes: [DefinitionMistake]
    }

    /// Thrown where reading cannot go on; the mistake is told already.
    struct Stop: Error {}

    var cursor: DocumentCursor
    var mistakes: [DefinitionMistake] = []
    private let document: String
    private let fixedOrigin: SettingOrigin?

    private init(_ bytes: [UInt8], _ document: String, _ fixedOrigin: SettingOrigin?) {
        cursor = DocumentCursor(bytes)
        self.document = document
        self.fixedOrigin = fixedOrigin
    }

    /// Reads a document. Linear in its size.
    /// - Parameters:
    ///   - bytes: its bytes; any.
    ///   - file: its name in places.
    static func read(_ bytes: [UInt8], file: String) -> Outcome {
        guard bytes.count <= sizeLimit else {
            let mistake = DefinitionMistake(
                at: Place(file), path: nil, "too large", found: "more",
                allowed: "at most \(SizeText.text(Int64(sizeLimit)))")
            return Outcome(mistakes: [mistake])
        }
        let check = UTF8Check(bytes, file: file)
        guard let valid = check.bytes else { return Outcome(mistakes: check.mistakes) }
        var reader = DocumentReader(valid, file, nil)
        let root = reader.document()
        return Outcome(root: root, mistakes: check.mistakes + reader.mistakes)
    }

    /// Reads JSON that came as text from a variable or an override; everything in it has that origin.
    static func read(_ text: String, origin: SettingOrigin, at path: DocumentPath) -> Outcome {
        guard text.utf8.count <= sizeLimit else { return read(Array(text.utf8), file: origin.place.document) }
        var reader = DocumentReader(Array(text.utf8), origin.place.document, origin)
        let root = reader.document(at: path)
        return Outcome(root: root, mistakes: reader.mistakes)
    }

    private mutating func document(at path: DocumentPath = .root) -> DocumentNode? {
        do throws(Stop) {
            try skipSpace()
            guard !cursor.isAtEnd else {
                throw stop("empty document", found: "nothing", allowed: "one JSON object", at: path)
            }
            let root = try value(at: path, depth: 0)
            try skipSpace()
            if !cursor.isAtEnd { mistake("text after the end", found: cursor.found, allowed: "nothing", at: path) }
            return root
        } catch {
            return nil
        }
    }

    mutating func value(at path: DocumentPath, depth: Int) throws(Stop) -> DocumentNode {
        guard depth <= Self.depthLimit else {
            throw stop("nested too deep", allowed: "at most \(Self.depthLimit) levels", at: path)
        }
        let origin = origin
        let content: DocumentNode.Content
        switch cursor.peek() {
        case UInt8(ascii: "{"): content = .object(try members(at: path, depth: depth))
        case UInt8(ascii: "["): content = .list(try elements(at: path, depth: depth))
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            let (text, isRight) = try text(at: path)
            content = isRight ? .text(text) : .mistaken([])
        case let byte? where byte.isNumberStart: content = number(at: path)
        case let byte? where byte.isNameCharacter: content = try word(at: path)
        default: throw stop("no value", found: cursor.found, allowed: "a JSON value", at: path)
        }
        return DocumentNode(content: content, origin: origin)
    }

    private mutating func elements(at path: DocumentPath, depth: Int) throws(Stop) -> [DocumentNode] {
        let opening = origin.place
        cursor.advance()
        var elements: [DocumentNode] = []
        while true {
            try skipSpace()
            switch cursor.peek() {
            case UInt8(ascii: "]"):
                cursor.advance()
                return elements
            case UInt8(ascii: ","):
                mistake("a comma too many", allowed: "a value or \"]\"", at: path)
                cursor.advance()
                continue
            case nil:
                throw stop("a list that is not closed", found: cursor.found, allowed: closing("]", opening), at: path)
            default:
                elements.append(try value(at: path.element(elements.count), depth: depth + 1))
            }
            try skipSpace()
            switch cursor.peek() {
            case UInt8(ascii: ","): cursor.advance()
            case UInt8(ascii: "]"), nil: break
            case let byte? where byte.startsValue:
                mistake("a missing comma", found: cursor.found, allowed: "\",\" before it", at: path)
            default: throw stop("unexpected character", found: cursor.found, allowed: "\",\" or \"]\"", at: path)
            }
        }
    }

    var origin: SettingOrigin {
        fixedOrigin ?? .file(Place(document, line: cursor.line, column: cursor.column))
    }

    func closing(_ character: String, _ opening: Place) -> String {
        guard let line = opening.line, let column = opening.column else { return "\"\(character)\"" }
        return "\"\(character)\" for the one at \(line):\(column)"
    }

    mutating func mistake(
        _ what: String, found: String? = nil, allowed: String? = nil, nearest: String? = nil, at path: DocumentPath?,
        place: Place? = nil
    ) {
        guard mistakes.count < Self.mistakeLimit else { return }
        mistakes.append(
            DefinitionMistake(
                at: place ?? origin.place, path: path, what, found: found, allowed: allowed, nearest: nearest))
    }

    mutating func stop(
        _ what: String, found: String? = nil, allowed: String? = nil, at path: DocumentPath?, place: Place? = nil
    ) -> Stop {
        mistake(what, found: found, allowed: allowed, at: path, place: place)
        return Stop()
    }
}

extension UInt8 {
    /// A digit or what people write before one.
    var isNumberStart: Bool {
        isDigit || self == UInt8(ascii: "-") || self == UInt8(ascii: "+") || self == UInt8(ascii: ".")
    }

    /// Whether a JSON value, or something meant as one, begins so.
    var startsValue: Bool {
        isNumberStart || isNameCharacter
            || [UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "{"), UInt8(ascii: "[")]
                .contains(self)
    }
}
