import Testing

@testable import MediaCore

@Suite struct KeyframeRequesterTests {
    private let start = MediaInstant(nanoseconds: 5_000_000_000)

    /// The instants, in milliseconds, at which a request is sent up to `end`, when it is asked every millisecond.
    private func requests(
        _ requester: inout KeyframeRequester, until end: Int64, from begin: Int64 = 0,
        doing actions: [Int64: (inout KeyframeRequester, MediaInstant) -> Void] = [:]
    ) -> [Int64] {
        var sent: [Int64] = []
        for millisecond in begin...end {
            let instant = start + .milliseconds(millisecond)
            actions[millisecond]?(&requester, instant)
            if requester.takeDue(at: instant) { sent.append(millisecond) }
        }
        return sent
    }

    @Test func theFirstWishIsPassedOnAtOnceAndRepeated() {
        var requester = KeyframeRequester()
        #expect(requester.nextDeadline == nil && !requester.takeDue(at: start))
        requester.want(at: start)
        #expect(requests(&requester, until: 1600) == [0, 500, 1000, 1500])
        requester.keyframeArrived(at: start + .milliseconds(1700))
        #expect(requests(&requester, until: 5000, from: 1700).isEmpty)
        #expect(requester.nextDeadline == nil)
    }

    @Test func wishesAreMerged() {
        var requester = KeyframeRequester()
        var flood: [Int64: (inout KeyframeRequester, MediaInstant) -> Void] = [:]
        for millisecond in Int64(0)...10_000 { flood[millisecond] = { $0.want(at: $1) } }
        let sent = requests(&requester, until: 10_000, doing: flood)
        #expect(sent.count == 21)
        #expect(zip(sent, sent.dropFirst()).allSatisfy { $1 - $0 >= 500 })
    }

    @Test func noneIsSentWhileAKeyframeIsOnItsWay() {
        var requester = KeyframeRequester()
        // Three watchers lose the same packet; the keyframe comes 80 ms after the first one's wish.
        let sent = requests(
            &requester, until: 2000,
            doing: [
                0: { $0.want(at: $1) }, 40: { $0.want(at: $1) }, 80: { $0.keyframeArrived(at: $1) },
                90: { $0.want(at: $1) }, 229: { $0.want(at: $1) },
            ])
        #expect(sent == [0])
        // The one that lost the keyframe too is heard later, at the pace of requests.
        let later = requests(
            &requester, until: 3000, from: 2001,
            doing: [
                2010: { $0.want(at: $1) }, 2100: { $0.keyframeArrived(at: $1) }, 2250: { $0.want(at: $1) },
                2600: { $0.keyframeArrived(at: $1) },
            ])
        #expect(later == [2010, 2510])
    }

    @Test func aPublisherThatSendsNoneIsNotAskedForever() {
        var requester = KeyframeRequester()
        requester.want(at: start)
        #expect(requests(&requester, until: 60_000).count == KeyframeRequester.maximumAttempts)
        #expect(requester.nextDeadline == nil)
    }
}
