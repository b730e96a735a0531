/// Groups of participants: the dominant speaker, and the last who spoke.
extension MediaEngine {
    /// Makes a group of audio producers. Of their audio levels (RFC 6464) the engine tells who is the dominant speaker:
    /// `MediaEvent.dominantSpeaker` says so whenever that changes, once a second at most.
    ///
    /// With `lastN`, the sound of only so many of them is forwarded: of the dominant speaker and of those who spoke last.
    /// Packets of the others cost nothing but their reception; to whoever watches them they are silent. Where one speaks
    /// again it is heard from that packet on. Producers without audio levels count as silent.
    ///
    /// - Parameter lastN: how many are heard at most, 1 or more; nil for everybody.
    /// - Throws: `MediaEngineError.invalidConfiguration` for a number out of range.
    public mutating func makeSpeakerGroup(lastN: Int? = nil) throws(MediaEngineError) -> SpeakerGroupID {
        try check(lastN)
        return SpeakerGroupID(slot: speakerGroups.insert(SpeakerGroup(limit: lastN)))
    }

    /// Removes a group; its producers are heard again. Returns whether it was still there.
    @discardableResult
    public mutating func removeSpeakerGroup(_ group: SpeakerGroupID) -> Bool {
        guard let removed = speakerGroups.remove(group.slot) else { return false }
        for producer in removed.producers where producers.contains(producer) { leaveSeat(producer) }
        return true
    }

    /// Adds an audio producer to a group. It leaves the one that it was in; when it closes, it leaves by itself.
    ///
    /// - Throws: `.unknownSpeakerGroup`, `.unknownProducer`; `.invalidConfiguration` for a producer of video.
    public mutating func add(_ producer: ProducerID, to group: SpeakerGroupID) throws(MediaEngineError) {
        guard speakerGroups.contains(group.slot) else { throw .unknownSpeakerGroup }
        guard producers.contains(producer.slot) else { throw .unknownProducer }
        guard producers[producer.slot].parameters.kind == .audio else {
            throw .invalidConfiguration("a speaker group takes producers of audio only")
        }
        guard producers[producer.slot].seat?.group != group.slot else { return }
        removeFromSpeakers(producer.slot)
        let number = speakerGroups[group.slot].add(producer.slot)
        // Until it is heard, the next packet of a producer that is silenced starts a new count.
        let isSilenced = producers[producer.slot].seat?.isSilenced ?? false
        producers[producer.slot].seat = SpeakerSeat(group: group.slot, number: number, isSilenced: isSilenced)
    }

    /// Takes a producer out of a group: it is heard again. Returns whether it was in it.
    @discardableResult
    public mutating func remove(_ producer: ProducerID, from group: SpeakerGroupID) -> Bool {
        guard producers.contains(producer.slot), producers[producer.slot].seat?.group == group.slot,
            speakerGroups.contains(group.slot)
        else { return false }
        removeFromSpeakers(producer.slot)
        return true
    }

    /// Limits how many of a group are heard; nil lifts the limit.
    ///
    /// - Throws: `.unknownSpeakerGroup`; `.invalidConfiguration` for a number out of range.
    public mutating func setLastN(_ lastN: Int?, of group: SpeakerGroupID) throws(MediaEngineError) {
        try check(lastN)
        guard let speakers = speakerGroups.unsafeElement(group.slot) else { throw .unknownSpeakerGroup }
        speakers.pointee.setLimit(lastN)
    }

    /// A group's dominant speaker: in silence, the last one. nil before anybody has spoken.
    ///
    /// - Throws: `.unknownSpeakerGroup`.
    public func dominantSpeaker(of group: SpeakerGroupID) throws(MediaEngineError) -> ProducerID? {
        guard let speakers = speakerGroups.unsafeElement(group.slot) else { throw .unknownSpeakerGroup }
        return speakers.pointee.dominant.map { ProducerID(slot: $0) }
    }

    private func check(_ lastN: Int?) throws(MediaEngineError) {
        guard lastN ?? 1 >= 1 else { throw .invalidConfiguration("lastN must be 1 or more") }
    }

    /// Takes a producer out of its group, if it is in one.
    mutating func removeFromSpeakers(_ producer: SlotID) {
        guard let seat = producers[producer].seat else { return }
        leaveSeat(producer)
        guard let speakers = speakerGroups.unsafeElement(seat.group), speakers.pointee.remove(seat.number) else {
            return
        }
        events.append(.dominantSpeaker(SpeakerGroupID(slot: seat.group), nil))
    }

    /// A silenced producer's next packet starts its count anew, whether or not it is in a group then.
    private mutating func leaveSeat(_ producer: SlotID) {
        guard producers[producer].seat?.isSilenced == true else {
            producers[producer].seat = nil
            return
        }
        producers[producer].seat?.group = SlotID(index: 0, generation: 0)
    }

    /// Whether a packet of a producer in a group is forwarded, and whether it is the first after others that were not.
    mutating func admission(
        of packet: StoredPacket, in stream: UnsafeMutablePointer<InboundStream>, at instant: MediaInstant
    ) -> SpeakerAdmission {
        guard !stream.pointee.isVideo, let producer = producers.unsafeElement(stream.pointee.producer),
            let seat = producer.pointee.seat
        else { return .heard }
        var isHeard = true
        if let speakers = speakerGroups.unsafeElement(seat.group) {
            if speakers.pointee.note(level(of: packet, in: stream), from: seat.number, at: instant) {
                let dominant = speakers.pointee.dominant.map { ProducerID(slot: $0) }
                events.append(.dominantSpeaker(SpeakerGroupID(slot: seat.group), dominant))
            }
            isHeard = speakers.pointee.isHeard(seat.number)
        }
        // One that comes late is no place to go on at.
        if isHeard, seat.isSilenced, packet.extendedSequenceNumber != stream.pointee.store.highest { isHeard = false }
        producer.pointee.seat?.isSilenced = !isHeard
        if isHeard, !speakerGroups.contains(seat.group) { producer.pointee.seat = nil }
        return isHeard ? seat.isSilenced ? .heardAgain : .heard : .silenced
    }

    private func level(of packet: StoredPacket, in stream: UnsafeMutablePointer<InboundStream>) -> UInt8? {
        guard packet.audioLevel.count > 0 else { return nil }
        let bytes = stream.pointee.store.unsafeBytes(packet)
        // The eighth bit is what the sender thinks of it. Source: RFC 6464, section 3.
        return bytes.load(fromByteOffset: Int(packet.audioLevel.offset), as: UInt8.self) & 0x7F
    }
}

/// What becomes of a packet of a producer in a group of speakers.
enum SpeakerAdmission {
    case heard, heardAgain, silenced
}
