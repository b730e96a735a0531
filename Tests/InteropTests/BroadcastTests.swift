import Testing

extension Interop {
    /// One browser publishes, others watch, and every byte between them goes through the server.
    @Suite struct BroadcastTests {
        @Test(arguments: ["video/VP8", "video/H264"])
        func watchersSeeAndHearThePublisher(codec: String) async throws {
            try await Scenario.run { scenario in
                let namespace = try scenario.standaloneNamespace()
                let host = try await HostProcess.start(scenario, in: namespace)
                let publisher = try await Chromium(scenario, in: namespace).open(host.origin)
                try await host.publish(on: publisher, stream: "camera", codec: codec)

                let audience = try Chromium(scenario, in: namespace)
                var watchers: [Page] = []
                for _ in 0..<2 {
                    let watcher = try await audience.open(host.origin)
                    try await host.watch(on: watcher, stream: "camera")
                    watchers.append(watcher)
                }
                let late = try await audience.open(host.origin)
                try await Task.sleep(for: .seconds(5))
                try await host.watch(on: late, stream: "camera")
                watchers.append(late)

                for (number, watcher) in watchers.enumerated() {
                    let first = try await eventually("watcher \(number) sees 100 frames", within: .seconds(20)) {
                        let report = try await watcher.report()
                        return (report.videoIn?.framesDecoded ?? 0) >= 100 ? report : nil
                    }
                    let energy = try #require(first.audioIn).totalAudioEnergy
                    let report = try await eventually("watcher \(number) hears more", within: .seconds(5)) {
                        let report = try await watcher.report()
                        return report.audioIn.map { $0.totalAudioEnergy > energy } == true ? report : nil
                    }
                    let video = try #require(report.videoIn)
                    let delay = try #require(report.firstFrameDelay)
                    print(
                        "\(codec), watcher \(number): \(video.framesDecoded) frames, first after \(Int(delay)) ms,",
                        "freezes \(video.freezeCount) (\(video.totalFreezesDuration) s), energy \(energy)")
                    #expect(video.codec == codec)
                    #expect(report.audioIn?.codec == "audio/opus")
                    #expect(delay < 1000)
                }

                let statistics = try host.statistics()
                #expect(statistics.sessions == 4)
                #expect(statistics.transports.count == 4)
                #expect(statistics.transports.allSatisfy { $0.dtlsState == "connected" })
                // The server chooses the profile, and the cheap one first.
                #expect(statistics.transports.allSatisfy { $0.srtpCipher?.contains("GCM") == true })
                #expect(try await host.stop() == 0)
                for watcher in watchers { try await watcher.seesTheEnd(within: .seconds(2)) }
            }
        }
    }
}
