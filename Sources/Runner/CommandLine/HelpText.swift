/// What `--help` prints.
enum HelpText {
    static func text(topic: String?) -> String {
        switch topic {
        case "check": check
        case "explain": explain
        case "stages": stages
        case "query": query
        case "verify": verify
        case "backup": backup
        case "delete-topic": deleteTopic
        case "health": health
        case "broker": broker
        default: main
        }
    }

    private static let main = """
        runner moves records from a source through stages to sinks, as a JSON file says.

        Usage:
          runner FILE… [options]        run pipelines side by side until they end, Ctrl-C, or their time is up
          runner check FILE… [options]  read and check pipeline files; opens nothing; shows all mistakes at once
          runner explain FILE…          every setting in force, and where it came from; opens nothing
          runner stages [TYPE]          what stages there are; with TYPE its settings and an example
          runner query DATABASE [SQL]   read an archive: a summary, or the rows of a statement
          runner verify ARCHIVE…        prove that an archive is whole, and say which proof was given
          runner backup ARCHIVE FILE    copy an archive as it is at one moment, also while it is written
          runner delete-topic FILE…     delete the topics that pipelines write, with all that is in them
          runner health [URL]           ask a running runner whether it is ready
          runner broker                 an embedded broker in memory, for trying things out
          runner help COMMAND, runner --version

        Options of a run:
          --set [PIPELINE:]PATH=VALUE   change a setting: source.count=1000, stages.rate-gate.rate=50,
                                        sinks.sqlite.path=my.db (by a stage's name)
          --env-file FILE               take NAME=VALUE lines for ${VARIABLES}; the environment itself wins
          --report FILE                 write the final report as JSON (an array for several files)
          --log-format text|json        how log lines look on stderr
          -q, --quiet                   only warnings and errors, no final report
          --embedded-broker             start a broker in memory and use it (a demonstration: nothing is kept)

        Variables that the shipped pipelines read: KAFKA_BROKERS KAFKA_TOPIC KAFKA_GROUP RATE BURST TTL COUNT SEED
        OFFSET_RESET UNTIL FORMAT STATISTICS STATISTICS_INTERVAL STATUS_FILTER REGION_FILTER DATABASE HTTP_LISTEN

        Exit codes: 0 done, also after a first Ctrl-C; 1 verified and not as it should be; 64 usage; 65 bad data and no place for it; 69 server not
        reached; 70 our own fault; 73, 74 output or input failed; 75 stopped with records given up; 76 another
        took over; 78 bad pipeline file; 130 second Ctrl-C.

        Examples:
          RATE=50 TTL=60s runner pipelines/produce.json
          runner pipelines/consume-to-sqlite.json
          runner query atm-transactions.db "SELECT status_code, count(*) FROM transactions GROUP BY 1"

        """

    private static let check = """
        Usage: runner check FILE… [--set [PIPELINE:]PATH=VALUE]… [--env-file FILE]

        Reads, resolves and checks pipeline files as a run would, and opens nothing. Every mistake is shown at once with
        file:line:column, the path in the file, what was found and what is allowed. Exit code 0 or 78.

        """

    private static let explain = """
        Usage: runner explain FILE… [--set [PIPELINE:]PATH=VALUE]… [--env-file FILE] [--format text|json]

        Shows every setting of pipeline files as a run would have it, and where it came from: the file with line and
        column, a variable of the environment or of an --env-file, the default in ${NAME:-default}, a --set, or the
        stage's own default. The first column is what --set takes. Secrets are not shown. Opens nothing; mistakes are
        told as check tells them. Exit code 0 or 78.

        """

    private static let health = """
        Usage: runner health [URL]

        Asks a running runner, for health checks: URL is http://127.0.0.1:9400/ready unless given. A pipeline file answers at
        "http": { "listen": "127.0.0.1:9400" }: /live, /ready, /metrics (Prometheus), /report (so far). Prints the answer.
        Exit code 0 if all is well, 1 if not or if nobody answers within three seconds.

        """

    private static let stages = """
        Usage: runner stages [TYPE]

        Lists the stages that a pipeline file may name; with TYPE its settings, their defaults and an example.

        """

    private static let query = """
        Usage: runner query DATABASE [SQL] [--format table|csv|json]

        Reads an archive, also while a runner writes it, and never changes it. Without SQL: a summary. Tables:
        transactions, offsets, dead_letters, meta.

        """

    private static let verify = """
        Usage: runner verify ARCHIVE… [options]

        Reads archives, also while a runner writes them, and never changes them. Says which proof it gave:
          internal    the file by itself: it is sound, its sums hold, every row and dead letter lies in what was
                      claimed, none twice, no position is unexplained; holes are named
          stream      the records of a generator's stream are made again, every field of every row compared: none
                      missing, doubled, foreign or different. Several archives are taken together.
          kafka       the topic's log is read again, as far back as it goes: every record is in the row or dead letter
                      of its position, every row has its record, and what is not stored is accounted for

        Options:
          --stream SEED,START,COUNT     the archives hold the records START to START + COUNT - 1 of the stream that a
                                        generator with this seed makes by default; may be given several times
          --clock wall|schedule         the clock of those streams. Under the wall clock (default) a time cannot be made
                                        again: that of the id must be the timestamp's
          --from-report FILE            the archives hold what the run delivered that wrote this --report: its generator's
                                        stream with all its settings; may be given several times
          --kafka BROKERS               compare with the log of the archive's topic on these brokers
          --properties FILE             librdkafka properties for it, name=value a line (security.protocol, sasl.password)
          --format text|json            how the result is written
          -q, --quiet                   no progress line

        Exit code 0 if all is proven, 1 with the first differences if not.

        """

    private static let backup = """
        Usage: runner backup ARCHIVE FILE

        Copies an archive as it is at one moment, also while a runner writes it, which it does not keep waiting. The copy is a
        whole archive: it can be queried and verified, and a runner can go on from it. FILE must not be there yet; it appears
        when it is whole. With - the copy goes to standard output, by way of a file beside the archive, which needs as
        much room again.

        """

    private static let deleteTopic = """
        Usage: runner delete-topic FILE… [--set [PIPELINE:]PATH=VALUE]… [--env-file FILE]

        Deletes the topics that the kafka sinks of pipeline files write, by the connection that the files give them, and
        returns when they are gone. A topic that is not there is no error. It does not ask: what is in the topics is lost.

        """

    private static let broker = """
        Usage: runner broker [--topic NAME] [--partitions N]

        Runs a broker in memory on 127.0.0.1 until Ctrl-C and prints its address. A demonstration: nothing is kept on
        disk, and past 5 MiB a partition the oldest records are dropped silently. Use a real Kafka for anything else.

        """
}
