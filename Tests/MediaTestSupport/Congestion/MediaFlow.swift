package import MediaCore

/// Media under congestion control: a source, the pacer, an estimator, and a receiver that gives feedback.
package final class MediaFlow: SimulatedFlow {
    /// What is sent, and to whom.
    package struct Configuration: Sendable {
        package var name = "media"
        package var source = MediaSource.Configuration()
        /// Opus at 20 kbit/s, a packet each 20 ms.
        package var hasAudio = false
        package var start = 0.0
        package var end = Double.infinity
        package var feedback = FeedbackReceiver.Mode.transportWide
        package var limits = BitrateLimits(minimum: 30_000, start: 300_000, maximum: 60_000_000)

        package init() {}
    }

    private struct Departure {
        var byteCount: Int
        var at: MediaInstant
        var probe: ProbeCluster.ID?
        /// The keyframe it is part of, by its place among those counted.
        var keyframe: Int?
    }

    /// 50 bytes of Opus; RTP's header and extensions, SRTP's tag, UDP and IP.
    package static let audioByteCount = 50 + 12 + 12 + 16 + 28
    private static let audioInterval = MediaDuration.milliseconds(20)
    /// In bit/s on the wire.
    package static let audioBitrate = Int64(audioByteCount * 8 * 50)
    /// Padding that is no copy of anything.
    private static let paddingByteCount = 255 + 50 + 28
    /// When more than this is in the queue, a frame is not sent at all.
    private static let longestQueue = MediaDuration.milliseconds(250)

    package let name: String
    package let configuration: Configuration
    package private(set) var counts = FlowCounts()
    package let start: MediaInstant
    private let end: MediaInstant
    private let place: Int

    private var source: MediaSource
    private var estimator: any BandwidthEstimator
    private var pacer: Pacer
    private var queue: [(byteCount: Int, keyframe: Int?)] = []
    private var queueFirst = 0
    private var queuedByteCount = 0
    private var departures: [Departure] = []
    private var unreportedByteCount = 0
    private var nextAudio: MediaInstant
    private var nextReport: MediaInstant
    private var hasBegun = false
    private var isShedding = false
    private var hasSentVideo = false
    private var wakesAt: MediaInstant?

    private var receiver: FeedbackReceiver
    private var nextEstimate: MediaInstant?
    private var messages: [Int64: FeedbackReceiver.Message] = [:]
    private var messageCount: Int64 = 0

    package init(_ configuration: Configuration, estimator: any BandwidthEstimator, place: Int, seed: UInt64) {
        self.configuration = configuration
        self.estimator = estimator
        self.place = place
        name = configuration.name
        start = MediaInstant(nanoseconds: Int64(configuration.start * 1e9))
        end = MediaInstant(nanoseconds: configuration.end == .infinity ? .max : Int64(configuration.end * 1e9))
        source = MediaSource(configuration.source, start: start, seed: seed &* 7919 &+ UInt64(place))
        pacer = Pacer(rates: estimator.rates)
        nextAudio = start
        nextReport = start
        receiver = FeedbackReceiver(start: configuration.limits.start)
    }

    package var estimate: Int64? { hasBegun ? estimator.rates.target : nil }

    package func sendable(at instant: MediaInstant) -> Int64 {
        guard instant >= start, instant < end else { return 0 }
        return source.sendable(at: instant) + (configuration.hasAudio ? Self.audioBitrate : 0)
    }

    // MARK: Sender

    package func wake(in network: CongestionNetwork) {
        let now = network.now
        if let wakesAt, wakesAt <= now { self.wakesAt = nil }
        if !hasBegun, now >= start {
            hasBegun = true
            tell(network) { estimator in
                estimator.begin(at: now)
                let audio = self.configuration.hasAudio ? Self.audioBitrate : 0
                estimator.setUsefulBitrate(self.configuration.source.maximum + audio, next: nil, at: now)
            }
        }
        if now < end { produce(network) }
        if let deadline = estimator.nextDeadline, deadline <= now {
            tell(network) { $0.advance(to: now) }
        }
        pump(network)
        serveReceiver(network)
        scheduleWake(network)
    }

    private func produce(_ network: CongestionNetwork) {
        let now = network.now
        while source.nextFrame <= now {
            let frame = source.frame(at: now)
            guard !frame.isEmpty else { continue }
            let pacing = max(estimator.rates.pacing, 1000)
            let wait = Double(queuedByteCount * 8) / Double(pacing)
            // What was begun is finished; whole frames are shed.
            if wait > (isShedding ? Self.longestQueue.inSeconds / 2 : Self.longestQueue.inSeconds) {
                counts.shedFrames += 1
                if !isShedding, configuration.source.needsKeyframes { source.owesKeyframe = true }
                isShedding = true
                continue
            }
            isShedding = false
            var keyframe: Int?
            if frame.count >= FlowCounts.Keyframe.leastPackets {
                keyframe = counts.keyframes.count
                counts.keyframes.append(FlowCounts.Keyframe(madeAt: now, packets: frame.count))
            }
            for byteCount in frame { queue.append((byteCount, keyframe)) }
            queuedByteCount += frame.reduce(0, +)
        }
        while configuration.hasAudio, nextAudio <= now {
            nextAudio = nextAudio + Self.audioInterval
            depart(.audio, Self.audioByteCount, network)
        }
        if nextReport <= now {
            nextReport = now + .seconds(1)
            network.send(WirePacket(flow: place, kind: .senderReport, byteCount: 84, number: now.nanoseconds))
        }
    }

    private func pump(_ network: CongestionNetwork) {
        let now = network.now
        pacer.advance(to: now)
        while queueFirst < queue.count, pacer.mayDepart(at: now) {
            let (byteCount, keyframe) = queue[queueFirst]
            queueFirst += 1
            queuedByteCount -= byteCount
            hasSentVideo = true
            depart(.video, byteCount, keyframe: keyframe, network)
        }
        if queueFirst == queue.count {
            queue.removeAll(keepingCapacity: true)
            queueFirst = 0
        }
        guard queue.isEmpty, now < end, now >= start else { return }
        while pacer.wantsPadding(at: now) {
            depart(.padding, hasSentVideo ? MediaSource.packetByteCount : Self.paddingByteCount, network)
        }
    }

    private func depart(
        _ kind: WirePacket.Kind, _ byteCount: Int, keyframe: Int? = nil, _ network: CongestionNetwork
    ) {
        let now = network.now
        departures.append(Departure(byteCount: byteCount, at: now, probe: pacer.probeID, keyframe: keyframe))
        pacer.departed(byteCount: byteCount, at: now)
        unreportedByteCount += byteCount
        counts.sentPackets += 1
        counts.sentBytes += byteCount
        if kind == .padding { counts.paddingBytes += byteCount }
        network.send(
            WirePacket(
                flow: place, kind: kind, byteCount: byteCount, number: Int64(departures.count - 1),
                second: now.nanoseconds))
    }

    private func tell(_ network: CongestionNetwork, _ news: (inout any BandwidthEstimator) -> Void) {
        let now = network.now
        if unreportedByteCount > 0 { estimator.sent(byteCount: unreportedByteCount, at: now) }
        unreportedByteCount = 0
        news(&estimator)
        pacer.set(estimator.rates, at: now)
        while let probe = estimator.takeProbe() { pacer.enqueue(probe, at: now) }
        source.set(target: estimator.rates.target - (configuration.hasAudio ? Self.audioBitrate : 0), at: now)
    }

    private func scheduleWake(_ network: CongestionNetwork) {
        let now = network.now
        var next = MediaInstant(nanoseconds: .max)
        if now < end {
            next = min(source.nextFrame, nextReport)
            if configuration.hasAudio { next = min(next, nextAudio) }
            if let padding = pacer.nextPadding { next = min(next, max(padding, now + .microseconds(100))) }
        }
        if !queue.isEmpty { next = min(next, pacer.nextDeparture) }
        if let deadline = estimator.nextDeadline { next = min(next, max(deadline, now + .microseconds(100))) }
        if let deadline = receiver.deadline { next = min(next, deadline) }
        if let nextEstimate { next = min(next, nextEstimate) }
        guard next.nanoseconds != .max, wakesAt.map({ next < $0 }) ?? true else { return }
        wakesAt = next
        network.wake(place, at: next)
    }

    // MARK: Receiver

    package func receive(_ packet: WirePacket, in network: CongestionNetwork) {
        switch packet.kind {
        case .video, .audio, .padding, .resend:
            if packet.kind != .padding { counts.deliveredBytes += packet.byteCount }
            if let keyframe = departures[Int(packet.number)].keyframe {
                counts.keyframes[keyframe].arrived += 1
                counts.keyframes[keyframe].lastArrival = network.now
            }
            receiver.record(
                packet.number, byteCount: packet.byteCount, sent: MediaInstant(nanoseconds: packet.second),
                at: network.now)
            if configuration.feedback == .receiverEstimate, nextEstimate == nil { nextEstimate = network.now }
            serveReceiver(network)
        case .senderReport:
            let losses = receiver.takeLosses()
            // What it says is in its numbers: the report it answers, and 32 bits each of losses.
            network.send(
                WirePacket(
                    flow: place, kind: .receiverReport, byteCount: 90, number: packet.number,
                    second: losses.lost << 32 | losses.expected, isForward: false))
        case .feedback: takeFeedback(packet, network)
        case .receiverReport: takeReport(packet, network)
        case .segment, .acknowledgement, .datagram: break
        }
        scheduleWake(network)
    }

    package func lose(_ packet: WirePacket, in network: CongestionNetwork) {
        switch packet.kind {
        case .feedback: messages[packet.number] = nil
        case .video, .audio, .padding, .resend: counts.lostPackets += 1
        case .senderReport, .receiverReport, .segment, .acknowledgement, .datagram: break
        }
    }

    private func serveReceiver(_ network: CongestionNetwork) {
        let now = network.now
        switch configuration.feedback {
        case .transportWide:
            guard let message = receiver.message(at: now) else { return }
            messageCount += 1
            messages[messageCount] = message
            network.send(
                WirePacket(
                    flow: place, kind: .feedback, byteCount: message.byteCount, number: messageCount, isForward: false))
        case .receiverEstimate:
            _ = receiver.message(at: now)
            guard let nextEstimate, nextEstimate <= now else { return }
            self.nextEstimate = now + .milliseconds(200)
            receiver.updateEstimate(at: now)
            network.send(
                WirePacket(
                    flow: place, kind: .feedback, byteCount: 28 + 24 + 14, number: Int64(receiver.estimate),
                    isForward: false))
        case .receiverReports: _ = receiver.message(at: now)
        }
    }

    private func takeFeedback(_ packet: WirePacket, _ network: CongestionNetwork) {
        let now = network.now
        guard configuration.feedback == .transportWide else {
            tell(network) { $0.receive(receiverEstimate: packet.number, at: now) }
            pump(network)
            return
        }
        guard let message = messages.removeValue(forKey: packet.number) else { return }
        var reports: [PacketReport] = []
        reports.reserveCapacity(message.arrivals.count)
        var number = message.from
        for arrival in message.arrivals {
            while number <= arrival.number {
                let departure = departures[Int(number)]
                reports.append(
                    PacketReport(
                        sequenceNumber: number, byteCount: departure.byteCount, departure: departure.at,
                        arrival: number == arrival.number ? arrival.at : nil, probe: departure.probe))
                number += 1
            }
        }
        tell(network) { $0.receive(reports, at: now) }
        pump(network)
    }

    private func takeReport(_ packet: WirePacket, _ network: CongestionNetwork) {
        let now = network.now
        let (lost, expected) = (packet.second >> 32, packet.second & 0xFFFF_FFFF)
        tell(network) { estimator in
            if self.configuration.feedback != .transportWide, expected > 0 {
                estimator.receive(packetsLost: lost, of: expected, at: now)
            }
            estimator.receive(roundTrip: now - MediaInstant(nanoseconds: packet.number), at: now)
        }
        pump(network)
    }
}
