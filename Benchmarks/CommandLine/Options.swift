import Driving

/// What the command line asks for.
struct Options {
    /// Shown by `--help`.
    static let usage = """
        Usage: benchmarks [NAME…] [options]      from the repository's folder; scripts/bench.sh prepares all of it

          --pairs N        rounds that count, after one that does not (5)
          --records N      records a run of the comparisons moves (1500000)
          --duration S     seconds each rate and the latency are measured (60)
          --most N         records of the longest run of growth (10000000)
          --endurance S    seconds of the endurance run (60)
          --json FILE      write every sample as JSON
          --check          end with 1 if a goal is missed
          --write          update the tables in docs/performance.md
          --list           say what benchmarks there are
          --needs-broker   say by the exit code whether one of them needs a broker (0) or none does (1)

          --runner FILE    the runner (beside this program)
          --anchors DIR    the built anchors; without them comparisons run without
          --brokers LIST   a Kafka broker
          --kafka-home DIR a Kafka distribution, whose own end-to-end tool stands beside the latency
          --folder DIR     where runs may write (a temporary folder)

        """

    /// What is to be done.
    enum Action {
        /// Measure.
        case run
        /// Show what there is.
        case list
        /// Tell whether a broker is needed.
        case needsBroker
        /// Show the usage.
        case help
    }

    var action = Action.run
    /// The benchmarks; all if none.
    var names: [String] = []
    var pairs = 5
    var records = 1_500_000
    var most = 10_000_000
    /// In seconds.
    var duration = 60
    /// In seconds.
    var endurance = 60
    var json: String?
    var writesDocument = false
    var checksGoals = false
    var runner: String?
    var anchors: String?
    var brokers: String?
    var kafkaHome: String?
    var folder: String?

    /// Reads a command line.
    /// - Parameter arguments: without the program's name.
    /// - Throws: ``DriverFailure`` that says what is wrong.
    init(_ arguments: [String]) throws(DriverFailure) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "-h", "--help": action = .help
            case "--list": action = .list
            case "--needs-broker": action = .needsBroker
            case "--check": checksGoals = true
            case "--write": writesDocument = true
            case "--pairs": pairs = try Self.number(argument, &rest)
            case "--records": records = try Self.number(argument, &rest)
            case "--duration": duration = try Self.number(argument, &rest)
            case "--endurance": endurance = try Self.number(argument, &rest)
            case "--most": most = try Self.number(argument, &rest)
            case "--json": json = try Self.value(argument, &rest)
            case "--runner": runner = try Self.value(argument, &rest)
            case "--anchors": anchors = try Self.value(argument, &rest)
            case "--brokers": brokers = try Self.value(argument, &rest)
            case "--kafka-home": kafkaHome = try Self.value(argument, &rest)
            case "--folder": folder = try Self.value(argument, &rest)
            case _ where argument.hasPrefix("-"):
                throw DriverFailure("unknown option \(argument)", reason: "--help lists them")
            default: names.append(argument)
            }
        }
    }

    private static func value(_ option: String, _ rest: inout ArraySlice<String>) throws(DriverFailure) -> String {
        guard let value = rest.popFirst() else { throw DriverFailure(option, reason: "it needs a value") }
        return value
    }

    private static func number(_ option: String, _ rest: inout ArraySlice<String>) throws(DriverFailure) -> Int {
        let text = try value(option, &rest)
        guard let number = Int(text), number > 0 else {
            throw DriverFailure(option, reason: "\(text) is not a whole number of at least 1")
        }
        return number
    }
}
