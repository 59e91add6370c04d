import Pipeline
import Testing

@Suite("Where a pipeline answers probes")
struct HTTPSettingsTests {
    @Test("nowhere unless the file says so, and an empty address says nowhere")
    func off() throws {
        #expect(try ExampleFile.read(ExampleFile.pipeline()).http == nil)
        #expect(try ExampleFile.read(ExampleFile.pipeline(more: #" "http": { "listen": "" },"#)).http == nil)
    }

    @Test("at an address, with half a minute of patience unless it says otherwise")
    func on() throws {
        let usual = try ExampleFile.read(ExampleFile.pipeline(more: #" "http": { "listen": "127.0.0.1:9400" },"#)).http
        #expect(usual?.address.description == "127.0.0.1:9400")
        #expect(usual?.stallAfter == .seconds(30))
        let other = try ExampleFile.read(
            ExampleFile.pipeline(more: #" "http": { "listen": "[::]:1", "stall_after": "2m" },"#)
        ).http
        #expect(other?.address.host == "::")
        #expect(other?.stallAfter == .seconds(120))
    }

    @Test(
        "anything but HOST:PORT is a mistake",
        arguments: ["9400", ":9400", "localhost", "localhost:", "localhost:70000", "::1:9400", "a:b:1"])
    func bad(address: String) {
        let mistakes = ExampleFile.mistakes(ExampleFile.pipeline(more: #" "http": { "listen": "\#(address)" },"#))
        #expect(mistakes.count == 1)
        #expect(mistakes.first?.contains("$.http.listen: is no HOST:PORT") == true, "\(mistakes)")
    }
}
