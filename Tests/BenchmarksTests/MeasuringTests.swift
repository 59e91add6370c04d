import Foundation
import Testing

@testable import Benchmarks
@testable import Driving

@Suite("Figures of measurements")
struct MeasuringTests {
    @Test("the median is the value in the middle, or the mean of the two there")
    func median() {
        #expect(Spread([5, 1, 9]).median == 5)
        #expect(Spread([4, 1, 9, 6]).median == 5)
        #expect(Spread([7]).median == 7)
    }

    @Test("a spread has the lowest and the highest")
    func ends() {
        let spread = Spread([5, 1, 9])
        #expect(spread.lowest == 1)
        #expect(spread.highest == 9)
    }

    @Test("ratios are taken pair by pair, not of the medians")
    func ratios() {
        // The machine was half as fast in the second round: for both.
        let ratio = Spread(of: [20, 10, 30], to: [10, 5, 20])
        #expect(ratio == Spread([2, 2, 1.5]))
        #expect(ratio.median == 2)
    }

    @Test("percentiles are values that were measured")
    func percentiles() {
        let percentiles = Percentiles((1...200).map(Double.init).shuffled())
        #expect(percentiles.p50 == 100)
        #expect(percentiles.p99 == 198)
        #expect(percentiles.highest == 200)
        #expect(Percentiles([]).p99 == 0)
        #expect(Percentiles([3]).p50 == 3)
    }

    @Test("the first round is thrown away and contestants take turns")
    func alternation() throws {
        var runs: [String] = []
        func contestant(_ name: String) -> Contestant {
            Contestant(name) {
                runs.append(name)
                return try Self.sample(records: runs.count)
            }
        }
        let series = try Alternation(rounds: 2, progress: { _ in }).run([contestant("a"), contestant("b")])
        #expect(runs == ["a", "b", "a", "b", "a", "b"])
        #expect(series.map(\.name) == ["a", "b"])
        #expect(series.map { $0.samples.map(\.records) } == [[3, 5], [4, 6]])
    }

    @Test("a child's exit code other than 0 is a failure with its last words")
    func failingChild() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let failure = #expect(throws: DriverFailure.self) {
            _ = try ChildProcess.run(Command("/bin/sh", ["-c", "echo gone wrong >&2; exit 3"]), in: folder)
        }
        #expect(failure?.reason.contains("it ended with 3") == true)
        #expect(failure?.reason.contains("gone wrong") == true)
    }

    @Test("a child's output, processor time and memory are its own")
    func child() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let ending = try ChildProcess.run(
            Command(
                "/bin/sh", ["-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; sleep 0.1; echo $WORD"],
                variables: ["WORD": "x"]),
            in: folder)
        #expect(ending.output == "x\n")
        #expect(ending.cpu > .zero)
        #expect(ending.wall > .zero)
        // A shell has two megabytes or three, whoever starts it many times that.
        #expect(ending.peakResident > 0)
        #expect(ending.peakResident < 8 << 20)
    }

    /// A folder that no other test uses: a child's output goes there under one name.
    static func folder() throws -> String {
        let folder = NSTemporaryDirectory() + "sluice-benchmarks-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return folder
    }

    static func sample(records: Int = 1_000_000, seconds: Double = 1) throws -> Sample {
        var sample = Sample(
            records: records, seconds: seconds,
            ChildProcess.Ending(
                code: 0, wall: .seconds(1), cpu: .seconds(1), peakResident: 100 << 20, output: "", errors: ""))
        sample.cpuSeconds = seconds
        return sample
    }
}
