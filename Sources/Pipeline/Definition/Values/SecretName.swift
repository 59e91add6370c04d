/// Tells secrets in a map by the member's name, since a map declares no member.
enum SecretName {
    private static let words = ["password", "passphrase", "secret", "token", "credential", "key.pem", "jaas"]

    /// Whether a value of this name must not be shown. Rather once too often: the file shows it to who may read it.
    static func isLikely(_ name: String) -> Bool {
        let name = name.lowercased()
        return words.contains { name.contains($0) }
    }
}
