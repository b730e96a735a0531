import CMediaIO
import Testing

@testable import MediaCore
@testable import MediaIO

extension MediaIOTests {
    @Suite struct CongestionMarkTests {
        /// Expedited forwarding (RFC 3246) with congestion experienced.
        private let marked: Int32 = 46 << 2 | 3
        private let addresses: [(Int32, String)] = [(4, "127.0.0.1"), (6, "::1")]

        /// Sends runs of datagrams, each run with one traffic class and, where `segments`, as one message.
        private func send(
            _ runs: [(class: Int32, count: Int)], family: Int32, to address: String, port: UInt16, segments: Bool
        ) throws {
            let origin = try TestSocket(family: family)
            let number = origin.socket.number
            var sender = Sender(ipv4: family == 4 ? number : -1, ipv6: family == 6 ? number : -1, segments: segments)
            var arena = TransmitArena()
            for run in runs {
                try origin.setTrafficClass(run.class, family: family)
                arena.removeAll()
                for _ in 0..<run.count { try arena.append([UInt8](repeating: 9, count: 600), to: address, port: port) }
                sender.send(arena, locals: LocalAddressTable())
            }
            try #require(sender.datagramsSent == UInt64(runs.reduce(0) { $0 + $1.count }))
        }

        @Test func markedDatagramsAreCounted() throws {
            // Not-ECT, ECT(1) and ECT(0) say nothing of congestion, nor does a DSCP with all bits set.
            let runs: [(class: Int32, count: Int)] = [
                (0, 1), (3, 3), (1, 2), (2, 2), (marked, 5), (46 << 2, 4), (0xFC, 1), (0xFF, 1), (0, 3),
            ]
            for (family, address) in addresses {
                for segments in [false, true] {
                    var target = try TestSocket(family: family, layout: segments ? .segments : .datagrams)
                    try #require(sluice_enable_congestion_marks(target.socket.number, family))
                    if segments { try #require(sluice_enable_receive_segments(target.socket.number)) }
                    try send(runs, family: family, to: address, port: target.port, segments: segments)
                    target.receive(count: 22)
                    #expect(target.datagrams.count == 22)
                    #expect(target.congestionMarks == 9)
                    #expect(target.messageCount == (segments ? 9 : 22))
                    // The mark is no obstacle to the rest of what the kernel tells.
                    #expect(target.paths.allSatisfy { $0.local != LocalAddressTable.any })
                }
            }
        }

        @Test func nothingIsCountedWhereMarksAreNotTold() throws {
            for (family, address) in addresses {
                var target = try TestSocket(family: family)
                try send([(3, 4)], family: family, to: address, port: target.port, segments: false)
                target.receive(count: 4)
                #expect(target.datagrams.count == 4)
                #expect(target.congestionMarks == 0)
            }
        }

        @Test func datagramsThatCannotBeUsedAreNotCounted() throws {
            let origin = try TestSocket()
            var target = try TestSocket()
            try #require(sluice_enable_congestion_marks(target.socket.number, 4))
            try origin.setTrafficClass(3, family: 4)
            try origin.send([UInt8](repeating: 1, count: 3000), to: "127.0.0.1", port: target.port)
            try origin.send([1], to: "127.0.0.1", port: target.port)
            target.receive(count: 1)
            #expect(target.truncated == 1)
            #expect(target.congestionMarks == 1)
        }

        @Test func aWorkerReadsMarksOfBothFamilies() async throws {
            var configuration = MediaWorker.Configuration()
            configuration.announcedAddresses = ["127.0.0.1", "::1"]
            let worker = try MediaWorker(configuration: configuration)
            for (family, address) in addresses {
                try send(
                    [(0, 2), (marked, 3)], family: family, to: address, port: worker.udpPort, segments: true)
            }
            #expect(await eventually { await worker.workerStatistics().datagramsReceived == 10 })
            let statistics = await worker.workerStatistics()
            #expect(statistics.isReadingECN)
            #expect(statistics.datagramsReceivedWithCE == 6)
            await worker.shutdown()
        }

        @Test func aSystemWithoutMarksIsNoObstacle() throws {
            #expect(!sluice_enable_congestion_marks(-1, 4))
            #expect(!sluice_enable_congestion_marks(-1, 6))
            var sockets = try UDPSockets(port: 0)
            #expect(sockets.enableCongestionMarks() == true)
            sockets.ipv4.close()
            sockets.ipv6.close()
            let wake = Descriptor(sluice_event_create())
            let engine = try MediaEngine(
                configuration: MediaEngineConfiguration(candidates: []), wallClock: SystemClock.wallClock())
            var driver = try EngineDriver(engine: engine, sockets: sockets, wake: wake.number)
            var events: [MediaEvent] = []
            _ = driver.turn(longestWait: .zero, events: &events)
            #expect(driver.workerStatistics.isReadingECN == false)
            #expect(driver.workerStatistics.datagramsReceivedWithCE == 0)
        }
    }
}
