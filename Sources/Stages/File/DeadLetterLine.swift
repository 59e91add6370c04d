internal import FoundationEssentials
internal import Pipeline

/// A dead letter as one JSON line: which stage rejected it and why, where it stood, and its bytes.
///
/// Bytes that are UTF-8 stand as text under `key` and `value`; others in base64 under `key_base64` and `value_base64`.
/// What was absent is null.
enum DeadLetterLine {
    /// Appends the line with its line break.
    static func append(_ dead: DeadRecord, of batch: Batch, to output: inout [UInt8]) {
        output += "{ ".utf8
        append("stage", dead.stage, to: &output)
        append("reason", dead.reason, to: &output)
        append("topic", batch.stream.topic, to: &output)
        output += "\"partition\": \(dead.record.partition), \"offset\": \(dead.record.offset), ".utf8
        append("timestamp", dead.record.timestamp.rfc3339, to: &output)
        append("key", batch.bytes(dead.record.key), to: &output)
        append("value", batch.bytes(dead.record.value), to: &output)
        // In place of the last member's comma and space.
        output.removeLast(2)
        output += " }\n".utf8
    }

    private static func append(_ name: String, _ bytes: [UInt8]?, to output: inout [UInt8]) {
        guard let bytes else { return append(name, String?.none, to: &output) }
        if let text = String(validating: bytes, as: UTF8.self) {
            append(name, text, to: &output)
        } else {
            append("\(name)_base64", Data(bytes).base64EncodedString(), to: &output)
        }
    }

    private static func append(_ name: String, _ text: String?, to output: inout [UInt8]) {
        JSONText.append(name, to: &output)
        output += ": ".utf8
        if let text { JSONText.append(text, to: &output) } else { output += "null".utf8 }
        output += ", ".utf8
    }
}
