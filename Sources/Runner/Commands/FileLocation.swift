import FoundationEssentials

/// Where a pipeline file named on the command line is: in the current folder, or where the installation put the shipped
/// ones, so that `runner pipelines/produce.json` works as typed from any folder.
enum FileLocation {
    /// - Returns: the path to read; the path itself if the file is in neither place.
    static func resolve(_ path: String) -> String {
        if path.hasPrefix("/") || FileManager.default.fileExists(atPath: path) { return path }
        // Where the program itself lies (proc(5)), whatever it was called as.
        guard let executable = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else {
            return path
        }
        let shared = URL(filePath: executable).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "share/sluice").appending(path: path)
        return FileManager.default.fileExists(atPath: shared.path) ? shared.path : path
    }
}
