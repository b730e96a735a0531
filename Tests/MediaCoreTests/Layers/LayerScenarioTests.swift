import MediaTestSupport
import Testing

/// Random sequences through the engine, a few of those that `make layers` runs.
@Suite struct LayerScenarioTests {
    private static let sequences = 4

    private func run(_ modes: (LayeredMode) -> Bool) throws {
        for mode in LayeredMode.all where modes(mode) {
            var decodable = 0
            for seed in 1...UInt64(Self.sequences) {
                let report = try LayerScenario(mode, seed: seed).run()
                decodable += report.decodable
                #expect(
                    report.violations.isEmpty,
                    """
                    LayerCheck --codec \(mode.name) --seed \(seed) \(report.circumstances): \
                    \(report.violations.prefix(3))
                    """)
            }
            #expect(decodable > 40 * Self.sequences, "\(mode.name)")
        }
    }

    @Test func vp8() throws {
        try run { $0.payload == .vp8 && !$0.isOpaque }
    }

    @Test func h26x() throws {
        try run { $0.payload == .h264 || $0.payload == .h265 }
    }

    @Test func vp9() throws {
        try run { $0.payload == .vp9 }
    }

    @Test func av1() throws {
        try run { $0.payload == .av1 && !$0.isOpaque }
    }

    @Test func opaque() throws {
        try run { $0.isOpaque }
    }
}
