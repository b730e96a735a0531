// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that nothing else waits for the packages that package-benchmark needs.
let package = Package(
    name: "sluice-micro-benchmarks",
    dependencies: [
        .package(name: "sluice", path: "../.."),
        .package(name: "sluice-benchmarks", path: ".."),
        // Its default traits replace the allocator, and need packages of their own.
        .package(url: "https://github.com/ordo-one/benchmark.git", from: "1.38.1", traits: []),
    ],
    targets: [
        .executableTarget(
            name: "PacketBenchmarks",
            dependencies: [
                .product(name: "Benchmark", package: "benchmark"),
                .product(name: "MediaCore", package: "sluice"),
                .product(name: "MemoryCall", package: "sluice-benchmarks"),
            ],
            path: "Benchmarks/PacketBenchmarks",
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility"),
                .enableUpcomingFeature("InternalImportsByDefault"), .enableExperimentalFeature("Lifetimes"),
            ],
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
    ],
    swiftLanguageModes: [.v6])
