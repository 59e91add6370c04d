/// A place in a document: a file with line and column, or something without lines such as `--set #2`.
public struct Place: Sendable, Hashable, CustomStringConvertible {
    /// The file as it was named, or `--set #2`.
    public let document: String
    /// The line, counted from 1; nil where the document has none or the mistake is about the whole of it.
    public let line: Int?
    /// The column in Unicode scalars, counted from 1; nil when `line` is.
    public let column: Int?

    /// Makes a place.
    /// - Parameters:
    ///   - document: the file as it was named.
    ///   - line: the line, counted from 1.
    ///   - column: the column in Unicode scalars, counted from 1.
    public init(_ document: String, line: Int? = nil, column: Int? = nil) {
        self.document = document
        self.line = line
        self.column = column
    }

    /// `file:line:column`, which editors and terminals follow.
    public var description: String {
        var text = document.isEmpty ? "\"\"" : QuotedText.printable(document)
        if let line { text += ":\(line)" }
        if let column { text += ":\(column)" }
        return text
    }
}

// An override of the command line is a place too, known by its number there.
extension Place {
    private static let overridePrefix = "--set #"

    /// The place of an override.
    /// - Parameter number: its number on the command line, from 1.
    static func override(_ number: Int) -> Place {
        Place("\(overridePrefix)\(number)")
    }

    /// The number of the override that the place is, or nil for a place in a file.
    var overrideNumber: Int? {
        guard line == nil, document.hasPrefix(Self.overridePrefix) else { return nil }
        return Int(document.dropFirst(Self.overridePrefix.count))
    }
}
