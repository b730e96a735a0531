import Testing

@testable import MediaCore

@Suite struct PacketStoreTests {
    private func commit(_ number: Int64, timestamp: UInt32, to store: inout PacketStore) {
        var packet = StoredPacket()
        packet.extendedSequenceNumber = number
        packet.timestamp = timestamp
        packet.payloadByteCount = 100
        packet.position = store.unsafeReserve(100).position
        store.commit(packet)
    }

    /// A retransmission may be of a packet from before a stream's first, whose number is below zero when that one's is
    /// low. An empty slot passed for the packet numbered -1: it could be forwarded, and lay before other pictures' packets.
    @Test func numbersBelowZero() {
        var store = PacketStore(byteCapacity: 1 << 16, recordCapacity: 512)
        commit(3, timestamp: 9, to: &store)
        let first = store.record(3)
        #expect(first?.timestamp == 9)
        for number in [-1, 0, -512, -513] as [Int64] {
            let ghost = store.record(number)?.extendedSequenceNumber
            #expect(ghost == nil, "\(number)")
        }
        let reach = first.map { store.firstOfPicture($0) }
        #expect(reach == 3)
        let admission = store.accepts(-1)
        #expect(admission == .accepted)
        commit(-1, timestamp: 7, to: &store)
        let (found, byLowBits) = (store.record(-1)?.timestamp, store.record(lowBits: .max)?.timestamp)
        #expect(found == 7 && byLowBits == 7)
        let again = store.accepts(-1)
        #expect(again == .duplicate)
        let reachNow = first.map { store.firstOfPicture($0) }
        #expect(reachNow == 0)
    }
}
