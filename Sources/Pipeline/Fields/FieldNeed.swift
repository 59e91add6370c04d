/// The type a field must have for a stage that needs it.
public enum FieldType: String, Sendable, Hashable, CaseIterable {
    /// A JSON string.
    case text
    /// A JSON number, kept as a double.
    case real
    /// A JSON number without fraction that 64 bits hold.
    case integer
    /// `true` or `false`.
    case boolean
}

/// One field of the JSON object in a record's value that a stage reads.
///
/// The runtime parses a record once, before the first stage that needs any field, for the union of all needs. A
/// required field that is missing or of another type makes the record dead in that stage's name before the stage sees
/// it; so does a value that is no JSON object. For a field that is not required the stage finds what is there.
public struct FieldNeed: Sendable, Hashable {
    /// The member's name at the top level of the object.
    public var name: String
    /// The type a required field must have; nil for any.
    public var type: FieldType?
    /// Whether a record without it is dead.
    public var isRequired: Bool

    /// Makes a need.
    /// - Parameters:
    ///   - name: the member's name.
    ///   - type: the type, or nil for any.
    ///   - isRequired: whether a record without it is dead.
    public init(_ name: String, type: FieldType? = nil, isRequired: Bool) {
        self.name = name
        self.type = type
        self.isRequired = isRequired
    }
}
