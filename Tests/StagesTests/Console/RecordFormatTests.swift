import Pipeline
import Testing

@testable import Stages

@Suite struct RecordFormatTests {
    private let compact = consoleSettings { $0.format = .compact }
    private let detailed = consoleSettings { $0.format = .detailed }
    private let json = consoleSettings { $0.format = .json }

    @Test("compact is one line: time, type, amount, status, ATM, region, and a mark in front of an alert")
    func compactLines() {
        let rows = [
            transaction(),
            transaction(["status_code": "FAILED", "amount": 20, "atm_id": "ATM-0042", "region_id": "EU-CENTRAL"]),
            transaction(["amount": 1000.01, "transaction_type": "TRANSFER", "currency": "EUR"]),
            transaction(["amount": 1000, "status_code": "INSUFFICIENT_FUNDS", "timestamp": "2026-11-22T14:03:22Z"]),
        ]
        #expect(
            shown(rows, compact) == """
                  14:03:22.123  WITHDRAWAL          120.00 USD  SUCCESS             ATM-0001  US-WEST
                ! 14:03:22.123  WITHDRAWAL           20.00 USD  FAILED              ATM-0042  EU-CENTRAL
                ! 14:03:22.123  TRANSFER           1000.01 EUR  SUCCESS             ATM-0001  US-WEST
                  14:03:22      WITHDRAWAL         1000.00 USD  INSUFFICIENT_FUNDS  ATM-0001  US-WEST

                """)
    }

    @Test("what is missing, null or of another type is shown as such, and moves nothing")
    func oddFields() {
        let rows = [
            transaction(["timestamp": nil, "status_code": .null, "amount": nil, "region_id": .composite]),
            transaction(["timestamp": "yesterday", "amount": "12", "status_code": 7, "atm_id": true, "currency": nil]),
            transaction(["amount": 0.125, "transaction_type": "A_TYPE_LONGER_THAN_ITS_COLUMN", "region_id": nil]),
        ]
        #expect(
            shown(rows, compact) == """
                  –             WITHDRAWAL               – USD  null                ATM-0001  {…}
                  yesterday     WITHDRAWAL              12 –    7.0                 true      US-WEST
                  14:03:22.123  A_TYPE_LONGER_…      0.125 USD  SUCCESS             ATM-0001  –

                """)
    }

    @Test("detailed is a box whose right edge is straight")
    func box() {
        #expect(
            shown(
                [transaction(["status_code": "TIMEOUT", "amount": 1250.5, "location": "Zürich \u{202E}HB"])], detailed)
                    == """
                    ┌────────────────────────────────────────────────────────────┐
                    │ Transaction  0197c0de-0000-7000-8000-000000000001          │
                    │ Time         2026-11-22T14:03:22.123456Z                   │
                    │ Type         WITHDRAWAL                                    │
                    │ Amount       1250.50 USD                                   │
                    │ Status       TIMEOUT                                       │
                    │ ATM          ATM-0001                                      │
                    │ Location     Zürich \\u{202e}HB                             │
                    │ Region       US-WEST                                       │
                    │ User         USER-10000                                    │
                    │ Card         ****-****-****-1000                           │
                    │ ALERT        status, and amount over 1000                  │
                    └────────────────────────────────────────────────────────────┘

                    """)
    }

    @Test("without alerts nothing is marked")
    func noAlerts() {
        let settings = consoleSettings { $0.showsAlerts = false }
        #expect(shown([transaction(["status_code": "FAILED"])], settings).hasPrefix("  14:03"))
    }

    @Test("colour marks the status and the alert, and is switched off again within the line")
    func colors() {
        let line = shown([transaction(["status_code": "FAILED"]), transaction()], compact, isColored: true)
        #expect(line.hasPrefix("\u{1B}[1;31m!\u{1B}[0m 14:03"))
        #expect(line.contains("\u{1B}[1;31mFAILED            \u{1B}[0m  ATM-0001"))
        #expect(line.contains("\u{1B}[32mSUCCESS           \u{1B}[0m  ATM-0001"))
    }

    @Test("json is the record's bytes on one line, and reads back as the same JSON")
    func jsonLines() {
        var builder = BatchBuilder(stream: StreamIdentity(cluster: "k", topic: "t"), capacity: 64)
        for value in ["{\"a\":  \"ü\"}", "{\n\t\"a\": 1\r\n}", "\"\u{202E}\u{9B}\u{7F}\u{E0001}\""] {
            let range = builder.append(value.utf8)
            builder.add(
                Record(value: range, timestamp: Timestamp(microseconds: 0), position: Position(partition: 0, offset: 0))
            )
        }
        let range = builder.append([0x22, 0xFF, 0x9B, 0x22])
        builder.add(
            Record(value: range, timestamp: Timestamp(microseconds: 0), position: Position(partition: 0, offset: 0)))
        let batch = builder.finish(claims: [])
        var output: [UInt8] = []
        RecordFormat(json, palette: Palette(isOn: true)).append(0..<4, of: batch, to: &output)
        #expect(
            String(decoding: output, as: UTF8.self) == #"""
                {"a":  "ü"}
                {  "a": 1  }
                "\u202e\u009b\u007f\udb40\udc01"
                "\ufffd\ufffd"

                """#)
    }

    @Test("a dead letter is one line with its place, stage and reason, whatever the reason says")
    func deadLetters() {
        var batch = parsedBatch([["a": "x"]], offset: 4711)
        batch.reject(stage: "filter") { _ in "bad\n\u{1B}[2J" }
        var output: [UInt8] = []
        RecordFormat(compact, palette: Palette(isOn: false)).append(batch.dead[0], of: batch, to: &output)
        #expect(
            String(decoding: output, as: UTF8.self)
                == "x dead letter  rows partition 0 offset 4711  filter: bad\\n\\u{1b}[2J\n")
        output = []
        RecordFormat(json, palette: Palette(isOn: false)).append(batch.dead[0], of: batch, to: &output)
        #expect(String(decoding: output, as: UTF8.self).hasPrefix(#"{ "stage": "filter", "reason": "bad\n\u001b[2J","#))
    }
}
