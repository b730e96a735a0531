import Foundation
import Testing

extension Interop {
    /// Retransmission hides loss: the server repairs both its legs.
    @Suite(.enabled(if: InteropEnvironment.runsLinks, "\(InteropEnvironment.skipped)"))
    struct LossTests {
        @Test(arguments: ["video/VP8", "video/H264"])
        func fivePercentLossBothWays(codec: String) async throws {
            try await Scenario.run { scenario in
                let link = try await scenario.emulatedLink("--loss 0.05 --delay-ms 10 --seed 20")
                let host = try await HostProcess.start(scenario, in: link.a, http: link.a.address)
                let publisher = try await Chromium(scenario, in: link.b, trustedOrigin: host.origin).open(host.origin)
                try await host.publish(on: publisher, stream: "camera", codec: codec)
                let watcher = try await Chromium(scenario, in: link.b).open(host.origin)
                try await host.watch(on: watcher, stream: "camera")

                let start = try await eventually("the first frame", within: .seconds(10)) {
                    let report = try await watcher.report()
                    return report.times["first-frame"] == nil ? nil : report.videoIn
                }
                try await Task.sleep(for: .seconds(20))
                let report = try await watcher.report()
                let end = try #require(report.videoIn)
                let freezes = end.totalFreezesDuration - start.totalFreezesDuration
                let frames = end.framesDecoded - start.framesDecoded
                let source = try #require(try await publisher.report().videoOut)
                print(
                    "\(codec), 5 % loss both ways, 20 s: \(frames) frames, frozen \(freezes) s,",
                    "lost \(end.packetsLost), NACKs \(end.nackCount), resent \(end.retransmittedPacketsReceived),",
                    "PLIs \(end.pliCount); the publisher got \(source.nackCount) NACKs, \(source.pliCount) PLIs")
                #expect(freezes < 1)
                // Of 600 that the camera makes.
                #expect(frames > 400)
                #expect(end.codec == codec)
                // The link did lose packets, and they were asked for.
                #expect(end.nackCount > 0)
                #expect(end.retransmittedPacketsReceived > 0)
                #expect(source.nackCount > 0)
                #expect(try await host.stop() == 0)
                link.emulator.signal(SIGTERM)
                #expect(try await link.emulator.waitForExit() == 0)
            }
        }
    }
}
