import Pipeline
import PipelineTesting
import Testing

@testable import Stages

@Suite struct StatisticsTests {
    private func statistics(_ rows: [[String: Member]]) -> Statistics {
        var statistics = Statistics()
        statistics.add(0..<rows.count, of: parsedBatch(rows, columns: TransactionField.allCases.map(\.name)))
        return statistics
    }

    private func text(_ statistics: Statistics, isFinal: Bool = false) -> String {
        var output: [UInt8] = []
        StatisticsText(palette: Palette(isOn: false), showsAlerts: true)
            .append(statistics, isFinal: isFinal, to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    private func bytes(_ rows: [Tally.Row]) -> [String: Int] {
        var counts: [String: Int] = [:]
        for row in rows {
            switch row.key {
            case .bytes(let bytes): counts[String(decoding: bytes, as: UTF8.self)] = row.count
            case .others: counts["(others)"] = row.count
            case .none: counts["(none)"] = row.count
            }
        }
        return counts
    }

    @Test("the block shows totals, sums by currency, and counts with shares, the most frequent first")
    func block() {
        let rows =
            [
                transaction(["amount": 1000.01, "region_id": "APAC"]),
                transaction(["amount": 0.10, "currency": "EUR"]),
                transaction(["amount": 0.20, "currency": "EUR"]), transaction(["amount": 250_000]),
                transaction(["amount": 5000.0, "status_code": "FAILED"]),
                transaction(["status_code": "CARD_BLOCKED", "transaction_type": "DEPOSIT"]),
                transaction(["status_code": nil, "region_id": .null]),
            ]
        #expect(
            text(statistics(rows)) == """
                ── Statistics: 7 transactions ──
                  Amount    successful, in all          251,000.31
                            USD                         251,000.01
                            EUR                               0.30
                  Status    SUCCESS                              4   57.1 %
                            CARD_BLOCKED                         1   14.3 %
                            FAILED                               1   14.3 %
                            –                                    1   14.3 %
                  Type      WITHDRAWAL                           6   85.7 %
                            DEPOSIT                              1   14.3 %
                  Region    US-WEST                              5   71.4 %
                            APAC                                 1   14.3 %
                            –                                    1   14.3 %
                  Alerts                                         4   57.1 %

                """)
    }

    @Test("the final block stands there also when nothing came")
    func empty() {
        #expect(
            text(Statistics(), isFinal: true) == """
                ── Final statistics: 0 transactions ──
                  Amount    successful, in all                0.00
                  Alerts                                         0

                """)
    }

    @Test("sums of cents are exact where doubles are not")
    func exactSums() {
        let rows = [[String: Member]](repeating: transaction(["amount": 0.1]), count: 1_000)
        #expect(statistics(rows).successfulCents == 10_000)
        #expect(statistics(rows).roundedAmounts == 0)
        // 1,000 × 0.1 added as doubles is 99.9999999999986.
        #expect(Array(repeating: 0.1, count: 1_000).reduce(0, +) != 100)
    }

    @Test("amounts with more decimals are rounded one by one and counted; those beyond 90 trillion are left out")
    func oddAmounts() {
        let counted = statistics([
            transaction(["amount": 0.125]), transaction(["amount": -0.125]), transaction(["amount": 0.004]),
            transaction(["amount": 1e15]), transaction(["amount": 1e300]), transaction(["amount": "12"]),
            transaction(["amount": 90_000_000_000_000.0]), transaction(["amount": 1, "currency": nil]),
        ])
        #expect(counted.roundedAmounts == 3)
        #expect(counted.unsummedAmounts == 2)
        #expect(counted.successfulCents == 9_000_000_000_000_100)
        #expect(counted.currencySums.last == Statistics.CurrencySum(currency: .none, cents: 100))
        #expect(text(counted).contains("  3 amounts had more than two decimals and were rounded to the cent\n"))
        #expect(text(counted).contains("  2 amounts over 90 trillion are in no sum\n"))
    }

    @Test("every amount of two decimals is exactly its cents")
    func cents() {
        for cents in stride(from: Int64(-250_000), through: 250_000, by: 7) {
            let amount = Double(cents) / 100
            #expect(Money(amount)?.cents == cents)
            #expect(Money(amount)?.isExact == true)
        }
    }

    @Test("keys without bound are counted together past a hundred, and the statuses that matter are not among them")
    func boundedKeys() {
        var rows = (0..<500).map {
            transaction(["status_code": .text("junk \($0)"), "region_id": .text("r\($0 % 90)")])
        }
        rows.append(transaction(["status_code": .unescaped("FAILED")]))
        rows.append(transaction(["status_code": .text(String(repeating: "x", count: 65))]))
        rows.append(transaction())
        let counted = statistics(rows)
        let statuses = bytes(counted.statuses.rows)
        #expect(statuses["FAILED"] == 1)
        #expect(statuses["SUCCESS"] == 1)
        #expect(statuses["junk 0"] == 1)
        #expect(statuses["(others)"] == 500 - 96 + 1)
        #expect(statuses.values.reduce(0, +) == 503)
        #expect(bytes(counted.regions.rows)["r7"] == 6)
        #expect(counted.alerts == 1)
    }

    @Test("keys of every length are told apart and found again, whatever their bytes")
    func keys() {
        var generator = SeededRandom(seed: 3)
        for _ in 0..<200 {
            var table = ByteKeyTable()
            var known: [[UInt8]: Int] = [:]
            for _ in 0..<300 {
                let key = (0..<Int.random(in: 0...20, using: &generator)).map { _ in
                    UInt8.random(in: 0...1, using: &generator)
                }
                let number = key.withUnsafeBytes { table.number(of: $0) }
                if let before = known[key] {
                    #expect(number == before)
                } else if number != ByteKeyTable.others {
                    #expect(number == known.count + 1)
                    #expect(Array(table.key(number)) == key)
                    known[key] = number
                } else {
                    #expect(known.count == ByteKeyTable.maximumKeys)
                }
            }
        }
    }

    @Test("counting batch by batch gives what counting at once gives")
    func incremental() {
        let rows = (0..<100).map { transaction(["amount": .real(Double($0)), "currency": .text("C\($0 % 3)")]) }
        var pieces = Statistics()
        let batch = parsedBatch(rows, columns: TransactionField.allCases.map(\.name))
        pieces.add(0..<33, of: batch)
        pieces.add(33..<100, of: batch)
        #expect(text(pieces) == text(statistics(rows)))
    }
}
