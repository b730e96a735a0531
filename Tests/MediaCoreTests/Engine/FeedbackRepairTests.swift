import MediaTestSupport
import Testing

@testable import MediaCore

/// What transport-wide feedback says was lost is sent again, as far as anybody can know of it.
@Suite struct FeedbackRepairTests {
    /// A message of gaps of 249 numbers each, the last of which ends at `last`; how many packets it makes the engine send
    /// again.
    private func resent(gaps: Int) throws -> UInt64 {
        let call = try SimulatedCall(seed: 241)
        let (_, session) = try call.addPublisher()
        let (watcher, _) = try call.addWatcher(of: session.producers)
        watcher.sendsNACKs = false
        watcher.sendsFeedback = false
        call.run(for: .seconds(4))
        let transport = try #require(call.transport(of: watcher))
        let last = try #require(
            (UInt16.min...UInt16.max).last { call.engine.transports[transport].departures.entry($0) != nil })
        let receptions = (1...gaps).map { TransportFeedback.Reception(offset: UInt16($0 * 250 - 1), delta: 1) }
        var bytes: [UInt8] = []
        bytes.append(
            .transportFeedback(
                TransportFeedback(
                    sender: 1, media: 2, baseSequenceNumber: last &+ 2 &- UInt16(gaps * 250),
                    statusCount: UInt16(gaps * 250), referenceTime: 1, feedbackCount: 0, receptions: receptions)))
        watcher.send(rtcp: bytes)
        call.run(for: .milliseconds(50))
        let outbound = call.engine.statistics(at: call.instant).transports[1].outbound
        return outbound.reduce(0) { $0 + $1.retransmittedPacketsSent }
    }

    /// A message of a few hundred bytes can claim 62,000 losses: only the departures that are remembered are looked up,
    /// of which two gaps are the last.
    @Test func claimsOfLossAreBounded() throws {
        let honest = try resent(gaps: 1)
        // All but the sound.
        #expect(honest >= 150 && honest <= 249)
        let greedy = try resent(gaps: 250)
        #expect(greedy >= honest && greedy <= 512)
    }
}
