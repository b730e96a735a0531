import Testing

@testable import MediaCore

@Suite struct RedundantBlocksTests {
    /// A store of sound packets, given as number, timestamp and length; the content counts on from the number.
    private func store(_ packets: [(number: Int64, timestamp: UInt32, count: Int)]) -> PacketStore {
        var store = PacketStore(byteCapacity: 1 << 16, recordCapacity: 512)
        for packet in packets {
            var record = StoredPacket()
            record.extendedSequenceNumber = packet.number
            record.timestamp = packet.timestamp
            record.headerByteCount = 12
            record.payloadByteCount = UInt16(packet.count)
            let (memory, position) = store.unsafeReserve(packet.count + 12)
            for index in 0..<packet.count + 12 {
                memory.storeBytes(
                    of: UInt8(truncatingIfNeeded: Int(packet.number) + index), toByteOffset: index, as: UInt8.self)
            }
            record.position = position
            store.commit(record)
        }
        return store
    }

    private func content(_ number: Int64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: Int(number) + 12 + $0) }
    }

    /// The payload made for a packet, with what the engine's own parser says of it.
    private func payload(
        of number: Int64, count: Int, in store: borrowing PacketStore, maximumByteCount: Int = .max
    ) -> (count: Int, added: Int, bytes: [UInt8]) {
        guard let packet = store.record(number) else { return (-1, 0, []) }
        let blocks = RedundantBlocks(before: packet, count: count, in: store, maximumByteCount: maximumByteCount)
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 4_096, alignment: 1)
        defer { memory.deallocate() }
        guard let base = memory.baseAddress else { return (-1, 0, []) }
        let own = UnsafeRawBufferPointer(
            start: store.unsafeBytes(packet).advanced(by: 12), count: Int(packet.payloadByteCount))
        let end = blocks.write(payloadType: 111, own, to: base)
        return (blocks.count, blocks.byteCount, Array(memory[..<end]))
    }

    @Test func whatTheParserReads() throws {
        let store = store([(7, 1_000, 3), (8, 1_960, 1_023), (9, 2_920, 50)])
        for count in 0...3 {
            let made = payload(of: 9, count: count, in: store)
            #expect(made.count == min(count, 2))
            #expect(made.bytes.count == 50 + (made.count == 0 ? 1 : made.added))
            let parsed = RedundantAudio(made.bytes.span.bytes)
            let audio = try #require(parsed)
            #expect(audio.redundantCount == made.count && audio.holdsOnly(111))
            #expect(Array(made.bytes[audio.primary.offset...]) == content(9, 50))
            for index in 0..<made.count {
                // The oldest first.
                let number = Int64(9 - made.count + index)
                let block = try #require(audio.redundant(index))
                #expect(block.timestampOffset == UInt16(9 - number) * 960)
                let bytes = Array(made.bytes[block.offset..<block.offset + block.count])
                #expect(bytes == content(number, number == 8 ? 1_023 : 3))
            }
        }
    }

    @Test func whatABlockCannotTell() {
        // A gap, now and one before; too old; too long; nothing; the same time, or an earlier one.
        for (packets, expected) in [
            ([(6, 0, 9), (9, 2_880, 9)], 0), ([(6, 0, 9), (8, 1_920, 9), (9, 2_880, 9)], 1),
            ([(8, 0, 9), (9, 16_383, 9)], 1), ([(8, 0, 9), (9, 16_384, 9)], 0),
            ([(7, 0, 9), (8, 15_000, 9), (9, 16_384, 9)], 1),
            ([(8, 1_920, 1_023), (9, 2_880, 9)], 1), ([(8, 1_920, 1_024), (9, 2_880, 9)], 0),
            ([(8, 1_920, 0), (9, 2_880, 9)], 0), ([(8, 2_880, 9), (9, 2_880, 9)], 0),
            ([(8, 2_881, 9), (9, 2_880, 9)], 0), ([(7, 1_920, 9), (8, 1_920, 9), (9, 2_880, 9)], 1),
        ] as [([(Int64, UInt32, Int)], Int)] {
            let made = payload(of: 9, count: 2, in: store(packets.map { (number: $0.0, timestamp: $0.1, count: $0.2) }))
            #expect(made.count == expected, "\(packets)")
        }
        // Timestamps wrap.
        let wrapped = payload(of: 9, count: 2, in: store([(8, .max - 900, 9), (9, 59, 9)]))
        #expect(wrapped.count == 1)
    }

    @Test func noMoreThanFits() {
        let store = store([(7, 1_000, 100), (8, 1_960, 100), (9, 2_920, 100)])
        for (room, expected) in [(-5, 0), (104, 0), (105, 1), (208, 1), (209, 2)] {
            let made = payload(of: 9, count: 2, in: store, maximumByteCount: room)
            #expect(made.count == expected && made.added <= max(room, 0), "\(room)")
        }
    }
}
