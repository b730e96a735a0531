import Foundation

/// What a page needs besides `LayerScript` to write down what it shows, hears and sends over a minute or two. Times are
/// in milliseconds since 1970.
enum MeasureScript {
    static let source = #"""
        Object.assign(window.peer, {
            // Notes each frame when it goes to the screen, and the statistics five times a second.
            measure() {
                const record = this.record = { frames: [], samples: [], sent: [] };
                const video = this.video;
                const onFrame = (now, { presentationTime, presentedFrames, width, height }) => {
                    record.frames.push({ at: performance.timeOrigin + presentationTime, number: presentedFrames, width, height });
                    video.requestVideoFrameCallback(onFrame);
                };
                if (video) video.requestVideoFrameCallback(onFrame);
                const sample = async () => {
                    if (this.record !== record) return clearInterval(timer);
                    if (video) record.samples.push(await this.sample()); else record.sent.push(await this.sampleSent());
                };
                const timer = setInterval(sample, 200);
                return true;
            },

            async sample() {
                const stats = [...(await this.pc.getStats()).values()].filter(({ type }) => type === 'inbound-rtp');
                const video = stats.find(({ kind }) => kind === 'video') ?? {};
                const audio = stats.find(({ kind }) => kind === 'audio') ?? {};
                return {
                    at: Date.now(), width: video.frameWidth ?? 0, height: video.frameHeight ?? 0,
                    decoded: video.framesDecoded ?? 0, dropped: video.framesDropped ?? 0,
                    freezes: video.freezeCount ?? 0, frozen: video.totalFreezesDuration ?? 0,
                    requests: (video.pliCount ?? 0) + (video.firCount ?? 0), nacks: video.nackCount ?? 0,
                    lost: video.packetsLost ?? 0, audioLost: audio.packetsLost ?? 0,
                    concealed: audio.concealedSamples ?? 0, silent: audio.silentConcealedSamples ?? 0,
                    samples: audio.totalSamplesReceived ?? 0,
                };
            },

            async sampleSent() {
                return { at: Date.now(), encodings: await this.outbound() };
            },

            measured() {
                const record = this.record;
                this.record = null;
                return record;
            },
        });
        true
        """#
}

extension Page {
    /// Notes from now on what is shown and heard, or sent.
    func beginMeasurement() async throws {
        let source = String(decoding: try JSONEncoder().encode([MeasureScript.source]), as: UTF8.self)
        let _: Bool = try await evaluate("(0, eval)(\(source)[0]) && peer.measure()")
    }

    func endMeasurement() async throws -> PageRecord { try await evaluate("peer.measured()") }
}
