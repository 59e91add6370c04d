/// A table, written as Markdown.
package struct Table: Sendable, Codable, Hashable {
    /// The columns' heads.
    package var head: [String]
    /// The rows; each as long as the head.
    package var rows: [[String]]

    /// Makes a table.
    package init(head: [String], rows: [[String]] = []) {
        self.head = head
        self.rows = rows
    }

    /// Lines of Markdown, the last without a line end.
    package var markdown: String {
        ([head, head.map { _ in "---" }] + rows).map { "| " + $0.joined(separator: " | ") + " |" }
            .joined(separator: "\n")
    }
}
