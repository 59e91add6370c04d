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
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(wanted.host, "\(wanted.port)", &hints, &found)
        guard code == 0, let place = found else {
            throw Self.error(wanted, String(cString: gai_strerror(code)), "Name an address of this machine")
        }
        defer { freeaddrinfo(found) }
        let socket = socket(place.pointee.ai_family, place.pointee.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw Self.error(wanted, String(cString: strerror(errno)), nil) }
        var isOn: Int32 = 1
        // The port of a runner that ended a moment ago is free.
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &isOn, socklen_t(MemoryLayout<Int32>.size))
        guard bind(socket, place.pointee.ai_addr, place.pointee.ai_addrlen) == 0, listen(socket, Self.backlog) == 0
        else {
            let reason = errno
            close(socket)
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
