import Foundation
import Testing

@testable import LinkEmulator

extension Interop {
    /// What the server finds out about the link to a real browser.
    @Suite struct EstimateTests {
        /// What the link to the only watcher is believed to carry, in bit/s.
        private static func estimate(_ host: HostProcess) throws -> Int64? {
            try host.statistics().transports.compactMap(\.availableOutgoingBitrate).first
        }

        /// A publisher of about 1.1 Mbit/s, and a watcher that sees it.
        private static func call(
            _ host: HostProcess, _ publisher: Page, _ watcher: Page, _ codec: String
        ) async throws -> PeerReport.VideoIn {
            try await host.publishLarge(on: publisher, stream: "studio", codec: codec)
            try await eventually("the picture is large", within: .seconds(20)) {
                let sent: [OutboundFigures] = try await publisher.evaluate("peer.outbound()")
                return sent.first.map { $0.height >= 540 && $0.frames >= 30 } ?? false
            }
            try await host.watch(on: watcher, stream: "studio")
            return try await eventually("30 frames are decoded", within: .seconds(10)) {
                try await watcher.report().videoIn.flatMap { $0.framesDecoded >= 30 ? $0 : nil }
            }
        }

        /// Nothing holds the watcher back: the server finds that out, by packets sent again that the browser takes as such,
        /// and the picture does not notice.
        @Test(arguments: ["video/VP8", "video/H264"])
        func aFastLinkIsFoundOut(codec: String) async throws {
            try await Scenario.run { scenario in
                let namespace = try scenario.standaloneNamespace()
                let host = try await HostProcess.start(scenario, in: namespace)
                let publisher = try await Chromium(scenario, in: namespace).open(host.origin)
                let watcher = try await Chromium(scenario, in: namespace).open(host.origin)
                let first = try await Self.call(host, publisher, watcher, codec)
                let started = ContinuousClock.now
                // More than it watches; how much more is of no use, and not looked for.
                let estimate = try await eventually("the estimate is 1.5 Mbit/s", within: .seconds(10)) {
                    try Self.estimate(host).flatMap { $0 >= 1_500_000 ? $0 : nil }
                }
                let took = ContinuousClock.now - started
                let last = try await eventually("90 frames more", within: .seconds(10)) {
                    try await watcher.report().videoIn.flatMap {
                        $0.framesDecoded >= first.framesDecoded + 90 ? $0 : nil
                    }
                }
                print(
                    "\(codec), a fast link: \(estimate / 1000) kbit/s \(took) after the first frames,",
                    "\(last.retransmittedPacketsReceived) packets of probes, \(last.packetsLost) lost,",
                    "\(last.nackCount) NACKs, \(last.freezeCount) freezes")
                #expect(last.retransmittedPacketsReceived > 0)
                #expect(last.packetsLost == 0)
                #expect(last.nackCount == 0)
                #expect(last.pliCount == first.pliCount)
                #expect(last.freezeCount == first.freezeCount)
                #expect(last.framesDropped - first.framesDropped <= 5)
                #expect(try await host.stop() == 0)
            }
        }

        /// 2 Mbit/s, 50 ms both ways together, and a queue of 100 ms.
        @Test(.enabled(if: InteropEnvironment.runsLinks, "\(InteropEnvironment.skipped)"))
        func aSlowLinkIsNotFlooded() async throws {
            try await Scenario.run { scenario in
                let link = try await scenario.emulatedLink(
                    "--delay-ms 25 --a-rate-kbps 2000 --a-queue-ms 100 --seed 7")
                let host = try await HostProcess.start(scenario, in: link.a, http: link.a.address)
                let publisher = try await Chromium(scenario, in: link.a, trustedOrigin: host.origin).open(host.origin)
                let watcher = try await Chromium(scenario, in: link.b).open(host.origin)
                let first = try await Self.call(host, publisher, watcher, "video/VP8")
                try await eventually("the estimate is 1.2 Mbit/s", within: .seconds(10)) {
                    try Self.estimate(host).map { $0 >= 1_200_000 } ?? false
                }
                var estimates: [Int64] = []
                for _ in 0..<32 {
                    estimates.append(try #require(try Self.estimate(host)))
                    try await Task.sleep(for: .milliseconds(250))
                }
                let last = try #require(try await watcher.report().videoIn)
                estimates.sort()
                let median = estimates[estimates.count / 2]
                let shed = try host.statistics().transports.flatMap(\.outbound).reduce(0) { $0 + $1.timesShed }
                print(
                    "2 Mbit/s: \(estimates[0] / 1000) to \(estimates[31] / 1000) kbit/s, median \(median / 1000);",
                    "lost \(last.packetsLost) of \(last.packetsReceived), \(last.freezeCount) freezes,",
                    "shed \(shed) times, \(last.framesDecoded - first.framesDecoded) frames in 8 s")
                #expect((1_200_000...2_400_000).contains(median))
                #expect(estimates[31] <= 2_400_000)
                #expect(Double(last.packetsLost) <= 0.02 * Double(last.packetsReceived))
                #expect(last.totalFreezesDuration - first.totalFreezesDuration < 1)
                #expect(last.framesDecoded - first.framesDecoded >= 160)
                #expect(try await host.stop() == 0)
                let passed = try await link.stop().fromA.total
                #expect(passed.packetsDelivered > 1000)
                #expect(passed.lost == 0)
            }
        }
    }
}
