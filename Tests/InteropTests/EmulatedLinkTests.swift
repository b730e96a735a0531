import Testing

/// The harness on itself: two browsers, peer to peer, over the emulated link. What loss does here, no server did.
@Suite(
    .serialized, .enabled(if: InteropEnvironment.runsBrowsers, "\(InteropEnvironment.skipped)"),
    .timeLimit(.minutes(2)))
struct EmulatedLinkTests {
    @Test(arguments: ["", "--loss 0.05 --delay-ms 10 --seed 5"])
    func browserToBrowser(link options: String) async throws {
        try await Scenario.run { scenario in
            let link = try await scenario.emulatedLink(options)
            let sending = try await Chromium(scenario, in: link.a).openEmptyPage(scenario)
            let receiving = try await Chromium(scenario, in: link.b).openEmptyPage(scenario)
            try await sending.loadPeer()
            try await receiving.loadPeer()
            let offer: String = try await sending.call("offerMedia", "video/VP8")
            let answer: String = try await receiving.call("answer", offer)
            let _: Bool? = try await sending.call("accept", answer)

            let report = try await eventually("300 frames decoded", within: .seconds(40)) {
                let report = try await receiving.report()
                return report.videoIn.map { $0.framesDecoded >= 300 } == true ? report : nil
            }
            let video = try #require(report.videoIn)
            let audio = try #require(report.audioIn)
            print("browser to browser [\(options)]: \(report)")
            #expect(video.codec == "video/VP8")
            #expect(audio.totalAudioEnergy > 0)
            #expect(options.isEmpty == (video.nackCount == 0))
            let closed: Double = try await sending.evaluate("(peer.close(), Date.now())")
            let end = try await eventually("the end is seen", within: .seconds(25)) { () -> PeerReport? in
                let report = try await receiving.report()
                return report.endedAt == nil ? nil : report
            }
            print("end: after \(end.endedAt! - closed) \(end.times) \(end.connectionState) \(end.transportState)")
            link.emulator.signal(15)
            #expect(try await link.emulator.waitForExit() == 0)
            print(link.emulator.output)
        }
    }
}
