extension MediaEngine {
    /// Every counter, now.
    public func statistics(at instant: MediaInstant) -> MediaStatistics {
        var statistics = MediaStatistics()
        for index in 0..<transports.slotCount {
            guard let transport = transports.id(at: index) else { continue }
            statistics.transports.append(self.statistics(of: transport, at: instant))
        }
        for reason in DropReason.allCases {
            // What ICE and DTLS could not send is counted where it was refused.
            let count = drops[reason] &+ (reason == .outputFull ? output.refused : 0)
            if count > 0 { statistics.drops["\(reason)"] = count }
        }
        return statistics
    }

    /// What goes to a watcher at present, and what could.
    ///
    /// - Throws: `MediaEngineError.unknownTransport`.
    public func outgoingBitrates(of transport: TransportID) throws(MediaEngineError) -> OutgoingBitrates {
        guard transports.contains(transport.slot) else { throw .unknownTransport }
        return outgoingBitrates(of: transport.slot)
    }

    private func outgoingBitrates(of transport: SlotID) -> OutgoingBitrates {
        let allocator = transports[transport].allocator
        return OutgoingBitrates(
            available: transports[transport].estimator.rates.target, limit: transports[transport].bitrateCap,
            allocated: allocator.allocated, wanted: allocator.wanted, next: allocator.nextStep)
    }

    private func statistics(of transport: SlotID, at instant: MediaInstant) -> TransportStatistics {
        let counters = transports[transport].counters
        let bitrates = transports[transport].consumers.isEmpty ? nil : outgoingBitrates(of: transport)
        return TransportStatistics(
            id: TransportID(slot: transport).description, name: transports[transport].name,
            iceState: transports[transport].ice.state.rawValue, dtlsState: transports[transport].dtls.state.rawValue,
            srtpCipher: transports[transport].profile.map { "\($0)" }, packetsReceived: counters.packetsReceived,
            bytesReceived: counters.bytesReceived, packetsSent: counters.packetsSent, bytesSent: counters.bytesSent,
            availableOutgoingBitrate: bitrates?.available, allocatedBitrate: bitrates?.allocated,
            wantedBitrate: bitrates?.wanted, nextBitrate: bitrates?.next,
            sendDelay: bitrates == nil ? nil : sendDelay(of: transport, at: instant).inSeconds,
            feedback: feedback(transports[transport].reported),
            inbound: transports[transport].producers.flatMap { producers[$0].streams.map { inbound($0) } },
            outbound: transports[transport].consumers.map { outbound($0) })
    }

    private func feedback(_ reported: ReportedDepartures) -> FeedbackStatistics? {
        guard reported.messages > 0 else { return nil }
        return FeedbackStatistics(
            messagesReceived: reported.messages, messagesMissed: reported.messagesMissed,
            messagesRepeated: reported.messagesRepeated, messagesImplausible: reported.messagesImplausible,
            packetsAcknowledged: reported.packetsAcknowledged, bytesAcknowledged: reported.bytesAcknowledged,
            packetsLost: reported.packetsLost, packetsUnknown: reported.packetsUnknown,
            acknowledgementTime: reported.acknowledgementTime?.inSeconds)
    }

    private func inbound(_ stream: SlotID) -> InboundStatistics {
        let counters = streams[stream].counters
        let parameters = producers[streams[stream].producer].parameters
        return InboundStatistics(
            ssrc: streams[stream].ssrc, kind: parameters.kind.rawValue, mid: parameters.mid,
            codec: parameters.codec.codec.rawValue, packetsReceived: counters.packets,
            bytesReceived: counters.payloadBytes, packetsLost: streams[stream].reception.packetsLost,
            jitter: streams[stream].reception.jitter, retransmittedPacketsReceived: counters.recovered,
            nackCount: counters.nacks, pliCount: counters.pictureLosses, firCount: counters.fullIntraRequests,
            keyFramesReceived: counters.keyframes)
    }

    private func outbound(_ consumer: SlotID) -> OutboundStatistics {
        let counters = consumers[consumer].counters
        let parameters = consumers[consumer].parameters
        let remote = consumers[consumer].remote
        return OutboundStatistics(
            ssrc: consumers[consumer].ssrc, kind: parameters.kind.rawValue, mid: parameters.mid,
            codec: parameters.codec.codec.rawValue, packetsSent: counters.packets, bytesSent: counters.payloadBytes,
            retransmittedPacketsSent: counters.retransmitted, nackCount: counters.nacks,
            pliCount: counters.pictureLosses, firCount: counters.fullIntraRequests, timesShed: counters.timesShed,
            redundantBytesSent: counters.redundantBytes, packetsLost: remote.packetsLost,
            jitter: remote.jitter, roundTripTime: remote.roundTrip?.inSeconds, allocation: allocation(of: consumer))
    }

    private func allocation(of consumer: SlotID) -> AllocationStatistics? {
        guard let reason = allocationReason(of: consumer) else { return nil }
        return AllocationStatistics(reason: reason, bitrate: consumers[consumer].allocatedBitrate)
    }

    /// Why a video gets what it gets; nil for sound, and before its watcher is connected.
    func allocationReason(of consumer: SlotID) -> AllocationReason? {
        guard consumers[consumer].parameters.kind == .video, transports[consumers[consumer].transport].isConnected
        else { return nil }
        return consumers[consumer].allocationReason
    }
}
