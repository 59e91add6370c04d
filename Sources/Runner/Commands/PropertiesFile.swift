import FoundationEssentials
import Pipeline

/// librdkafka properties from a file of `name=value` lines, as Kafka's own tools take them: a command line, where
/// everyone sees it, is no place for a password.
enum PropertiesFile {
    /// - Parameter path: the file; empty lines and those that begin with `#` are passed over.
    /// - Throws: ``PipelineError``, without any value.
    static func read(_ path: String) throws(PipelineError) -> [String: String] {
        guard let contents = FileManager.default.contents(atPath: path) else {
            throw PipelineError(
                .inputOutput, "cannot read the properties", place: path, reason: "the file is not there or not readable"
            )
        }
        var properties: [String: String] = [:]
        for (index, line) in String(decoding: contents, as: UTF8.self).split(
            omittingEmptySubsequences: false, whereSeparator: \.isNewline
        ).enumerated() {
            let line = line.drop(while: \.isWhitespace)
            if line.isEmpty || line.hasPrefix("#") { continue }
            guard let equals = line.firstIndex(of: "="), equals > line.startIndex else {
                throw PipelineError(
                    .usage, "cannot understand the properties", place: "\(path):\(index + 1)",
                    reason: "the line is not name=value")
            }
            let name = trimmed(line[..<equals])
            guard properties[name] == nil else {
                throw PipelineError(
                    .usage, "cannot understand the properties", place: "\(path):\(index + 1)",
                    reason: "\(name) is there twice")
            }
            properties[name] = trimmed(line[line.index(after: equals)...])
        }
        return properties
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text.drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
