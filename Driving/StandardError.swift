import Foundation

/// Where everything goes that is no result.
package enum StandardError {
    /// Writes a line.
    package static func write(_ line: String) {
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }
}
