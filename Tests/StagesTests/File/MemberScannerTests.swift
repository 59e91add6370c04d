import Testing

@testable import Stages

@Suite struct MemberScannerTests {
    private func key(_ line: String, name: String = "atm_id") -> String? {
        let bytes = Array(line.utf8)
        return bytes.withUnsafeBytes { line in
            switch MemberScanner(name: name).find(in: line) {
            case .absent: nil
            case .inPlace(let range): String(decoding: line[range], as: UTF8.self)
            case .decoded(let bytes): "decoded \(String(decoding: bytes, as: UTF8.self))"
            }
        }
    }

    @Test(
        "the member's value is found wherever it stands",
        arguments: [
            #"{"atm_id":"ATM-0001","b":1}"#, #"  { "b" : 1.5e-3 , "atm_id" : "ATM-0001" } "#,
            #"{"b":{"atm_id":"no","c":["}",{}]},"atm_id":"ATM-0001"}"#,
            #"{"b":"\"atm_id\":\"no\"","c":null,"d":true,"atm_id":"ATM-0001"}"#,
            #"{"b\\":"\\","atm_id":"ATM-0001","atm_id":"second"}"#, #"{"":[],"atm_id":"ATM-0001"}"#,
            #"{"\u0061tm_id":"ATM-0001"}"#,
        ])
    func found(line: String) {
        #expect(key(line) == "ATM-0001")
    }

    @Test(
        "where there is no such member, or no value that could be a key, there is no key",
        arguments: [
            "", "{}", "{", "[]", "null", "text", #""atm_id""#, #"{"atm_id""#, #"{"atm_id":"#, #"{"atm_id":"ATM"#,
            #"{"atm_id":null}"#, #"{"atm_id":{"a":1}}"#, #"{"atm_id":["a"]}"#, #"{"ATM_ID":"a"}"#, #"{"atm_id ":"a"}"#,
            #"{"b":{"atm_id":"a"}}"#, #"{"b":"atm_id"}"#, #"{"b":"c" "atm_id":"a"}"#, #"{"b":[1,{"c":"}"#,
            #"{"atm_id":"\ud800"}"#, #"{"b":"\"#, #"{"atm_id":}"#,
        ])
    func absent(line: String) {
        #expect(key(line) == nil)
    }

    @Test("a value with escapes is decoded, a number and a truth value are taken as they stand")
    func otherValues() {
        #expect(key(#"{"atm_id":"a\"b\u00e9\ud83d\ude00"}"#) == "decoded a\"bé😀")
        #expect(key(#"{"atm_id":-12.50}"#) == "-12.50")
        #expect(key(#"{"b":1,"atm_id":true}"#) == "true")
        #expect(key(#"{"atm_id":""}"#) == "")
        #expect(key(#"{"größe":"ATM"}"#, name: "größe") == "ATM")
    }
}
