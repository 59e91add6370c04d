internal import Glibc

/// A value of a query's row.
enum QueryValue: Equatable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)

    /// - Parameters:
    ///   - statement: stands on a row.
    ///   - column: the column.
    init(_ statement: SQLiteStatement, _ column: Int32) {
        self =
            switch statement.type(column) {
            case .null: .null
            case .integer: .integer(statement.integer(column))
            case .real: .real(statement.real(column))
            case .text: .text(statement.text(column))
            case .blob: .text(Self.text(of: statement.blob(column)))
            }
    }

    var isNumber: Bool {
        switch self {
        case .integer, .real: true
        case .null, .text: false
        }
    }

    /// The value as text; nil for NULL.
    var plain: String? {
        switch self {
        case .null: nil
        case .integer(let value): "\(value)"
        case .real(let value): "\(value)"
        case .text(let value): value
        }
    }

    // Keys and values of dead letters are blobs, and most of them are text that someone wants to read.
    private static func text(of blob: [UInt8]) -> String {
        if let text = String(validating: blob, as: UTF8.self) { return text }
        let digits = Array("0123456789abcdef")
        return "x'" + String(blob.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }) + "'"
    }
}
