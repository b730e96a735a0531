import Testing

extension Interop {
    /// Several streams of a room on one connection.
    @Suite struct MeetingTests {
        private struct Picture: Decodable, Sendable {
            var codec: String
            var frames: Int
        }

        /// What each video of the page's connection has decoded, in the order of their sections.
        private static func pictures(_ page: Page) async throws -> [Picture] {
            try await page.evaluate(
                """
                (async () => {
                    const pictures = [];
                    for (const { receiver } of peer.pc.getTransceivers()) {
                        if (receiver.track.kind !== 'video') continue;
                        const stats = await receiver.getStats();
                        const entry = [...stats.values()].find(({ type }) => type === 'inbound-rtp');
                        const codec = stats.get(entry?.codecId)?.mimeType ?? 'none';
                        pictures.push({ codec, frames: entry?.framesDecoded ?? 0 });
                    }
                    return pictures;
                })()
                """)
        }

        private static func watch(_ url: String, pairs: Int) -> String {
            """
            (async () => {
                const pc = await peer.connection();
                for (let index = 0; index < \(pairs); index++) {
                    pc.addTransceiver('audio', { direction: 'recvonly' });
                    pc.addTransceiver('video', { direction: 'recvonly' });
                }
                const offer = await peer.describe(await pc.createOffer());
                peer.show();
                await peer.post('\(url)', null, offer);
                return offer.length;
            })()
            """
        }

        @Test func twoStreamsComeOnOneConnection() async throws {
            try await Scenario.run { scenario in
                let namespace = try scenario.standaloneNamespace()
                let host = try await HostProcess.start(scenario, in: namespace, ["--workers", "2"])
                let browser = try Chromium(scenario, in: namespace)
                var publishers: [Page] = []
                for (name, codec) in [("ann", "video/VP8"), ("bob", "video/H264")] {
                    let page = try await browser.open(host.origin)
                    try await host.publish(on: page, stream: "standup.\(name)", codec: codec)
                    publishers.append(page)
                }
                let watcher = try await Chromium(scenario, in: namespace).open(host.origin)
                try await watcher.loadPeer()
                // As many pairs as are read: those left over are declined, and the browser drops them.
                let url = "\(host.origin)/whep/standup.bob,standup.ann"
                let size: Int = try await watcher.evaluate(Self.watch(url, pairs: 32))
                let before = try await eventually("both pictures", within: .seconds(20)) {
                    let pictures = try await Self.pictures(watcher)
                    return pictures.count == 2 && pictures.allSatisfy { $0.frames >= 60 } ? pictures : nil
                }
                print("an offer of 32 pairs has \(size) bytes; frames \(before.map(\.frames))")
                #expect(before.map(\.codec) == ["video/H264", "video/VP8"])
                let statistics = try host.statistics()
                #expect(statistics.sessions == 3)
                #expect(statistics.streams.map(\.watchers.count) == [1, 1])

                // The one that leaves takes only its own picture along.
                let status: Int = try await publishers[1].call("remove")
                #expect(status == 200)
                try await eventually("the other goes on", within: .seconds(5)) {
                    try await Self.pictures(watcher).last.map { $0.frames > before[1].frames + 90 } == true
                }
                #expect(try await watcher.report().endedAt == nil)
                let last: Int = try await publishers[0].call("remove")
                #expect(last == 200)
                try await watcher.seesTheEnd(within: .seconds(2))
                try await host.becomesIdle(within: .seconds(2))
                #expect(try await host.stop() == 0)
            }
        }
    }
}
