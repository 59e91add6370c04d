/// One mistake in a pipeline file, an override or an environment file: where, what, what was found, what is allowed.
/// Never contains the value of a secret.
public struct DefinitionMistake: Sendable, Hashable, CustomStringConvertible {
    /// Where: file, line and column.
    public let place: Place
    /// The JSONPath of the value (RFC 9535), such as `$.stages[0].rate`; nil where there is none.
    public let path: String?
    /// The kind of mistake in a few words, such as `unknown member`.
    public let what: String
    /// What stands there; nil where `what` says it.
    public let found: String?
    /// What may stand there; nil where it goes without saying.
    public let allowed: String?
    /// The known name nearest to the one found, or nil if none is near.
    public let nearest: String?

    init(
        at place: Place, path: DocumentPath?, _ what: String, found: String? = nil, allowed: String? = nil,
        nearest: String? = nil
    ) {
        self.place = place
        self.path = path?.description
        self.what = what
        self.found = found
        self.allowed = allowed
        self.nearest = nearest
    }

    /// One line: `file:line:column: path: what: found …; allowed: …; did you mean "…"?`
    ///
    /// The line of the file is not shown beneath it: another value on that line may be a secret.
    public var description: String {
        var text = "\(place): "
        if let path { text += "\(path): " }
        text += what
        if let found { text += ": found \(found)" }
        if let allowed { text += "; allowed: \(allowed)" }
        if let nearest { text += "; did you mean \(QuotedText.quoted(nearest))?" }
        return text
    }
}
