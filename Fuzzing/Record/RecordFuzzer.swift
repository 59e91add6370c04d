import Driver
import Glibc
import Pipeline

private let names = ["transaction_id", "amount", "status_code", "a", "b"]
private let parser = FieldParser(stage: "fuzz", names: names)

@main
enum RecordFuzzer {
    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        exit(LLVMFuzzerRunDriver(&count, &arguments) { parseRecord($0, $1) })
    }
}

/// Any bytes as a record's value are an object or are not, and are so whichever way they are read: as they are, where the
/// quick way may take them, and with a nested member in front, which only the general way reads.
private func parseRecord(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let document = Array(UnsafeBufferPointer(start: bytes, count: count))
    let found = fields(of: document)
    guard let nested = withNestedMember(document) else { return 0 }
    let general = fields(of: nested)
    precondition(found == general, "the two ways differ: \(String(describing: found)), \(String(describing: general))")
    return 0
}

/// What is found of a document; nil if it is no object. Texts by their bytes, since they lie in different places.
private func fields(of document: [UInt8]) -> [String]? {
    var builder = BatchBuilder(stream: StreamIdentity(cluster: "c", topic: "t"), capacity: document.count)
    let value = builder.append(document)
    builder.add(
        Record(value: value, timestamp: Timestamp(microseconds: 0), position: Position(partition: 0, offset: 0)))
    var batch = builder.finish(claims: [Claim(partition: 0, from: 0, to: 1)])
    parser.parse(&batch)
    guard batch.dead.isEmpty, let table = batch.fields else { return nil }
    return names.indices.map { column in
        switch table.value(row: 0, column: column) {
        case .text(let range): "text \(batch.bytes(range) ?? [])"
        case .unescapedText(let range): "text \(Array(table.unescaped[range.offsets]))"
        case .real(let number): "real \(number.bitPattern)"
        case let other: "\(other)"
        }
    }
}

/// The document with a member in front that no name asks for; nil where there is no place for one.
private func withNestedMember(_ document: [UInt8]) -> [UInt8]? {
    let spaces: [UInt8] = [0x20, 0x09, 0x0A, 0x0D]
    guard let open = document.firstIndex(where: { !spaces.contains($0) }), document[open] == UInt8(ascii: "{"),
        let next = document[(open + 1)...].first(where: { !spaces.contains($0) }), next == UInt8(ascii: "\"")
    else { return nil }
    return Array(document[...open]) + Array(#""zz":[{}],"#.utf8) + Array(document[(open + 1)...])
}
