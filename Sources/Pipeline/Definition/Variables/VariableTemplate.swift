/// Text with variables: `${NAME}`, `${NAME:-default}`, `${NAME:?message}`, and `$$` for one dollar.
///
/// As in a POSIX shell (Shell Command Language, 2.6.2) an empty variable counts as unset where `:-` or `:?` follows. A
/// default may hold variables itself, and braces in pairs. A dollar that begins none of these is a mistake: `$NAME`
/// taken as it stands would be a silent surprise.
struct VariableTemplate {
    /// What is wrong with a template. Names no part of it, which may be a secret.
    struct Fault: Error {
        var what: String
        var allowed: String
    }

    /// A variable without a value.
    struct Unset: Error {
        var name: String
        /// Set, but to nothing.
        var isEmpty: Bool
        /// What the file says about it.
        var message: String?
    }

    private indirect enum Part {
        case literal(String)
        case variable(name: String)
        case variableOrDefault(name: String, VariableTemplate)
        case variableOrMessage(name: String, String)
    }

    private static let depthLimit = 8
    private static let syntax = "${NAME}, ${NAME:-default}, ${NAME:?message}, or $$ for one dollar"
    private var parts: [Part] = []

    /// Reads a template. Linear in its length.
    init(_ text: String) throws(Fault) {
        var rest = Substring(text).unicodeScalars
        try self.init(&rest, depth: 0)
    }

    /// Whether the text is one variable and nothing else, so that its value takes the type that is expected.
    var isOneVariable: Bool {
        guard parts.count == 1 else { return false }
        if case .literal = parts[0] { return false }
        return true
    }

    /// Puts values in.
    /// - Parameters:
    ///   - environment: values by name; they are not searched for variables again.
    ///   - uses: gets the variables that were met.
    func text(
        _ environment: [String: VariableValue], uses: inout [SettingOrigin.VariableUse]
    ) throws(Unset) -> String {
        var text = ""
        for part in parts {
            switch part {
            case .literal(let literal):
                text += literal
            case .variable(let name):
                guard let value = environment[name] else { throw Unset(name: name, isEmpty: false) }
                uses.append(.init(name: name, value: value))
                text += value.text
            case .variableOrDefault(let name, let template):
                let value = environment[name].flatMap { $0.text.isEmpty ? nil : $0 }
                uses.append(.init(name: name, value: value))
                if let value { text += value.text } else { text += try template.text(environment, uses: &uses) }
            case .variableOrMessage(let name, let message):
                guard let value = environment[name], !value.text.isEmpty else {
                    throw Unset(name: name, isEmpty: environment[name] != nil, message: message)
                }
                uses.append(.init(name: name, value: value))
                text += value.text
            }
        }
        return text
    }

    private init(_ rest: inout Substring.UnicodeScalarView, depth: Int) throws(Fault) {
        guard depth <= Self.depthLimit else {
            throw Fault(
                what: "variables nested too deep", allowed: "at most \(Self.depthLimit) defaults in one another")
        }
        var literal = String.UnicodeScalarView()
        var openBraces = 0
        while let scalar = rest.first {
            if scalar == "}", depth > 0 {
                if openBraces == 0 { break }
                openBraces -= 1
            } else if scalar == "{" {
                openBraces += 1
            }
            rest.removeFirst()
            guard scalar == "$" else {
                literal.append(scalar)
                continue
            }
            switch rest.popFirst() {
            case "$":
                literal.append("$")
            case "{":
                if !literal.isEmpty { parts.append(.literal(String(literal))) }
                literal = .init()
                parts.append(try Self.variable(&rest, depth: depth))
            default:
                throw Fault(what: "a dollar that begins no variable", allowed: Self.syntax)
            }
        }
        if !literal.isEmpty { parts.append(.literal(String(literal))) }
    }

    private static func variable(_ rest: inout Substring.UnicodeScalarView, depth: Int) throws(Fault) -> Part {
        let written = rest.prefix { $0.isASCII && UInt8($0.value).isNameCharacter }
        guard let first = written.first, !UInt8(first.value).isDigit else {
            throw Fault(what: "no variable's name after ${", allowed: "letters, digits and _, a letter or _ first")
        }
        rest.removeFirst(written.count)
        let name = String(Substring(written))
        let part: Part
        switch (rest.first, rest.dropFirst().first) {
        case ("}", _):
            part = .variable(name: name)
        case (":", "-"):
            rest.removeFirst(2)
            part = .variableOrDefault(name: name, try VariableTemplate(&rest, depth: depth + 1))
        case (":", "?"):
            rest.removeFirst(2)
            let message = rest.prefix { $0 != "}" }
            rest.removeFirst(message.count)
            part = .variableOrMessage(name: name, String(Substring(message)))
        default:
            throw Fault(what: "a variable that is not closed, or an unknown mark after its name", allowed: syntax)
        }
        guard rest.popFirst() == "}" else {
            throw Fault(what: "a variable that is not closed", allowed: syntax)
        }
        return part
    }
}
