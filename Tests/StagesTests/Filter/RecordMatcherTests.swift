import Pipeline
import Testing

@testable import Stages

@Suite struct RecordMatcherTests {
    private func outcomes(
        keep: [FieldCondition] = [], drop: [FieldCondition] = [], _ rows: [String: Member]...
    ) -> [RecordMatcher.Outcome] {
        var found: [RecordMatcher.Outcome] = []
        RecordMatcher(keep: keep, drop: drop).decide(parsedBatch(rows)) { found.append($1) }
        return found
    }

    @Test("a word equals a whole string, byte by byte, and nothing that only begins alike")
    func words() {
        let keep = [FieldCondition(field: "status", anyOf: ["FAILED", "TIMEOUT"])]
        #expect(
            outcomes(
                keep: keep, ["status": "FAILED"], ["status": "TIMEOUT"], ["status": "FAILED "], ["status": "failed"],
                ["status": ""], ["status": .unescaped("FAILED")], ["status": .unescaped("FAIL\u{0}D")])
                == [.passes, .passes, .dropped, .dropped, .dropped, .passes, .dropped])
    }

    @Test("the empty string is a word like another")
    func emptyWord() {
        #expect(
            outcomes(keep: [FieldCondition(field: "a", anyOf: [""])], ["a": ""], ["a": "x"]) == [.passes, .dropped])
    }

    @Test("words compare with numbers by value and with true and false by name")
    func otherTypes() {
        let keep = [FieldCondition(field: "a", anyOf: ["100", "-2.5", "true", "inf", "0x10"])]
        #expect(
            outcomes(
                keep: keep, ["a": 100], ["a": 100.0], ["a": -2.5], ["a": true], ["a": false], ["a": 16],
                ["a": .real(.infinity)])
                == [.passes, .passes, .passes, .passes, .dropped, .dropped, .dropped])
    }

    @Test("none of the words is what not asks")
    func negation() {
        let keep = [FieldCondition(field: "currency", noneOf: ["USD"])]
        #expect(outcomes(keep: keep, ["currency": "USD"], ["currency": "EUR"]) == [.dropped, .passes])
    }

    @Test("a range includes both its ends, for whole numbers and for others")
    func numberRange() {
        let keep = [FieldCondition(field: "amount", lowest: .number(100), highest: .number(500))]
        #expect(
            outcomes(
                keep: keep, ["amount": 99.99], ["amount": 100], ["amount": 500.0], ["amount": 500.01], ["amount": -100])
                == [.dropped, .passes, .passes, .dropped, .dropped])
    }

    @Test("a range of texts orders by bytes, which orders times")
    func textRange() {
        let keep = [FieldCondition(field: "at", lowest: .text("2026-01-01"), highest: .text("2026-02"))]
        #expect(
            outcomes(
                keep: keep, ["at": "2025-12-31T23:59:59Z"], ["at": "2026-01-01"], ["at": "2026-01-31T00:00:00Z"],
                ["at": "2026-02-01"], ["at": "2026"])
                == [.dropped, .passes, .passes, .dropped, .dropped])
    }

    @Test("present asks whether the field is there and not null, whatever its type")
    func presence() {
        let there = [FieldCondition(field: "a", isPresent: true)]
        let absent = [FieldCondition(field: "a", isPresent: false)]
        let rows: [[String: Member]] = [["a": "x"], ["a": .composite], ["a": false], ["a": .null], ["b": 1]]
        var found: [RecordMatcher.Outcome] = []
        RecordMatcher(keep: there, drop: []).decide(parsedBatch(rows)) { found.append($1) }
        #expect(found == [.passes, .passes, .passes, .dropped, .dropped])
        found = []
        RecordMatcher(keep: absent, drop: []).decide(parsedBatch(rows)) { found.append($1) }
        #expect(found == [.dropped, .dropped, .dropped, .passes, .passes])
    }

    @Test("a field that is missing, null, composite, or of another type than its range leaves the record open")
    func open() {
        let keep = [FieldCondition(field: "amount", lowest: .number(1))]
        #expect(
            outcomes(
                keep: keep, ["b": 1], ["amount": .null], ["amount": .composite], ["amount": "12"], ["amount": true])
                == [.open, .open, .open, .open, .open])
        #expect(
            outcomes(keep: [FieldCondition(field: "a", highest: .text("m"))], ["a": 1], ["a": .composite])
                == [.open, .open])
        #expect(outcomes(keep: [FieldCondition(field: "nowhere", anyOf: ["x"])], ["a": 1]) == [.open])
    }

    @Test("one condition that fails settles the record, whatever is missing beside it")
    func failureSettles() {
        let keep = [
            FieldCondition(field: "a", anyOf: ["x"]), FieldCondition(field: "b", anyOf: ["y"]),
        ]
        #expect(outcomes(keep: keep, ["b": "z"], ["b": "y"], ["a": "x", "b": "y"]) == [.dropped, .open, .passes])
    }

    @Test("drop leaves out what meets all its conditions, and wins over an open keep")
    func dropList() {
        let drop = [FieldCondition(field: "a", anyOf: ["x"]), FieldCondition(field: "b", anyOf: ["y"])]
        #expect(
            outcomes(drop: drop, ["a": "x", "b": "y"], ["a": "x", "b": "n"], ["a": "x"], ["b": "n"])
                == [.dropped, .passes, .open, .passes])
        let keep = [FieldCondition(field: "c", anyOf: ["z"])]
        #expect(
            outcomes(keep: keep, drop: drop, ["a": "x", "b": "y"], ["a": "n"], ["a": "n", "c": "z"])
                == [.dropped, .open, .passes])
    }

    @Test("conditions that ask nothing leave nothing to decide and no field to read")
    func nothingAsked() {
        let matcher = RecordMatcher(keep: [FieldCondition(field: "a")], drop: [FieldCondition(field: "b")])
        #expect(matcher.isEmpty)
        #expect(matcher.fields == [])
        let some = RecordMatcher(
            keep: [FieldCondition(field: "a", anyOf: ["x"])], drop: [FieldCondition(field: "a", isPresent: false)])
        #expect(some.fields == ["a"])
    }
}
