import MediaTestSupport
import Testing

@testable import MediaCore

/// What publishers are asked to keep to.
@Suite struct BitrateLimitTests {
    /// What a publisher's packets take from now on, in bit/s, datagrams' headers not counted.
    private func rate(
        of publisher: SimulatedPublisher, in call: SimulatedCall, over duration: MediaDuration = .seconds(5)
    ) throws -> Double {
        func received() throws -> UInt64 {
            let transport = try #require(call.transport(of: publisher))
            return call.engine.transports[transport].counters.bytesReceived
        }
        let before = try received()
        call.run(for: duration)
        return Double(try received() - before) * 8 / duration.inSeconds
    }

    @Test func aPublisherIsToldAtOnceAndEverySecond() throws {
        let call = try SimulatedCall(seed: 501)
        call.link.delay = .milliseconds(20)
        let (publisher, session) = try call.addPublisher()
        call.run(for: .seconds(3))
        #expect(publisher.receiverEstimates.isEmpty)
        let free = try rate(of: publisher, in: call)
        #expect(free > 900_000)

        let asked = call.instant
        try call.engine.limitBitrate(of: session.transport, to: 500_000, at: asked)
        call.run(for: .milliseconds(25))
        let first = try #require(publisher.receiverEstimates.first)
        #expect(first.instant - asked == .milliseconds(20))
        #expect(first.estimate.bitrate == 500_000)
        #expect(first.estimate.ssrcs == [publisher.videoSSRC])
        let limited = try rate(of: publisher, in: call, over: .seconds(10))
        #expect(limited > 400_000 && limited <= 505_000, "\(limited)")
        let told = publisher.receiverEstimates
        #expect((10...12).contains(told.count))
        #expect(told.allSatisfy { $0.estimate == first.estimate })
        #expect(zip(told, told.dropFirst()).allSatisfy { $1.instant - $0.instant <= .milliseconds(1_001) })

        // Another limit takes the place of the first; the one that is refused changes nothing.
        try call.engine.limitBitrate(of: session.transport, to: 300_000, at: call.instant)
        for bitrate: Int64 in [-1, 0, 29_999, 1_000_000_001, .max] {
            #expect(throws: MediaEngineError.self) {
                try call.engine.limitBitrate(of: session.transport, to: bitrate, at: call.instant)
            }
        }
        call.run(for: .seconds(3))
        #expect(publisher.receiverEstimates.dropFirst(told.count).allSatisfy { $0.estimate.bitrate == 300_000 })
        #expect(publisher.receiverEstimates.count >= told.count + 3)
    }

    @Test func aLimitIsLifted() throws {
        let call = try SimulatedCall(seed: 502)
        let (publisher, session) = try call.addPublisher(bitrateLimit: 300_000)
        call.run(for: .seconds(4))
        #expect(try rate(of: publisher, in: call) <= 305_000)
        let told = publisher.receiverEstimates.count
        try call.engine.limitBitrate(of: session.transport, to: nil, at: call.instant)
        // Once more says the same, and doesn't say it any longer.
        try call.engine.limitBitrate(of: session.transport, to: nil, at: call.instant)
        call.run(for: .seconds(5))
        let lifts = publisher.receiverEstimates.dropFirst(told)
        #expect(lifts.count == 4)
        #expect(lifts.allSatisfy { $0.estimate.bitrate >= 999_000_000 })
        #expect(try rate(of: publisher, in: call) > 900_000)
        call.run(for: .seconds(5))
        #expect(publisher.receiverEstimates.count == told + 4)

        // A new limit right behind is not followed by what is left of the lift.
        try call.engine.limitBitrate(of: session.transport, to: 400_000, at: call.instant)
        try call.engine.limitBitrate(of: session.transport, to: nil, at: call.instant)
        try call.engine.limitBitrate(of: session.transport, to: 350_000, at: call.instant)
        call.run(for: .milliseconds(10))
        let before = publisher.receiverEstimates.count
        call.run(for: .seconds(5))
        #expect(publisher.receiverEstimates.count >= before + 4)
        #expect(publisher.receiverEstimates.dropFirst(before).allSatisfy { $0.estimate.bitrate == 350_000 })
    }

    @Test func aLimitOfTheBeginningIsToldWithTheFirstPackets() throws {
        for signaling in [SimulatedOffer.Signaling.ssrc, .mid, .rid] {
            let call = try SimulatedCall(seed: 503)
            call.link.delay = .milliseconds(10)
            let (publisher, _) = try call.addPublisher(signaling: signaling, bitrateLimit: 500_000)
            call.run(for: .seconds(3))
            let connected = try #require(publisher.connectedAt)
            let first = try #require(publisher.receiverEstimates.first)
            #expect(first.instant - connected <= .milliseconds(600), "\(signaling)")
            #expect(publisher.receiverEstimates.last?.estimate.ssrcs == [publisher.videoSSRC], "\(signaling)")
        }
    }

    @Test func silenceIsNotInterrupted() throws {
        let call = try SimulatedCall(seed: 504)
        let (publisher, _) = try call.addPublisher(bitrateLimit: 500_000)
        call.run(for: .seconds(2))
        publisher.isPaused = true
        call.run(for: .seconds(3))
        let told = publisher.receiverEstimates.count
        call.run(for: .seconds(20))
        #expect(publisher.receiverEstimates.count == told)
        publisher.isPaused = false
        call.run(for: .seconds(3))
        #expect(publisher.receiverEstimates.count > told)
    }

    @Test func nobodyElseIsTold() throws {
        let call = try SimulatedCall(seed: 505)
        call.offersReceiverEstimates = false
        let (publisher, session) = try call.addPublisher(bitrateLimit: 500_000)
        let (watcher, watching) = try call.addWatcher(of: session.producers)
        call.run(for: .seconds(1))
        try call.engine.limitBitrate(of: session.transport, to: 300_000, at: call.instant)
        try call.engine.limitBitrate(of: watching.transport, to: 300_000, at: call.instant)
        call.run(for: .seconds(3))
        #expect(publisher.receiverEstimates.isEmpty)
        #expect(watcher.isConnected)
        call.close(session.transport)
        #expect(throws: MediaEngineError.self) {
            try call.engine.limitBitrate(of: session.transport, to: 300_000, at: call.instant)
        }
    }

    @Test func ratesOutOfRangeAreNamed() throws {
        let call = try SimulatedCall(seed: 506)
        let offer = Offers.chromePublish()
        let range = "it must be 30000 to 1000000000 bit/s"
        func refusal(limit: Int64? = nil, start: Int64? = nil) -> String? {
            do throws(MediaEngineError) {
                _ = try call.engine.publish(
                    offer: offer, name: "x", bitrateLimit: limit, startBitrate: start, at: call.instant)
                return nil
            } catch { return error.description }
        }
        #expect(refusal(limit: 29_999) == "bitrateLimit is 29999; \(range)")
        #expect(refusal(start: 1_000_000_001) == "startBitrate is 1000000001; \(range)")
        #expect(call.engine.transports.count == 0)
        #expect(refusal(limit: 30_000, start: 1_000_000_000) == nil)
    }
}
