import Testing

@testable import MediaCore

/// A sender's history and a receiver's recorder at the two ends of a link: what is reported is what happened.
@Suite struct FeedbackFidelityTests {
    @Test func everyPacketIsReportedAsItFared() throws {
        for seed in 1...8 as ClosedRange<UInt64> {
            let loss = [0.0, 0.02, 0.1, 0.5][Int(seed % 4)]
            let jitter: Int64 = [0, 5_000_000, 60_000_000][Int(seed % 3)]
            var link = ReportedLink(seed: seed, loss: loss, jitter: jitter)
            try link.run()
            check(link, "seed \(seed)")
            let (count, lost) = (link.truth.count, link.lost)
            #expect(count > 1_000 && (loss == 0 || lost.count > 5))
            // What kept its place is not taken for lost.
            let late = lost.keys.filter { link.truth[$0]?.arrival != nil }
            #expect(jitter > 0 || late.isEmpty)
            // Nor what did not, once that is known.
            #expect(late.count <= 100, "seed \(seed)")
        }
    }

    private func check(_ link: borrowing ReportedLink, _ name: Comment) {
        let (errors, arrived, lost, truth) = (link.errors, link.arrived, link.lost, link.truth)
        #expect(errors.isEmpty, name)
        let delivered = truth.filter { $0.value.arrival != nil }
        #expect(Set(arrived.keys) == Set(delivered.keys), name)
        // Before the first that arrived nobody knows of any.
        let first = delivered.keys.min() ?? 0
        let known = truth.keys.filter { $0 > first }
        #expect(Set(lost.keys).union(arrived.keys).isSuperset(of: known), name)
        // Whatever the epoch, the differences are those that were, in whole ticks.
        var offsets: Set<Int64> = []
        for (number, arrival) in arrived {
            guard let time = truth[number]?.arrival else { continue }
            let tick = time >= 0 ? time / 250_000 : (time - 249_999) / 250_000
            offsets.insert(arrival - tick * 250_000)
        }
        #expect(offsets.count == 1 && offsets.allSatisfy { $0 % ReportedLink.wrap == 0 }, name)
        let longestDelay = link.longestDelay
        #expect(longestDelay > 0 && longestDelay <= 500_000_000, name)
        let reported = link.sender.reported
        #expect(reported.messagesImplausible == 0 && reported.messagesMissed == 0, name)
        #expect(reported.packetsUnknown == 0 && reported.messagesRepeated > 0, name)
        #expect(reported.packetsAcknowledged == UInt64(delivered.count), name)
    }
}
