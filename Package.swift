// swift-tools-version: 6.2
import PackageDescription

// The engine and its socket loop depend on no Swift package. SLUICE_CORE_ONLY=1 leaves the HTTP side out, so that
// they build and test in a fraction of the time.
let coreOnly = Context.environment["SLUICE_CORE_ONLY"] == "1"

let swiftSettings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableExperimentalFeature("Lifetimes"),
]

var products: [Product] = [
    .library(name: "MediaCore", targets: ["MediaCore"]),
    .library(name: "MediaIO", targets: ["MediaIO"]),
]

var dependencies: [Package.Dependency] = []

var targets: [Target] = [
    .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CSRTP", path: "Tests/CSRTP", pkgConfig: "libsrtp2", providers: [.apt(["libsrtp2-dev"])]),
    .target(name: "CIPsecMB"),
    .target(name: "CPrefetch"),
    .target(name: "MediaCore", dependencies: ["COpenSSL", "CIPsecMB", "CPrefetch"], swiftSettings: swiftSettings),
    .target(name: "CMediaIO"),
    .target(name: "MediaIO", dependencies: ["MediaCore", "CMediaIO"], swiftSettings: swiftSettings),
    .target(
        name: "MediaTestSupport", dependencies: ["MediaCore"], path: "Tests/MediaTestSupport",
        swiftSettings: swiftSettings),
    .executableTarget(
        name: "LayerCheck", dependencies: ["MediaTestSupport"], path: "Tests/LayerCheck", swiftSettings: swiftSettings),
    .executableTarget(
        name: "ccbench", dependencies: ["MediaCore", "MediaTestSupport"], path: "Benchmarks/CCBench",
        swiftSettings: swiftSettings),
    // An imperfect link for real programs, which the tests with browsers use too.
    .target(name: "CLinkEmulator", path: "Benchmarks/CLinkEmulator"),
    .executableTarget(
        name: "LinkEmulator", dependencies: ["CLinkEmulator"], path: "Benchmarks/LinkEmulator",
        swiftSettings: swiftSettings),
    .testTarget(name: "LinkEmulatorTests", dependencies: ["LinkEmulator"], swiftSettings: swiftSettings),
    .target(
        name: "FuzzSupport", dependencies: ["MediaCore"], path: "Tests/FuzzSupport", swiftSettings: swiftSettings),
    .testTarget(
        name: "MediaCoreTests", dependencies: ["MediaCore", "MediaTestSupport", "FuzzSupport", "CSRTP"],
        swiftSettings: swiftSettings),
    .testTarget(
        name: "MediaIOTests", dependencies: ["MediaIO", "MediaCore", "MediaTestSupport"], swiftSettings: swiftSettings),
]

if !coreOnly {
    products += [
        .library(name: "MediaSignaling", targets: ["MediaSignaling"]),
        .executable(name: "MediaHost", targets: ["MediaHost"]),
    ]
    dependencies += [
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
    ]
    targets += [
        .target(
            name: "MediaSignaling",
            dependencies: [
                "MediaCore", "MediaIO", "COpenSSL",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: swiftSettings),
        .executableTarget(
            name: "MediaHost",
            dependencies: [
                "MediaCore", "MediaIO", "MediaSignaling",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "MediaSignalingTests",
            dependencies: [
                "MediaCore", "MediaIO", "MediaSignaling",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: swiftSettings),
    ]
}

if !coreOnly {
    targets += [
        // Tests with real browsers: what they decode, over clean and over lossy links.
        .testTarget(
            name: "InteropTests", dependencies: ["CLinkEmulator", "LinkEmulator"], swiftSettings: swiftSettings)
    ]
}

// The fuzzers have no main function of their own: SLUICE_FUZZ=1 builds them, with --sanitize=fuzzer.
if Context.environment["SLUICE_FUZZ"] == "1" {
    for name in ["STUN", "RTP", "RTCP", "SDP", "Payload", "Engine", "Congestion"] {
        targets.append(
            .executableTarget(
                name: "Fuzz\(name)", dependencies: ["FuzzSupport"], path: "Tests/Fuzz/\(name)",
                swiftSettings: swiftSettings))
    }
}

// Real encoders and decoders around the engine need the development files of libvpx, libaom and libavcodec.
// SLUICE_CODECS=1 builds them.
if Context.environment["SLUICE_CODECS"] == "1" {
    targets += [
        .target(
            name: "CCodecs", path: "Tests/CCodecs",
            linkerSettings: ["vpx", "aom", "avcodec", "avutil", "m"].map { .linkedLibrary($0) }),
        .executableTarget(
            name: "CodecCheck", dependencies: ["MediaCore", "MediaTestSupport", "CCodecs"], path: "Tests/CodecTests",
            swiftSettings: swiftSettings),
    ]
}

let package = Package(
    name: "sluice", products: products, dependencies: dependencies, targets: targets, swiftLanguageModes: [.v6])
