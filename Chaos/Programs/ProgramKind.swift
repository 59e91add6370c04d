/// The programs of a run.
enum ProgramKind: String, Sendable, Codable {
    case producer, archiver
}
