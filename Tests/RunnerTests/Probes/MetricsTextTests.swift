import Testing

@testable import Pipeline
@testable import Runner

@Suite("Prometheus' text")
struct MetricsTextTests {
    private static func snapshot(_ measurements: [Measurement] = [], name: String = "p") -> MetricsText.Snapshot {
        let stage = StageReport(
            name: "kafka", type: "kafka", kind: .source,
            ledger: LedgerEntry(in: 9, out: 6, dropped: 2, dead: 1, returned: 0), bytes: 600, heldBack: nil,
            measurements: measurements)
        let report = RunReport(
            pipeline: name, outcome: .running, elapsed: .seconds(1), flowing: .seconds(1), records: 6, bytes: 600,
            givenUp: 0, isBalanced: true, stages: [stage])
        return .init(
            report: report,
            health: RunHealth(
                isRunning: true, connections: [.init(stage: "kafka", silence: .milliseconds(1_500))],
                oldestUnacknowledged: .milliseconds(250)),
            isReady: true)
    }

    private static func lines(_ snapshots: [MetricsText.Snapshot]) -> [String] {
        MetricsText.text(snapshots, process: nil).split(separator: "\n").map(String.init)
    }

    @Test("has the ledger, health and delivery of each pipeline, each metric once and all its samples together")
    func families() {
        let lines = Self.lines([Self.snapshot(), Self.snapshot(name: "q")])
        let stage = #"kind="source",pipeline="p",stage="kafka",type="kafka""#
        #expect(lines.contains(#"sluice_pipeline_ready{pipeline="p"} 1"#))
        #expect(lines.contains(#"sluice_delivered_records_total{pipeline="q"} 6"#))
        #expect(lines.contains(#"sluice_unacknowledged_age_seconds{pipeline="p"} 0.25"#))
        #expect(lines.contains(#"sluice_server_silence_seconds{pipeline="p",stage="kafka"} 1.5"#))
        #expect(lines.contains("sluice_stage_received_records_total{\(stage)} 9"))
        let outcome = #"kind="source",outcome="dropped",pipeline="p",stage="kafka",type="kafka""#
        #expect(lines.contains("sluice_stage_records_total{\(outcome)} 2"))
        let types = lines.filter { $0.hasPrefix("# TYPE") }
        #expect(Set(types).count == types.count)
        let samples = lines.filter { !$0.hasPrefix("#") }.map { String($0.prefix { $0 != "{" && $0 != " " }) }
        var seen: Set<String> = []
        for (name, before) in zip(samples, [""] + samples) where name != before {
            #expect(seen.insert(name).inserted, "the samples of \(name) stand apart")
        }
    }

    @Test("a stage's own figures: totals are counters, milliseconds become seconds, words stay out")
    func measurements() {
        let lines = Self.lines([
            Self.snapshot([
                .total("delivered", 7), Measurement("in_flight", .integer(3)), Measurement("commit_ms", .number(12)),
                Measurement("stops_at", .text("now")), Measurement("lag", .integer(5)),
            ])
        ])
        let labels = #"{kind="source",pipeline="p",stage="kafka",type="kafka"}"#
        #expect(lines.contains("sluice_stage_delivered_total\(labels) 7"))
        #expect(lines.contains("# TYPE sluice_stage_delivered_total counter"))
        #expect(lines.contains("sluice_stage_in_flight\(labels) 3"))
        #expect(lines.contains("sluice_stage_commit_seconds\(labels) 0.012"))
        #expect(lines.contains("sluice_consumer_lag_records\(labels) 5"))
        #expect(!lines.contains { $0.contains("stops_at") })
    }

    @Test("a histogram's ranges add up from the lowest, and end with all of them")
    func histogram() {
        var histogram = Histogram(bounds: [1, 2.5])
        for value in [0.5, 1, 2, 99] { histogram.add(value) }
        let lines = Self.lines([Self.snapshot([Measurement("batch_records", .histogram(histogram))])])
        let rest = #"pipeline="p",stage="kafka",type="kafka"}"#
        #expect(lines.contains(#"sluice_batch_records_bucket{kind="source",le="1",\#(rest) 2"#))
        #expect(lines.contains(#"sluice_batch_records_bucket{kind="source",le="2.5",\#(rest) 3"#))
        #expect(lines.contains(#"sluice_batch_records_bucket{kind="source",le="+Inf",\#(rest) 4"#))
        #expect(lines.contains(#"sluice_batch_records_sum{kind="source",\#(rest) 102.5"#))
        #expect(lines.contains(#"sluice_batch_records_count{kind="source",\#(rest) 4"#))
    }

    @Test("labels are escaped, and a metric has one kind whoever adds to it")
    func kinds() {
        var metrics = MetricFamilies()
        metrics.add("a", .gauge, "h", ["l": "x\"y\\z\nw"], 0.5)
        metrics.add("a", .counter, "h", [:], 1)
        #expect(metrics.text == "# HELP a h\n# TYPE a gauge\na{l=\"x\\\"y\\\\z\\nw\"} 0.5\n")
    }

    @Test("the process's own figures are there on Linux")
    func process() throws {
        let figures = try #require(ProcessFigures.current())
        #expect(figures.residentBytes > 1 << 20)
        #expect(figures.processorSeconds > 0)
        #expect(figures.startTime > 1_600_000_000)
        #expect(figures.openDescriptors >= 3)
    }
}
