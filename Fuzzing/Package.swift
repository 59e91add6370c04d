// swift-tools-version: 6.3
import PackageDescription

// A package of its own: everything in it is built for libFuzzer.
let swift: [SwiftSetting] = [
    .swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny"), .treatAllWarnings(as: .error),
    .unsafeFlags(["-parse-as-library", "-sanitize=fuzzer"]),
]
let linker: [LinkerSetting] = [.unsafeFlags(["-sanitize=fuzzer"])]

func fuzzer(_ name: String) -> Target {
    .executableTarget(
        name: name,
        dependencies: [
            "Driver", .product(name: "Pipeline", package: "sluice"), .product(name: "Stages", package: "sluice"),
        ],
        path: name, swiftSettings: swift, linkerSettings: linker)
}

let package = Package(
    name: "fuzzing",
    dependencies: [.package(name: "sluice", path: "..")],
    targets: [.target(name: "Driver", path: "Driver"), fuzzer("Definition"), fuzzer("Record"), fuzzer("Settings")]
)
