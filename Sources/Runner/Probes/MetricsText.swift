import Pipeline

/// Pipelines as Prometheus' text format has them
/// (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format).
///
/// Labels are names out of the pipeline file, so there are as many series as the file has stages, however long it runs.
enum MetricsText {
    /// One pipeline, seen at one moment.
    struct Snapshot: Sendable {
        var report: RunReport
        var health: RunHealth
        var isReady: Bool
    }

    /// The page.
    /// - Parameters:
    ///   - snapshots: the pipelines.
    ///   - process: figures of the process itself.
    static func text(_ snapshots: [Snapshot], process: ProcessFigures? = .current()) -> String {
        var metrics = MetricFamilies()
        metrics.add("sluice_build_info", .gauge, "The version of the runner.", ["version": Version.number], 1)
        for snapshot in snapshots { add(snapshot, to: &metrics) }
        if let process {
            metrics.add(
                "process_cpu_seconds_total", .counter, "Processor time, user and system.", [:], process.processorSeconds
            )
            metrics.add(
                "process_resident_memory_bytes", .gauge, "Resident memory.", [:], Double(process.residentBytes))
            metrics.add(
                "process_start_time_seconds", .gauge, "When the process began, since 1970.", [:], process.startTime)
            metrics.add("process_open_fds", .gauge, "Open file descriptors.", [:], Double(process.openDescriptors))
        }
        return metrics.text
    }

    private static func add(_ snapshot: Snapshot, to metrics: inout MetricFamilies) {
        let report = snapshot.report
        let labels = ["pipeline": report.pipeline]
        metrics.add(
            "sluice_pipeline_running", .gauge, "Whether every stage is open and none was told to stop.", labels,
            snapshot.health.isRunning ? 1 : 0)
        metrics.add(
            "sluice_pipeline_ready", .gauge, "Whether /ready says so.", labels, snapshot.isReady ? 1 : 0)
        metrics.add(
            "sluice_delivered_records_total", .counter, "Records that every required sink has acknowledged.", labels,
            Double(report.records))
        metrics.add(
            "sluice_delivered_bytes_total", .counter, "Bytes of the records that every required sink has acknowledged.",
            labels, Double(report.bytes))
        metrics.add(
            "sluice_unacknowledged_age_seconds", .gauge,
            "How long the oldest batch has waited for its acknowledgement; 0 if none does.", labels,
            (snapshot.health.oldestUnacknowledged ?? .zero) / .seconds(1))
        for connection in snapshot.health.connections {
            guard let silence = connection.silence else { continue }
            metrics.add(
                "sluice_server_silence_seconds", .gauge, "How long ago the stage's server last answered.",
                labels.merging(["stage": connection.stage]) { $1 }, silence / .seconds(1))
        }
        for stage in report.stages { add(stage, labels, to: &metrics) }
    }

    private static func add(_ stage: StageReport, _ labels: [String: String], to metrics: inout MetricFamilies) {
        let labels = labels.merging(["stage": stage.name, "type": stage.type, "kind": stage.kind.rawValue]) { $1 }
        metrics.add(
            "sluice_stage_received_records_total", .counter, "Records that came into the stage.", labels,
            Double(stage.ledger.in))
        let outcomes = [
            ("out", stage.ledger.out), ("dropped", stage.ledger.dropped), ("dead", stage.ledger.dead),
            ("returned", stage.ledger.returned),
        ]
        for (outcome, count) in outcomes {
            metrics.add(
                "sluice_stage_records_total", .counter, "Records that left the stage, by what became of them.",
                labels.merging(["outcome": outcome]) { $1 }, Double(count))
        }
        metrics.add(
            "sluice_stage_bytes_total", .counter, "Bytes of the records that came out of the stage.", labels,
            Double(stage.bytes))
        if let heldBack = stage.heldBack {
            metrics.add(
                "sluice_sink_held_others_back_seconds_total", .counter,
                "Time that the other sinks waited for this one.",
                labels, heldBack / .seconds(1))
        }
        for measurement in stage.measurements { add(measurement, labels, to: &metrics) }
    }

    /// A stage's own figure, under the name that it has in the report; times in seconds, as everywhere in Prometheus.
    private static func add(
        _ measurement: Measurement, _ labels: [String: String], to metrics: inout MetricFamilies
    ) {
        var (name, scale) = (measurement.name, 1.0)
        if name.hasSuffix("_ms") {
            name = name.dropLast(3) + "_seconds"
            scale = 0.001
        }
        if measurement.name == "lag", case .integer(let records) = measurement.value {
            metrics.add(
                "sluice_consumer_lag_records", .gauge,
                "Records between the source's positions and the ends of the logs.",
                labels, Double(records))
            return
        }
        let help = "As \"\(measurement.name)\" in the report."
        switch measurement.value {
        case .integer(let count) where measurement.isTotal:
            metrics.add("sluice_stage_\(name)_total", .counter, help, labels, Double(count))
        case .integer(let count):
            metrics.add("sluice_stage_\(name)", .gauge, help, labels, Double(count) * scale)
        case .number(let number):
            metrics.add("sluice_stage_\(name)", .gauge, help, labels, number * scale)
        case .histogram(let histogram):
            metrics.add("sluice_\(name)", help, labels, histogram)
        case .text, .object:
            break
        }
    }
}
