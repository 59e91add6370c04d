import PipelineTesting

/// JSON objects that a seed repeats, whole and damaged, for comparing parsers.
enum RandomJSON {
    static func object(_ random: inout SeededRandom, depth: Int) -> [UInt8] {
        var text = "{"
        for index in 0..<Int(random.next() % 4) {
            if index > 0 { text += [",", " ,\n"].randomElement(using: &random) ?? "," }
            text += ["\"a\"", "\"b\" ", "\"c\"", "\"\\u0061\"", "\"other\""].randomElement(using: &random) ?? "\"a\""
            text += ":" + String(decoding: value(&random, depth: depth + 1), as: UTF8.self)
        }
        return Array((text + "}").utf8)
    }

    static func value(_ random: inout SeededRandom, depth: Int) -> [UInt8] {
        switch random.next() % (depth > 3 ? 6 : 8) {
        case 0: Array("\(Int64(truncatingIfNeeded: random.next()) >> 20)".utf8)
        case 1: Array(["1.5", "-0.25e3", "1E-2", "0"].randomElement(using: &random)?.utf8 ?? "0".utf8)
        case 2: Array("true".utf8)
        case 3: Array("null".utf8)
        case 4: Array(["\"x\"", "\"\"", "\"é😀\"", "\"\\n\\\"\""].randomElement(using: &random)?.utf8 ?? "\"\"".utf8)
        case 5: Array("false".utf8)
        case 6: object(&random, depth: depth)
        default:
            Array("[".utf8) + value(&random, depth: depth + 1) + Array(", ".utf8) + value(&random, depth: depth + 1)
                + Array("]".utf8)
        }
    }

    /// An object as records mostly are: one level, often in one order, mostly without escapes.
    static func record(_ random: inout SeededRandom) -> [UInt8] {
        let space = ["", "", "", " ", "\n\t"]
        func gap() -> String { space.randomElement(using: &random) ?? "" }
        var names = ["id", "atm", "a", "b", "amount", "a rather long name of 31 bytes..", "tëxt"]
        if random.next() % 4 == 0 { names.shuffle(using: &random) }
        let members = names.filter { _ in random.next() % 8 != 0 }.map { name in
            gap() + "\"\(name)\"" + gap() + ":" + gap() + scalar(&random) + gap()
        }
        return Array((gap() + "{" + (members.isEmpty ? gap() : members.joined(separator: ",")) + "}" + gap()).utf8)
    }

    private static func scalar(_ random: inout SeededRandom) -> String {
        func digits(_ most: UInt64) -> String { String(String(random.next()).suffix(Int(1 + random.next() % most))) }
        func whole(_ most: UInt64) -> String { String(UInt64(digits(most)) ?? 0) }
        return switch random.next() % 32 {
        case 0: ["\"\\u00e9\"", "[1]", "{}", "1e3", "\"\u{1}\""].randomElement(using: &random) ?? "{}"
        case 1...4: ["true", "false", "null", "-0", "-0.0", "0.0", "0"].randomElement(using: &random) ?? "0"
        case 5...8: (random.next() % 2 == 0 ? "-" : "") + whole(19)
        case 9...16: (random.next() % 2 == 0 ? "-" : "") + whole(9) + "." + digits(10)
        case 17...20: "\"né " + String(repeating: "ü€😀", count: Int(random.next() % 9)) + "\""
        default: "\"" + String(repeating: "x", count: Int(random.next() % 70)) + "\""
        }
    }

    /// Changes, removes or adds any byte, or cuts the text off.
    static func damageAnyhow(_ text: inout [UInt8], _ random: inout SeededRandom) {
        let place = Int(random.next() % UInt64(text.count))
        let byte = UInt8(truncatingIfNeeded: random.next())
        switch random.next() % 4 {
        case 0: text[place] = byte
        case 1: text.remove(at: place)
        case 2: text.removeSubrange(place...)
        default: text.insert(byte, at: place)
        }
    }

    /// Changes, removes or adds one byte, ASCII only: Foundation repairs some invalid UTF-8.
    static func damage(_ text: inout [UInt8], _ random: inout SeededRandom) {
        let place = Int(random.next() % UInt64(text.count))
        let byte = Array("{}[]:,\"\\ 019-+.eEtfnaxu".utf8).randomElement(using: &random) ?? 0x20
        switch random.next() % 3 {
        case 0: text[place] = byte
        case 1: text.remove(at: place)
        default: text.insert(byte, at: place)
        }
    }
}
