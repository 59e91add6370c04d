internal import Glibc
internal import Pipeline

/// A system call that failed, with the words the system has for it.
struct SystemFailure: Error, Sendable, Hashable {
    /// The number in `errno`.
    let code: Int32

    /// Reads `errno`, which the next call may overwrite: make it right after the call.
    init() {
        code = errno
    }

    init(code: Int32) {
        self.code = code
    }

    /// What the system says about it.
    var words: String { String(cString: strerror(code)) }

    /// Whether the same call may succeed later: the disk may get room again.
    var isRetriable: Bool { [ENOSPC, EDQUOT, EIO, ENFILE, ENOMEM].contains(code) }

    /// What a person can do about it, where that is known.
    var remedy: String? {
        switch code {
        case ENOENT: "Check the path; its folder must exist"
        case EACCES, EPERM, EROFS: "Check who may read and write it"
        case EISDIR, ENOTDIR: "Name a file"
        case ENOSPC, EDQUOT: "Make room on the disk; what is not written yet is written then"
        case ENXIO: "Start the reader of the pipe first"
        default: nil
        }
    }

    /// The failure as the pipeline's own error.
    func error(_ code: PipelineError.Code, _ what: String) -> PipelineError {
        PipelineError(code, what, reason: words, remedy: remedy, isRetriable: isRetriable)
    }
}
