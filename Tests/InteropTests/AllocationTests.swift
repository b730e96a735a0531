import Foundation
import Testing

@testable import LinkEmulator

extension Interop {
    /// Links that narrow and widen: what a watcher sees and hears, what a publisher's watchers do.
    @Suite(.enabled(if: InteropEnvironment.runsLinks, "\(InteropEnvironment.skipped)"))
    struct AllocationTests {
        /// 150, 500 and 2000 kbit/s, a quarter of the width, half of it, all.
        private static let encodings = """
            [{ rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 150000, scalabilityMode: 'L1T3' },
             { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 500000, scalabilityMode: 'L1T3' },
             { rid: 'f', maxBitrate: 2000000, scalabilityMode: 'L1T3' }]
            """

        private static let stages = LinkRecording.Stages(narrow: 20, wideAgain: 40, end: 60)

        @Test func aWatcherGetsTheLayersThatItsLinkCarries() async throws {
            try await Scenario.run { scenario in
                let link = try await scenario.emulatedLink(scenario: try Self.scenario("watcher-3000-600-3000"))
                let host = try await HostProcess.start(scenario, in: link.a, http: link.a.address)
                let publisher = try await Chromium(scenario, in: link.a, trustedOrigin: host.origin).open(host.origin)
                try await host.publishLarge(
                    on: publisher, stream: "studio", codec: "video/VP8", encodings: Self.encodings)
                try await Self.waitForAllSizes(publisher)
                let watcher = try await Chromium(scenario, in: link.b).open(host.origin)
                let session = try await host.watch(on: watcher, stream: "studio")
                let recording = try await Self.record("Chromium", link, Self.stages, publisher, watcher) {
                    try host.estimate(of: session)
                }
                LinkTable.add(recording)
                #expect(recording.longestGap.length <= 500)
                #expect(recording.wentDown.map { $0 <= 3 } ?? false, "smaller within 3 s")
                #expect(recording.cameUp.map { $0 <= 10 } ?? false, "large again within 10 s")
                #expect(recording.concealment <= 0.02)
                #expect(try await host.stop() == 0)
            }
        }

        /// Another server behind the same link, for comparison. What it does is not ours to judge.
        @Test(.enabled(if: InteropEnvironment.hasJanus, "no janus"))
        func theSameWithJanus() async throws {
            try await Scenario.run { scenario in
                let link = try await scenario.emulatedLink(scenario: try Self.scenario("watcher-3000-600-3000"))
                let janus = try await JanusProcess.start(scenario, in: link.a)
                let publisher = try await Chromium(scenario, in: link.a).openEmptyPage(scenario)
                try await publisher.loadLayers()
                let _: [Int] = try await publisher.evaluate("peer.camera(1280, 720, 30)")
                // It takes the first encoding for the largest.
                let offer: String = try await publisher.evaluate(
                    "peer.connection().then((pc) => peer.offerLayers(pc, 'video/VP8', \(Self.encodings).reverse()))")
                let answer = try await janus.publish(janus.client(), offer: offer)
                let _: Bool? = try await publisher.call("accept", answer)
                try await Self.waitForAllSizes(publisher)

                let watcher = try await Chromium(scenario, in: link.b).openEmptyPage(scenario)
                try await watcher.loadLayers()
                let client = try await janus.client()
                let accepted: String = try await watcher.call("answer", janus.subscribe(client))
                try await janus.begin(client, answer: accepted)
                LinkTable.add(try await Self.record("Chromium, Janus", link, Self.stages, publisher, watcher) { nil })
            }
        }

        @Test(.enabled(if: InteropEnvironment.firefox != nil, "no firefox"))
        func theSameInFirefox() async throws {
            try await Scenario.run { scenario in
                let link = try await scenario.emulatedLink(scenario: try Self.scenario("watcher-3000-600-3000"))
                let host = try await HostProcess.start(scenario, in: link.a, http: link.a.address)
                let publisher = try await Chromium(scenario, in: link.a, trustedOrigin: host.origin).open(host.origin)
                try await host.publishLarge(
                    on: publisher, stream: "studio", codec: "video/VP8", encodings: Self.encodings)
                try await Self.waitForAllSizes(publisher)
                let watcher = try await Firefox.start(scenario, in: link.b).open(host.origin)
                let session = try await host.watch(on: watcher, stream: "studio")
                let recording = try await Self.record("Firefox", link, Self.stages, publisher, watcher) {
                    try host.estimate(of: session)
                }
                LinkTable.add(recording)
                #expect(recording.longestGap.length <= 1000)
                #expect(try await host.stop() == 0)
            }
        }

        /// The publisher's link narrows; its watcher's does not.
        @Test func aPublishersLinkNarrowsAndWidens() async throws {
            try await Scenario.run { scenario in
                let link = try await scenario.emulatedLink(scenario: try Self.scenario("publisher-3000-500-3000"))
                // So that it need not find out first that its link is wide.
                let host = try await HostProcess.start(
                    scenario, in: link.a, http: link.a.address, ["--publish-start-bitrate", "2500"])
                let publisher = try await Chromium(scenario, in: link.b, trustedOrigin: host.origin).open(host.origin)
                try await host.publishLarge(
                    on: publisher, stream: "studio", codec: "video/VP8", encodings: Self.encodings)
                try await Self.waitForAllSizes(publisher)
                let watcher = try await Chromium(scenario, in: link.a).open(host.origin)
                let session = try await host.watch(on: watcher, stream: "studio")
                // How fast it finds out that its link is wide again is its own affair: less than a tenth a second.
                let stages = LinkRecording.Stages(narrow: 10, wideAgain: 30, end: 75)
                let recording = try await Self.record("publisher's link", link, stages, publisher, watcher) {
                    try host.estimate(of: session)
                }
                LinkTable.add(recording)
                // For about a second Chromium sends four times what its link carries, and most packets of every size are lost:
                // 0.9 to 1.2 s.
                withKnownIssue("1 s is just missed at times", isIntermittent: true) {
                    #expect(recording.longestGap.length <= 1000)
                }
                #expect(recording.wentDown != nil)
                #expect(recording.cameUp != nil)
                #expect(try await host.stop() == 0)
            }
        }

        private static func scenario(_ name: String) throws -> String {
            let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent()
            return try String(
                contentsOf: folder.appendingPathComponent("Benchmarks/Scenarios/\(name).json"), encoding: .utf8)
        }

        /// The browser starts low and finds out what its link takes.
        private static func waitForAllSizes(_ publisher: Page) async throws {
            let started = ContinuousClock.now
            var sent: [OutboundFigures] = []
            do {
                try await eventually("all sizes are sent", within: .seconds(40), every: .milliseconds(250)) {
                    sent = try await publisher.evaluate("peer.outbound()")
                    return sent.map(\.height).max() == 720 && sent.allSatisfy { $0.frames >= 30 && $0.rate >= 20 }
                }
            } catch {
                throw Overdue(description: "\(error)\nsent: \(sent)")
            }
            print("all sizes are sent after \(ContinuousClock.now - started); load \(load)")
        }

        /// Starts the link's scenario once the picture has settled, and notes what happens until its end.
        private static func record(
            _ name: String, _ link: TestLink, _ stages: LinkRecording.Stages, _ publisher: Page, _ watcher: Page,
            _ estimate: () throws -> LinkRecording.Estimate?
        ) async throws -> LinkRecording {
            try await eventually("30 frames are decoded", within: .seconds(15)) {
                (try await watcher.report().videoIn?.framesDecoded ?? 0) >= 30
            }
            // The estimate has to have found out the link; without one the picture is bad whenever it begins.
            try await Task.sleep(for: .seconds(8))
            try await publisher.beginMeasurement()
            try await watcher.beginMeasurement()
            try await Task.sleep(for: .seconds(1))
            link.start()
            let clock = ContinuousClock()
            let end = clock.now + .seconds(stages.all.upperBound)
            var estimates: [LinkRecording.Estimate] = []
            while clock.now < end {
                if let now = try estimate() { estimates.append(now) }
                try await Task.sleep(for: .milliseconds(200))
            }
            try await Task.sleep(for: .seconds(1))
            let page = try await watcher.endMeasurement()
            let sent = try await publisher.endMeasurement().sent
            let report = try await link.stop()
            print("\(name): load \(load)")
            // The direction that narrows is the one with a bottleneck.
            let isFromB = report.fromA.timeline.first?.rate == nil
            return LinkRecording(
                name: name, stages: stages, page: page, link: isFromB ? report.fromB : report.fromA,
                start: report.startedAt, estimates: estimates, sent: sent)
        }

        /// What else the machine does makes every figure worse.
        private static var load: String {
            (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8))?.prefix(4).description ?? "unknown"
        }
    }
}
