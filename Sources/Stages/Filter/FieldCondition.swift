internal import Pipeline

/// What is asked of one field. Several parts hold together: `from` 100 and `to` 500 is a range.
///
/// Words compare with what the record has: a string byte by byte, a number by its value, true and false by name. So a
/// list from an environment variable, which is text, tests a number as well.
struct FieldCondition: Sendable, Hashable {
    /// One end of a range.
    enum Bound: Sendable, Hashable {
        /// Compares with numbers.
        case number(Double)
        /// Compares with strings, byte by byte, which orders ISO 8601 times.
        case text(String)
    }

    /// The member's name at the top level of the record.
    var field: String
    /// The field equals one of these; empty asks nothing.
    var anyOf: [String] = []
    /// The field equals none of these; empty asks nothing.
    var noneOf: [String] = []
    /// The field is not below this.
    var lowest: Bound?
    /// The field is not above this.
    var highest: Bound?
    /// The field is there and not null, or is not.
    var isPresent: Bool?

    /// Whether anything is asked at all.
    var isInForce: Bool {
        !anyOf.isEmpty || !noneOf.isEmpty || lowest != nil || highest != nil || isPresent != nil
    }

    /// What is wrong with the condition by itself, or nil.
    var problem: String? {
        switch (lowest, highest) {
        case (.number(let from), .number(let to)) where from > to: "\"from\" \(from) is above \"to\" \(to)"
        case (.text(let from), .text(let to)) where to.utf8.lexicographicallyPrecedes(from.utf8):
            "\"from\" \"\(from)\" is above \"to\" \"\(to)\""
        case (.number, .text), (.text, .number): "\"from\" and \"to\" are a number and a text: no field is between them"
        default: nil
        }
    }
}
