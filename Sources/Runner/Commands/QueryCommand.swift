import Pipeline
import Stages

/// `runner query DATABASE [SQL]`
struct QueryCommand {
    let options: QueryOptions

    /// Prints rows, or the summary.
    func run() throws(PipelineError) {
        let query = ArchiveQuery(path: options.database)
        if let statement = options.statement {
            try query.rows(
                statement, format: options.format, isForTerminal: StandardStream.output.isTerminal,
                output: StandardOutput.write)
        } else {
            try query.summary(output: StandardOutput.write)
        }
    }
}
