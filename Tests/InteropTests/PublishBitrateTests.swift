import Foundation
import Testing

extension Interop {
    /// How much a browser sends is for the server to limit.
    @Suite struct PublishBitrateTests {
        /// What arrives of the only transport, in bit/s, headers and sound included.
        private func rate(_ host: HostProcess, over duration: Duration) async throws -> Double {
            let start = ContinuousClock.now
            let before = try #require(try host.statistics().transports.first).bytesReceived
            try await Task.sleep(for: duration)
            let after = try #require(try host.statistics().transports.first).bytesReceived
            return Double(after - before) * 8 / ((ContinuousClock.now - start) / .seconds(1))
        }

        private func limit(_ page: Page, to bitrate: String) async throws {
            let shown: String = try await page.evaluate(
                """
                fetch(peer.resource + '/bitrate', { method: 'POST', headers: { 'Content-Type': 'application/json' },
                    body: JSON.stringify({ maxBitrate: \(bitrate) }) }).then((response) => response.text())
                """)
            #expect(shown == #"{"maxBitrate":\#(bitrate)}"#)
        }

        @Test func aBrowserKeepsToALimitAndGrowsWithoutIt() async throws {
            try await Scenario.run { scenario in
                let namespace = try scenario.standaloneNamespace()
                let host = try await HostProcess.start(scenario, in: namespace)
                let page = try await Chromium(scenario, in: namespace).open(host.origin)
                try await host.publishLarge(on: page, stream: "studio", codec: "video/VP8")
                let started = ContinuousClock.now

                // Told where to begin, it does not begin with a small picture.
                let first = try await eventually("the first frames", within: .seconds(10)) {
                    let sent: [OutboundFigures] = try await page.evaluate("peer.outbound()")
                    return sent.first.flatMap { $0.height > 0 && $0.frames >= 10 ? $0 : nil }
                }
                try await eventually("it sends 650 kbit/s", within: .seconds(15)) {
                    try await rate(host, over: .milliseconds(500)) >= 650_000
                }
                print("Chromium begins with \(first.height) lines; 650 kbit/s after \(ContinuousClock.now - started)")
                #expect(first.height >= 360)

                try await limit(page, to: "500000")
                let limited = ContinuousClock.now
                try await eventually("it slows down", within: .seconds(5)) {
                    try await rate(host, over: .milliseconds(500)) <= 600_000
                }
                let slowed = ContinuousClock.now - limited
                let steady = try await rate(host, over: .seconds(3))
                #expect(steady <= 600_000)
                #expect(steady >= 150_000)

                try await limit(page, to: "null")
                let lifted = ContinuousClock.now
                try await eventually("it grows again", within: .seconds(15)) {
                    try await rate(host, over: .milliseconds(500)) >= 650_000
                }
                print(
                    "limited within \(slowed), then \(Int(steady / 1000)) kbit/s; grown \(ContinuousClock.now - lifted) later"
                )
                #expect(try await host.stop() == 0)
            }
        }
    }
}
