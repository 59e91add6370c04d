/// A value of a document, with its place.
struct DocumentNode: Sendable {
    /// What stands there.
    enum Content: Sendable {
        case null
        case boolean(Bool)
        /// A number as it was written, so that 64-bit integers and decimals stay exact.
        case number(String)
        case text(String)
        /// Text whose type is the one that its setting expects: a whole `${…}`, or the value of a `--set`.
        case untyped(String)
        case list([DocumentNode])
        case object([DocumentMember])
        /// No value because of a mistake. The reader has told its own already and leaves this empty; those of a
        /// variable are kept until it is known that no override replaces the value.
        case mistaken([DefinitionMistake])
    }

    /// What stands there.
    var content: Content
    /// Where it came from.
    var origin: SettingOrigin

    /// Where it stands.
    var place: Place { origin.place }

    /// The members of an object, else nil.
    var members: [DocumentMember]? {
        if case .object(let members) = content { members } else { nil }
    }

    /// The elements of a list, else nil.
    var elements: [DocumentNode]? {
        if case .list(let elements) = content { elements } else { nil }
    }

    /// Text, typed or not, else nil.
    var text: String? {
        switch content {
        case .text(let text), .untyped(let text): text
        default: nil
        }
    }

    /// A member's value. Linear in the number of members.
    subscript(_ name: String) -> DocumentNode? {
        members?.first { $0.name == name }?.value
    }
}

/// A member of an object.
struct DocumentMember: Sendable {
    /// The name.
    let name: String
    /// Where the name stands.
    let namePlace: Place
    /// The value.
    var value: DocumentNode
}

extension DocumentNode {
    /// What a mistake says was found. Never the value of a secret.
    /// - Parameter isSecret: whether only the kind of value may be told.
    func found(isSecret: Bool) -> String {
        let text =
            switch content {
            case .null: "null"
            case .boolean(let value): isSecret ? "a boolean" : "\(value)"
            case .number(let written): isSecret ? "a number" : QuotedText.excerpt(written)
            case .text(let text), .untyped(let text): isSecret ? "text" : QuotedText.quoted(QuotedText.excerpt(text))
            case .list: "a list"
            case .object: "an object"
            case .mistaken: "a mistake"
            }
        return isSecret ? "\(text) (secret, not shown)" : text + origin.foundRemark
    }
}
