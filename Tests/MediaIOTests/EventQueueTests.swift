import Testing

@testable import MediaCore
@testable import MediaIO

extension MediaIOTests {
    @Suite struct EventQueueTests {
        private func event(_ number: Int) -> MediaEvent {
            .transportClosed(
                TransportID(slot: SlotID(index: UInt32(number), generation: 1)), name: "\(number)",
                reason: .consentExpired)
        }

        private func number(_ event: MediaEvent?) -> Int? {
            guard case .transportClosed(_, let name, _) = event else { return nil }
            return Int(name)
        }

        @Test func aReaderThatHoldsItsStreamLosesNothing() async {
            let queue = EventQueue(maximumTransports: 10)
            let stream = queue.stream
            for index in 0..<20 { queue.append(event(index)) }
            #expect(!queue.isCongested)
            queue.append(event(20))
            #expect(queue.isCongested)
            // What ten live transports can still cause.
            for index in 21..<40 { queue.append(event(index)) }
            queue.finish()
            var received: [Int?] = []
            for await event in stream { received.append(number(event)) }
            #expect(received == Array(0..<40))
            #expect(queue.drops == 0)
            #expect(!queue.isCongested)
        }

        @Test func ofWhatChangesAgainAndAgainTheLastIsKept() async {
            let queue = EventQueue(maximumTransports: 10)
            let stream = queue.stream
            queue.append(event(1))
            let groups = (0..<3).map { SpeakerGroupID(slot: SlotID(index: $0, generation: 1)) }
            for round in 0..<1000 {
                let producer = ProducerID(slot: SlotID(index: UInt32(round), generation: 1))
                queue.append(.dominantSpeaker(groups[round % 3], producer))
            }
            #expect(!queue.isCongested && queue.drops == 0 && queue.count <= 14)
            queue.append(event(2))
            queue.finish()
            var received: [Int?] = []
            var speakers: [SpeakerGroupID: UInt32] = [:]
            for await event in stream {
                if case .dominantSpeaker(let group, let producer?) = event {
                    speakers[group] = producer.slot.index
                } else {
                    received.append(number(event))
                }
            }
            #expect(received == [1, 2])
            #expect(groups.map { speakers[$0] } == [999, 997, 998])
        }

        @Test func withoutAReaderTheNewestAreKept() async {
            let queue = EventQueue(maximumTransports: 10)
            do {
                let dropped = queue.stream
                _ = dropped
            }
            for index in 0..<1000 { queue.append(event(index)) }
            #expect(!queue.isCongested)
            #expect(queue.drops == 960)
            queue.finish()
            var received: [Int?] = []
            for await event in queue.stream { received.append(number(event)) }
            #expect(received == Array(960..<1000))
        }

        @Test func aWaitingReaderIsWokenAndCancelled() async {
            let queue = EventQueue(maximumTransports: 10)
            let stream = queue.stream
            let first = Task {
                var numbers: [Int?] = []
                for await event in stream { numbers.append(number(event)) }
                return numbers
            }
            for index in 0..<1000 {
                queue.append(event(index))
                if index % 10 == 9 { await Task.yield() }
                while queue.isCongested { await Task.yield() }
            }
            #expect(await eventually { queue.count == 0 })
            first.cancel()
            #expect(await first.value == Array(0..<1000))

            // After one reader has gone, the next one gets what comes.
            queue.append(event(7))
            let second = Task {
                for await event in queue.stream { return number(event) }
                return nil
            }
            #expect(await second.value == 7)
        }

        @Test func aSecondReaderEndsTheFirst() async {
            let queue = EventQueue(maximumTransports: 10)
            let readers = (0..<8).map { _ in
                Task {
                    var count = 0
                    for await _ in queue.stream { count += 1 }
                    return count
                }
            }
            // All but one end by themselves; the last one ends with the queue.
            queue.append(event(1))
            queue.finish()
            var total = 0
            for reader in readers { total += await reader.value }
            #expect(total == 1)
        }
    }
}
