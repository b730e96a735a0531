import CMediaIO
import Synchronization
import Testing

@testable import MediaCore
@testable import MediaIO

/// How many more datagrams `hesitantSend` lets pass before the socket is full.
private let room = Atomic<Int>(0)

/// A kernel whose send buffer has `room`.
private func hesitantSend(socket: Int32, vector: OpaquePointer?, start: UInt32, end: UInt32) -> Int32 {
    let left = room.load(ordering: .relaxed)
    guard left > 0 else { return -11 }
    let result = sluice_send(socket, vector, start, min(end, start + UInt32(left)))
    if result > 0 { room.subtract(Int(result), ordering: .relaxed) }
    return result
}

extension MediaIOTests {
    @Suite struct SenderTests {
        @Test func badDestinationsDoNotHoldUpGoodOnes() throws {
            let origin = try TestSocket()
            var target = try TestSocket()
            var sender = Sender(ipv4: origin.socket.number, ipv6: -1)
            let locals = LocalAddressTable()
            var arena = TransmitArena()
            var expected: [[UInt8]] = []
            for number in 0..<300 {
                let bytes = [UInt8(number >> 8), UInt8(number & 255)] + [UInt8](repeating: 9, count: number)
                try arena.append(bytes, to: "127.0.0.1", port: target.port)
                expected.append(bytes)
                switch number % 50 {
                case 0: try arena.append(bytes, to: "127.0.0.1", port: 0)
                case 1: try arena.append([UInt8](repeating: 1, count: 65_536), to: "127.0.0.1", port: target.port)
                case 2: try arena.append(bytes, to: "255.255.255.255", port: target.port)
                case 3: try arena.append(bytes, to: "::1", port: target.port)
                default: break
                }
            }
            try arena.append([1], to: "127.0.0.1", port: 0)
            sender.send(arena, locals: locals)
            target.receive(count: expected.count)
            #expect(target.datagrams == expected)
            #expect(
                sender.refusals == ["invalid": 7, "too-large": 6, "not-permitted": 6, "unreachable": 6])
            #expect(sender.ipv4.datagramsSent == 300)
            #expect(sender.ipv4.bytesSent == UInt64(expected.reduce(0) { $0 + $1.count }))
            // Three vectors, and for each of 19 refused datagrams one call that stops at it and one that names it.
            #expect(sender.ipv4.calls <= 3 + 2 * 19)
            #expect(sender.ipv4.isBlocked == false)
            #expect(sender.ipv6.isBlocked == false)
        }

        @Test func aFullSocketKeepsTheOrderAndDropsTheNewest() throws {
            let origin = try TestSocket()
            var target = try TestSocket()
            var sender = Sender(
                ipv4: origin.socket.number, ipv6: -1, transmit: hesitantSend, queueBytes: 64 * 10, queueCount: 8)
            let locals = LocalAddressTable()
            var arena = TransmitArena()
            func fill(_ numbers: Range<UInt8>) throws {
                arena.removeAll()
                for number in numbers {
                    try arena.append([UInt8](repeating: number, count: 64), to: "127.0.0.1", port: target.port)
                }
                sender.send(arena, locals: locals)
            }
            room.store(3, ordering: .relaxed)
            try fill(0..<5)
            #expect(sender.ipv4.isBlocked == true)
            #expect(sender.ipv4.queueCount == 2)
            // What comes later waits behind what waits already, even if there is room by now.
            room.store(1, ordering: .relaxed)
            try fill(5..<20)
            #expect(sender.ipv4.queueCount == 8)
            #expect(sender.ipv4.queueDrops == 9)
            #expect(sender.ipv4.datagramsSent == 3)
            sender.resumeIPv4(locals: locals)
            #expect(sender.ipv4.queueCount == 7)
            // Memory freed at the front is used again only when it is half of all: bounded either way.
            for number in UInt8(20)..<120 {
                room.store(1, ordering: .relaxed)
                try fill(number..<number + 1)
                #expect(sender.ipv4.queueCount <= 8)
                sender.resumeIPv4(locals: locals)
            }
            room.store(1000, ordering: .relaxed)
            sender.resumeIPv4(locals: locals)
            #expect(sender.ipv4.isBlocked == false)
            try fill(120..<130)
            #expect(sender.ipv4.isBlocked == false)
            target.receive(count: Int(sender.ipv4.datagramsSent))
            let numbers = target.datagrams.map { $0[0] }
            #expect(numbers.prefix(10) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
            #expect(numbers.suffix(10) == Array(120..<130)[...])
            #expect(numbers == numbers.sorted())
            #expect(Set(numbers).count == numbers.count)
            #expect(UInt64(numbers.count) + sender.ipv4.queueDrops == 130)
            #expect(sender.ipv4.queueDrops < 60)
            #expect(target.datagrams.allSatisfy { $0 == [UInt8](repeating: $0[0], count: 64) })
        }

        @Test func aRefusedDatagramLeavesTheQueueToo() throws {
            let origin = try TestSocket()
            var target = try TestSocket()
            var sender = Sender(ipv4: origin.socket.number, ipv6: -1, transmit: hesitantSend)
            let locals = LocalAddressTable()
            var arena = TransmitArena()
            for number in 0..<UInt8(200) {
                try arena.append([number], to: "127.0.0.1", port: number % 10 == 0 ? 0 : target.port)
            }
            room.store(0, ordering: .relaxed)
            sender.send(arena, locals: locals)
            #expect(sender.ipv4.queueCount == 200)
            room.store(1000, ordering: .relaxed)
            sender.resumeIPv4(locals: locals)
            #expect(sender.ipv4.isBlocked == false)
            #expect(sender.refusals == ["invalid": 20])
            target.receive(count: 180)
            #expect(target.datagrams.map { $0[0] } == (0..<200).filter { $0 % 10 != 0 })
        }

        @Test func theLoopWakesWhenAFullSocketHasRoomAndOnlyThen() throws {
            var target = try TestSocket()
            let wake = Descriptor(sluice_event_create())
            var engine = try MediaEngine(
                configuration: MediaEngineConfiguration(candidates: []), wallClock: SystemClock.wallClock())
            for number in 0..<UInt8(100) {
                try engine.output.append([number], to: "127.0.0.1", port: target.port)
            }
            var driver = try EngineDriver(
                engine: engine, sockets: UDPSockets(port: 0), wake: wake.number, segments: false,
                transmit: hesitantSend)
            var events: [MediaEvent] = []
            room.store(10, ordering: .relaxed)
            _ = driver.turn(longestWait: .zero, events: &events)
            #expect(driver.isBlocked == true)
            #expect(driver.workerStatistics.datagramsSent == 10)
            #expect(driver.workerStatistics.queuedDatagrams == 90)
            room.store(1000, ordering: .relaxed)
            let before = SystemClock.now
            _ = driver.turn(longestWait: .seconds(100), events: &events)
            #expect((SystemClock.now - before) < .seconds(50))
            #expect(driver.isBlocked == false)
            let after = SystemClock.now
            _ = driver.turn(longestWait: .milliseconds(20), events: &events)
            #expect((SystemClock.now - after) >= .milliseconds(20))
            target.receive(count: 100)
            #expect(target.datagrams.map { $0[0] } == Array(0..<100))
            #expect(events.isEmpty)
        }

        @Test func repliesLeaveFromTheAddressTheRequestCameTo() throws {
            for (family, near, far) in [(Int32(4), "127.0.0.2", "127.0.0.1"), (6, "::1", "::1")] {
                var server = try TestSocket(family: family)
                var client = try TestSocket(family: family)
                try client.send([1], to: near, port: server.port)
                try client.send([2], to: far, port: server.port)
                server.receive(count: 2)
                try #require(server.paths.count == 2)
                #expect((server.paths[0].local == server.paths[1].local) == (near == far))
                #expect(server.paths.allSatisfy { $0.local != LocalAddressTable.any && $0.remote.port == client.port })
                var sender = Sender(
                    ipv4: family == 4 ? server.socket.number : -1, ipv6: family == 6 ? server.socket.number : -1)
                var arena = TransmitArena()
                for path in server.paths {
                    try arena.append([3], to: path.remote.addressText, port: path.remote.port, local: path.local)
                }
                // A number never given out, and one of the other family, leave the choice to the kernel.
                var locals = LocalAddressTable()
                for index in 1...server.paths[1].local { _ = locals.index(of: server.locals[index]) }
                let other = TransportAddress(family == 4 ? "::1" : "127.0.0.1", port: 0)
                let foreign = locals.index(
                    of: sluice_local(high: other?.high ?? 0, low: other?.low ?? 0, interface: 0))
                for local in [foreign, 200] {
                    try arena.append([4], to: far, port: client.port, local: local)
                }
                sender.send(arena, locals: locals)
                client.receive(count: 4)
                #expect(client.paths.map(\.remote.addressText) == [near, far, far, far])
                #expect(sender.refusals.isEmpty)
            }
        }

        @Test func theTableOfLocalAddressesIsBounded() {
            var table = LocalAddressTable()
            #expect(table.index(of: sluice_local()) == LocalAddressTable.any)
            #expect(
                table.index(of: sluice_local(high: 0, low: 0xFFFF_0000_0000, interface: 0)) == LocalAddressTable.any)
            for number in 1...255 {
                let index = table.index(of: sluice_local(high: 1, low: UInt64(number), interface: 0))
                #expect(index == UInt8(number))
                #expect(table[index].low == UInt64(number))
            }
            for number in 256...300 {
                #expect(
                    table.index(of: sluice_local(high: 1, low: UInt64(number), interface: 0)) == LocalAddressTable.any)
            }
            #expect(table.index(of: sluice_local(high: 1, low: 7, interface: 0)) == 7)
            // The same link-local address on another interface is another address.
            #expect(table.index(of: sluice_local(high: 1, low: 7, interface: 2)) == LocalAddressTable.any)
        }

        @Test func aWaitEndsWhenItShould() throws {
            let wake = Descriptor(sluice_event_create())
            try #require(wake.number >= 0)
            var waited = [sluice_waited](repeating: sluice_waited(), count: 2)
            waited[0].descriptor = -1
            waited[1].descriptor = wake.number
            let before = SystemClock.now
            #expect(sluice_wait(&waited, 2, 300_000) == 0)
            #expect((SystemClock.now - before).nanoseconds >= 300_000)
            #expect(!waited[1].readable)
            sluice_event_signal(wake.number)
            #expect(sluice_wait(&waited, 2, -1) == 0)
            #expect(waited[1].readable && !waited[1].has_room && !waited[0].readable)
            waited[1].wants_room = true
            #expect(sluice_wait(&waited, 2, -1) == 0)
            #expect(waited[1].readable && waited[1].has_room)
            waited[1].wants_room = false
            sluice_event_clear(wake.number)
            #expect(sluice_wait(&waited, 2, 0) == 0)
            #expect(!waited[1].readable && !waited[1].has_room)
        }
    }
}
