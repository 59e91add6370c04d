import Foundation
import Pipeline
import Stages

/// `runner query DATABASE [SQL]`
struct QueryCommand {
    let options: QueryOptions

    /// Prints rows, or the summary.
    func run() throws(PipelineError) {
        let query = ArchiveQuery(path: options.database)
        let print: (String) -> Void = { FileHandle.standardOutput.write(Data($0.utf8)) }
        if let statement = options.statement {
            try query.rows(statement, format: options.format, output: print)
        } else {
            try query.summary(output: print)
        }
    }
}
