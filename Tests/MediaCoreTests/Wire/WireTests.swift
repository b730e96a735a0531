import MediaTestSupport
import Testing

@testable import MediaCore

@Suite struct WireTests {
    @Test func readsBigEndianAndRefusesThePastEnd() throws {
        let bytes: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9]
        var reader = WireReader(bytes.span.bytes)
        let values = [UInt32(try reader.readUInt8()), try reader.readUInt24(), try reader.readUInt32()]
        #expect(values == [1, 0x020304, 0x05060708])
        let left = reader.remaining
        #expect(left == 1)
        #expect(throws: WireError.self) { try bytes.span.bytes.uint16(at: 8) }
        #expect(throws: WireError.self) { try bytes.span.bytes.uint32(at: -1) }
        #expect(throws: WireError.self) { try bytes.span.bytes.uint64(at: .max) }
    }

    @Test func sequenceNumbersUnwrapBothWays() {
        var unwrapper = SequenceUnwrapper()
        let first = unwrapper.extended(65_534)
        unwrapper.accept(first)
        #expect(unwrapper.extended(1) == first + 3)
        #expect(unwrapper.extended(65_000) == first - 534)
        unwrapper.accept(first + 3)
        unwrapper.accept(first - 534)
        #expect(unwrapper.highest == first + 3)
    }

    @Test(arguments: [
        "192.0.2.1", "0.0.0.0", "255.255.255.255", "::", "::1", "2001:db8::1", "2001:db8:0:1:1:1:1:1", "fe80::1:2",
        "1:0:0:2::3",
    ])
    func addressTextRoundTrips(_ text: String) throws {
        let address = try #require(TransportAddress(text, port: 9))
        #expect(address.addressText == text)
    }

    @Test(arguments: [
        "", "1.2.3",
        "1.2.3.4.5", "256.1.1.1", "1.2.3.-4", "1.2.3.4 ", ":", ":::", "1::2::3", "12345::",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9", "::1%lo", "host.example", "+1::", "1:2:3:4:5:6:7::8:9",
    ])
    func badAddressTextIsRefused(_ text: String) {
        #expect(TransportAddress(text, port: 9) == nil)
    }

    @Test func mappedAddressIsTheIPv4One() {
        #expect(TransportAddress("::ffff:127.0.0.1", port: 1) == TransportAddress("127.0.0.1", port: 1))
        #expect(TransportAddress("127.9.9.9", port: 1)?.isLoopback == true)
        #expect(TransportAddress("fe80::1", port: 1)?.isLinkLocal == true)
    }

    @Test func ntpTimeKeepsDifferences() {
        let time = NTPTime(unixNanoseconds: 1_700_000_000_250_000_000)
        #expect(time.bits & 0xFFFF_FFFF == 0x4000_0000)
        for milliseconds in [-90_000, -1, 0, 1, 15, 60_001] as [Int64] {
            let difference = (time + .milliseconds(milliseconds)) - time
            #expect(abs(difference.nanoseconds - milliseconds * 1_000_000) <= 1)
        }
    }

    @Test func slotIdsExpire() {
        struct Element: ~Copyable { var value: Int }
        func value(_ element: consuming Element?) -> Int? {
            if let element { element.value } else { nil }
        }
        var table = SlotTable<Element>()
        let ids = (0..<20).map { table.insert(Element(value: $0)) }
        table[ids[13]].value += 86
        let removed = value(table.remove(ids[13]))
        let removedAgain = value(table.remove(ids[13]))
        let reused = table.insert(Element(value: 5))
        let (isStale, count) = (!table.contains(ids[13]), table.count)
        #expect(removed == 99)
        #expect(removedAgain == nil)
        #expect(reused.index == ids[13].index && reused != ids[13])
        #expect(isStale && count == 20)
    }

    @Test func arenaRefusesWhatDoesNotFit() {
        var arena = TransmitArena(byteCapacity: 10, maximumEntries: 2)
        let path = NetworkPath(remote: TransportAddress(ipv4: 1, port: 1))
        let bytes: [UInt8] = [1, 2, 3, 4]
        var taken: [Bool] = []
        for _ in 0..<3 { taken.append(arena.append(bytes.span.bytes, to: path)) }
        let second = arena.datagram(arena.entries[1]).array
        let refused = arena.refused
        arena.removeAll()
        let isEmpty = arena.isEmpty
        #expect(taken == [true, true, false])
        #expect(refused == 1 && second == bytes && isEmpty)
    }
}
