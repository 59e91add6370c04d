import Driving

/// What one run of one program has cost.
struct Sample: Sendable, Codable, Hashable {
    /// Records it moved.
    var records: Int
    /// Seconds the work took by the program's own clock: without its start and without joining a group, which would
    /// weigh differently on programs that do the same work.
    var seconds: Double
    /// Seconds from before the process was started until it was gone. Beside `seconds`, because programs stop their own
    /// clocks at different points: the anchors before they close their database, the runner after.
    var wallSeconds: Double
    /// Seconds of processor time of the whole process.
    var cpuSeconds: Double
    /// The most memory it had resident, in bytes.
    var peakResident: Int

    /// - Parameters:
    ///   - records: records it moved.
    ///   - seconds: how long the work took.
    ///   - ending: what the kernel says.
    init(records: Int, seconds: Double, _ ending: ChildProcess.Ending) {
        self.records = records
        self.seconds = seconds
        wallSeconds = ending.wall / .seconds(1)
        cpuSeconds = ending.cpu / .seconds(1)
        peakResident = ending.peakResident
    }

    /// Records a second.
    var rate: Double { Double(records) / seconds }
    /// Microseconds of processor time a record.
    var cpuPerRecord: Double { cpuSeconds * 1e6 / Double(records) }
}
