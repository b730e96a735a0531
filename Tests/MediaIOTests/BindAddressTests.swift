import CMediaIO
import Testing

@testable import MediaCore
@testable import MediaIO

extension MediaIOTests {
    @Suite struct BindAddressTests {
        private func worker(_ change: (inout MediaWorker.Configuration) -> Void) throws -> MediaWorker {
            var configuration = MediaWorker.Configuration()
            change(&configuration)
            return try MediaWorker(configuration: configuration)
        }

        private func problem(_ change: (inout MediaWorker.Configuration) -> Void) -> String {
            do {
                _ = try worker(change)
                return "none"
            } catch {
                return "\(error)"
            }
        }

        @Test func whatIsSentLeavesFromTheAddressBound() throws {
            // The kernel, left the choice, takes 127.0.0.1.
            for (address, other) in [("127.0.0.2", "127.0.0.1"), ("::1", "127.0.0.1")] {
                let bound = try #require(TransportAddress(address, port: 0))
                var client = try TestSocket(family: bound.isIPv4 ? 4 : 6)
                let stranger = try TestSocket()
                let wake = Descriptor(sluice_event_create())
                var engine = try MediaEngine(
                    configuration: MediaEngineConfiguration(candidates: []), wallClock: SystemClock.wallClock())
                try engine.output.append([7, 7], to: bound.isIPv4 ? other : address, port: client.port)
                // Numbers that were never given out: there is nothing in the table to send from.
                try engine.output.append([8], to: bound.isIPv4 ? other : address, port: client.port, local: 3)
                // The family that is not bound.
                try engine.output.append([9], to: bound.isIPv4 ? "::1" : other, port: client.port)
                let sockets = try UDPSockets(port: 0, address: bound)
                #expect(sockets.ipv4.isOpen == bound.isIPv4)
                #expect(sockets.ipv6.isOpen == !bound.isIPv4)
                let port = sockets.port
                try #require(port != 0)
                var driver = try EngineDriver(engine: engine, sockets: sockets, wake: wake.number)
                var events: [MediaEvent] = []
                try stranger.send([1], to: other, port: port)
                try client.send([2], to: address, port: port)
                _ = driver.turn(longestWait: .seconds(10), events: &events)
                client.receive(count: 2)
                #expect(client.datagrams == [[7, 7], [8]])
                #expect(client.paths.allSatisfy { $0.remote.addressText == address && $0.remote.port == port })
                let statistics = driver.workerStatistics
                #expect(statistics.datagramsReceived == 1)
                #expect(statistics.receiveErrors == 0)
                #expect(statistics.sendErrors == ["unreachable": 1])
                #expect(statistics.isReadingECN)
                driver.closeSockets()
            }
        }

        @Test func theKernelTellsNoLocalAddressWhereThereIsOneOnly() throws {
            for (address, family) in [("127.0.0.2", Int32(4)), ("::1", 6)] {
                let client = try TestSocket(family: family)
                var one = try TestSocket(family: family, address: address)
                var every = try TestSocket(family: family)
                for segments in [false, true] {
                    if segments { try #require(sluice_enable_receive_segments(one.socket.number)) }
                    try client.send([1], to: address, port: one.port)
                    try client.send([1], to: address, port: every.port)
                }
                one.receive(count: 2)
                every.receive(count: 2)
                #expect(one.paths.count == 2 && every.paths.count == 2)
                #expect(one.paths.allSatisfy { $0.local == LocalAddressTable.any })
                #expect(every.paths.allSatisfy { $0.local != LocalAddressTable.any })
            }
        }

        @Test func aWorkerServesAndAnnouncesTheAddressBound() async throws {
            for (address, other) in [("127.0.0.2", "127.0.0.1"), ("::1", "127.0.0.1")] {
                let worker = try worker { $0.bindAddress = address }
                #expect(worker.candidates.map(\.address) == [TransportAddress(address, port: worker.udpPort)])
                let client = try TestSocket(family: address == "::1" ? 6 : 4)
                let stranger = try TestSocket()
                for _ in 0..<3 { try stranger.send([1], to: other, port: worker.udpPort) }
                try client.send([1], to: address, port: worker.udpPort)
                #expect(await eventually { await worker.workerStatistics().datagramsReceived == 1 })
                await worker.shutdown()
            }
        }

        @Test func anAddressHasPortsOfItsOwn() async throws {
            let first = try worker { $0.bindAddress = "127.0.0.2" }
            let second = try worker {
                $0.bindAddress = "::ffff:127.0.0.3"
                $0.udpPort = first.udpPort
            }
            #expect(second.candidates.map(\.address.addressText) == ["127.0.0.3"])
            for address in ["127.0.0.2", nil] {
                let text = problem {
                    $0.bindAddress = address
                    $0.udpPort = first.udpPort
                }
                #expect(text == "udpPort: port \(first.udpPort) is in use")
            }
            await first.shutdown()
            await second.shutdown()
        }

        @Test func announcedAddressesAndTheInterfaceMustFit() async throws {
            let announced = try worker {
                $0.bindAddress = "127.0.0.2"
                $0.announcedAddresses = ["203.0.113.7", "198.51.100.7"]
            }
            #expect(announced.candidates.map(\.address.addressText) == ["203.0.113.7", "198.51.100.7"])
            await announced.shutdown()
            for (bound, foreign) in [("127.0.0.2", "2001:db8::7"), ("::1", "203.0.113.7")] {
                let text = problem {
                    $0.bindAddress = bound
                    $0.announcedAddresses = [foreign]
                }
                #expect(
                    text == "announcedAddresses: \"\(foreign)\" can't be announced: bindAddress is of the other family")
            }
            let loopback = try worker {
                $0.bindAddress = "127.0.0.1"
                $0.interface = "lo"
            }
            #expect(loopback.candidates.map(\.address.addressText) == ["127.0.0.1"])
            await loopback.shutdown()
            let text = problem {
                $0.bindAddress = "127.0.0.2"
                $0.interface = "lo"
            }
            #expect(text == "interface: \"lo\" is down or lacks the address 127.0.0.2")
        }

        @Test func badAddressesAreNamed() {
            for address in ["", "localhost", "127.0.0.1:40000", "127.0.0"] {
                #expect(
                    problem { $0.bindAddress = address }
                        == "bindAddress: \"\(address)\" is not an IPv4 or IPv6 address literal")
            }
            for address in ["0.0.0.0", "::", "224.0.0.1", "255.255.255.255", "ff02::1", "fe80::1", "169.254.0.1"] {
                #expect(
                    problem { $0.bindAddress = address }.hasPrefix("bindAddress: \"\(address)\" is unspecified, "))
            }
            for address in ["192.0.2.1", "2001:db8::1"] {
                #expect(
                    problem { $0.bindAddress = address } == "bindAddress: \"\(address)\" is not an address of this host"
                )
            }
        }
    }
}
