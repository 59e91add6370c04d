internal import Pipeline

/// The settings of the console as a pipeline file gives them.
struct ConsoleSettings: Sendable {
    /// How a record is shown.
    enum Format: String, CaseIterable, Sendable {
        /// A boxed block.
        case detailed
        /// One line.
        case compact
        /// Its bytes, on one line.
        case json
        /// Not at all: statistics only.
        case none
    }

    /// Whether colours are used.
    enum Color: String, CaseIterable, Sendable {
        /// On a terminal, unless the environment refuses.
        case auto
        case always
        case never
    }

    static let format = Setting<Format>.choice(
        "format", default: .compact, "How a record is shown; none shows the statistics only.")
    static let color = Setting<Color>.choice(
        "color", default: .auto, "Whether colours are used; auto: on a terminal, unless NO_COLOR is set.")
    static let statistics = Setting<Bool>.boolean(
        "statistics", default: true,
        "Whether to count totals, successful amounts, statuses, types and regions. With the format json they go to the log, at the end."
    )
    static let interval = Setting<Int>.integer(
        "statistics_interval", 0...1_000_000_000, default: 100,
        "Statistics are shown after so many records, on a terminal at most once a second; 0 shows them at the end only."
    )
    static let maximum = Setting<Int>.integer(
        "max_per_second", 0...1_000_000, default: 50,
        "The most records shown to a terminal in a second; the others are counted and their number is said. 0 is no bound."
    )
    static let alerts = Setting<Bool>.boolean(
        "alerts", default: true,
        "Whether to mark and count the statuses FAILED, TIMEOUT and CARD_BLOCKED and amounts over 1000.")
    static let all: [any AnySetting] = [format, color, statistics, interval, maximum, alerts]

    var format = Format.compact
    var color = Color.auto
    var countsStatistics = true
    var statisticsInterval = 100
    var maximumPerSecond = 50
    var showsAlerts = true

    /// The defaults.
    init() {}

    init(_ values: SettingValues) {
        format = values[Self.format]
        color = values[Self.color]
        countsStatistics = values[Self.statistics]
        statisticsInterval = values[Self.interval]
        maximumPerSecond = values[Self.maximum]
        showsAlerts = values[Self.alerts]
    }

    /// Whether records are counted at all: for statistics, or for the number of alerts alone.
    var countsRecords: Bool { countsStatistics || (showsAlerts && format != .json) }

    /// The fields that these settings need. None is required: what is missing is shown as missing.
    var fields: [FieldNeed] {
        var needed: Set<TransactionField> = []
        switch format {
        case .detailed: needed.formUnion(TransactionField.allCases)
        case .compact: needed.formUnion([.timestamp, .type, .amount, .currency, .status, .atm, .region])
        case .json, .none: break
        }
        if countsStatistics { needed.formUnion([.status, .type, .region, .amount, .currency]) }
        if showsAlerts, format != .json { needed.formUnion([.status, .amount]) }
        return TransactionField.allCases.filter(needed.contains).map { FieldNeed($0.name, isRequired: false) }
    }
}
