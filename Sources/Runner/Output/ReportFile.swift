import FoundationEssentials
import Glibc
import Pipeline

/// The file of `--report`.
enum ReportFile {
    /// Makes sure before the run that the report can be written after it.
    static func check(_ path: String) throws(PipelineError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure(path, errno) }
        close(descriptor)
    }

    /// Writes reports: one as it is, several as an array, in one step so that a reader never sees half of it.
    static func write(_ reports: [String], isArray: Bool, to path: String) throws(PipelineError) {
        let text = isArray ? "[" + reports.joined(separator: ",\n") + "]\n" : (reports.first ?? "") + "\n"
        do {
            try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
        } catch {
            let cause = (error as? CocoaError)?.underlying as? POSIXError
            throw failure(path, cause?.code.rawValue ?? EIO)
        }
    }

    private static func failure(_ path: String, _ code: Int32) -> PipelineError {
        PipelineError(
            .cannotCreate, "cannot write the report", place: path, reason: String(cString: strerror(code)),
            remedy: "Choose another path for --report")
    }
}
