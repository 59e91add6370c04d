import Foundation
import Pipeline
import Stages
import Testing

@Suite struct StreamProofTests {
    /// Archives records of a stream by a run of generator and sqlite.
    private func archive(
        _ settings: TransactionSettings, count: Int64, clock: Generator.Clock = .wall,
        _ more: [String: SettingValue] = [:]
    ) async throws -> ArchiveBench {
        let bench = try ArchiveBench()
        let generator = Generator(Generator.Configuration(stream: settings, count: count, clock: clock))
        let parts = PipelineParts(
            name: "test", source: NamedStage(name: "generator", type: "generator", stage: generator),
            sinks: [.init(NamedStage(name: "sqlite", type: "sqlite", stage: try bench.sink(more)))])
        let report = await PipelineRun(parts, clock: SystemClock(), log: .none).run()
        #expect(report.outcome == .completed && report.records == Int(count), "\(report)")
        return bench
    }

    private func proof(
        _ benches: [ArchiveBench], _ expectations: [StreamExpectation]
    ) throws -> ProofReport {
        let report = try ArchiveVerification(archives: benches.map(\.path), expectations: expectations).report()
        return try #require(report.proofs.last { $0.kind == .stream })
    }

    private func figure(_ name: String, _ proof: ProofReport) -> Int64? {
        guard case .integer(let value) = proof.facts.first(where: { $0.name == name })?.value else { return nil }
        return value
    }

    private static let streams = [
        TransactionSettings(seed: 42),
        TransactionSettings(
            seed: 7, start: Timestamp(microseconds: 1_000_000), stepMicroseconds: 7, shard: 3, atms: 9_999,
            statusWeights: [1, 1, 1, 1, 1], typeWeights: [0, 1, 0, 1], wander: true),
    ]

    @Test(
        "the archive of a stream is proven, under either clock", arguments: streams, [Generator.Clock.wall, .schedule])
    func good(settings: TransactionSettings, clock: Generator.Clock) async throws {
        let bench = try await archive(settings, count: 1_500, clock: clock)
        let proof = try proof([bench], [StreamExpectation(settings: settings, indices: 0..<1_500, clock: clock)])
        #expect(proof.isProven, "\(proof.findings)")
        #expect(figure("records", proof) == 1_500 && figure("rows", proof) == 1_500)
        #expect(proof.notes.count == (clock == .wall ? 1 : 0))
    }

    @Test("another stream is told from it by any of its settings")
    func others() async throws {
        let settings = TransactionSettings(seed: 42)
        let bench = try await archive(settings, count: 300, clock: .schedule)
        let changes: [(String, (inout TransactionSettings) -> Void)] = [
            ("seed", { $0.seed = 43 }), ("start", { $0.start.microseconds += 1 }), ("shard", { $0.shard = 1 }),
            ("step", { $0.stepMicroseconds = 1_001 }), ("atms", { $0.atms = 99 }), ("wander", { $0.wander = true }),
            ("status", { $0.statusWeights[4] = 0.5 }), ("type", { $0.typeWeights[0] = 0 }),
        ]
        for (name, change) in changes {
            var other = settings
            change(&other)
            let proof = try proof([bench], [StreamExpectation(settings: other, indices: 0..<300, clock: .schedule)])
            #expect(!proof.isProven, "\(name)")
            #expect(proof.differences > proof.findings.count && proof.findings.count == 10, "\(name)")
        }
    }

    @Test(
        "every field that was changed is found, with what it should be",
        arguments: [
            ("atm_id", "'ATM-0100'"), ("atm_id", "'ATM-00001'"), ("atm_id", "'ATM-000x'"), ("atm_id", "'BTM-0001'"),
            ("region_id", "'us-west'"), ("amount", "amount + 0.01"), ("status_code", "status_code || ' '"),
            ("user_id", "'USER-99999'"), ("card_number", "'****-****-****-0000'"), ("transaction_type", "''"),
            ("location", "'Moon'"), ("currency", "'XXX'"),
        ])
    func changedField(column: String, value: String) async throws {
        let settings = TransactionSettings(seed: 42)
        let bench = try await archive(settings, count: 50)
        _ = try bench.query("UPDATE transactions_rows SET \(column) = \(value) WHERE kafka_offset = 17")
        let proof = try proof([bench], [StreamExpectation(settings: settings, indices: 0..<50, clock: .wall)])
        #expect(proof.differences == 1 && figure("differing", proof) == 1)
        let finding = try #require(proof.findings.first)
        let expected = TransactionStream(settings).transaction(at: 17, time: Timestamp(microseconds: 0))
        let text = [
            "atm_id": expected.atmID, "region_id": expected.regionID, "amount": expected.amount,
            "status_code": expected.statusCode, "user_id": expected.userID, "card_number": expected.cardNumber,
            "transaction_type": expected.transactionType, "location": expected.locationName,
            "currency": expected.currencyCode,
        ]
        #expect(finding.difference.hasPrefix("\(column) is "))
        #expect(finding.difference.hasSuffix("made again \(text[column] ?? "?")"))
        #expect(finding.place.hasSuffix("at partition 0 offset 17"))
    }

    @Test(
        "a time that is not the id's, or not the schedule's, is found",
        arguments: [
            (Generator.Clock.wall, "'2020-01-01T00:00:00.000000Z'", "the time in the id is not the record's"),
            (.wall, "substr(timestamp, 1, 23) || 'Z'", "timestamp is no time as the generator writes it"),
            (.schedule, "'2025-01-01T00:00:00.017001Z'", "timestamp is not 2025-01-01T00:00:00.017000Z"),
            (.schedule, "'now'", "timestamp is not 2025-01-01T00:00:00.017000Z"),
        ])
    func times(clock: Generator.Clock, value: String, difference: String) async throws {
        let settings = TransactionSettings(seed: 42)
        let bench = try await archive(settings, count: 50, clock: clock)
        _ = try bench.query("UPDATE transactions_rows SET timestamp = \(value) WHERE kafka_offset = 17")
        let proof = try proof([bench], [StreamExpectation(settings: settings, indices: 0..<50, clock: clock)])
        #expect(proof.findings.map(\.difference) == [difference])
    }

    @Test("missing, doubled and foreign records are counted and named")
    func records() async throws {
        let settings = TransactionSettings(seed: 42)
        let bench = try await archive(settings, count: 50)
        let others =
            "atm_id, region_id, amount, status_code, user_id, card_number, transaction_type, location, "
            + "currency, timestamp, kafka_partition, kafka_offset"
        // Another millisecond in front is another key of the same record.
        _ = try bench.query(
            "INSERT INTO transactions_rows SELECT '00000000' || substr(transaction_id, 9), \(others) "
                + "FROM transactions_rows WHERE kafka_offset = 3")
        _ = try bench.query(
            "INSERT INTO transactions_rows SELECT 'mine', \(others) FROM transactions_rows WHERE kafka_offset = 4")
        _ = try bench.query("DELETE FROM transactions_rows WHERE kafka_offset IN (20, 30)")
        let proof = try proof([bench], [StreamExpectation(settings: settings, indices: 0..<50, clock: .wall)])
        #expect(figure("missing", proof) == 2 && figure("doubled", proof) == 1 && figure("foreign", proof) == 1)
        // The second row of record 3 has a time in its id that is not the timestamp's.
        #expect(figure("differing", proof) == 1)
        #expect(proof.differences == 5)
        for (place, difference) in [
            ("mine at partition 0 offset 4", "is no record of the stream that was asked for"),
            ("record 3", "is in more than one row"), ("record 20", "is missing"), ("record 30", "is missing"),
        ] {
            #expect(proof.findings.contains(Finding(place: place, difference: difference)), "\(proof.findings)")
        }
    }

    @Test("records beyond the part that was asked for are foreign to it")
    func bounds() async throws {
        let settings = TransactionSettings(seed: 42)
        let bench = try await archive(settings, count: 50)
        let proof = try proof([bench], [StreamExpectation(settings: settings, indices: 10..<1_000_040, clock: .wall)])
        #expect(figure("foreign", proof) == 10 && figure("missing", proof) == 999_990)
        #expect(proof.differences == 1_000_000)
        #expect(proof.findings.count == 10)
        #expect(proof.findings.contains(Finding(place: "record 50", difference: "is missing")))
    }

    @Test("a record that stands at another position than its own is found where no Kafka is between")
    func positions() async throws {
        let settings = TransactionSettings(seed: 42)
        let bench = try await archive(settings, count: 50)
        _ = try bench.query(
            "UPDATE transactions_rows SET kafka_offset = 49 - kafka_offset WHERE kafka_offset IN (9, 40)")
        let proof = try proof([bench], [StreamExpectation(settings: settings, indices: 0..<50, clock: .wall)])
        #expect(proof.differences == 2)
        #expect(proof.findings.allSatisfy { $0.difference == "it stands at another position than its own" })
    }

    @Test("several archives hold several parts together")
    func several() async throws {
        let streams = [TransactionSettings(seed: 1), TransactionSettings(seed: 1, shard: 1)]
        let benches = [
            try await archive(streams[0], count: 120), try await archive(streams[1], count: 80, clock: .schedule),
        ]
        let expectations = [
            StreamExpectation(settings: streams[0], indices: 0..<50, clock: .wall),
            StreamExpectation(settings: streams[0], indices: 50..<120, clock: .wall),
            StreamExpectation(settings: streams[1], indices: 0..<80, clock: .schedule),
        ]
        let report = try ArchiveVerification(archives: benches.map(\.path), expectations: expectations).report()
        #expect(report.isProven, "\(report)")
        #expect(report.proofs.map(\.kind) == [.internal, .internal, .stream])
        #expect(figure("records", report.proofs[2]) == 200)
        let overlapping = [expectations[0], StreamExpectation(settings: streams[0], indices: 49..<60, clock: .wall)]
        let error = #expect(throws: PipelineError.self) { try proof(benches, overlapping) }
        #expect(error?.code == .usage)
    }

    @Test("what an archive does not store, or stores beside, is said")
    func columns() async throws {
        func column(_ name: String, _ type: String = "text", field: String? = nil, key: Bool = false) -> SettingValue {
            var members: [String: SettingValue] = [
                "name": .text(name), "type": .text(type), "key": .boolean(key),
            ]
            members["field"] = .text(field ?? name)
            return .object(members)
        }
        let columns = SettingValue.list([
            column("amount", "real"), column("transaction_id", key: true), column("state", field: "status_code"),
        ])
        let settings = TransactionSettings(seed: 42)
        let bench = try await archive(settings, count: 50, ["columns": columns])
        let expectation = StreamExpectation(settings: settings, indices: 0..<50, clock: .wall)
        let good = try proof([bench], [expectation])
        #expect(good.isProven, "\(good.findings)")
        #expect(good.notes.contains("not compared: state"))
        #expect(good.notes.contains { $0.hasPrefix("not stored: atm_id, card_number, currency, location, ") })
        let without = try await archive(settings, count: 5, ["columns": .list([column("user_id")])])
        let error = #expect(throws: PipelineError.self) { try proof([without], [expectation]) }
        #expect(error?.code == .usage)
    }

    @Test("progress is told for every proof, up to all rows")
    func progress() async throws {
        let settings = TransactionSettings(seed: 42)
        let bench = try await archive(settings, count: 9_000)
        let expectation = StreamExpectation(settings: settings, indices: 0..<9_000, clock: .wall)
        var heard: [VerificationProgress] = []
        _ = try ArchiveVerification(archives: [bench.path], expectations: [expectation]).report {
            heard.append($0)
        }
        #expect(heard.filter { $0.kind == .internal }.map(\.done) == [4_096, 8_192, 9_000])
        #expect(heard.filter { $0.kind == .stream }.map(\.done) == [4_096, 8_192, 9_000])
        #expect(heard.allSatisfy { $0.total == 9_000 && $0.archive == bench.path })
    }
}
