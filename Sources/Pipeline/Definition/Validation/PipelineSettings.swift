/// The settings of a pipeline as a whole, declared as a stage's are.
enum PipelineSettings {
    /// Letters that a pipeline's or stage's name may have at most.
    private static let longestName = 64
    static let version = Setting.integer("version", 1...1, default: nil, "Version of the file's format.")
    static let deadLetters = Setting.optionalText(
        "dead_letters", "Name of the sink that keeps records no retry can help.")
    static let memory = Setting.size(
        "memory", (8 << 20)...(1 << 40), default: 64 << 20, text: "64MiB",
        "Bytes that records on their way may hold.")
    static let drainTimeout = Setting.duration(
        "drain_timeout", .zero...(.seconds(86_400)), default: .seconds(30), text: "30s",
        "How long draining may take after a stop.")
    static let deadShareLimit = Setting.number(
        "max_dead_share", 0...1, default: 0.5,
        "Share of dead records within a minute above which the run stops.")

    static func name(default name: String?) -> Setting<String> {
        Setting.text("name", default: name, "Name of the pipeline; the file's unless given.", problem: nameProblem)
    }

    /// All of them, in the order of the documentation.
    static func declared(name: String) -> [any AnySetting] {
        [version, self.name(default: name), deadLetters, memory, drainTimeout, deadShareLimit, HTTPSettings.setting]
    }

    /// What is wrong with the name of a pipeline or stage, or nil. Names are steps in the path of an override and
    /// labels of measurements, so they are plain words.
    static func nameProblem(_ name: String) -> String? {
        name.utf8.allSatisfy(\.isWordCharacter) && name.utf8.count <= longestName
            ? nil : "a name is made of letters, digits, - and _, at most \(longestName)"
    }

    /// The name of a pipeline whose file gives none: the file's base name, each letter a name cannot have made a dash.
    static func name(ofFile path: String) -> String {
        let file = path.split(separator: "/").last ?? ""
        let base = file.lastIndex(of: ".").map { $0 == file.startIndex ? file[...] : file[..<$0] } ?? file
        let name = base.unicodeScalars.prefix(longestName).map {
            $0.isASCII && UInt8($0.value).isWordCharacter ? Character($0) : "-"
        }
        return name.isEmpty ? "pipeline" : String(name)
    }
}
