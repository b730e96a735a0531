import Foundation
import Testing

@testable import LinkEmulator

extension Interop {
    /// The harness on itself: two browsers, peer to peer, over the emulated link. What loss does here, no server did.
    @Suite(.enabled(if: InteropEnvironment.runsLinks, "\(InteropEnvironment.skipped)"))
    struct EmulatedLinkTests {
        @Test(arguments: [("video/VP8", ""), ("video/H264", "--loss 0.05 --delay-ms 10 --seed 5")])
        func browserToBrowser(codec: String, options: String) async throws {
            try await Scenario.run { scenario in
                let link = try await scenario.emulatedLink(options)
                let (_, receiving) = try await connect(scenario, link.a, link.b, codec)
                let report = try await eventually("100 frames are decoded", within: .seconds(20)) {
                    let report = try await receiving.report()
                    return (report.videoIn?.framesDecoded ?? 0) >= 100 ? report : nil
                }
                let video = try #require(report.videoIn)
                print(
                    "browser to browser, \(codec) [\(options)]: \(video.framesDecoded) frames, lost \(video.packetsLost),",
                    "resent \(video.retransmittedPacketsReceived), frozen \(video.totalFreezesDuration) s")
                #expect(video.codec == codec)
                #expect((report.audioIn?.totalAudioEnergy ?? 0) > 0)
                #expect(video.totalFreezesDuration < 1)
                #expect(options.isEmpty == (video.packetsLost == 0))
                let passed = try await link.stop()
                #expect(passed.fromA.total.packetsDelivered > 100)
                #expect(options.isEmpty == (passed.fromA.total.lost == 0))
            }
        }

        @Test func aClosedConnectionIsSeenByTheOtherBrowser() async throws {
            try await Scenario.run { scenario in
                let link = try await scenario.emulatedLink("")
                let (sending, receiving) = try await connect(scenario, link.a, link.b, "video/VP8")
                try await eventually("connected", within: .seconds(10)) {
                    try await receiving.report().transportState == "connected"
                }
                let closed: Double = try await sending.evaluate("(peer.close(), Date.now())")
                let ended = try await receiving.seesTheEnd(within: .seconds(2))
                print("browser to browser: close_notify seen after \(Int(ended - closed)) ms")
            }
        }

        /// Opens a page in each namespace, the first sending to the second.
        private func connect(_ scenario: Scenario, _ a: Namespace, _ b: Namespace, _ codec: String) async throws -> (
            Page, Page
        ) {
            let sending = try await Chromium(scenario, in: a).openEmptyPage(scenario)
            let receiving = try await Chromium(scenario, in: b).openEmptyPage(scenario)
            try await sending.loadPeer()
            try await receiving.loadPeer()
            let offer: String = try await sending.call("offerMedia", codec)
            let answer: String = try await receiving.call("answer", offer)
            let _: Bool? = try await sending.call("accept", answer)
            return (sending, receiving)
        }
    }
}
