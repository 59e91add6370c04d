import Glibc
import Pipeline

/// Where results go.
enum StandardOutput {
    /// Writes all of a text. Ends the process in good order where the reader has gone: `runner query … | head` has all it
    /// wanted, and whoever writes results has nothing else to do.
    /// - Throws: ``PipelineError`` (`inputOutput`) where the system refuses, as for a full disk.
    static func write(_ text: String) throws(PipelineError) {
        guard let code = StandardStream.output.write(text) else { return }
        if code == EPIPE { exit(EXIT_SUCCESS) }
        throw PipelineError(
            .inputOutput, "cannot write to standard output", reason: String(cString: strerror(code)),
            remedy: "What was written before is not complete")
    }
}
