/// Finds bytes that are no UTF-8 before a document is read, so that the reader need not ask at every byte.
struct UTF8Check {
    /// More invalid sequences than this mean another encoding or no text at all.
    private static let limit = 20

    /// The bytes, each invalid sequence replaced by U+FFFD so that columns stay right and reading can go on; nil when
    /// there were too many.
    let bytes: [UInt8]?
    /// A mistake for each invalid sequence, or one for all.
    let mistakes: [DefinitionMistake]

    /// Checks bytes. Linear; valid bytes are not copied.
    /// - Parameters:
    ///   - bytes: the document.
    ///   - file: its name in mistakes.
    init(_ bytes: [UInt8], file: String) {
        guard String(validating: bytes, as: UTF8.self) == nil else {
            self.bytes = bytes
            mistakes = []
            return
        }
        var repaired: [UInt8] = []
        var invalid: [Int] = []
        var parser = Unicode.UTF8.ForwardParser()
        var input = bytes.makeIterator()
        parsing: while true {
            switch parser.parseScalar(from: &input) {
            case .valid(let units):
                repaired.append(contentsOf: units)
            case .error:
                invalid.append(repaired.count)
                repaired.append(contentsOf: [0xEF, 0xBF, 0xBD])
            case .emptyInput:
                break parsing
            }
        }
        var cursor = DocumentCursor(repaired)
        var told: [DefinitionMistake] = []
        let isText = invalid.count <= Self.limit
        for offset in isText ? invalid : Array(invalid.prefix(1)) {
            cursor.advance(offset - cursor.offset)
            told.append(
                DefinitionMistake(
                    at: Place(file, line: cursor.line, column: cursor.column), path: nil, "invalid UTF-8",
                    found: isText
                        ? "bytes that are no character" : "\(invalid.count) times bytes that are no character",
                    allowed: "text in UTF-8"))
        }
        self.bytes = isText ? repaired : nil
        mistakes = told
    }
}
