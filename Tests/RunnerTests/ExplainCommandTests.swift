import Foundation
import Pipeline
import Stages
import Testing

@testable import Runner

@Suite("explain")
struct ExplainCommandTests {
    private static let produce = """
        {
          "version": 1,
          "source": { "type": "generator", "count": "${COUNT:-7}", "seed": "${SEED}" },
          "stages": [{ "type": "filter", "keep": { "a\\u001b[2J.b": { "any_of": "${WORDS}" } } }],
          "sinks": [{ "type": "file", "path": "${FOLDER}/${FILE:-out}" }]
        }
        """

    private func explained(
        _ files: [String: String] = ["produce.json": produce], set: [String] = [], format: ResultFormat = .text
    ) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sluice-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var options = ExplainOptions()
        options.format = format
        for (name, text) in files.sorted(by: { $0.key < $1.key }) {
            try Data(text.utf8).write(to: folder.appending(path: name))
            options.files.files.append(folder.appending(path: name).path)
        }
        try Data("# words\nWORDS=x\u{9B}1m,y\nFOLDER=from-file\n".utf8).write(to: folder.appending(path: "w.env"))
        options.files.environmentFiles = [folder.appending(path: "w.env").path]
        options.files.overrides = set
        let loading = DefinitionLoading(
            registry: try StageRegistry(BuiltinStages.definitions), environment: ["SEED": "5", "FOLDER": "there"])
        return try ExplainCommand(loading: loading).text(options).replacing("\(folder.path)/", with: "")
    }

    /// All settings of what `--format json` gives for one pipeline.
    private func settings(_ text: String) throws -> [(path: String, value: Any, origin: [String: Any])] {
        let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let pipeline = try #require((object["pipelines"] as? [[String: Any]])?.first)
        return try ([pipeline] + (pipeline["stages"] as? [[String: Any]] ?? [])).flatMap {
            try #require($0["settings"] as? [[String: Any]])
        }.map { setting in
            (
                try #require(setting["path"] as? String), try #require(setting["value"]),
                try #require(setting["origin"] as? [String: Any])
            )
        }
    }

    @Test("shows every setting of pipeline and stages in aligned columns: path, value, origin")
    func columns() throws {
        let lines = try explained(set: ["sinks.file.required=true"]).split(separator: "\n").map(String.init)
        #expect(
            lines.prefix(10) == [
                "produce, produce.json",
                "  version           1          produce.json:2:14",
                "  name              \"produce\"  default",
                "  dead_letters      \"\"         default",
                "  memory            \"64MiB\"    default",
                "  drain_timeout     \"30s\"      default",
                "  max_dead_share    0.5        default",
                "  http.listen       \"\"         default",
                "  http.stall_after  \"30s\"      default",
                "source generator",
            ], "\(lines.joined(separator: "\n"))")
        // The last column begins where that of the other settings of the stage does.
        #expect(lines.contains("  sinks.file.type      \"file\"       produce.json:5:23"))
        #expect(lines.contains("  sinks.file.required  true         --set #1"))
        for line in [
            #"source.count 7 default of ${COUNT}, produce.json:3:45"#,
            #"source.seed 5 ${SEED} from the environment, produce.json:3:68"#,
            #"stages.filter.keep.a\u{1b}[2J.b.any_of ["x\u009b1m", "y"] ${WORDS} from w.env:2, produce.json:4:72"#,
            #"sinks.file.path "there/out" ${FOLDER} from the environment, default of ${FILE}, produce.json:5:39"#,
        ] {
            #expect(lines.contains { $0.split(separator: " ").joined(separator: " ") == line }, "\(line)")
        }
    }

    @Test("every path is taken by --set, with the value it is shown with")
    func paths() throws {
        let settings = try settings(try explained(format: .json))
        #expect(settings.count > 30)
        for (path, value, _) in settings {
            let text =
                try value as? String
                ?? String(
                    decoding: JSONSerialization.data(withJSONObject: value, options: .fragmentsAllowed), as: UTF8.self)
            let again = try self.settings(try explained(set: ["\(path)=\(text)"], format: .json))
            let changed = try #require(again.first { $0.path == path }, "\(path)")
            #expect(changed.origin["from"] as? String == "--set", "\(path)")
            #expect(changed.value as? NSObject == value as? NSObject, "\(path)")
        }
    }

    @Test("with several files every path has its pipeline before it")
    func several() throws {
        let other = Self.produce.replacing("${FOLDER}", with: "other")
        let paths = try explained(["a.json": Self.produce, "b.json": other]).split(separator: "\n")
            .filter { $0.hasPrefix("  ") }.map { try SettingOverride($0.split(separator: " ")[0] + "=", number: 1) }
        #expect(Set(paths.map(\.pipeline)) == ["a", "b"])
        #expect(
            Set(paths.map { $0.path.first })
                == Set(
                    try explained().split(separator: "\n")
                        .filter { $0.hasPrefix("  ") }.map { String($0.split { " .".contains($0) }[0]) }))
    }

    @Test("for programs is one JSON object, with values as they would stand in a file")
    func json() throws {
        let text = try explained(set: ["source.count=8"], format: .json)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let pipeline = try #require((object["pipelines"] as? [[String: Any]])?.first)
        #expect(pipeline["pipeline"] as? String == "produce" && pipeline["file"] as? String == "produce.json")
        let stages = try #require(pipeline["stages"] as? [[String: Any]])
        #expect(stages.compactMap { $0["kind"] as? String } == ["source", "transform", "sink"])
        let settings = try settings(text)
        func setting(_ path: String) throws -> (path: String, value: Any, origin: [String: Any]) {
            try #require(settings.first { $0.path == path })
        }
        let count = try setting("source.count")
        #expect(
            count.value as? Int == 8 && count.origin["from"] as? String == "--set"
                && count.origin["number"] as? Int == 1)
        let words = try setting("stages.filter.keep.a\u{1B}[2J.b.any_of")
        #expect(words.value as? [String] == ["x\u{9B}1m", "y"])
        let variable = try #require((words.origin["variables"] as? [[String: Any]])?.first)
        #expect(words.origin["line"] as? Int == 4 && words.origin["column"] as? Int == 72)
        #expect(variable["name"] as? String == "WORDS" && variable["from"] as? String == "--env-file")
        #expect(variable["file"] as? String == "w.env" && variable["line"] as? Int == 2)
        let path = try setting("sinks.file.path")
        let givers = try #require(path.origin["variables"] as? [[String: Any]]).compactMap { $0["from"] as? String }
        #expect(givers == ["environment", "default"])
    }

    @Test("tells the mistakes that check tells")
    func mistakes() throws {
        let error = #expect(throws: DefinitionMistakes.self) { try explained(set: ["source.cuont=8", "x.y=1"]) }
        #expect(error?.all.map(\.place.document) == ["--set #1", "--set #2"])
    }
}
