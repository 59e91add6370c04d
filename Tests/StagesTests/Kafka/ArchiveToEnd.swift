import Pipeline

@testable import Stages

/// Reads a topic to its end into an archive, as one run of the runner does.
/// - Returns: the run's error, and the log.
func archiveToEnd(
    _ topic: String, _ bench: ArchiveBench, _ settings: [String: SettingValue] = [:]
) async throws -> (error: PipelineError?, lines: [Log.Entry]) {
    let lines = LogLines()
    let columns = SettingValue.list([.object(["name": .text("id"), "key": .boolean(true)])])
    let parts = PipelineParts(
        name: "test",
        source: NamedStage(
            name: "kafka", type: "kafka",
            stage: try KafkaTestCluster.source(topic, ["until": .text("end")].merging(settings) { $1 })),
        sinks: [.init(NamedStage(name: "sqlite", type: "sqlite", stage: try bench.sink(["columns": columns])))],
        deadLetters: "sqlite")
    let report = await PipelineRun(parts, clock: SystemClock(), log: lines.log).run()
    return (report.error, lines.all)
}
