/// The version of the tool.
enum Version {
    static let text = "runner 0.1.0 (Sluice)"
}
