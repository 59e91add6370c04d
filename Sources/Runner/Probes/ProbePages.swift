import Pipeline

/// The pages of the pipelines that answer at one address.
struct ProbePages: Sendable {
    /// One of them.
    struct Page: Sendable {
        var run: PipelineRun
        var stallAfter: Duration
    }

    let pages: [Page]
    let heartbeat: Heartbeat

    /// Answers a request. From any thread; never waits for a stage.
    /// - Parameters:
    ///   - method: GET or HEAD; nothing here is changed by a request.
    ///   - path: what stands in the request's first line, without the query.
    func response(to method: String, _ path: String) -> ProbeResponse {
        guard ["GET", "HEAD"].contains(method) else {
            return ProbeResponse(status: 405, body: "only GET and HEAD\n")
        }
        switch path {
        case "/live": return live
        case "/ready": return ready
        case "/metrics":
            return ProbeResponse(
                status: 200, type: "text/plain; version=0.0.4; charset=utf-8",
                body: MetricsText.text(pages.map(snapshot)))
        case "/report": return report
        default: return ProbeResponse(status: 404, body: "here are /live, /ready, /metrics and /report\n")
        }
    }

    private var live: ProbeResponse {
        heartbeat.isAlive
            ? ProbeResponse(status: 200, body: "live\n")
            : ProbeResponse(status: 503, body: "no task has run for ten seconds\n")
    }

    private var ready: ProbeResponse {
        let words = pages.flatMap { page in self.reasons(page).map { "\(page.run.name): \($0)\n" } }
        return words.isEmpty
            ? ProbeResponse(status: 200, body: "ready\n") : ProbeResponse(status: 503, body: words.joined())
    }

    private func snapshot(_ page: Page) -> MetricsText.Snapshot {
        // Looked at once, so that the page does not contradict itself.
        let health = page.run.health
        return .init(
            report: page.run.progress, health: health,
            isReady: Readiness.reasons(health, stallAfter: page.stallAfter).isEmpty)
    }

    private func reasons(_ page: Page) -> [String] {
        Readiness.reasons(page.run.health, stallAfter: page.stallAfter)
    }

    private var report: ProbeResponse {
        let reports = pages.map { ReportJSON.text($0.run.progress) }
        let body = reports.count == 1 ? reports[0] : "[\(reports.joined(separator: ",\n"))]"
        return ProbeResponse(status: 200, type: "application/json", body: body + "\n")
    }
}
