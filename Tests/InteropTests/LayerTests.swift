import Foundation
import Testing

extension Interop {
    /// A browser publishes in layers, and another page is moved through all of them.
    @Suite struct LayerTests {
        @Test(arguments: LayerSubject.all)
        func aWatcherIsMovedThroughEveryLayer(_ subject: LayerSubject) async throws {
            try await Scenario.run { scenario in
                let namespace = try scenario.standaloneNamespace()
                let host = try await HostProcess.start(scenario, in: namespace)
                let browser = try Chromium(scenario, in: namespace)
                let publisher = try await browser.open(host.origin)
                try await publisher.loadLayers()
                let camera: [Int] = try await publisher.evaluate("peer.camera(1280, 720, \(subject.frameRate))")
                #expect(camera == [1280, 720])
                let baseline: LoopbackFigures = try await publisher.evaluate(
                    "peer.loopback('video/\(subject.codec)', \(subject.baselineEncodings), 4000)")
                print(
                    "\(subject.codec) between two connections of one page: \(Self.text(baseline.rate)) frames/s, "
                        + "\(baseline.dropped) of \(baseline.received) dropped, \(Self.text(baseline.encodeTime)) ms each"
                )

                let _: String = try await publisher.evaluate(
                    "peer.publishLayers('\(host.origin)/whip/studio', null, 'video/\(subject.codec)', \(subject.encodings))"
                )
                let watcher = try await browser.open(host.origin)
                try await watcher.loadLayers()
                let _: String = try await watcher.evaluate("peer.watchLayers('\(host.origin)/whep/studio')")
                try await waitUntilLive(subject, publisher, watcher)
                try await move(subject, publisher, watcher, baseline)
                #expect(try await host.stop() == 0)
            }
        }

        /// Who does not ask for each frame to be described gets the smallest size of AV1: of more it would show nothing.
        @Test func aWatcherWithoutDescriptorsSeesTheSmallestSizeOfAV1() async throws {
            try await Scenario.run { scenario in
                let namespace = try scenario.standaloneNamespace()
                let host = try await HostProcess.start(scenario, in: namespace)
                let browser = try Chromium(scenario, in: namespace)
                let publisher = try await browser.open(host.origin)
                try await publisher.loadLayers()
                let subject = LayerSubject.all[3]
                let _: [Int] = try await publisher.evaluate("peer.camera(1280, 720, \(subject.frameRate))")
                let _: String = try await publisher.evaluate(
                    "peer.publishLayers('\(host.origin)/whip/studio', null, 'video/AV1', \(subject.encodings))")
                let watcher = try await browser.open(host.origin)
                try await watcher.loadLayers()
                let _: String = try await watcher.evaluate("peer.watch('\(host.origin)/whep/studio', null)")
                try await eventually("all sizes arrive, and the smallest is shown", within: .seconds(30)) {
                    let state: LayerState = try await watcher.evaluate("peer.layers()")
                    let figures: InboundFigures = try await watcher.evaluate("peer.inbound()")
                    let width: Int = try await watcher.evaluate("peer.video.videoWidth")
                    return state.active.contains { $0.spatialLayerId == 2 } && figures.decoded >= 45 && width == 320
                }
                // It may choose among the frame rates.
                let moved: MoveFigures = try await watcher.evaluate(
                    "peer.move({ spatialLayerId: 2, temporalLayerId: 1 }, 320, 180)")
                #expect(moved.after == "320x180")
                let state: LayerState = try await watcher.evaluate("peer.layers()")
                #expect(state.target == LayerState.Position(spatialLayerId: 0, temporalLayerId: 1))
                #expect(try await host.stop() == 0)
            }
        }

        /// The browser starts low and finds out what the link takes: that is over when everything it was asked for comes.
        private func waitUntilLive(_ subject: LayerSubject, _ publisher: Page, _ watcher: Page) async throws {
            let started = ContinuousClock.now
            do {
                try await eventually("all layers arrive", within: .seconds(40), every: .milliseconds(250)) {
                    let state: LayerState = try await watcher.evaluate("peer.layers()")
                    let positions = Set(state.active.map(\.position))
                    let isBest: Bool = try await watcher.evaluate(
                        "peer.video.videoWidth === 1280 && peer.inbound().then(({ decoded }) => decoded >= 30)")
                    return isBest && Set(subject.choices).allSatisfy { positions.contains(subject.position($0)) }
                }
            } catch {
                let sent: [OutboundFigures] = try await publisher.evaluate("peer.outbound()")
                let state: LayerState = try await watcher.evaluate("peer.layers()")
                throw Overdue(description: "\(error)\nsent: \(sent)\nseen: \(state)")
            }
            let sent: [OutboundFigures] = try await publisher.evaluate("peer.outbound()")
            print("\(subject.codec): all layers live after \(ContinuousClock.now - started)")
            for encoding in sent.sorted(by: { $0.width < $1.width }) {
                print(
                    "  \(encoding.rid) \(encoding.width)x\(encoding.height) \(encoding.mode) \(encoding.rate) frames/s, "
                        + "\(Int(encoding.bitrate / 1000)) kbit/s, limited by \(encoding.limit)")
            }
            #expect(sent.map(\.width).max() == 1280)
        }

        private func move(
            _ subject: LayerSubject, _ publisher: Page, _ watcher: Page, _ baseline: LoopbackFigures
        ) async throws {
            var rows = ["codec  move                  size before/after       ms  frames/s  requests  freezes"]
            let first: InboundFigures = try await watcher.evaluate("peer.inbound()")
            #expect(first.codec == "video/\(subject.codec)")
            let requestsAtFirst = try await requests(publisher)
            var seen = first
            var requestsSeen = requestsAtFirst
            var spatial = 2
            var spatialSwitches = 0
            for choice in subject.choices {
                let size = LayerSubject.size(choice.spatial)
                let moved: MoveFigures = try await watcher.evaluate(
                    "peer.move(\(subject.request(choice)), \(size.width), \(size.height))")
                if choice.spatial != spatial { spatialSwitches += 1 }
                spatial = choice.spatial
                let at = "\(subject.codec) to \(choice.spatial).\(choice.temporal)"
                #expect(moved.after == "\(size.width)x\(size.height)", "\(at)")
                #expect(moved.milliseconds < 1000, "\(at)")
                // What it gets is what it asked for, and comes at its rate.
                do {
                    try await eventually("\(at) is what it gets", within: .seconds(1), every: .milliseconds(50)) {
                        let state: LayerState = try await watcher.evaluate("peer.layers()")
                        return state.current == subject.position(choice)
                    }
                } catch { Issue.record(error) }
                let settled: InboundFigures = try await watcher.evaluate("peer.inbound()")
                try await Task.sleep(for: .milliseconds(1200))
                let now: InboundFigures = try await watcher.evaluate("peer.inbound()")
                let requestsNow = try await requests(publisher)
                let rate = Double(now.decoded - settled.decoded) * 1000 / (now.at - settled.at)
                let share = 1 / Double(1 << (subject.temporalLayers - 1 - choice.temporal))
                #expect(rate < Double(subject.frameRate) * share * 1.3 + 1, "\(at)")
                rows.append(
                    subject.codec.padded(7) + "to \(choice.spatial).\(choice.temporal)".padded(22)
                        + "\(moved.before) \(moved.after)".padded(20) + Self.text(moved.milliseconds, 0).padded(-6)
                        + Self.text(rate).padded(-10) + "\(requestsNow - requestsSeen)".padded(-10)
                        + "\(now.freezes - seen.freezes)".padded(-9))
                (seen, requestsSeen) = (now, requestsNow)
            }
            print(rows.joined(separator: "\n"))
            let received = seen.received - first.received
            let dropped = seen.dropped - first.dropped
            let share = Double(dropped) / Double(max(received, 1))
            let left = seen.received - seen.decoded - seen.dropped
            print(
                "\(subject.codec): \(spatialSwitches) changes of size, \(requestsSeen - requestsAtFirst) keyframe requests; "
                    + "\(dropped) of \(received) frames dropped, \(left) neither decoded nor dropped; "
                    + "\(seen.freezes - first.freezes) freezes")
            #expect(seen.freezes == first.freezes, "\(subject.codec)")
            #expect(share <= baseline.droppedShare + 0.01, "\(subject.codec)")
            #expect(left <= 5, "\(subject.codec)")
            #expect(requestsSeen - requestsAtFirst <= spatialSwitches + 1, "\(subject.codec)")
        }

        /// Keyframe requests that the publisher has seen, of all its encodings.
        private func requests(_ publisher: Page) async throws -> Int {
            let sent: [OutboundFigures] = try await publisher.evaluate("peer.outbound()")
            return sent.reduce(0) { $0 + $1.requests }
        }

        private static func text(_ value: Double, _ digits: Int = 1) -> String {
            String(format: "%.\(digits)f", value)
        }
    }
}
