/// Writes a query's rows as text, one after the other.
protocol RowWriter {
    /// Writes what stands before the first row.
    mutating func begin(_ text: inout String)
    /// Takes a row.
    mutating func row(_ values: [QueryValue], _ text: inout String)
    /// Writes what was kept back and what stands after the last row.
    mutating func end(_ text: inout String)
}
