import Foundation
import Testing

extension Interop {
    /// A browser that offers redundant audio hears through losses; one that does not has gaps.
    @Suite(.enabled(if: InteropEnvironment.runsLinks, "\(InteropEnvironment.skipped)"))
    struct SoundLossTests {
        private struct Sound: Decodable {
            var packets: Int
            var lost: Int
            var samples: Double
            var concealed: Double
            var events: Int

            static func - (late: Sound, early: Sound) -> Sound {
                Sound(
                    packets: late.packets - early.packets, lost: late.lost - early.lost,
                    samples: late.samples - early.samples, concealed: late.concealed - early.concealed,
                    events: late.events - early.events)
            }

            /// The share of what was played that was made up.
            var concealment: Double { samples > 0 ? concealed / samples : 1 }

            var words: String {
                let shares = [Double(lost) / Double(max(1, packets + lost)), concealment]
                let texts = shares.map { "\((($0 * 10_000).rounded()) / 100) %" }
                return "lost \(texts[0]), concealed \(texts[1]) in \(events) events"
            }
        }

        private static let read = """
            (async () => {
                for (const entry of (await peer.pc.getStats()).values()) {
                    if (entry.type !== 'inbound-rtp' || entry.kind !== 'audio') continue;
                    return {
                        packets: entry.packetsReceived, lost: entry.packetsLost,
                        samples: entry.totalSamplesReceived ?? 0, concealed: entry.concealedSamples ?? 0,
                        events: entry.concealmentEvents ?? 0,
                    };
                }
                return null;
            })()
            """

        /// Publishes the microphone alone, or watches sound alone: what is compared is not the machine's load.
        private static func soundOnly(_ page: Page, redundancy: Bool) async throws {
            try await page.loadPeer()
            let _: Bool = try await page.evaluate(
                """
                (peer.offerMedia = async function() {
                    const pc = await this.connection();
                    const stream = this.stream = await navigator.mediaDevices.getUserMedia({ audio: true });
                    pc.addTransceiver(stream.getTracks()[0], { direction: 'sendonly', streams: [stream] });
                    return this.describe(await pc.createOffer());
                }, peer.offerToWatch = async function() {
                    const pc = await this.connection();
                    const transceiver = pc.addTransceiver('audio', { direction: 'recvonly' });
                    if (!\(redundancy)) {
                        const codecs = RTCRtpReceiver.getCapabilities('audio').codecs;
                        transceiver.setCodecPreferences(codecs.filter(({ mimeType }) => mimeType !== 'audio/red'));
                    }
                    const offer = await this.describe(await pc.createOffer());
                    if (offer.includes(' red/48000/2') !== \(redundancy)) throw new Error(offer);
                    this.show();
                    return offer;
                }, true)
                """)
        }

        @Test(arguments: [0.1, 0.05, 0])
        func concealment(loss: Double) async throws {
            try await Scenario.run { scenario in
                let link = try await scenario.emulatedLink("--a-loss \(loss) --delay-ms 20 --seed 23")
                let host = try await HostProcess.start(scenario, in: link.a, http: link.a.address)
                let publisher = try await Chromium(scenario, in: link.a, trustedOrigin: host.origin).open(host.origin)
                try await Self.soundOnly(publisher, redundancy: true)
                let _: String = try await publisher.call(
                    "publish", "\(host.origin)/whip/voice", HostProcess.publishToken, "")
                let browser = try Chromium(scenario, in: link.b)
                let (with, without) = (try await browser.open(host.origin), try await browser.open(host.origin))
                for (page, redundancy) in [(with, true), (without, false)] {
                    try await Self.soundOnly(page, redundancy: redundancy)
                    let _: String = try await page.call(
                        "watch", "\(host.origin)/whep/voice", HostProcess.watchToken)
                }
                // Until losses are known, and the browsers' buffers have settled.
                try await Task.sleep(for: .seconds(10))
                func sound(_ page: Page) async throws -> Sound {
                    try #require(try await page.evaluate(Self.read, as: Sound?.self))
                }
                let start = (try await sound(with), try await sound(without))
                let sent = try host.statistics().transports.flatMap(\.outbound)
                try await Task.sleep(for: .seconds(30))
                let figures = (try await sound(with) - start.0, try await sound(without) - start.1)
                let repeated = zip(try host.statistics().transports.flatMap(\.outbound), sent).map {
                    Double(($0.redundantBytesSent ?? 0) - ($1.redundantBytesSent ?? 0))
                        / Double(max(1, ($0.bytesSent ?? 0) - ($1.bytesSent ?? 0)))
                }
                print(
                    "sound at \(Int(loss * 100)) % loss, 30 s: with redundancy \(figures.0.words);",
                    "without \(figures.1.words);",
                    "repeated \(repeated.map { Int($0 * 100) }) % of the payload, by watcher")
                #expect(figures.0.packets > 1_200 && figures.1.packets > 1_200)
                if loss == 0 {
                    #expect(repeated.allSatisfy { $0 == 0 })
                } else {
                    #expect(figures.0.concealment <= figures.1.concealment / 2)
                    #expect(figures.0.concealment <= 0.02)
                    #expect(repeated.max() ?? 0 > 0.3 && repeated.min() == 0)
                }
                #expect(try await host.stop() == 0)
                link.emulator.signal(SIGTERM)
                #expect(try await link.emulator.waitForExit() == 0)
            }
        }
    }
}
