import Foundation

/// What a page needs besides `PeerScript` to publish in layers, and to choose among them.
enum LayerScript {
    static let source = #"""
        Object.assign(window.peer, {
            async camera(width, height, rate) {
                const stream = this.stream = await navigator.mediaDevices.getUserMedia({
                    audio: true, video: { width: { exact: width }, height: { exact: height }, frameRate: rate } });
                const settings = stream.getVideoTracks()[0].getSettings();
                return [settings.width, settings.height];
            },

            async offerLayers(pc, codec, encodings) {
                const stream = this.stream;
                for (const track of stream.getTracks()) {
                    const isVideo = track.kind === 'video';
                    const transceiver = pc.addTransceiver(track, {
                        direction: 'sendonly', streams: [stream], sendEncodings: isVideo ? encodings : [{}] });
                    if (!isVideo) continue;
                    this.prefer(transceiver, codec);
                    // A machine that is busy leaves frames out; the sizes stay.
                    const parameters = transceiver.sender.getParameters();
                    parameters.degradationPreference = 'maintain-resolution';
                    await transceiver.sender.setParameters(parameters);
                }
                return this.describe(await pc.createOffer());
            },

            async publishLayers(url, token, codec, encodings) {
                return this.post(url, token, await this.offerLayers(await this.connection(), codec, encodings));
            },

            // Of AV1 with several sizes a browser shows nothing unless each frame is described, and it does not ask for
            // that by itself.
            async watchLayers(url) {
                const pc = await this.connection();
                pc.addTransceiver('audio', { direction: 'recvonly' });
                const video = pc.addTransceiver('video', { direction: 'recvonly' });
                const extensions = video.getHeaderExtensionsToNegotiate();
                extensions.find(({ uri }) => uri.includes('dependency-descriptor')).direction = 'sendrecv';
                video.setHeaderExtensionsToNegotiate(extensions);
                const offer = await this.describe(await pc.createOffer());
                this.show();
                return this.post(url, null, offer);
            },

            // What is sent, an entry for each encoding.
            async outbound() {
                const stats = await this.pc.getStats();
                return [...stats.values()].filter(({ type, kind }) => type === 'outbound-rtp' && kind === 'video')
                    .map((entry) => ({
                        rid: entry.rid ?? '', width: entry.frameWidth ?? 0, height: entry.frameHeight ?? 0,
                        rate: entry.framesPerSecond ?? 0, frames: entry.framesEncoded ?? 0,
                        bitrate: entry.targetBitrate ?? 0, mode: entry.scalabilityMode ?? '',
                        limit: entry.qualityLimitationReason ?? '', encodeTime: entry.totalEncodeTime ?? 0,
                        requests: (entry.pliCount ?? 0) + (entry.firCount ?? 0), bytes: entry.bytesSent,
                    }));
            },

            async inbound(pc) {
                const stats = await (pc ?? this.pc).getStats();
                const entry = [...stats.values()].find(({ type, kind }) => type === 'inbound-rtp' && kind === 'video');
                return {
                    at: performance.now(), codec: stats.get(entry?.codecId)?.mimeType ?? 'none',
                    received: entry?.framesReceived ?? 0, decoded: entry?.framesDecoded ?? 0,
                    dropped: entry?.framesDropped ?? 0, freezes: entry?.freezeCount ?? 0,
                    requests: (entry?.pliCount ?? 0) + (entry?.firCount ?? 0),
                };
            },

            // The session's layers: reads them, or asks for others.
            async layers(change) {
                const headers = change ? { ...this.headers, 'Content-Type': 'application/json' } : this.headers;
                const response = await fetch(this.resource + '/layer', change
                    ? { method: 'POST', headers, body: JSON.stringify(change) } : { headers });
                if (response.status !== 200) throw new Error(response.status + ' ' + await response.text());
                return Object.values(await response.json())[0];
            },

            // Asks for layers, and tells how long it takes until a picture of that size is shown.
            async move(change, width, height) {
                const before = this.video.videoWidth + 'x' + this.video.videoHeight;
                const started = performance.now();
                await this.layers(change);
                while (performance.now() - started < 3000
                    && (this.video.videoWidth !== width || this.video.videoHeight !== height)) {
                    await new Promise((resume) => setTimeout(resume, 5));
                }
                const milliseconds = performance.now() - started;
                return { before, after: this.video.videoWidth + 'x' + this.video.videoHeight, milliseconds };
            },

            // A call between two connections of this page, without a server: what the machine itself costs.
            async loopback(codec, encodings, milliseconds) {
                const [sender, receiver] = [new RTCPeerConnection(), new RTCPeerConnection()];
                const main = this.pc;
                try {
                    this.pc = sender;
                    const offer = await this.offerLayers(sender, codec, encodings);
                    await receiver.setRemoteDescription({ type: 'offer', sdp: offer });
                    const video = document.createElement('video');
                    video.autoplay = true;
                    video.muted = true;
                    video.srcObject = new MediaStream(receiver.getReceivers().map(({ track }) => track));
                    document.body.append(video);
                    this.pc = receiver;
                    const answer = await this.describe(await receiver.createAnswer());
                    await sender.setRemoteDescription({ type: 'answer', sdp: answer });
                    const width = this.stream.getVideoTracks()[0].getSettings().width;
                    const started = performance.now();
                    while (video.videoWidth !== width) {
                        if (performance.now() - started > 30000) throw new Error('the call stays at ' + video.videoWidth);
                        await new Promise((resume) => setTimeout(resume, 50));
                    }
                    this.pc = sender;
                    const [from, sentFrom] = [await this.inbound(receiver), await this.outbound()];
                    await new Promise((resume) => setTimeout(resume, milliseconds));
                    const [to, sentTo] = [await this.inbound(receiver), await this.outbound()];
                    const encoded = sentTo[0].frames - sentFrom[0].frames;
                    video.remove();
                    return {
                        received: to.received - from.received, dropped: to.dropped - from.dropped,
                        freezes: to.freezes - from.freezes, rate: (to.decoded - from.decoded) * 1000 / (to.at - from.at),
                        encodeTime: (sentTo[0].encodeTime - sentFrom[0].encodeTime) * 1000 / encoded,
                    };
                } finally {
                    this.pc = main;
                    sender.close();
                    receiver.close();
                }
            },
        });
        true
        """#
}

extension Page {
    /// `peer`, with what publishing in layers needs.
    func loadLayers() async throws {
        try await loadPeer()
        let source = String(decoding: try JSONEncoder().encode([LayerScript.source]), as: UTF8.self)
        let _: Bool = try await evaluate("(0, eval)(\(source)[0])")
    }
}
