import Pipeline

/// Judges whether a pipeline is ready: whether what it is given gets where it belongs. An idle one is.
enum Readiness {
    /// A server that has been silent for longer counts as away. It is asked something every second.
    static let patience = Duration.seconds(3)

    /// Why a pipeline is not ready.
    /// - Parameters:
    ///   - health: the facts.
    ///   - stallAfter: how long a batch may wait for its acknowledgement.
    /// - Returns: the reasons; none if it is ready.
    static func reasons(_ health: RunHealth, stallAfter: Duration) -> [String] {
        guard health.isRunning else { return ["it is not running: starting, stopping or ended"] }
        var reasons: [String] = []
        for connection in health.connections {
            guard let silence = connection.silence else {
                reasons.append("\(connection.stage): no server has answered yet")
                continue
            }
            if silence > patience {
                reasons.append("\(connection.stage): the server has not answered for \(seconds(silence)) s")
            }
        }
        if let waiting = health.oldestUnacknowledged, waiting > stallAfter {
            reasons.append("a batch has waited for its acknowledgement for \(seconds(waiting)) s")
        }
        return reasons
    }

    private static func seconds(_ duration: Duration) -> String {
        "\(Int((duration / .seconds(1)).rounded()))"
    }
}
