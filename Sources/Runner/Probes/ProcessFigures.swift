import FoundationEssentials
import Glibc

/// What the kernel says of this process (proc(5)).
struct ProcessFigures: Sendable {
    /// User and system time.
    var processorSeconds: Double
    /// Resident memory.
    var residentBytes: Int
    /// Since 1970.
    var startTime: Double
    /// Open file descriptors.
    var openDescriptors: Int

    /// The figures now; nil where there is no /proc.
    static func current() -> ProcessFigures? {
        guard let status = contents(of: "/proc/self/stat"), let name = status.lastIndex(of: ")"),
            let system = contents(of: "/proc/stat"),
            let boot = system.split(separator: "\n").first(where: { $0.hasPrefix("btime ") }).flatMap({
                Double($0.dropFirst(6))
            })
        else { return nil }
        // The program's name may hold spaces; fields are counted from behind it: the state is the third.
        let fields = status[status.index(after: name)...].split(separator: " ")
        guard fields.count > 21, let user = Double(fields[11]), let kernel = Double(fields[12]),
            let start = Double(fields[19]), let pages = Int(fields[21])
        else { return nil }
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        return ProcessFigures(
            processorSeconds: (user + kernel) / ticks, residentBytes: pages * sysconf(Int32(_SC_PAGESIZE)),
            startTime: boot + start / ticks, openDescriptors: entries(of: "/proc/self/fd"))
    }

    private static func contents(of path: String) -> String? {
        try? String(contentsOfFile: path, encoding: .utf8)
    }

    private static func entries(of folder: String) -> Int {
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder)
        // Without the descriptor that reads them.
        return max(0, (names?.count ?? 0) - 1)
    }
}
