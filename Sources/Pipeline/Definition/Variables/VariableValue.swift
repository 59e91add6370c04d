/// The value of a variable, and where it was set.
public struct VariableValue: Sendable, Hashable {
    /// The value.
    public let text: String
    /// The line of the environment file that sets it; nil for the process's environment.
    public let place: Place?

    /// Makes a value.
    /// - Parameters:
    ///   - text: the value.
    ///   - place: the line of an environment file; nil for the process's environment.
    public init(_ text: String, at place: Place? = nil) {
        self.text = text
        self.place = place
    }
}

extension VariableValue: ExpressibleByStringLiteral {
    /// A value of the environment.
    public init(stringLiteral text: String) {
        self.init(text)
    }
}

extension SettingOrigin.VariableUse {
    /// Makes a use.
    /// - Parameters:
    ///   - name: the variable's name.
    ///   - value: its value, or nil where the default after `:-` stands.
    init(name: String, value: VariableValue?) {
        self.init(name: name, giver: value.map { $0.place.map(Giver.file) ?? .environment } ?? .standard)
    }
}
