import MediaTestSupport
import Testing

@testable import MediaCore

/// What reports and feedback say: lip sync, counts, round trips, arrivals.
@Suite struct ReportTests {
    /// The publisher's capture time of an RTP timestamp, in nanoseconds since it began.
    private func captureTime(_ timestamp: UInt32, _ clockRate: Int64, near expected: Int64) -> Int64 {
        let origin = UInt32(truncatingIfNeeded: expected / 1000 * clockRate / 1_000_000 &+ 0xFFFF_0000)
        let ticks = Int64(Int32(bitPattern: timestamp &- origin))
        return expected + ticks * 1_000_000_000 / clockRate
    }

    @Test func soundAndPictureMapToTheSameTime() throws {
        for lead: Int64 in [3600, -3600, 0] {
            let call = try SimulatedCall(seed: 121)
            call.link.delay = .milliseconds(30)
            let began = call.instant
            let (publisher, session) = try call.addPublisher()
            publisher.clockLead = .seconds(lead)
            call.run(for: .seconds(3))
            var watchers: [SimulatedWatcher] = []
            for _ in 0..<3 {
                watchers.append(try call.addWatcher(of: session.producers).0)
                call.run(for: .milliseconds(1_300))
            }
            call.run(for: .seconds(3))
            for watcher in watchers {
                let audio = try #require(watcher.ssrcs[111])
                let video = try #require(watcher.ssrcs[96])
                let reports = (try #require(watcher.senderReports[audio]), try #require(watcher.senderReports[video]))
                // Both extrapolated to the audio report's time.
                let gap = reports.0.report.ntpTime - reports.1.report.ntpTime
                let elapsed = (call.instant - began).nanoseconds
                let sound = captureTime(reports.0.report.rtpTimestamp, 48_000, near: elapsed)
                let picture = captureTime(reports.1.report.rtpTimestamp, 90_000, near: elapsed) + gap.nanoseconds
                #expect(abs(sound - picture) < 1_000_000, "lead \(lead): \(sound - picture) ns apart")
                // And it is about now: the report is no older than a second, nor from the future.
                #expect(sound > elapsed - 1_200_000_000 && sound < elapsed)
            }
        }
    }

    /// The counts of a sender report are those of its SSRC. Packets sent again in a stream of their own were counted in,
    /// and the bytes of those sent again were nowhere counted. Source: RFC 3550, section 6.4.1.
    @Test func countsAreThoseOfTheStream() throws {
        for hasRetransmission in [true, false] {
            let call = try SimulatedCall(seed: 122)
            let (publisher, session) = try call.addPublisher()
            let (watcher, _) = try call.addWatcher(of: session.producers, hasRetransmission: hasRetransmission)
            watcher.downlink.behaviour.loss = 0.1
            call.run(for: .seconds(5))
            watcher.sendsNACKs = false
            publisher.isPaused = true
            call.run(for: .seconds(3))
            let video = try #require(watcher.ssrcs[96])
            let outbound = try #require(
                call.engine.statistics(at: call.instant).transports[1].outbound.first { $0.kind == "video" })
            let again = outbound.retransmittedPacketsSent
            #expect(again >= 30 && again <= 150)
            #expect(outbound.bytesSent == outbound.packetsSent * 900)
            let report = try #require(watcher.senderReports[video]).report
            let counted = hasRetransmission ? outbound.packetsSent - again : outbound.packetsSent
            #expect(UInt64(report.packetCount) == counted)
            #expect(UInt64(report.octetCount) == counted * 900)
        }
    }

    @Test func roundTripTimes() throws {
        for delay: Int64 in [5, 50, 200] {
            let call = try SimulatedCall(seed: 123)
            call.link.delay = .milliseconds(delay)
            let (_, session) = try call.addPublisher()
            let (_, _) = try call.addWatcher(of: session.producers)
            call.run(for: .seconds(6))
            for outbound in call.engine.statistics(at: call.instant).transports[1].outbound {
                let roundTrip = try #require(outbound.roundTripTime)
                #expect(abs(roundTrip - Double(2 * delay) / 1000) < 0.1 * Double(2 * delay) / 1000)
            }
        }
    }

    @Test func feedbackAcknowledgesEverythingOnACleanLink() throws {
        let call = try SimulatedCall(seed: 124)
        let (publisher, _) = try call.addPublisher()
        call.run(for: .seconds(5))
        let gaps = zip(publisher.feedbacks, publisher.feedbacks.dropFirst()).map { $1 - $0 }
        // At 900 kbit/s from every 50 ms to every 100.
        #expect(gaps.allSatisfy { $0 >= .milliseconds(49) && $0 <= .milliseconds(101) })
        #expect(gaps.count >= 45 && gaps.count <= 100)
        let sent = publisher.transportSequenceNumber
        publisher.isPaused = true
        call.run(for: .milliseconds(300))
        #expect(publisher.acknowledged == Set(1...publisher.transportSequenceNumber))
        #expect(sent > 800)
        // Silence is nothing to report.
        let reports = publisher.feedbacks.count
        call.run(for: .seconds(2))
        #expect(publisher.feedbacks.count == reports)
    }

    /// A watcher's feedback is in its transport's statistics, and nothing is before it sent some.
    @Test func watchersFeedbackIsCounted() throws {
        let call = try SimulatedCall(seed: 126)
        call.link.delay = .milliseconds(20)
        let (_, session) = try call.addPublisher()
        let (watcher, _) = try call.addWatcher(of: session.producers)
        watcher.sendsFeedback = false
        call.run(for: .seconds(2))
        let transport = try #require(call.transport(of: watcher))
        let statistics = { call.engine.statistics(at: call.instant).transports[1] }
        #expect(statistics().feedback == nil)
        let last = try #require(
            (UInt16.min...UInt16.max).last { call.engine.transports[transport].departures.entry($0) != nil })
        let entries = (0..<50).compactMap { call.engine.transports[transport].departures.entry(last &- $0) }
        let bytes = entries.reduce(0) { $0 + UInt64($1.byteCount) }
        var message: [UInt8] = []
        message.append(
            .transportFeedback(
                TransportFeedback(
                    sender: 1, media: 2, baseSequenceNumber: last &- 59, statusCount: 60, referenceTime: 1,
                    feedbackCount: 0, receptions: (10..<60).map { .init(offset: $0, delta: 4) })))
        // Half of it says nothing.
        var damaged = Array(message[..<24])
        damaged[3] = 5
        watcher.send(rtcp: damaged)
        call.run(for: .milliseconds(30))
        #expect(statistics().feedback == nil)
        watcher.send(rtcp: message)
        call.run(for: .milliseconds(30))
        let feedback = try #require(statistics().feedback)
        #expect(feedback.messagesReceived == 1)
        #expect(feedback.packetsAcknowledged == 50 && feedback.bytesAcknowledged == bytes)
        #expect(feedback.packetsLost == 10)
        // The way back alone takes 20 ms; the packet had left a while before it was reported.
        let time = try #require(feedback.acknowledgementTime)
        #expect(time >= 0.050 && time <= 0.085)
    }

    @Test func feedbackInventsNothing() throws {
        let call = try SimulatedCall(seed: 125)
        let (publisher, _) = try call.addPublisher()
        call.run(for: .milliseconds(500))
        publisher.uplink.behaviour.loss = 0.2
        publisher.uplink.behaviour.jitter = .milliseconds(30)
        publisher.uplink.behaviour.reorders = true
        let before = publisher.uplink.lost
        call.run(for: .seconds(5))
        publisher.isPaused = true
        publisher.uplink.behaviour.loss = 0
        call.run(for: .milliseconds(500))
        let sent = Int(publisher.transportSequenceNumber)
        let lost = publisher.uplink.lost - before
        #expect(lost > 100)
        // Reports and checks were lost too, each a few a second.
        #expect(sent - publisher.acknowledged.count <= lost)
        #expect(sent - publisher.acknowledged.count >= lost - 30)
        #expect(publisher.acknowledged.allSatisfy { $0 >= 1 && Int($0) <= sent })
    }
}
