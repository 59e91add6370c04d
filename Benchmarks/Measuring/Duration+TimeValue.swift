import Foundation

extension Duration {
    /// What the kernel counts in seconds and microseconds.
    init(_ time: timeval) {
        self = .seconds(time.tv_sec) + .microseconds(Int64(time.tv_usec))
    }
}
