/// How a consumer leaves one source for another.
extension Consumer {
    /// Whether it has a source and is to go on with another.
    var isChanging: Bool { source != nil && wanted != nil && source != wanted?.stream }

    /// Stays with its source, after all. Without the pictures that were left out, it has to begin anew.
    mutating func cancelChange() {
        if pendingChange?.hasLeftOut == true, stalledAt == nil { stall(at: (numbers.highestTaken + 1, nil)) }
        pendingChange = nil
    }

    /// Whether a packet of the source is of a picture that is not begun any more, since another source follows.
    mutating func leavesOut(_ packet: StoredPacket) -> Bool {
        if let stalledAt {
            return packet.extendedSequenceNumber >= stalledAt.number || packet.timestamp == stalledAt.timestamp
        }
        guard let last = pendingChange?.lastTimestamp, Int32(bitPattern: packet.timestamp &- last) > 0 else {
            return false
        }
        pendingChange?.hasLeftOut = true
        return true
    }
}
