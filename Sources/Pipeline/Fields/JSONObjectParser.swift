internal import CSimdJSON

/// The C parser for the members of one JSON object; owns its memory, which is reused from document to document.
///
/// Not copyable and used by one caller at a time (``FieldParser`` holds it in a Mutex), which is what simdjson asks for.
struct JSONObjectParser: ~Copyable {
    private let parser: OpaquePointer
    private let count: Int

    /// - Parameter names: members to look for, without NUL.
    init(names: [String]) {
        count = names.count
        let texts = names.map { Array($0.utf8CString) }
        var pointers: [UnsafePointer<CChar>?] = []
        // The C side copies the names, so the pointers need to live for this call only.
        func withPointers(_ rest: ArraySlice<[CChar]>) -> OpaquePointer? {
            guard let first = rest.first else { return sluice_json_parser_create(&pointers, pointers.count) }
            return first.withUnsafeBufferPointer { text in
                pointers.append(text.baseAddress)
                return withPointers(rest.dropFirst())
            }
        }
        guard let parser = withPointers(texts[...]) else { preconditionFailure("out of memory") }
        self.parser = parser
    }

    deinit {
        sluice_json_parser_destroy(parser)
    }

    /// Parses one document.
    /// - Parameters:
    ///   - bytes: a batch's bytes, with 64 readable ones behind them.
    ///   - range: the document's place; lies within `bytes`.
    ///   - cells: gets a cell a member; as many zeros as names.
    ///   - kinds: gets a kind a member; as many zeros.
    /// - Returns: nil, or why it is no JSON object.
    func parse(
        _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, cells: UnsafeMutablePointer<UInt64>,
        kinds: UnsafeMutablePointer<UInt8>
    ) -> String? {
        if parsePlain(bytes, range, cells: cells, kinds: kinds) { return nil }
        return parseGeneral(bytes, range, cells: cells, kinds: kinds)
    }

    /// The quick way, of objects in the plain form: without escapes, nesting and unusual numbers.
    /// - Returns: whether the document has it; if not, some of the row may be written.
    func parsePlain(
        _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, cells: UnsafeMutablePointer<UInt64>,
        kinds: UnsafeMutablePointer<UInt8>
    ) -> Bool {
        guard let base = bytes.baseAddress else { return false }
        return sluice_json_parse_plain(
            parser, base.assumingMemoryBound(to: CChar.self), range.lowerBound, range.count, cells, kinds)
    }

    /// The way of all other documents, good or bad.
    /// - Returns: nil, or why it is no JSON object.
    func parseGeneral(
        _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, cells: UnsafeMutablePointer<UInt64>,
        kinds: UnsafeMutablePointer<UInt8>
    ) -> String? {
        guard let base = bytes.baseAddress else { return "it is empty" }
        let fault = sluice_json_parse_general(
            parser, base.assumingMemoryBound(to: CChar.self), range.lowerBound, range.count, cells, kinds)
        return fault.map { String(cString: $0) }
    }

    /// Takes the bytes of strings that had escapes, of all documents since the last call.
    func takeUnescaped() -> [UInt8] {
        var length = 0
        let bytes = sluice_json_unescaped(parser, &length)
        defer { sluice_json_reset(parser) }
        return Array(UnsafeRawBufferPointer(start: bytes, count: length))
    }
}
