import MediaTestSupport
import Testing

@testable import MediaCore

/// What an overloaded worker keeps, and what it owes when its output is nearly full.
@Suite struct BacklogTests {
    /// Fills the output until only so many datagrams have room.
    private func fill(_ call: SimulatedCall, leaving room: Int) {
        let filler: [UInt8] = [255]
        let nowhere = NetworkPath(remote: TransportAddress(ipv4: 1, port: 1))
        while call.engine.output.hasRoom(room + 1, each: 1) {
            guard call.engine.output.append(filler.span.bytes, to: nowhere) else { break }
        }
    }

    /// A worker that is never done before the next packets come: whoever had a turn stands in line again behind the
    /// others. The line kept everybody who had ever stood in it, until its end was reached, which could take for ever.
    @Test func aLineThatNeverEndsStaysShort() throws {
        let call = try SimulatedCall(seed: 811)
        call.injectsKeys = true
        let (_, session) = try call.addPublisher()
        for _ in 0..<12 { _ = try call.addMuteWatcher(of: session.producers) }
        call.run(for: .milliseconds(200))
        call.holdsOutput = true
        var (longest, ends) = (0, 0)
        for _ in 0..<60 {
            call.run(for: .milliseconds(20))
            // As many pieces as let eight at most wait.
            repeat {
                fill(call, leaving: 6)
            } while call.sendArena() && call.engine.departing.count - call.engine.departed > 8
            longest = max(longest, call.engine.departing.count)
            if call.engine.departing.isEmpty { ends += 1 }
        }
        #expect(ends == 0)
        #expect(longest <= 3 * 14, "\(longest)")
    }

    /// A watcher of a meeting gets a sender report for each of its streams every second. When the output was nearly full
    /// those that found no room were dropped, and when many watchers' reports fell due together, the same ones each time.
    @Test func reportsOfAMeetingFindRoomOrWait() throws {
        let call = try SimulatedCall(seed: 812)
        call.injectsKeys = true
        let (_, session) = try call.addPublisher()
        let streams = (0..<30).flatMap { _ in session.producers }
        let watched = try call.addMuteWatcher(of: streams)
        #expect(watched.consumers.count == 60)
        call.run(for: .milliseconds(600))
        let path = call.engine.transports[watched.transport.slot].ice.selectedPath
        let address = try #require(path).remote
        call.holdsOutput = true
        call.engine.advance(to: call.instant)
        while call.sendArena() {}
        let next = call.engine.transports[watched.transport.slot].nextReport
        let due = try #require(next)
        let before = call.traffic[address]?.media ?? 0
        fill(call, leaving: 40)
        call.engine.advance(to: due)
        call.engine.outputSent()
        call.engine.advance(to: due)
        let dropped = call.engine.statistics(at: call.instant).drops["outputFull"]
        #expect(dropped == nil)
        let reports = call.engine.output.entries.filter { $0.path.remote == address }
        #expect(reports.count == 60)
        #expect(before > 0)
    }
}
