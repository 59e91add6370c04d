/// What a transform that sets the pace wants now.
public enum Demand: Sendable, Hashable {
    /// So many records, those included that it asked for and has not got.
    case records(Int)
    /// Nothing before this time on the scale of ``PipelineClock/now``; it is asked again then. Name a time that lies
    /// ahead: one that has passed makes a busy loop.
    case nothing(until: Duration)
}
