/// The version of the tool.
enum Version {
    static let number = "0.1.0"
    /// With the tool's name.
    static let text = "runner \(number) (Sluice)\(features)"

    #if Probes
        private static let features = ", with probes"
    #else
        private static let features = ""
    #endif
}
