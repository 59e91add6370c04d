#if Probes
    import CMicroHTTPD
    import Glibc
    import Pipeline

    /// Answers HTTP requests on one thread of libmicrohttpd's.
    ///
    /// `@unchecked Sendable` is safe because nothing changes after `init`: `pages` is a Sendable value, and the daemon is only
    /// named to end it. The C callback gets a reference that `stop` gives up once the daemon's thread has ended.
    final class ProbeServer: @unchecked Sendable {
        /// Where it listens.
        let address: String
        private let pages: ProbePages
        private var daemon: OpaquePointer?

        /// Begins to answer.
        /// - Throws: ``PipelineError`` if it cannot listen there.
        init(_ settings: HTTPSettings.Address, _ pages: ProbePages) throws(PipelineError) {
            let socket = try ListeningSocket(settings)
            address = socket.address
            self.pages = pages
            let reference = Unmanaged.passRetained(self)
            daemon = sluice_http_start(
                socket.descriptor,
                { context, connection, path, method, _, _, _, _ in
                    guard let context, let connection, let path, let method else { return .NO }
                    let server = Unmanaged<ProbeServer>.fromOpaque(context).takeUnretainedValue()
                    return server.answer(connection, String(cString: method), String(cString: path))
                }, reference.toOpaque())
            guard daemon != nil else {
                reference.release()
                close(socket.descriptor)
                throw PipelineError(
                    .internalFault, "cannot answer on \(address)", reason: "libmicrohttpd did not start")
            }
        }

        /// Ends the thread; blocks until the answers under way are written, for a moment.
        func stop() {
            guard let daemon else { return }
            MHD_stop_daemon(daemon)
            self.daemon = nil
            Unmanaged.passUnretained(self).release()
        }

        private func answer(_ connection: OpaquePointer, _ method: String, _ path: String) -> MHD_Result {
            let answer = pages.response(to: method, path)
            var body = Array(answer.body.utf8)
            let response = MHD_create_response_from_buffer(body.count, &body, .RESPMEM_MUST_COPY)
            defer { MHD_destroy_response(response) }
            MHD_add_response_header(response, "Content-Type", answer.type)
            MHD_add_response_header(response, "Cache-Control", "no-store")
            return MHD_queue_response(connection, answer.status, response)
        }
    }
#endif
