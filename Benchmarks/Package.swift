// swift-tools-version: 6.2
import PackageDescription

let swiftSettings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableExperimentalFeature("Lifetimes"),
]

let package = Package(
    name: "sluice-benchmarks",
    products: [.library(name: "MemoryCall", targets: ["MemoryCall"])],
    dependencies: [.package(name: "sluice", path: "..")],
    targets: [
        .target(
            name: "CReference", linkerSettings: [.linkedLibrary("crypto"), .linkedLibrary("dl"), .linkedLibrary("m")]),
        .target(name: "CLoadGenerator"),
        .executableTarget(name: "Limits", dependencies: ["CReference"]),
        .target(
            name: "MemoryCall", dependencies: [.product(name: "MediaCore", package: "sluice")],
            swiftSettings: swiftSettings),
        .executableTarget(
            name: "ForwardingBenchmark", dependencies: ["CReference", "MemoryCall"],
            swiftSettings: swiftSettings),
        .executableTarget(
            name: "LoadGenerator",
            dependencies: ["CLoadGenerator", .product(name: "MediaCore", package: "sluice")],
            swiftSettings: swiftSettings),
    ],
    swiftLanguageModes: [.v6])
