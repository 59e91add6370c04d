import Glibc
import Pipeline

/// What a host's name and port come to: the places that a socket can be made for, of which a name may have several, such
/// as one for each version of IP.
struct ResolvedAddress: ~Copyable {
    /// Why a name is none, in the resolver's words.
    struct ResolverFailure: Error {
        let reason: String
    }

    private let first: UnsafeMutablePointer<addrinfo>

    /// Asks the resolver. Waits for it.
    /// - Parameters:
    ///   - address: host and port.
    ///   - flags: as getaddrinfo takes them.
    init(_ address: HTTPSettings.Address, flags: Int32) throws(ResolverFailure) {
        var hints = addrinfo()
        hints.ai_flags = flags | AI_NUMERICSERV
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(address.host, "\(address.port)", &hints, &found)
        guard code == 0, let found else { throw ResolverFailure(reason: String(cString: gai_strerror(code))) }
        first = found
    }

    deinit {
        freeaddrinfo(first)
    }

    /// Makes a socket for one place after the other until one can be used.
    /// - Parameter use: binds or connects the socket to the place; false where that fails, with `errno` saying why.
    /// - Returns: the socket that was used, or nil with `errno` of the last failure.
    func socket(_ use: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Bool) -> Int32? {
        var place: UnsafeMutablePointer<addrinfo>? = first
        while let info = place?.pointee {
            let socket = Glibc.socket(info.ai_family, info.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
            if socket >= 0 {
                if use(socket, info.ai_addr, info.ai_addrlen) { return socket }
                let reason = errno
                close(socket)
                errno = reason
                // A place that is taken is not passed over: two would listen under one name.
                if reason == EADDRINUSE { return nil }
            }
            place = info.ai_next
        }
        return nil
    }
}
