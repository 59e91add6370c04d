import Glibc
import Pipeline

/// A TCP socket that listens, made here and not by the HTTP library, which would not say why it failed.
struct ListeningSocket {
    private static let backlog: Int32 = 32

    let descriptor: Int32
    /// The address with the port that was got.
    let address: String

    /// Listens.
    /// - Throws: ``PipelineError`` that names the address: taken, not of this machine, not allowed.
    init(_ wanted: HTTPSettings.Address) throws(PipelineError) {
        let socket: Int32?
        do {
            socket = try ResolvedAddress(wanted, flags: AI_PASSIVE).socket { socket, place, size in
                var isOn: Int32 = 1
                // The port of a runner that ended a moment ago is free.
                setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &isOn, socklen_t(MemoryLayout<Int32>.size))
                return bind(socket, place, size) == 0 && listen(socket, Self.backlog) == 0
            }
        } catch {
            throw Self.error(wanted, error.reason, "Name an address of this machine")
        }
        guard let socket else {
            let reason = errno
            throw Self.error(
                wanted, String(cString: strerror(reason)),
                reason == EADDRINUSE ? "Another program listens there; name another port as \"http.listen\"" : nil)
        }
        descriptor = socket
        address = "\(wanted.host):\(Self.port(of: socket))"
    }

    private static func port(of socket: Int32) -> UInt16 {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(socket, $0, &size) }
            // The port stands at the same place in both families.
            return pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                UInt16(bigEndian: $0.pointee.sin_port)
            }
        }
    }

    private static func error(_ wanted: HTTPSettings.Address, _ reason: String, _ remedy: String?) -> PipelineError {
        PipelineError(.cannotCreate, "cannot listen on \(wanted)", place: "http.listen", reason: reason, remedy: remedy)
    }
}
