import CMediaIO
import Testing

@testable import MediaCore
@testable import MediaIO

extension MediaIOTests {
    @Suite struct EngineDriverTests {
        /// A meeting wakes the loop for each packet of sound: what a turn asks of the kernel is most of its cost.
        @Test func aTurnWaitsReceivesAndSendsOnce() throws {
            let origin = try TestSocket()
            let targets = try (0..<9).map { _ in try TestSocketBox() }
            let wake = Descriptor(sluice_event_create())
            var engine = try MediaEngine(
                configuration: MediaEngineConfiguration(candidates: []), wallClock: SystemClock.wallClock())
            for target in targets {
                try engine.output.append([7, 7, 7], to: "127.0.0.1", port: target.socket.port)
            }
            let sockets = try UDPSockets(port: 0)
            let port = sockets.port
            var driver = try EngineDriver(engine: engine, sockets: sockets, wake: wake.number)
            var events: [MediaEvent] = []
            for number in 1...50 {
                try origin.send([0, 1, 2], to: "127.0.0.1", port: port)
                let isBusy = driver.turn(longestWait: .seconds(10), events: &events)
                #expect(isBusy == false)
                let statistics = driver.workerStatistics
                #expect(statistics.datagramsReceived == UInt64(number))
                #expect(statistics.waitCalls == UInt64(number))
                // Fewer datagrams than there is room for: the socket is known to hold no more.
                #expect(statistics.receiveCalls == UInt64(number))
                #expect(statistics.datagramsSent == 9)
                #expect(statistics.sendCalls == 1)
            }
            for target in targets { #expect(target.receive(count: 1) == [[7, 7, 7]]) }
        }
    }
}
