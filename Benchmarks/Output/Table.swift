/// A table, written as Markdown.
struct Table: Sendable, Codable, Hashable {
    /// The columns' heads.
    var head: [String]
    /// The rows; each as long as the head.
    var rows: [[String]] = []

    /// Lines of Markdown, the last without a line end.
    var markdown: String {
        ([head, head.map { _ in "---" }] + rows).map { "| " + $0.joined(separator: " | ") + " |" }
            .joined(separator: "\n")
    }
}
