import Foundation

/// A document with places for tables, between `<!-- bench:NAME -->` and `<!-- /bench -->`. So each table has one source.
struct MarkedDocument {
    /// The document's text.
    private(set) var text: String

    init(text: String) {
        self.text = text
    }

    /// Puts a table between a name's markers.
    /// - Returns: false if the document has no such markers.
    mutating func replace(_ name: String, with table: Table) -> Bool {
        guard let opening = text.range(of: "<!-- bench:\(name) -->\n"),
            let closing = text.range(of: "<!-- /bench -->", range: opening.upperBound..<text.endIndex)
        else { return false }
        text.replaceSubrange(opening.upperBound..<closing.lowerBound, with: table.markdown + "\n")
        return true
    }
}
