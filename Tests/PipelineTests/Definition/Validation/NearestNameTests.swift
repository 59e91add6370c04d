@testable import Pipeline
import Testing

@Suite("the nearest name")
struct NearestNameTests {
    @Test(
        "is the one that was meant",
        arguments: [
            ("raet", "rate"), ("broker", "brokers"), ("Topic", "topic"), ("drainTimeout", "drain_timeout"),
            ("per_second", "per-second"), ("generatr", "generator"), ("KAFKA_BROKER", "KAFKA_BROKERS"),
        ])
    func meant(_ word: String, _ name: String) {
        let names = [
            "rate", "brokers", "topic", "drain_timeout", "per-second", "generator", "KAFKA_BROKERS", "ttl", "",
        ]
        #expect(NearestName.nearest(to: word, among: names) == name)
    }

    @Test(
        "is none where none is near",
        arguments: ["", "x", "sql", "completely-different", String(repeating: "a", count: 9_999)])
    func none(_ word: String) {
        #expect(NearestName.nearest(to: word, among: ["ttl", "rate", "brokers"]) == nil)
    }

    @Test(
        "is measured in letters put in, left out, changed or swapped",
        arguments: [("", "", 0), ("", "abc", 3), ("abc", "abc", 0), ("abc", "acb", 1), ("kitten", "sitting", 3)])
    func distance(_ left: String, _ right: String, _ distance: Int) {
        #expect(NearestName.editDistance(Array(left.unicodeScalars), Array(right.unicodeScalars)) == distance)
        #expect(NearestName.editDistance(Array(right.unicodeScalars), Array(left.unicodeScalars)) == distance)
    }
}
