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
                print("\(codec), 5 % loss both ways, 20 s: \(frames) frames, frozen \(freezes) s; \(report)")
                print("its publisher: \(try await publisher.report())")
                #expect(freezes < 1)
                // The fake camera makes 20 or 30 frames a second.
                #expect(frames > 300)
                #expect(end.codec == codec)
                // The link did lose packets, and they were asked for.
                #expect(end.nackCount > 0)
                #expect(end.retransmittedPacketsReceived > 0)
                #expect((try await publisher.report().videoOut?.nackCount ?? 0) > 0)
                #expect(try await host.stop() == 0)
                link.emulator.signal(15)
                #expect(try await link.emulator.waitForExit() == 0)
            }
        }
    }
}
