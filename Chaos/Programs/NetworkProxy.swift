import Driving
import Foundation

/// A toxiproxy server between the programs and their broker.
struct NetworkProxy {
    /// The address by which the programs reach the broker through it.
    let address: String
    private let control: String
    private let folder: String
    private let server: Program

    /// Starts the server and one proxy.
    /// - Parameters:
    ///   - program: the server's executable.
    ///   - port: where it listens for the programs; its control's port is the one after.
    ///   - upstream: the broker's listener behind it.
    ///   - folder: where output goes.
    init(_ program: String, port: Int, upstream: String, in folder: String) throws {
        address = "127.0.0.1:\(port)"
        control = "127.0.0.1:\(port + 1)"
        self.folder = folder
        server = Program("toxiproxy", Command(program, ["-host", "127.0.0.1", "-port", "\(port + 1)"]), in: folder)
        try server.start()
        let body = #"{"name":"kafka","listen":"\#(address)","upstream":"\#(upstream)"}"#
        for attempt in 0... {
            do {
                try request("POST", "/proxies", body)
                return
            } catch {
                guard attempt < 50 else { throw error }
                usleep(100_000)
            }
        }
    }

    /// Makes the network bad, in both directions.
    /// - Parameter toxic: the toxic, as JSON.
    func add(_ toxic: String) throws {
        for direction in ["upstream", "downstream"] {
            let named = toxic.dropFirst()
            try request(
                "POST", "/proxies/kafka/toxics", "{\"name\":\"\(direction)\",\"stream\":\"\(direction)\"," + named)
        }
    }

    /// Makes it whole again.
    func clear() throws {
        try request("POST", "/reset", "")
    }

    /// Ends the server.
    func stop() {
        server.kill()
    }

    private func request(_ method: String, _ path: String, _ body: String) throws {
        // By curl: a server of ten lines of JSON is not worth linking a client for HTTP.
        _ = try ChildProcess.run(
            Command(
                "curl", ["-sS", "--fail", "--max-time", "5", "-X", method, "-d", body, "http://\(control)\(path)"]),
            in: folder)
    }
}
