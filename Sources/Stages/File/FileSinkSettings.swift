internal import Pipeline

/// The settings of the file sink as a pipeline file gives them.
struct FileSinkSettings: Sendable {
    /// What becomes of a file that is there already.
    enum Mode: String, CaseIterable, Sendable {
        /// Lines are added to its end.
        case append
        /// It is an error.
        case create
        /// It is emptied first.
        case replace
    }

    /// What is written.
    enum Content: String, CaseIterable, Sendable {
        /// The records, and the dead letters too where this sink is their place.
        case records
        /// The dead letters alone.
        case deadLetters = "dead-letters"
    }

    static let path = Setting<String>.text("path", default: nil, "The file to write; \"-\" is standard output.")
    static let mode = Setting<Mode>.choice(
        "mode", default: .append,
        "What becomes of a file that is there already: lines are added, it is an error, or it is emptied first.")
    static let content = Setting<Content>.choice(
        "content", default: .records,
        "What is written: the records (and the dead letters, if this is their place), or the dead letters alone.")
    static let all: [any AnySetting] = [path, mode, content]

    let path: String
    let mode: Mode
    let content: Content

    init(path: String, mode: Mode = .append, content: Content = .records) {
        self.path = path
        self.mode = mode
        self.content = content
    }

    init(_ values: SettingValues) {
        self.init(path: values[Self.path], mode: values[Self.mode], content: values[Self.content])
    }

    var isStandardOutput: Bool { path == "-" }

    static func problems(_ values: SettingValues) -> [SettingProblem] {
        let settings = Self(values)
        guard settings.isStandardOutput, settings.mode != .append else { return [] }
        return [
            SettingProblem(
                setting: mode.name, message: "\"\(settings.mode.rawValue)\" needs a file; standard output only appends")
        ]
    }
}
