import Foundation

/// A library of ours that is put into the programs that are measured.
enum PreloadedLibrary: String {
    case allocationCount = "AllocationCount"
    case callgrindAid = "CallgrindAid"

    /// Its file, beside the driver.
    /// - Throws: ``BenchmarkFailure`` if it was not built.
    func path() throws(BenchmarkFailure) -> String {
        let path = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appending(path: "lib\(rawValue).so").path
        guard FileManager.default.fileExists(atPath: path) else {
            throw BenchmarkFailure(
                "\(path) is not there", reason: "build it: swift build -c release --product \(rawValue)")
        }
        return path
    }
}
