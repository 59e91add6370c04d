import Pipeline

/// The probes of pipelines that run side by side: one server for each address that their files name.
struct Probes {
    #if Probes
        private let servers: [ProbeServer]
        private let heartbeat: Heartbeat

        /// Begins to answer, before anything is opened.
        /// - Parameters:
        ///   - definitions: the files.
        ///   - runs: their pipelines, in the same order.
        /// - Throws: ``PipelineError`` if an address cannot be listened on.
        init(
            _ definitions: [PipelineDefinition], _ runs: [PipelineRun], clock: any PipelineClock, log: Log
        ) throws(PipelineError) {
            heartbeat = Heartbeat(clock: clock)
            var pages: [HTTPSettings.Address: [ProbePages.Page]] = [:]
            for (definition, run) in zip(definitions, runs) {
                guard let http = definition.http else { continue }
                pages[http.address, default: []].append(.init(run: run, stallAfter: http.stallAfter))
            }
            var servers: [ProbeServer] = []
            do throws(PipelineError) {
                for (address, pages) in pages {
                    servers.append(try ProbeServer(address, ProbePages(pages: pages, heartbeat: heartbeat)))
                }
            } catch {
                for server in servers { server.stop() }
                throw error
            }
            self.servers = servers
            if !servers.isEmpty { heartbeat.start() }
            for server in servers { log.info("answers probes", Log.Detail("address", server.address)) }
        }

        /// Ends the servers.
        func stop() {
            heartbeat.stop()
            for server in servers { server.stop() }
        }

        /// Nothing: every address is one that could be listened on.
        static func check(_ definitions: [PipelineDefinition]) throws(PipelineError) {}
    #else
        /// Refuses what this build cannot do.
        /// - Throws: ``PipelineError`` if a file asks for probes.
        init(
            _ definitions: [PipelineDefinition], _ runs: [PipelineRun], clock: any PipelineClock, log: Log
        ) throws(PipelineError) {
            try Self.check(definitions)
        }

        /// Nothing was begun.
        func stop() {}

        /// Refuses what this build cannot do.
        static func check(_ definitions: [PipelineDefinition]) throws(PipelineError) {
            guard let definition = definitions.first(where: { $0.http != nil }) else { return }
            throw PipelineError(
                .configuration, "cannot answer probes", place: "\(definition.file): $.http",
                reason: "this runner was built without them",
                remedy: "Build it with libmicrohttpd-dev: swift build -c release --traits Probes; or leave \"http\" out"
            )
        }
    #endif
}
