import Pipeline

@testable import Stages

/// A whole transaction, some of its fields replaced; nil takes one away.
func transaction(_ changes: [String: Member?] = [:]) -> [String: Member] {
    var fields: [String: Member] = [
        "transaction_id": "0197c0de-0000-7000-8000-000000000001", "atm_id": "ATM-0001", "region_id": "US-WEST",
        "amount": 120.0, "status_code": "SUCCESS", "user_id": "USER-10000", "card_number": "****-****-****-1000",
        "transaction_type": "WITHDRAWAL", "location": "Downtown Branch", "currency": "USD",
        "timestamp": "2026-11-22T14:03:22.123456Z",
    ]
    for (name, value) in changes {
        if let value { fields[name] = value } else { fields.removeValue(forKey: name) }
    }
    return fields
}

/// What a console of these settings makes of records.
func shown(_ rows: [[String: Member]], _ settings: ConsoleSettings, isColored: Bool = false) -> String {
    let batch = parsedBatch(rows, columns: TransactionField.allCases.map(\.name))
    var output: [UInt8] = []
    RecordFormat(settings, palette: Palette(isOn: isColored)).append(0..<rows.count, of: batch, to: &output)
    return String(decoding: output, as: UTF8.self)
}

/// Settings of the console, some of them changed.
func consoleSettings(_ change: (inout ConsoleSettings) -> Void) -> ConsoleSettings {
    var settings = ConsoleSettings()
    change(&settings)
    return settings
}
