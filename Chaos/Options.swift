import Driving

/// What the command line asks for.
struct Options {
    /// Shown by `--help`.
    static let usage = """
        Usage: chaos [options]      from the repository's folder; scripts/chaos.sh prepares all of it

          --rounds N       rounds to run (as many as there are pairs of fault and phase)
          --seed S         decides the rounds and all that is chance in them (1)
          --round R        only this round of them, to see it again
          --kills          only rounds in which producer or archiver are killed
          --also FILE,…    count the rounds of earlier sessions into the table too: what --json wrote
          --quick          one kill a round instead of eighteen
          --least N        fail if fewer faults were put
          --json FILE      write every round as JSON
          --write          update the table in docs/reliability.md

          --runner FILE    the runner
          --broker PORT    the port of the broker that scripts/kafka.sh runs
          --data DIR       its folder
          --upstream ADDR  its second listener, for the proxy
          --proxy-port P   where the proxy listens; the port after it is its control's
          --toxiproxy FILE the toxiproxy server; without it faults of the network are left out
          --disk DIR       a small disk; without it the full disk is left out
          --folder DIR     where runs may write

        """

    var rounds: Int?
    var seed: UInt64 = 1
    var round: Int?
    var isQuick = false
    var isOfKills = false
    var json: String?
    var writesDocument = false
    var showsUsage = false
    private var values: [String: String] = [:]

    /// Reads a command line.
    /// - Parameter arguments: without the program's name.
    /// - Throws: ``DriverFailure`` that says what is wrong.
    init(_ arguments: [String]) throws(DriverFailure) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "-h", "--help": showsUsage = true
            case "--quick": isQuick = true
            case "--kills": isOfKills = true
            case "--write": writesDocument = true
            case "--rounds", "--seed", "--round", "--json", "--least", "--also", "--runner", "--broker", "--data",
                "--upstream",
                "--proxy-port", "--toxiproxy", "--disk", "--folder":
                guard let value = rest.popFirst() else { throw DriverFailure(argument, reason: "it needs a value") }
                values[argument] = value
            default: throw DriverFailure("unknown option \(argument)", reason: "--help lists them")
            }
        }
        rounds = try number("--rounds")
        round = try number("--round")
        seed = try number("--seed").map { UInt64($0) } ?? 1
        json = values["--json"]
    }

    /// An option's text, or nil.
    func text(_ option: String) -> String? { values[option] }

    /// An option's number, or nil.
    /// - Throws: ``DriverFailure`` if it is none.
    func number(_ option: String) throws(DriverFailure) -> Int? {
        guard let text = values[option] else { return nil }
        guard let number = Int(text), number > 0 else {
            throw DriverFailure(option, reason: "\(text) is not a whole number of at least 1")
        }
        return number
    }

    /// An option that must be given.
    /// - Throws: ``DriverFailure`` if it was not.
    func required(_ option: String) throws(DriverFailure) -> String {
        guard let text = values[option] else {
            throw DriverFailure(option, reason: "it was not given; scripts/chaos.sh gives it")
        }
        return text
    }
}
