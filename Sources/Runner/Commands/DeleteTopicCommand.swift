import Pipeline
import Stages

/// `runner delete-topic FILE…`
struct DeleteTopicCommand {
    let loading: DefinitionLoading
    let log: Log
    let clock: any PipelineClock

    /// Deletes, and prints what became of each topic.
    /// - Throws: `DefinitionMistakes` as `check` does, and `PipelineError` if there is nothing to delete, no broker answers,
    ///   or one refuses.
    func run(_ options: FileOptions) throws {
        let deletions = try loading.definitions(options).flatMap(\.sinks).compactMap(TopicDeletion.init)
        guard !deletions.isEmpty else {
            throw PipelineError(
                .usage, "cannot say which topic to delete", reason: "no pipeline that was given has a kafka sink",
                remedy: "Name one that has, such as pipelines/produce.json")
        }
        for deletion in deletions {
            switch try deletion.run(clock: clock, log: log) {
            case .deleted: try StandardOutput.write("deleted the topic \(deletion.topic)\n")
            case .missing: try StandardOutput.write("there is no topic \(deletion.topic)\n")
            }
        }
    }
}
