import CMediaIO
import Glibc
import Synchronization
import Testing

@testable import MediaCore
@testable import MediaIO

/// The negated errno with which `limitedSend` refuses messages of several datagrams; 0 lets them pass.
private let segmentRefusal = Atomic<Int32>(0)
/// How many more messages `limitedSend` lets pass before the socket is full.
private let room = Atomic<Int>(0)

/// A kernel that may refuse segmented messages, and whose send buffer has `room`.
private func limitedSend(socket: Int32, vector: OpaquePointer?, start: UInt32, end: UInt32) -> Int32 {
    let left = room.load(ordering: .relaxed)
    guard left > 0 else { return -EAGAIN }
    var stop = start
    let refusal = segmentRefusal.load(ordering: .relaxed)
    while stop < min(end, start + UInt32(left)) {
        if refusal != 0, sluice_send_vector_is_segmented(vector, stop) {
            if stop == start { return refusal }
            break
        }
        stop += 1
    }
    let result = sluice_send(socket, vector, start, stop)
    if result > 0 { room.subtract(Int(result), ordering: .relaxed) }
    return result
}

extension MediaIOTests {
    @Suite struct SegmentationTests {
        init() {
            segmentRefusal.store(0, ordering: .relaxed)
            room.store(1_000_000, ordering: .relaxed)
        }

        private func datagram(_ number: Int, count: Int) -> [UInt8] {
            var bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: number &* 31), count: count)
            bytes[0] = UInt8(truncatingIfNeeded: number >> 8)
            bytes[1] = UInt8(truncatingIfNeeded: number)
            return bytes
        }

        @Test func thisKernelSegments() {
            // Every kernel we support does; without it the tests below would show little.
            #expect(sluice_can_segment())
        }

        @Test func aFrameForManyPeersLeavesAsOneMessageEach() throws {
            for family in [Int32(4), 6] {
                let origin = try TestSocket(family: family)
                let targets = try (0..<50).map { _ in try TestSocketBox(family: family) }
                let number = origin.socket.number
                var sender = Sender(ipv4: family == 4 ? number : -1, ipv6: family == 6 ? number : -1, segments: true)
                var arena = TransmitArena()
                var expected: [[[UInt8]]] = []
                for (index, target) in targets.enumerated() {
                    expected.append((0..<5).map { datagram(index * 5 + $0, count: $0 == 4 ? 700 : 1112) })
                    for bytes in expected[index] {
                        try arena.append(bytes, to: family == 4 ? "127.0.0.1" : "::1", port: target.socket.port)
                    }
                }
                sender.send(arena, locals: LocalAddressTable())
                for (index, target) in targets.enumerated() {
                    #expect(target.receive(count: 5) == expected[index])
                }
                #expect(sender.datagramsSent == 250)
                #expect(sender.messagesSent == 50)
                #expect(sender.ipv4.calls + sender.ipv6.calls == 1)
                #expect(sender.ipv4.bytesSent + sender.ipv6.bytesSent == 50 * (4 * 1112 + 700))
                #expect(sender.refusals.isEmpty)
                #expect(sender.isSegmenting == true)
            }
        }

        /// What was sent before must not show in a message: its place in the vector is prepared only once.
        @Test func aMessageKeepsNothingOfTheOneBefore() throws {
            var random = SeededRandom(seed: 5)
            for (family, near, far) in [(Int32(4), "127.0.0.1", "127.0.0.2"), (6, "::1", "::1")] {
                let origin = try TestSocket(family: family)
                var target = try TestSocket(family: family)
                let number = origin.socket.number
                var sender = Sender(ipv4: family == 4 ? number : -1, ipv6: family == 6 ? number : -1, segments: true)
                var locals = LocalAddressTable()
                let address = try #require(TransportAddress(far, port: 0))
                let local = locals.index(of: sluice_local(high: address.high, low: address.low, interface: 0))
                var expected: [[UInt8]] = []
                var sources: [String] = []
                for number in 0..<200 {
                    var arena = TransmitArena()
                    let isChosen = Bool.random(using: &random)
                    for _ in 0..<Int.random(in: 1...3, using: &random) {
                        let bytes = datagram(number, count: 100 + number)
                        try arena.append(bytes, to: near, port: target.port, local: isChosen ? local : 0)
                        expected.append(bytes)
                        sources.append(isChosen ? far : near)
                    }
                    sender.send(arena, locals: locals)
                    #expect(sender.messagesSent == UInt64(number + 1))
                    target.receive(count: expected.count)
                }
                #expect(target.datagrams == expected)
                #expect(target.paths.map(\.remote.addressText) == sources)
                #expect(sender.refusals.isEmpty)
            }
        }

        @Test func badDestinationsAmongSegmentedMessages() throws {
            let origin = try TestSocket()
            var target = try TestSocket()
            var sender = Sender(ipv4: origin.socket.number, ipv6: -1, segments: true)
            var arena = TransmitArena()
            var expected: [[UInt8]] = []
            for number in 0..<300 {
                let bytes = (0..<3).map { datagram(number * 3 + $0, count: 800) }
                for datagram in bytes { try arena.append(datagram, to: "127.0.0.1", port: target.port) }
                expected += bytes
                switch number % 50 {
                case 0: for item in bytes { try arena.append(item, to: "127.0.0.1", port: 0) }
                case 1: for item in bytes { try arena.append(item, to: "255.255.255.255", port: target.port) }
                case 2: for item in bytes { try arena.append(item, to: "::1", port: target.port) }
                default: break
                }
                if number % 100 == 99 {
                    sender.send(arena, locals: LocalAddressTable())
                    arena.removeAll()
                    target.receive(count: expected.count)
                }
            }
            #expect(target.datagrams == expected)
            // Each datagram counts, whether it was tried by itself or not.
            #expect(sender.refusals == ["invalid": 18, "not-permitted": 18, "unreachable": 18])
            #expect(sender.datagramsSent == 900)
            // These destinations are bad for single datagrams too: segmentation is not to blame.
            #expect(sender.ipv4.segmentationRefusals == 0)
            #expect(sender.isSegmenting == true)
            #expect(sender.ipv4.isBlocked == false)
        }

        @Test func whatTheKernelWillNotSegmentGoesOneByOne() throws {
            for error in [EIO, EINVAL, EMSGSIZE, EOPNOTSUPP] {
                let origin = try TestSocket()
                var target = try TestSocket()
                var sender = Sender(ipv4: origin.socket.number, ipv6: -1, segments: true, transmit: limitedSend)
                var arena = TransmitArena()
                segmentRefusal.store(-error, ordering: .relaxed)
                var sent = 0
                func send(frames: Int) throws {
                    arena.removeAll()
                    for _ in 0..<frames {
                        for count in [200, 200, 100] {
                            try arena.append(datagram(sent, count: count), to: "127.0.0.1", port: target.port)
                            sent += 1
                        }
                    }
                    sender.send(arena, locals: LocalAddressTable())
                    target.receive(count: sent)
                }
                for _ in 0..<4 { try send(frames: 1) }
                #expect(sender.ipv4.segmentationRefusals == 4)
                #expect(sender.isSegmenting == false)
                // No further refusal while the gate is closed.
                for _ in 0..<341 { try send(frames: 1) }
                #expect(sender.ipv4.segmentationRefusals == 4)
                // The kernel has come to its senses by the time it is tried again.
                segmentRefusal.store(0, ordering: .relaxed)
                let messages = sender.messagesSent
                #expect(messages == UInt64(sent))
                try send(frames: 20)
                #expect(sender.isSegmenting == true)
                #expect(sender.messagesSent - messages < 30)
                #expect(target.datagrams.map { Int($0[0]) << 8 | Int($0[1]) } == Array(0..<sent))
                #expect(target.datagrams.allSatisfy { $0.count == 200 || $0.count == 100 })
                #expect(sender.refusals.isEmpty)
            }
        }

        @Test func aFullSocketKeepsTheOrderOfSegments() throws {
            for refusal in [0, -EIO] {
                let origin = try TestSocket()
                var target = try TestSocket()
                var sender = Sender(
                    ipv4: origin.socket.number, ipv6: -1, segments: true, transmit: limitedSend, queueBytes: 1 << 16,
                    queueCount: 200)
                let locals = LocalAddressTable()
                var random = SeededRandom(seed: UInt64(1 - refusal))
                segmentRefusal.store(Int32(refusal), ordering: .relaxed)
                var arena = TransmitArena()
                var sent = 0
                for _ in 0..<200 {
                    room.store(Int.random(in: 0..<4, using: &random), ordering: .relaxed)
                    arena.removeAll()
                    for _ in 0..<Int.random(in: 0..<6, using: &random) {
                        let count = Bool.random(using: &random) ? 100 : 60
                        try arena.append(datagram(sent, count: count), to: "127.0.0.1", port: target.port)
                        sent += 1
                    }
                    sender.send(arena, locals: locals)
                    #expect(sender.ipv4.queueCount <= 200)
                    room.store(Int.random(in: 0..<4, using: &random), ordering: .relaxed)
                    sender.resumeIPv4(locals: locals)
                    target.receive()
                }
                room.store(1_000_000, ordering: .relaxed)
                sender.resumeIPv4(locals: locals)
                #expect(sender.ipv4.isBlocked == false)
                #expect(sender.datagramsSent + sender.ipv4.queueDrops == UInt64(sent))
                target.receive(count: Int(sender.datagramsSent))
                let numbers = target.datagrams.map { Int($0[0]) << 8 | Int($0[1]) }
                #expect(UInt64(numbers.count) == sender.datagramsSent)
                #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count)
                #expect((sender.ipv4.segmentationRefusals > 0) == (refusal != 0))
                if refusal == 0 { #expect(sender.messagesSent < sender.datagramsSent) }
                #expect(sender.refusals.isEmpty)
            }
        }

        @Test func receivedRunsAreSplitWhereTheyLie() throws {
            let origin = try TestSocket()
            var target = try TestSocket(layout: .segments)
            try #require(sluice_enable_receive_segments(target.socket.number))
            var sender = Sender(ipv4: origin.socket.number, ipv6: -1, segments: true)
            var arena = TransmitArena()
            var expected: [[UInt8]] = []
            let lengths = [[1112, 1112, 1112, 1112, 700], [300], [1200, 1200], [], [2048, 2048, 2]]
            for (frame, counts) in lengths.enumerated() {
                for count in counts {
                    expected.append(datagram(frame * 10 + count, count: count))
                    try arena.append(expected[expected.count - 1], to: "127.0.0.1", port: target.port)
                }
            }
            // Too large for us, alone or in company.
            for _ in 0..<3 {
                try arena.append([UInt8](repeating: 1, count: 3000), to: "127.0.0.1", port: target.port)
            }
            let many = [UInt8](repeating: 5, count: 1000)
            for _ in 0..<64 {
                expected.append(many)
                try arena.append(many, to: "127.0.0.1", port: target.port)
            }
            sender.send(arena, locals: LocalAddressTable())
            target.receive(count: expected.count)
            #expect(target.datagrams == expected)
            #expect(target.truncated == 3)
            #expect(target.messageCount == sender.messagesSent)
            #expect(sender.messagesSent == 6)
            #expect(Set(target.paths.map(\.remote.port)) == [origin.port])
        }

        @Test func aWorkerReceivesRunsOfDatagrams() async throws {
            var configuration = MediaWorker.Configuration()
            configuration.announcedAddresses = ["127.0.0.1", "::1"]
            let worker = try MediaWorker(configuration: configuration)
            for (family, address) in [(Int32(4), "127.0.0.1"), (6, "::1")] {
                let origin = try TestSocket(family: family)
                let number = origin.socket.number
                var sender = Sender(ipv4: family == 4 ? number : -1, ipv6: family == 6 ? number : -1, segments: true)
                var arena = TransmitArena()
                for count in [1000, 1000, 1000, 10] {
                    try arena.append([UInt8](repeating: 0xFF, count: count), to: address, port: worker.udpPort)
                }
                sender.send(arena, locals: LocalAddressTable())
            }
            #expect(await eventually { await worker.workerStatistics().datagramsReceived == 8 })
            let statistics = await worker.workerStatistics()
            #expect(statistics.messagesReceived == 2)
            #expect(statistics.bytesReceived == 6020)
            #expect(statistics.isSegmenting)
            await worker.shutdown()
        }
    }
}
