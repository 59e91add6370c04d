import Driver
import Glibc
import Pipeline
import Stages

private let file = Array(
    """
    {
      "version": 1, "name": "p",
      "source": { "type": "generator", "seed": "${SEED:-random}", "weights": { "status_code": { "SUCCESS": 1 } } },
      "stages": [
        { "type": "rate-gate", "rate": 5 }, { "type": "ttl", "after": "1h" },
        { "type": "filter", "keep": { "status_code": { "any_of": ["SUCCESS"] } } }
      ],
      "sinks": [
        { "type": "kafka", "topic": "t", "create_topic": { "partitions": 3 }, "properties": { "client.id": "x" } },
        { "type": "sqlite", "path": "a.db" }, { "type": "console" }
      ],
      "dead_letters": "sqlite"
    }
    """.utf8)

@main
enum SettingsFuzzer {
    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        exit(LLVMFuzzerRunDriver(&count, &arguments) { applySettings($0, $1) })
    }
}

/// Any lines as arguments of `--set` end in a definition or in mistakes, which never repeat what stands behind "=".
private func applySettings(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let registry = try? StageRegistry(BuiltinStages.definitions) else { fatalError("the registry is wrong") }
    let text = String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    var overrides: [SettingOverride] = []
    for line in text.split(separator: "\n").prefix(8) {
        do {
            overrides.append(try SettingOverride(String(line), number: overrides.count + 1))
        } catch {
            precondition(!error.all.isEmpty, "refused without a mistake")
        }
    }
    do {
        _ = try PipelineFile(path: "f", contents: file).definition(
            registry: registry, environment: [:], overrides: overrides)
    } catch {
        for mistake in error.all {
            precondition(
                mistake.description.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F },
                "a mistake carries control characters")
        }
    }
    return 0
}
