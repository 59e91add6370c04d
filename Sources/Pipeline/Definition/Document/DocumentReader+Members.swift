extension DocumentReader {
    /// Reads an object; the cursor stands on its brace.
    mutating func members(at path: DocumentPath, depth: Int) throws(Stop) -> [DocumentMember] {
        let opening = origin.place
        cursor.advance()
        var members: [DocumentMember] = []
        var places: [String: Place] = [:]
        while true {
            try skipSpace()
            switch cursor.peek() {
            case UInt8(ascii: "}"):
                cursor.advance()
                return members
            case UInt8(ascii: ","):
                mistake("a comma too many", allowed: "a member or \"}\"", at: path)
                cursor.advance()
                continue
            case nil:
                throw stop(
                    "an object that is not closed", found: cursor.found, allowed: closing("}", opening), at: path)
            default:
                let member = try member(at: path, depth: depth)
                if let first = places[member.name] {
                    mistake(
                        "duplicate member",
                        found: "\(QuotedText.quoted(QuotedText.excerpt(member.name))) a second time",
                        allowed: "it once; the first is at \(first)", at: path.member(member.name),
                        place: member.namePlace)
                } else {
                    places[member.name] = member.namePlace
                    members.append(member)
                }
            }
            try skipSpace()
            switch cursor.peek() {
            case UInt8(ascii: ","): cursor.advance()
            case UInt8(ascii: "}"), nil: break
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                mistake("a missing comma", found: cursor.found, allowed: "\",\" before it", at: path)
            default: throw stop("unexpected character", found: cursor.found, allowed: "\",\" or \"}\"", at: path)
            }
        }
    }

    private mutating func member(at path: DocumentPath, depth: Int) throws(Stop) -> DocumentMember {
        let place = origin.place
        let name = try memberName(at: path)
        let memberPath = path.member(name)
        try skipSpace()
        switch cursor.peek() {
        case UInt8(ascii: ":"):
            cursor.advance()
        case UInt8(ascii: "="):
            mistake("unexpected character", found: "\"=\"", allowed: "\":\" after a member's name", at: memberPath)
            cursor.advance()
        default:
            throw stop(
                "unexpected character", found: cursor.found, allowed: "\":\" after a member's name", at: memberPath)
        }
        try skipSpace()
        return DocumentMember(
            name: name, namePlace: place, value: try value(at: memberPath, depth: depth + 1))
    }

    private mutating func memberName(at path: DocumentPath) throws(Stop) -> String {
        switch cursor.peek() {
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            return try text(at: path).text
        case let byte? where byte.isNameCharacter:
            let place = origin.place
            let name = cursor.take { $0.isWordCharacter }
            try skipSpace()
            // Without a colon it may as well be the rest of a text that holds a quotation mark, a secret perhaps.
            guard cursor.peek() == UInt8(ascii: ":") || cursor.peek() == UInt8(ascii: "=") else {
                throw stop(
                    "unexpected character", found: "a letter or digit",
                    allowed: "a member's name in double quotes, or \"}\"", at: path, place: place)
            }
            mistake("a name without quotation marks", allowed: "a name in double quotes", at: path, place: place)
            return name
        default:
            throw stop(
                "unexpected character", found: cursor.found, allowed: "a member's name in double quotes, or \"}\"",
                at: path)
        }
    }

    /// Steps over white space and comments.
    mutating func skipSpace() throws(Stop) {
        while let byte = cursor.peek() {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                cursor.advance()
            case UInt8(ascii: "/") where cursor.peek(1) == UInt8(ascii: "/"):
                while let next = cursor.peek(), next != UInt8(ascii: "\n"), next != UInt8(ascii: "\r") {
                    cursor.advance()
                }
            case UInt8(ascii: "/") where cursor.peek(1) == UInt8(ascii: "*"):
                try skipBlockComment()
            default:
                return
            }
        }
    }

    private mutating func skipBlockComment() throws(Stop) {
        let opening = origin.place
        cursor.advance(2)
        while !(cursor.peek() == UInt8(ascii: "*") && cursor.peek(1) == UInt8(ascii: "/")) {
            guard !cursor.isAtEnd else {
                throw stop(
                    "a comment that is not closed", found: cursor.found, allowed: "\"*/\"", at: nil, place: opening)
            }
            cursor.advance()
        }
        cursor.advance(2)
    }
}
