package import Dispatch
package import Foundation
import Synchronization

/// The children that run now, so that an interrupted driver leaves none behind.
///
/// The one global of the driver: a signal concerns the process as a whole, whoever holds the child.
package enum RunningChildren {
    private static let processes = Mutex<Set<pid_t>>([])

    /// Starts a child and notes it in one step: a signal in between would miss it.
    package static func add(_ start: () throws(DriverFailure) -> pid_t) throws(DriverFailure) -> pid_t {
        let result = processes.withLock { processes -> Result<pid_t, DriverFailure> in
            do throws(DriverFailure) {
                let process = try start()
                processes.insert(process)
                return .success(process)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Takes a child off that has ended and is about to be reaped.
    package static func remove(_ process: pid_t) {
        _ = processes.withLock { $0.remove(process) }
    }

    /// From now on SIGINT and SIGTERM kill the children and end the driver.
    /// - Returns: to be kept as long as that is to hold.
    package static func endOnSignals() -> [any DispatchSourceSignal] {
        let queue = DispatchQueue(label: "signals")
        return [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                processes.withLock { processes in
                    for process in processes { kill(process, SIGKILL) }
                    // Only when they are gone: whoever waits for the driver removes their folder and stops their broker.
                    for process in processes { waitpid(process, nil, 0) }
                    exit(128 + number)
                }
            }
            source.resume()
            return source
        }
    }
}
