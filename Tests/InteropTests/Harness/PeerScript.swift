/// What runs in a page: one peer connection that publishes the fake camera and microphone, or watches.
enum PeerScript {
    static let source = #"""
        window.peer = {
            times: {},
            mark(name) { this.times[name] ??= Date.now() },

            async connection() {
                const pc = this.pc = new RTCPeerConnection();
                pc.onconnectionstatechange = () => this.mark('connection-' + pc.connectionState);
                pc.ontrack = ({ track }) => {
                    track.onmute = () => this.mark(track.kind + '-mute');
                    track.onended = () => this.mark(track.kind + '-ended');
                };
                return pc;
            },

            // Only this codec and its retransmissions stay in the offer.
            prefer(transceiver, codec) {
                const codecs = RTCRtpReceiver.getCapabilities('video').codecs
                    .filter(({ mimeType }) => [codec, 'video/rtx'].includes(mimeType));
                if (!codecs.some(({ mimeType }) => mimeType === codec)) throw new Error('no ' + codec + ' here');
                transceiver.setCodecPreferences(codecs);
            },

            async offerMedia(codec) {
                const pc = await this.connection();
                const stream = this.stream = await navigator.mediaDevices.getUserMedia(
                    { audio: true, video: { width: 640, height: 480, frameRate: 30 } });
                for (const track of stream.getTracks()) {
                    const transceiver = pc.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
                    if (track.kind === 'video') this.prefer(transceiver, codec);
                }
                return this.describe(await pc.createOffer());
            },

            async offerToWatch() {
                const pc = await this.connection();
                pc.addTransceiver('audio', { direction: 'recvonly' });
                pc.addTransceiver('video', { direction: 'recvonly' });
                const offer = await this.describe(await pc.createOffer());
                this.show();
                return offer;
            },

            async answer(sdp) {
                const pc = await this.connection();
                await pc.setRemoteDescription({ type: 'offer', sdp });
                this.show();
                const answer = await this.describe(await pc.createAnswer());
                this.listen();
                this.mark('answer');
                return answer;
            },

            async accept(sdp) {
                this.mark('answer');
                await this.pc.setRemoteDescription({ type: 'answer', sdp });
                this.listen();
            },

            // The DTLS transport is where a close_notify shows.
            listen() {
                for (const { transport } of [...this.pc.getSenders(), ...this.pc.getReceivers()]) {
                    if (transport) transport.onstatechange = () => this.mark('dtls-' + transport.state);
                }
            },

            // Sets the description and waits until its candidates are in it.
            async describe(description) {
                await this.pc.setLocalDescription(description);
                const started = performance.now();
                while (this.pc.iceGatheringState !== 'complete' && performance.now() - started < 3000) {
                    await new Promise((resume) => setTimeout(resume, 10));
                }
                return this.pc.localDescription.sdp;
            },

            show() {
                const video = this.video = document.createElement('video');
                video.autoplay = true;
                video.srcObject = new MediaStream(this.pc.getReceivers().map(({ track }) => track));
                document.body.append(video);
                video.requestVideoFrameCallback(() => this.mark('first-frame'));
            },

            // WHIP and WHEP differ only in who sends.
            async post(url, token, offer) {
                const headers = { 'Content-Type': 'application/sdp' };
                if (token) headers.Authorization = 'Bearer ' + token;
                const response = await fetch(url, { method: 'POST', headers, body: offer });
                const body = await response.text();
                if (response.status !== 201) throw new Error(url + ': ' + response.status + ' ' + body);
                this.resource = new URL(response.headers.get('Location'), response.url).href;
                this.headers = headers.Authorization ? { Authorization: headers.Authorization } : {};
                await this.accept(body);
                return this.resource;
            },

            async publish(url, token, codec) { return this.post(url, token, await this.offerMedia(codec)); },
            async watch(url, token) { return this.post(url, token, await this.offerToWatch()); },

            async remove() {
                const response = await fetch(this.resource, { method: 'DELETE', headers: this.headers });
                return response.status;
            },

            close() { this.pc.close(); return true; },

            async report() {
                const report = {
                    connectionState: this.pc.connectionState,
                    transportState: this.pc.getReceivers()[0]?.transport?.state ?? 'none',
                    times: this.times,
                };
                const stats = await this.pc.getStats();
                for (const entry of stats.values()) {
                    if (entry.type !== 'inbound-rtp' && entry.type !== 'outbound-rtp') continue;
                    const codec = stats.get(entry.codecId)?.mimeType ?? 'none';
                    if (entry.type === 'outbound-rtp') {
                        report[entry.kind + 'Out'] = {
                            codec, packetsSent: entry.packetsSent, framesEncoded: entry.framesEncoded ?? 0,
                            nackCount: entry.nackCount ?? 0, pliCount: entry.pliCount ?? 0,
                            retransmittedPacketsSent: entry.retransmittedPacketsSent ?? 0,
                            targetBitrate: entry.targetBitrate ?? 0, frameHeight: entry.frameHeight ?? 0,
                        };
                    } else if (entry.kind === 'video') {
                        report.videoIn = {
                            codec, packetsReceived: entry.packetsReceived, packetsLost: entry.packetsLost,
                            framesDecoded: entry.framesDecoded, framesDropped: entry.framesDropped,
                            keyFramesDecoded: entry.keyFramesDecoded, nackCount: entry.nackCount ?? 0,
                            pliCount: entry.pliCount ?? 0, freezeCount: entry.freezeCount ?? 0,
                            totalFreezesDuration: entry.totalFreezesDuration ?? 0, frameHeight: entry.frameHeight ?? 0,
                            retransmittedPacketsReceived: entry.retransmittedPacketsReceived ?? 0,
                        };
                    } else {
                        report.audioIn = {
                            codec, packetsReceived: entry.packetsReceived, packetsLost: entry.packetsLost,
                            totalAudioEnergy: entry.totalAudioEnergy ?? 0,
                            concealedSamples: entry.concealedSamples ?? 0,
                        };
                    }
                }
                return report;
            },
        };
        true
        """#
}
