import Foundation

/// A library of ours that is put into the programs that are driven.
package enum PreloadedLibrary: String {
    /// Counts allocations.
    case allocationCount = "AllocationCount"
    /// Lets callgrind run Swift programs.
    case callgrindAid = "CallgrindAid"
    /// Stops a program at an exact point.
    case faultPoint = "FaultPoint"

    /// Its file, beside the driver.
    /// - Throws: ``DriverFailure`` if it was not built.
    package func path() throws(DriverFailure) -> String {
        let path = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appending(path: "lib\(rawValue).so").path
        guard FileManager.default.fileExists(atPath: path) else {
            throw DriverFailure(
                "\(path) is not there", reason: "build it: swift build -c release --product \(rawValue)")
        }
        return path
    }
}
