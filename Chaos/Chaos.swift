import Driving
import Foundation

/// Puts faults into runs of the runner, and proves after each that nothing was lost and nothing doubled.
@main
enum Chaos {
    static func main() {
        do {
            let options = try Options(Array(CommandLine.arguments.dropFirst()))
            if options.showsUsage { return print(Options.usage, terminator: "") }
            try Session(options).run()
        } catch {
            StandardError.write("error: \(error)")
            exit(1)
        }
    }
}
