package import Foundation

extension Duration {
    /// What the kernel counts in seconds and microseconds.
    package init(timeValue time: timeval) {
        self = .seconds(time.tv_sec) + .microseconds(Int64(time.tv_usec))
    }
}
