import Driver
import Glibc
import Pipeline
import Stages

@main
enum DefinitionFuzzer {
    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        exit(LLVMFuzzerRunDriver(&count, &arguments) { readDefinition($0, $1) })
    }
}

/// Any bytes as a pipeline file end in a definition or in mistakes, each with a place and without control characters.
private func readDefinition(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let registry = try? StageRegistry(BuiltinStages.definitions) else { fatalError("the registry is wrong") }
    let contents = Array(UnsafeBufferPointer(start: bytes, count: count))
    do {
        let definition = try PipelineFile(path: "f", contents: contents).definition(
            registry: registry, environment: ["A": "1", "HOME": "/nowhere"])
        precondition(!definition.sinks.isEmpty, "a definition without a sink")
    } catch {
        precondition(!error.all.isEmpty, "refused without a mistake")
        for mistake in error.all {
            precondition(
                mistake.description.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F },
                "a mistake carries control characters")
        }
    }
    return 0
}
