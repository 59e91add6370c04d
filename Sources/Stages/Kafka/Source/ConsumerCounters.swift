internal import Pipeline

/// What a source has read, over all its clients, and the attendant of the present one, who knows how far it is.
struct ConsumerCounters {
    /// Of the present client; nil before the first is made.
    var attendant: ConsumerAttendant? {
        // What the one before has counted is its source's.
        willSet { if newValue !== attendant { gone += attendant?.gone ?? 0 } }
    }
    private var records: Int64 = 0
    private var bytes: Int64 = 0
    private var holes: Int64 = 0
    private var gone: Int64 = 0

    /// Counts a batch.
    /// - Parameters:
    ///   - records: its records.
    ///   - bytes: their bytes.
    ///   - skipped: offsets that held no record.
    ///   - lost: offsets that retention took before they were read.
    mutating func count(records: Int, bytes: Int, skipped: Int64, lost: Int64) {
        self.records += Int64(records)
        self.bytes += Int64(bytes)
        holes += skipped + lost
        gone += lost
    }

    /// When a broker last answered.
    var contact: ServerContact { attendant?.contact ?? .awaited }

    /// For the report.
    var measurements: [Measurement] {
        var list = [
            Measurement.total("records", records), Measurement.total("bytes", bytes), Measurement.total("holes", holes),
            Measurement.total("gone", gone + (attendant?.gone ?? 0)),
        ]
        if let lag = attendant?.lag { list.append(Measurement("lag", .integer(lag), live: "lag \(lag.grouped)")) }
        return list
    }
}
