import Glibc
import Pipeline

/// `runner health [URL]`: asks a running runner whether it is ready, for health checks in images that have no curl.
struct HealthCommand {
    private static let patience = timeval(tv_sec: 3, tv_usec: 0)

    let place: ProbeURL

    /// Asks. Waits three seconds at most for each step.
    /// - Returns: what was answered, and the exit code: 0 for a status below 300, otherwise 1, as Docker wants it.
    func run() -> (text: String, code: Int32) {
        guard let answer = ask() else {
            return ("nobody answers at \(place.address)\n", ExitCode.unhealthy)
        }
        let lines = answer.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        let words = lines.first?.split(separator: " ", maxSplits: 2) ?? []
        guard words.count > 1, words[0].hasPrefix("HTTP/"), let status = Int(words[1]) else {
            return ("\(place.address) answers something that is no HTTP\n", ExitCode.unhealthy)
        }
        let body = lines.count > 1 ? String(lines[1]) : ""
        return (body.isEmpty ? "\(status)\n" : body, status < 300 ? ExitCode.done : ExitCode.unhealthy)
    }

    private func ask() -> String? {
        guard let socket = connected() else { return nil }
        defer { close(socket) }
        let request = "GET \(place.path) HTTP/1.0\r\nHost: \(place.address)\r\nConnection: close\r\n\r\n"
        guard send(socket, request, request.utf8.count, Int32(MSG_NOSIGNAL)) == request.utf8.count else {
            return nil
        }
        var answer: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 4_096)
        while case let count = recv(socket, &room, room.count, 0), count > 0 { answer += room.prefix(count) }
        return answer.isEmpty ? nil : String(decoding: answer, as: UTF8.self)
    }

    private func connected() -> Int32? {
        try? ResolvedAddress(place.address, flags: 0).socket { socket, place, size in
            var patience = Self.patience
            for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
                setsockopt(socket, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
            }
            return connect(socket, place, size) == 0
        }
    }
}
