import Foundation

/// A document with places for results, between `<!-- bench:NAME -->` and `<!-- /bench -->`. So each figure has one
/// source.
package struct MarkedDocument: Hashable {
    /// The document's text.
    package let text: String

    /// Takes a document as it is.
    package init(text: String) {
        self.text = text
    }

    /// The document with other lines between a name's markers.
    /// - Parameters:
    ///   - name: the name in the opening marker.
    ///   - lines: the lines, the last without a line end.
    /// - Returns: nil if the document has no such markers.
    package func replacing(_ name: String, with lines: String) -> MarkedDocument? {
        guard let opening = text.range(of: "<!-- bench:\(name) -->\n"),
            let closing = text.range(of: "<!-- /bench -->", range: opening.upperBound..<text.endIndex)
        else { return nil }
        return MarkedDocument(text: text[..<opening.upperBound] + lines + "\n" + text[closing.lowerBound...])
    }
}
