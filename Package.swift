// swift-tools-version: 6.3
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    // An async helper called from an actor pinned to a thread must stay on that thread (ARCHITECTURE.md, "Threads").
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "sluice",
    products: [
        .executable(name: "runner", targets: ["Runner"]),
        .executable(name: "benchmarks", targets: ["Benchmarks"]),
        .library(name: "Pipeline", targets: ["Pipeline"]),
        .library(name: "Stages", targets: ["Stages"]),
        .library(name: "PipelineTesting", targets: ["PipelineTesting"]),
        .library(name: "AllocationCount", type: .dynamic, targets: ["AllocationCount"]),
        .library(name: "CallgrindAid", type: .dynamic, targets: ["CallgrindAid"]),
        .executable(name: "chaos", targets: ["Chaos"]),
        .library(name: "FaultPoint", type: .dynamic, targets: ["FaultPoint"]),
    ],
    traits: [
        .trait(name: "Probes", description: "Probes and metrics over HTTP (needs libmicrohttpd).")
    ],
    targets: [
        .systemLibrary(
            name: "CMicroHTTPD", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
        .systemLibrary(
            name: "CRDKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .target(
            name: "CSimdJSON",
            // simdjson without optimisation is several times slower, and debug builds run the tests.
            cxxSettings: [
                .unsafeFlags(["-O3"], .when(configuration: .release)),
                .unsafeFlags(["-O2"], .when(configuration: .debug)),
            ],
            // Not by pkg-config: simdjson's file defines a macro, which SwiftPM warns of and leaves out.
            linkerSettings: [.linkedLibrary("simdjson")]),
        .target(name: "Pipeline", dependencies: ["CSimdJSON"], swiftSettings: settings),
        .target(
            name: "Stages", dependencies: ["Pipeline", "CRDKafka", "CSQLite"], swiftSettings: settings),
        .target(name: "PipelineTesting", dependencies: ["Pipeline"], swiftSettings: settings),
        .executableTarget(
            name: "Runner",
            dependencies: ["Pipeline", "Stages", .target(name: "CMicroHTTPD", condition: .when(traits: ["Probes"]))],
            swiftSettings: settings),
        .target(name: "AllocationCount", path: "Benchmarks/AllocationCount"),
        .target(name: "CallgrindAid", path: "Benchmarks/CallgrindAid"),
        .target(name: "Driving", dependencies: ["CRDKafka"], path: "Driving", swiftSettings: settings),
        .target(name: "FaultPoint", path: "Chaos/FaultPoint"),
        .executableTarget(
            name: "Chaos", dependencies: ["Driving", "PipelineTesting", "CSQLite"], path: "Chaos",
            exclude: ["FaultPoint"],
            swiftSettings: settings),
        .executableTarget(
            name: "Benchmarks", dependencies: ["Driving", "Pipeline", "Stages", "CRDKafka", "CSQLite"],
            path: "Benchmarks",
            exclude: ["AllocationCount", "CallgrindAid", "Pipelines"], swiftSettings: settings),
        .target(name: "FaultyFiles", dependencies: ["CSQLite"], path: "Tests/FaultyFiles"),
        .testTarget(
            name: "PipelineTests", dependencies: ["Pipeline", "PipelineTesting"], swiftSettings: settings),
        .testTarget(
            name: "StagesTests",
            dependencies: ["Pipeline", "Stages", "PipelineTesting", "CRDKafka", "CSQLite", "FaultyFiles"],
            swiftSettings: settings),
        .testTarget(name: "RunnerTests", dependencies: ["Runner", "Pipeline", "Stages"], swiftSettings: settings),
        .testTarget(
            name: "BenchmarksTests", dependencies: ["Benchmarks", "Driving", "CSQLite"], swiftSettings: settings),
        .testTarget(
            name: "ChaosTests", dependencies: ["Chaos", "Driving", "PipelineTesting"], swiftSettings: settings),
        .testTarget(name: "SystemTests", dependencies: ["CSQLite", "Pipeline", "Stages"], swiftSettings: settings),
    ],
    cxxLanguageStandard: .cxx17
)
