internal import Pipeline

extension StageContext {
    /// Warns of records that nobody has read.
    func warnOfLoss(_ count: Int64, of partition: Int32) {
        log.warning(
            "records were deleted by retention before they were read", Log.Detail("partition", "\(partition)"),
            Log.Detail("records", "\(count)"))
    }
}
