import MediaTestSupport
import Testing

/// The strict receiver against a forwarder that is right, and against the same one when it errs.
@Suite struct StrictReceiverTests {
    private func judge(_ mode: LayeredMode, _ seed: UInt64, _ fault: PerfectForwarder.Fault) -> (
        receiver: StrictReceiver, hasErred: Bool
    ) {
        var forwarder = PerfectForwarder(mode, seed: seed, fault: fault)
        forwarder.run(pictures: 96)
        return (StrictReceiver(mode, forwarder.encoders, forwarder.departures), forwarder.hasErred)
    }

    @Test func whatIsForwardedRightIsFoundRight() {
        for mode in LayeredMode.all {
            for seed in 1...3 as ClosedRange<UInt64> {
                let receiver = judge(mode, seed, .none).receiver
                #expect(receiver.violations.isEmpty, "\(mode.name), seed \(seed): \(receiver.violations.prefix(3))")
                #expect(receiver.frames.count >= 30)
                #expect(receiver.frames.allSatisfy { $0.state == .decodable })
            }
        }
    }

    /// A receiver that finds nothing proves nothing: each fault is seen in every mode that has an occasion for it.
    @Test func everyFaultIsFound() {
        for fault in PerfectForwarder.Fault.allCases where fault != .none {
            var occasions = 0
            for mode in LayeredMode.all {
                let (receiver, hasErred) = judge(mode, 5, fault)
                guard hasErred else { continue }
                occasions += 1
                #expect(!receiver.violations.isEmpty, "\(mode.name) hides \(fault)")
            }
            #expect(occasions > 0, "no occasion for \(fault)")
        }
    }
}
