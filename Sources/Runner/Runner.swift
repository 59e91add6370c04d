import FoundationEssentials
import Glibc
import Pipeline
import Stages

/// The command-line tool `runner`.
@main
enum Runner {
    /// `@concurrent`: off the main actor, over which every hop of a pipeline would cost tens of microseconds.
    @concurrent
    static func main() async {
        Signals.ignoreBrokenPipes()
        let output = StandardError()
        let environment = ProcessInfo.processInfo.environment
        let usesColour = output.isTerminal && (environment["NO_COLOR"] ?? "").isEmpty
        let clock = SystemClock()
        var writer = LogWriter(
            output: output, format: .text, minimum: .info, usesColour: usesColour, clock: clock)
        let code: Int32
        do {
            let command = try CommandParser.parse(Array(CommandLine.arguments.dropFirst()))
            if case .run(let options) = command {
                writer = LogWriter(
                    output: output, format: options.logFormat, minimum: options.isQuiet ? .warning : .info,
                    usesColour: usesColour, clock: clock)
            }
            code = try await perform(command, environment, output, writer)
        } catch let mistakes as DefinitionMistakes {
            for mistake in mistakes.all { writer.log.error(mistake.description) }
            code = ExitCode.code(of: mistakes.error)
        } catch let error as PipelineError {
            writer.log.error(error.description)
            code = ExitCode.code(of: error)
        } catch {
            writer.log.error("an unforeseen error: \(error). Please report it")
            code = ExitCode.internalFault
        }
        exit(code)
    }

    private static func perform(
        _ command: Command, _ environment: [String: String], _ output: StandardError, _ writer: LogWriter
    ) async throws -> Int32 {
        let registry = try StageRegistry(BuiltinStages.definitions)
        let loading = DefinitionLoading(registry: registry, environment: environment)
        switch command {
        case .run(let options):
            return try await RunCommand(options: options, loading: loading, output: output, writer: writer).run()
        case .check(let options): try StandardOutput.write(CheckCommand(loading: loading).text(options))
        case .explain(let options): try StandardOutput.write(ExplainCommand(loading: loading).text(options))
        case .stages(let type): try StandardOutput.write(StagesCommand(registry: registry).text(type: type))
        case .query(let options): try QueryCommand(options: options).run()
        case .verify(let options):
            return try VerifyCommand(options: options, output: output, log: writer.log, clock: writer.clock).run()
        case .backup(let options): try BackupCommand(options: options, output: output).run()
        case .deleteTopic(let options):
            try DeleteTopicCommand(loading: loading, log: writer.log, clock: writer.clock).run(options)
        case .health(let place):
            let answer = HealthCommand(place: place).run()
            try StandardOutput.write(answer.text)
            return answer.code
        case .broker(let options): return try await BrokerCommand(options: options, output: output).run()
        case .help(let topic): try StandardOutput.write(HelpText.text(topic: topic))
        case .version: try StandardOutput.write(Version.text + "\n")
        }
        return ExitCode.done
    }
}
