/// What a consumer gives up when its link is too small for it.
extension Consumer {
    /// How long packets wait for the pacer before they are shed.
    private static let patience = MediaDuration.seconds(1)
    /// One whose link is too small for its source would ask for one keyframe after the other, at everybody's cost.
    private static let shedInterval = (short: MediaDuration.seconds(10), rest: MediaDuration.seconds(5))

    /// Sheds what its source has from a packet on up to the next keyframe, when that has waited too long; frames that
    /// have begun to leave are finished first. Returns whether it does.
    mutating func sheds(_ packet: StoredPacket, at instant: MediaInstant) -> Bool {
        let since = waitingSince ?? instant
        waitingSince = since
        guard instant - max(since, packet.arrival) > Self.patience,
            packet.extendedSequenceNumber > numbers.highestTaken,
            packet.timestamp &+ timestampOffset != newest?.timestamp
        else { return false }
        shed(from: (packet.extendedSequenceNumber, packet.timestamp), at: instant)
        return true
    }

    /// Sheds from a place of its source on, up to the next keyframe.
    mutating func shed(from place: (number: Int64, timestamp: UInt32?), at instant: MediaInstant) {
        stalledAt = place
        let isFrequent = lastShed.map { instant - $0 < Self.shedInterval.short } ?? false
        keyframeNotBefore = isFrequent ? instant + Self.shedInterval.rest : instant
        lastShed = instant
        counters.timesShed &+= 1
    }

    /// Waits for a keyframe for another reason.
    mutating func stall(at place: (number: Int64, timestamp: UInt32?)) {
        stalledAt = place
        keyframeNotBefore = MediaInstant(nanoseconds: .min)
    }

    /// Whether a keyframe may be asked for on its behalf.
    func mayAskForKeyframe(at instant: MediaInstant) -> Bool { stalledAt == nil || keyframeNotBefore <= instant }
}
