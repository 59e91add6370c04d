/// Colours, or none: the same calls with and without.
struct Palette: Sendable {
    /// What a colour says.
    enum Style: Sendable {
        case good
        case odd
        case alert
        case quiet

        // Select Graphic Rendition (ECMA-48, 8.3.117): green, yellow, bold red, faint.
        fileprivate var code: StaticString {
            switch self {
            case .good: "\u{1B}[32m"
            case .odd: "\u{1B}[33m"
            case .alert: "\u{1B}[1;31m"
            case .quiet: "\u{1B}[2m"
            }
        }
    }

    /// Whether colours are used.
    let isOn: Bool

    /// Lets `body` append text in a style.
    func paint(_ style: Style?, _ output: inout [UInt8], _ body: (inout [UInt8]) -> Void) {
        guard isOn, let style else { return body(&output) }
        output.append(style.code)
        body(&output)
        output.append("\u{1B}[0m")
    }
}
